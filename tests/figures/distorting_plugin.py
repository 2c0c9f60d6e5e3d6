"""pytest 插件：把画出来的每一样东西都悄悄放大 3%，好看看 tests/figures 抓不抓得到。"""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

FACTOR = 1.03


def _distorting(name: str, distort) -> None:
    original = getattr(Axes, name)

    @functools.wraps(original)
    def draw(self, *args, **kwargs):
        artist = original(self, *args, **kwargs)
        distort(artist)
        return artist

    setattr(Axes, name, draw)


def _stretch_lines(lines) -> None:
    for line in lines:
        line.set_ydata(np.asarray(line.get_ydata(), dtype=float) * FACTOR)


def _stretch_bars(bars) -> None:
    for bar in bars:
        bar.set_height(bar.get_height() * FACTOR)
        bar.set_width(bar.get_width() * FACTOR)


def _stretch_rectangle(patch) -> None:
    if isinstance(patch, Rectangle):
        patch.set_height(patch.get_height() * FACTOR)
        patch.set_width(patch.get_width() * FACTOR)


def _stretch_image(image) -> None:
    image.set_data(np.asarray(image.get_array(), dtype=float) * FACTOR)


def _stretch_points(points) -> None:
    points.set_offsets(np.asarray(points.get_offsets()) * FACTOR)


def pytest_configure() -> None:
    _distorting("plot", _stretch_lines)
    _distorting("step", _stretch_lines)
    _distorting("bar", _stretch_bars)
    _distorting("barh", _stretch_bars)
    _distorting("add_patch", _stretch_rectangle)
    _distorting("imshow", _stretch_image)
    _distorting("scatter", _stretch_points)
