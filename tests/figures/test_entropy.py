"""第 1 章的插图：从画好的图里读回数值，与独立的公式核对。"""

import math

import numpy as np
import pytest

from lib.figures import entropy as module

NAMES = ["狗", "猫", "马", "豹"]
P = np.array([0.775, 0.116, 0.039, 0.070])
CODES = ["1", "01", "000", "001"]
H = -sum(p * math.log2(p) for p in P)

ILLUSTRATIONS = {
    "binary_entropy_curve": lambda: module.binary_entropy_curve([0.5, 0.9], [0.1, 0.6]),
    "block_code_rate": lambda: module.block_code_rate([1.334, 1.1142, 1.1034, 1.1121], H),
    "codeword_tree": lambda: module.codeword_tree(
        NAMES, P, CODES, {"": "狗？", "0": "猫？", "00": "豹？"}
    ),
    "entropy_as_area": lambda: module.entropy_as_area(NAMES, P),
    "entropy_on_simplex": lambda: module.entropy_on_simplex(["狗", "猫", "马"], 60),
    "quantized_entropy": lambda: module.quantized_entropy([2, 1, 0.5], [1.27, 2.1, 3.06], 2.05),
    "surprise_curve": lambda: module.surprise_curve(["硬币", "77.5% 的狗"], [0.5, 0.775]),
    "uniform_densities": lambda: module.uniform_densities([0.5, 1, 2]),
}


def texts(illustration):
    return "\n".join(text.get_text() for text in illustration.fig.axes[0].texts)


def bits(*p):
    return -sum(q * math.log2(q) for q in p)


@pytest.mark.parametrize("name", module.__all__)
def test_figure_renders_and_describes_itself(name):
    illustration = ILLUSTRATIONS[name]()
    assert "</svg>" in illustration.svg()
    assert illustration.caption and "$" not in illustration.alt
    title = illustration.fig.axes[0].get_title(loc="left")
    assert sum(1 if char.isascii() else 2 for char in title) <= 36  # 十八个汉字宽
    assert illustration.fig.get_figwidth() <= 5  # 手机上字才读得清


def test_surprise_curve_is_minus_log2():
    illustration = ILLUSTRATIONS["surprise_curve"]()
    x, y = illustration.fig.axes[0].lines[0].get_xydata().T
    np.testing.assert_allclose(2.0**-y, x)
    points = [line.get_xydata()[0] for line in illustration.fig.axes[0].lines[2::2]]
    np.testing.assert_allclose(points, [[0.5, 1], [0.775, -math.log2(0.775)]])
    assert "77.5% 的狗\n0.3677 比特" in texts(illustration)


def test_areas_add_up_to_entropy():
    illustration = ILLUSTRATIONS["entropy_as_area"]()
    ax = illustration.fig.axes[0]
    np.testing.assert_allclose([box.get_width() for box in ax.patches], P)
    np.testing.assert_allclose(2.0 ** -np.array([box.get_height() for box in ax.patches]), P)
    assert sum(box.get_width() * box.get_height() for box in ax.patches) == pytest.approx(H)
    assert ax.lines[-1].get_ydata()[0] == pytest.approx(H)
    rest = -sum(p * math.log2(p) for p in P[1:]) / H
    assert f"{rest:.0%}" in ax.get_title(loc="left")
    assert f"{H:.4f}" in texts(illustration) and f"{H:.4f}" in illustration.alt


def test_codewords_fill_the_space_without_overlap():
    ax = ILLUSTRATIONS["codeword_tree"]().fig.axes[0]
    bands = {box.get_label(): box for box in ax.patches if box.get_label() in NAMES}
    for name, code in zip(NAMES, CODES, strict=True):
        left, width = bands[name].get_x(), bands[name].get_width()
        start = sum(int(digit) / 2 ** (i + 1) for i, digit in enumerate(code))
        assert start < left < left + width < start + 2.0 ** -len(code) < left + width + 0.01
    assert len({(box.get_y(), box.get_height()) for box in bands.values()}) == 1  # 只看宽
    branches = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert len(branches) == 2 * (len(NAMES) - 1)
    ends = {tuple(line.get_xydata()[1]) for line in branches}
    leaves = {tuple(line.get_xydata()[0]) for line in ax.lines if line not in branches}
    assert len(leaves) == len(NAMES) and leaves < ends


def test_block_code_rate_shows_the_excess_under_its_bound():
    illustration = ILLUSTRATIONS["block_code_rate"]()
    bound, excess = illustration.fig.axes[0].lines
    x, y = bound.get_xydata().T
    np.testing.assert_allclose(x * y, 1)
    np.testing.assert_allclose(excess.get_xdata(), [1, 2, 3, 4])
    expected = np.array([1.334, 1.1142, 1.1034, 1.1121]) - H
    np.testing.assert_allclose(excess.get_ydata(), expected)
    assert all(f"{value:.4f}" in texts(illustration) for value in expected)


def test_binary_entropy_curve_and_chord():
    curve, chord, *marks = ILLUSTRATIONS["binary_entropy_curve"]().fig.axes[0].lines
    x, y = curve.get_xydata()[1:-1].T
    np.testing.assert_allclose(y, [bits(p, 1 - p) for p in x], atol=1e-12)
    np.testing.assert_allclose(
        chord.get_xydata(), [[0.1, bits(0.1, 1 - 0.1)], [0.6, bits(0.6, 1 - 0.6)]]
    )
    np.testing.assert_allclose([m.get_ydata()[0] for m in marks], [1, bits(0.9, 1 - 0.9)])


def test_simplex_image_is_the_entropy():
    values = np.asarray(ILLUSTRATIONS["entropy_on_simplex"]().fig.axes[0].images[0].get_array())
    assert values.shape == (60, 60) and values.max() <= math.log2(3)
    row, column = 20, 30  # 离重心最近的一格
    top = (row + 0.5) / 60
    right = (column + 0.5) / 60 - top / 2
    assert values[row, column] == pytest.approx(bits(top, right, 1 - top - right))


def test_uniform_densities_have_unit_area():
    illustration = ILLUSTRATIONS["uniform_densities"]()
    boxes = illustration.fig.axes[0].patches
    np.testing.assert_allclose([box.get_width() * box.get_height() for box in boxes], 1)
    assert "−1 比特" in texts(illustration)


def test_quantized_entropy_is_corrected_by_one_bit_per_halving():
    dashed, raw, corrected = ILLUSTRATIONS["quantized_entropy"]().fig.axes[0].lines
    np.testing.assert_allclose(corrected.get_ydata() - raw.get_ydata(), [1, 0, -1])
    np.testing.assert_allclose(dashed.get_ydata(), 2.05)
