"""附录《勘误与辨析》的插图：从图上读回各组的自信与准确率，与直接计数对照。"""

from __future__ import annotations

import numpy as np
import pytest

from lib import figures

SCALES = (0.5, 1, 2)


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    z = rng.normal(0, 2, size=(500, 3))
    return z, rng.integers(0, 3, size=500)


def test_calibration_of_scaled_scores(sample):
    z, labels = sample
    illustration = figures.calibration_of_scaled_scores(z, labels, SCALES)
    ax = illustration.fig.axes[0]
    curves = [line for line in ax.lines if len(line.get_xdata()) == 10]
    hits = z.argmax(axis=1) == labels
    for scale, curve in zip(SCALES, curves, strict=True):
        e = np.exp(scale * z)
        confidence = (e / e.sum(axis=1, keepdims=True)).max(axis=1)
        ranked = np.argsort(confidence, kind="stable")
        np.testing.assert_allclose(curve.get_xdata(), confidence[ranked].reshape(10, 50).mean(1))
        np.testing.assert_allclose(curve.get_ydata(), hits[ranked].reshape(10, 50).mean(1))
        farthest = np.abs(curve.get_xdata() - curve.get_ydata()).max()
        assert f"乘 {scale:g} 的一条离对角线最远 {farthest:.3f}" in illustration.alt
    assert f"准确率都是 {hits.mean():.3f}" in illustration.alt
    assert [text.get_text() for text in ax.texts[1:]] == ["乘 0.5", "乘 1", "乘 2"]


def test_svg(sample):
    illustration = figures.calibration_of_scaled_scores(*sample, SCALES)
    assert illustration.svg().rstrip().endswith("</svg>")
