"""附录《数值报告》的两幅图：画出来的就是量得的数。"""

from __future__ import annotations

import numpy as np
import pytest

from lib import figures

RESULTS = {
    "tiny_losses": [
        {"dtype": "float32", "gaps": [0, 50], "errors": {"lib": [0.5, 0.5]}},
        {
            "dtype": "float64",
            "gaps": [0, 20, 40],
            "errors": {"lib": [0.0, 1e-16, 2e-16], "SciPy": [1e-16, 1e-8, 1.0]},
        },
    ],
    "growth": [
        {"elements": 1000, "milliseconds": 0.05},
        {"elements": 10_000_000, "milliseconds": 20.0},
    ],
}


def test_tiny_losses_get_lost_shows_the_measured_errors():
    illustration = figures.tiny_losses_get_lost(RESULTS)
    (ax,) = illustration.fig.axes
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines["SciPy"].get_xdata()) == [0, 20, 40]
    assert list(lines["SciPy"].get_ydata()) == [1e-16, 1e-8, 1.0]
    assert list(lines["lib"].get_ydata()) == [1e-17, 1e-16, 2e-16]  # 没有误差的画在底上
    assert "SciPy 从 40 起" in illustration.alt
    assert "2e-16" in illustration.alt


def test_time_grows_linearly_shows_the_measured_times():
    illustration = figures.time_grows_linearly(RESULTS)
    (ax,) = illustration.fig.axes
    linear, measured = ax.lines
    assert list(measured.get_xdata()) == [1000, 10_000_000]
    assert list(measured.get_ydata()) == [0.05, 20.0]
    assert np.asarray(linear.get_ydata()) == pytest.approx([0.002, 20.0])
    assert "最后平均每个元素 2.00 纳秒" in illustration.alt
