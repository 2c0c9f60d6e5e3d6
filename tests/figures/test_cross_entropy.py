"""第 2 章的插图：从图上读回的数应与 lib 或独立的公式一致。"""

import re

import numpy as np
import pytest

import lib
from lib.figures import cross_entropy as figures

T = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8])
P = np.array([1 / 8, 1 / 8, 1 / 4, 1 / 2])
DOG = np.array([0.775, 0.116, 0.039, 0.070])


def area(bars):
    return sum(bar.get_width() * bar.get_height() for bar in bars)


def dots(ax):
    return np.concatenate([line.get_xydata() for line in ax.lines if line.get_marker() == "o"])


@pytest.mark.parametrize("t, p", [(T, P), (P, T), (T, DOG), (T, T)])
def test_areas_add_up_to_entropy_and_cross_entropy(t, p):
    upper, lower = figures.code_length_areas(t, p).fig.axes
    assert area(upper.patches[:4]) == pytest.approx(lib.entropy(t))
    kept, extra = lower.patches[:4], lower.patches[4:8]
    assert area(kept) + area(extra) == pytest.approx(lib.cross_entropy(t, p))
    right, wrong = (patch.get_data().values for patch in lower.patches[8:10])
    assert t @ (wrong - right) == pytest.approx(lib.kl_divergence(t, p))


def test_areas_are_labelled_with_their_sizes():
    illustration = figures.code_length_areas(T, P)
    upper, lower = illustration.fig.axes
    labels = {text.get_text() for text in lower.texts}
    assert "1.75" in upper.get_title(loc="left") and "2.625" in lower.get_title(loc="left")
    assert "多付 1.25 − 省下 0.375 = 0.875" in labels
    assert {"多付\n1/2 × 2 = 1", "多付\n0.25", "省下\n0.125", "省下\n0.25"} <= labels
    assert "净多 0.875 比特" in illustration.alt


def test_gibbs_curve_lies_below_its_tangent():
    line, curve, touch, _ = (
        drawn.get_xydata() for drawn in figures.gibbs_inequality().fig.axes[0].lines
    )
    np.testing.assert_allclose(line[:, 1], line[:, 0] - 1)
    np.testing.assert_allclose(np.exp(curve[:, 1]), curve[:, 0])
    assert (curve[:, 1] <= curve[:, 0] - 1).all()
    np.testing.assert_array_equal(touch, [[1, 0]])


@pytest.mark.parametrize("true", [0, 2])
def test_one_hot_leaves_one_area(true):
    illustration = figures.one_hot_area(DOG, true)
    ax = illustration.fig.axes[0]
    assert area(ax.patches[:1]) == pytest.approx(-np.log2(DOG[true]))
    heights = [line.get_ydata()[1] for line in ax.lines]
    np.testing.assert_allclose(heights, -np.log2(np.delete(DOG, true)))
    assert f"{-np.log2(DOG[true]):.4f}" in illustration.alt


@pytest.mark.parametrize("q", [0.9, 0.7])
def test_loss_floor_is_the_entropy_of_the_label(q):
    ax = figures.loss_floor(q).fig.axes[0]
    hard, soft, level = (line.get_xydata() for line in ax.lines[:3])
    np.testing.assert_allclose(hard[:, 1], -np.log(hard[:, 0]))
    x = soft[:, 0]
    np.testing.assert_allclose(soft[:, 1], -q * np.log(x) - (1 - q) * np.log(1 - x))
    floor = lib.entropy([q, 1 - q], base=np.e)
    np.testing.assert_allclose(level[:, 1], floor)
    assert soft[:, 1].min() == pytest.approx(floor, abs=1e-4)
    np.testing.assert_allclose(dots(ax), [[q, floor], [1, 0]])
    assert soft[-1, 1] > ax.get_ylim()[1]  # 概率趋于 1 时冲出图外，不像有限的终点
    (x, top), (_, bottom) = next((t.xy, t.xyann) for t in ax.texts if t.get_text() == "")
    relative = lib.kl_divergence([q, 1 - q], [x, 1 - x], base=np.e)
    assert top - bottom == pytest.approx(relative)  # 双向箭头的长度就是相对熵


def test_confident_mistakes_values_and_slopes():
    upper, lower = figures.confident_mistakes().fig.axes
    loss, squared, wrong = (line.get_xydata() for line in upper.lines)
    np.testing.assert_allclose(loss[:, 1], -np.log(loss[:, 0]), atol=1e-12)
    np.testing.assert_allclose(squared[:, 1], 2 * (1 - squared[:, 0]) ** 2, atol=1e-12)
    assert set(wrong[:, 1]) == {0, 1}
    for values, line in zip((loss, squared), lower.lines, strict=True):
        measured = np.abs(np.diff(values[:, 1]) / np.diff(values[:, 0]))
        middle = (line.get_ydata()[1:] + line.get_ydata()[:-1]) / 2  # 割线的斜率
        np.testing.assert_allclose(measured, middle, rtol=2e-3)


def test_descent_lines_and_targets():
    frequencies = np.array([0.503, 0.248, 0.113, 0.136])
    history = np.linspace(np.full(4, 0.25), frequencies, 20)
    ax = figures.frequencies_from_descent(history, frequencies).fig.axes[0]
    targets, paths = ax.lines[::2], ax.lines[1::2]
    np.testing.assert_allclose([line.get_ydata()[0] for line in targets], frequencies)
    np.testing.assert_allclose(np.stack([line.get_ydata() for line in paths], axis=1), history)
    assert ax.texts[0].get_text() == "狗 0.503" and ax.texts[3].get_text() == "豹 0.136"
    heights = sorted(text.xy[1] for text in ax.texts)
    assert min(np.diff(heights)) > 0.04  # 标签互不重叠


def test_smoothing_minima_match_the_labels():
    epsilons = [0, 0.1, 0.2, 0.4]
    ax = figures.smoothing_moves_minimum(epsilons).fig.axes[0]
    labels = [lib.smooth_labels(0, 4, epsilon) for epsilon in epsilons]
    expected = [[label[0], lib.entropy(label, base=np.e)] for label in labels]
    np.testing.assert_allclose(dots(ax), expected, atol=1e-12)
    for curve, (_, floor) in zip(ax.lines[::2], expected, strict=True):
        assert curve.get_ydata().min() == pytest.approx(floor, abs=1e-3)


def test_hatched_areas_are_paler_than_their_hatching():
    """SVG 后端不认图案底色的透明度：底色与斜纹若同色，就成了一整块。"""
    for illustration in (figures.code_length_areas(T, P), figures.one_hot_area(DOG)):
        patterns = re.findall(r"<pattern.*?</pattern>", illustration.svg(), flags=re.S)
        assert patterns
        for pattern in patterns:
            assert len(set(re.findall(r"\bf(\w)\b", pattern))) == 2  # 两个填色的类


def test_every_figure_renders():
    arguments = {
        "code_length_areas": (T, P),
        "one_hot_area": (DOG,),
        "loss_floor": (0.9,),
        "frequencies_from_descent": ([T, P], P),
        "smoothing_moves_minimum": ([0, 0.1],),
    }
    for name in figures.__all__:
        assert "<svg" in getattr(figures, name)(*arguments.get(name, ())).svg()
