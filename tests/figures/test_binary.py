"""第 3 章的插图：从图上读回数据，与 lib 或独立的公式对照。"""

import numpy as np
import pytest

import lib
from lib import figures

Z_DOG = np.log(0.775 / 0.225)
TRAINING = np.array([[1, 0.33, 0.32], [100, 0.07, 0.09], [10_000, 0.03, 0.12]])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def points(ax):
    """返回 ``ax`` 上所有单个圆点的坐标。"""
    return [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "o"]


def test_binary_loss_curves():
    illustration = figures.binary_loss_curves(0.775)
    ax = illustration.fig.axes[0]
    for line, probability in zip(ax.lines[:2], (lambda p: p, lambda p: 1 - p), strict=True):
        p, loss = line.get_xydata().T
        np.testing.assert_allclose(loss, -np.log(probability(p)))
    np.testing.assert_allclose(points(ax), [[0.775, -np.log(0.775)], [0.775, -np.log(0.225)]])
    assert {"0.2549", "1.4917"} <= set(texts(ax))
    assert "1.4917" in illustration.alt


def test_logit_loss_curves():
    top, bottom = figures.logit_loss_curves(Z_DOG).fig.axes
    z, p = top.lines[0].get_xydata().T
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-z)))
    np.testing.assert_allclose(points(top), [[Z_DOG, 0.775]])
    np.testing.assert_allclose(np.array(points(bottom))[:, 1], [-np.log(0.775), -np.log(0.225)])
    curves = [line for line in bottom.lines if len(line.get_xdata()) > 1]
    for (loss, asymptote), sign in zip((curves[:2], curves[2:]), (-1, 1), strict=True):
        np.testing.assert_allclose(loss.get_ydata(), np.log1p(np.exp(sign * z)))
        np.testing.assert_allclose(asymptote.get_ydata(), np.maximum(sign * z, 0))


def test_clipped_binary_loss():
    top, bottom = figures.clipped_binary_loss(1e-7).fig.axes
    z, clipped = top.lines[1].get_xydata().T
    expected = -np.log(np.maximum(1 / (1 + np.exp(-z)), 1e-7))
    np.testing.assert_allclose(clipped, expected)
    np.testing.assert_allclose(top.lines[0].get_ydata(), np.log1p(np.exp(-z)))
    np.testing.assert_allclose(bottom.lines[0].get_ydata(), -1 / (1 + np.exp(z)))
    flat = bottom.lines[1].get_xydata()
    assert np.all(flat[:, 1] == 0) and np.all(flat[:, 0] < -np.log(1e7) + 1e-6)
    assert "裁剪后：停在 16.118" in texts(top)


def test_logit_gradients():
    ax = figures.logit_gradients().fig.axes[0]
    cross, square = (line for line in ax.lines if len(line.get_xdata()) > 100)
    z = cross.get_xdata()
    p = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(cross.get_ydata(), p - 1)
    np.testing.assert_allclose(square.get_ydata(), np.gradient((p - 1) ** 2, z), atol=1e-2)
    assert points(ax)[0][1] == pytest.approx(-8 / 27, abs=1e-3)  # 极小点在 p = 1/3


def test_penalty_training_curves():
    penalized = TRAINING * [1, 1.5, 0.8]
    ax = figures.penalty_training_curves(TRAINING, penalized).fig.axes[0]
    for line, (history, column) in zip(
        ax.lines, ((TRAINING, 2), (TRAINING, 1), (penalized, 2), (penalized, 1)), strict=False
    ):
        np.testing.assert_allclose(line.get_xydata(), history[:, [0, column]])
    np.testing.assert_allclose(points(ax), [[100, 0.09]])
    assert "第 100 步附近最低" in texts(ax)


def test_reliability_diagram():
    predicted, observed = np.array([0.01, 0.4, 0.99]), np.array([0.0, 0.35, 1.0])
    low, high = np.array([0.0, 0.1, 0.9]), np.array([0.1, 0.3, 1.0])
    figure = figures.reliability_diagram(predicted, observed, low, high, [50, 10, 60])
    ax = figure.fig.axes[0]
    bars, dots = ax.collections
    np.testing.assert_allclose(dots.get_offsets(), np.c_[predicted, observed])
    np.testing.assert_allclose([s[:, 1] for s in bars.get_segments()], np.c_[low, high])
    np.testing.assert_allclose([s[:, 0] for s in bars.get_segments()], np.c_[predicted, predicted])
    assert [text for text in texts(ax) if text.endswith("个")] == ["50 个", "10 个", "60 个"]
    assert "1 箱的点越出竖条" in figure.alt
    assert ax.get_title(loc="left") == "1 箱的频率越出范围"
    calm = figures.reliability_diagram([0.5], [0.5], [0.3], [0.7], [9])
    assert "没有一箱的点越出竖条" in calm.alt
    assert calm.fig.axes[0].get_title(loc="left") == "各箱的频率都没有越出范围"


def test_weighted_optimum():
    ax = figures.weighted_optimum(0.05, [1, 5, 19]).fig.axes[0]
    curves = [line for line in ax.lines if len(line.get_xdata()) > 100]
    for line, ratio in zip(curves, (1, 5, 19), strict=True):
        pi, best = line.get_xydata().T
        np.testing.assert_allclose(best, ratio * pi / (ratio * pi + 1 - pi), atol=1e-12)
    np.testing.assert_allclose(np.array(points(ax))[:, 1], [0.05, 0.25 / 1.2, 0.5])


def test_sigmoid_and_softmax_bars():
    z = np.array([3.2, 1.3, 0.2, 0.8])
    top, bottom = figures.sigmoid_and_softmax_bars(z).fig.axes
    np.testing.assert_allclose([bar.get_width() for bar in top.patches], lib.softmax(z))
    np.testing.assert_allclose([bar.get_width() for bar in bottom.patches], 1 / (1 + np.exp(-z)))
    for ax in (top, bottom):
        assert ax.get_ylim()[0] > ax.get_ylim()[1]  # 狗在最上面
        assert max(bar.get_width() for bar in ax.patches) < ax.get_xlim()[1]


@pytest.mark.parametrize(
    "illustration",
    [
        lambda: figures.binary_loss_curves(0.775),
        lambda: figures.logit_loss_curves(Z_DOG),
        lambda: figures.clipped_binary_loss(1e-7),
        figures.logit_gradients,
        lambda: figures.penalty_training_curves(TRAINING, TRAINING),
        lambda: figures.reliability_diagram([0.2], [0.3], [0.1], [0.5], [9]),
        lambda: figures.weighted_optimum(0.05, [1, 5, 19]),
        lambda: figures.sigmoid_and_softmax_bars([3.2, 1.3, 0.2, 0.8]),
    ],
)
def test_svg(illustration):
    assert illustration().svg().rstrip().endswith("</svg>")
