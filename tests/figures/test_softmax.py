"""第 4 章的插图：画出来的数与独立算出的公式一致。"""

import mpmath
import numpy as np

import lib
from lib import figures
from lib.figures._style import ANIMALS

Z = np.array([3.2, 1.3, 0.2, 0.8])
E = np.exp(Z)
P = E / E.sum()
T = np.array([1.0, 0, 0, 0])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_scores_to_shares():
    figure = figures.scores_to_shares(Z)
    curve, strip = figure.fig.axes
    x, y = curve.lines[0].get_xydata().T
    assert np.allclose(y, np.exp(x))
    stems = np.array([line.get_xydata()[1] for line in curve.lines[1:]])
    assert np.allclose(stems, np.column_stack([Z, E]))
    assert curve.get_title(loc="left") == f"狗只比猫高 1.9 分，份额却是 {P[0] / P[1]:.1f} 倍"
    assert np.allclose([bar.get_width() for bar in strip.patches], P)
    for name, height, share in zip(ANIMALS, E, P, strict=True):
        assert f"{name}\n{height:.2f}" in texts(curve)
        assert f"{name} {share:.3f}" in texts(strip)
    assert figure.svg()


def test_temperature_curves():
    temperatures = np.geomspace(0.1, 100, 31)
    figure = figures.temperature_curves(Z, temperatures)
    (ax,) = figure.fig.axes
    curves = [line for line in ax.lines if len(line.get_xdata()) == 31]
    drawn = np.array([line.get_ydata() for line in curves])
    expected = np.exp(Z[:, None] / temperatures)
    assert np.allclose(drawn, expected / expected.sum(axis=0))
    for name, share in zip(ANIMALS, P, strict=True):
        assert f"{name} {share:.3f}" in texts(ax)
    assert figure.svg()


def test_jacobian_heatmap():
    figure = figures.jacobian_heatmap(Z)
    (ax,) = figure.fig.axes
    drawn = np.asarray(ax.images[0].get_array())
    steps = 1e-5 * np.eye(4)
    columns = [(lib.softmax(Z + s) - lib.softmax(Z - s)) / 2e-5 for s in steps]
    assert np.allclose(drawn, np.transpose(columns), atol=1e-9)
    labels = [f"{value:+.3f}".replace("-", "−") for value in drawn.ravel()]
    assert texts(ax)[:24] == [*labels, *["0"] * 8]
    assert sum(ax.images[0].get_clim()) == 0, "0 应当是白色"
    assert figure.svg()


def test_squared_error_gives_up():
    margins = np.linspace(-10, 10, 21)
    figure = figures.squared_error_gives_up(margins)
    top, bottom = figure.fig.axes
    scores = np.stack([-margins / 2, margins / 2, 0 * margins, 0 * margins], axis=-1)

    losses = (
        lambda z: lib.logsumexp(z) - z[:, 0],
        lambda z: ((lib.softmax(z) - T) ** 2).sum(axis=-1),
    )
    step = 1e-5 * T
    for k, loss in enumerate(losses):
        assert np.allclose(top.lines[k].get_xydata(), np.column_stack([margins, loss(scores)]))
        slope = (loss(scores + step) - loss(scores - step)) / 2e-5
        assert np.allclose(bottom.lines[k].get_ydata(), -slope, atol=1e-8)
    assert bottom.lines[0].get_ydata()[-1] > 0.99 and bottom.lines[1].get_ydata()[-1] < 1e-3
    assert figure.svg()


def test_recovery_from_mistake():
    fast, slow = np.linspace(0, 1, 11), np.linspace(0, 1, 11) ** 4
    figure = figures.recovery_from_mistake(fast, slow)
    (ax,) = figure.fig.axes
    assert np.array_equal(ax.lines[0].get_ydata(), fast)
    assert np.array_equal(ax.lines[1].get_ydata(), slow)
    assert texts(ax) == ["交叉熵：第 6 步过半", "平方误差：第 9 步过半"]
    assert ax.get_title(loc="left") == "同一个错：交叉熵 6 步，平方误差 9 步"
    assert figure.svg()


def test_float32_loss_staircase():
    margins = np.linspace(8, 24, 33).astype(np.float32)
    figure = figures.float32_loss_staircase(margins)
    (ax,) = figure.fig.axes
    with mpmath.workdps(40):
        exact = [float(mpmath.log(1 + 3 * mpmath.exp(-mpmath.mpf(float(m))))) for m in margins]
    assert np.allclose(ax.lines[0].get_ydata(), exact, rtol=1e-6, atol=0)
    usual = ax.lines[1].get_xydata()
    assert np.all(usual[:, 1] > 0) and 16 < usual[-1, 0] < 17
    assert ax.lines[2].get_ydata()[0] == 3 * 2.0**-24
    crossing = np.log(3) - np.log(3 * 2.0**-24)  # 实线与点线相交处
    assert abs(usual[-1, 0] - crossing) < 0.5, "虚线断在实线碰到点线的地方"
    assert "6.18" in figure.alt
    assert figure.svg()
