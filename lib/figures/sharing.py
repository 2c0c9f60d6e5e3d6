"""分享到聊天与社交软件时的图（1200×630）与网站的图标：由构建写出，不存进版本库。

缩到 120 像素宽时，只有书名、一根长条与三根短条还认得出，所以画面上只有它们是大的。
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from PIL import Image

from lib.figures._style import ANIMAL_COLORS, ANIMALS, INK, MUTED, PAPER, PREDICTED, RC, TRUE
from lib.figures.opening import PREDICTION
from lib.losses import categorical_cross_entropy

__all__ = ["draw_icon", "draw_sharing_picture", "write_icons", "write_sharing_pictures"]

BOOK = "交叉熵"
QUESTION = "怎样给一次预测打分"
SIZE = (1200, 630)
PALETTE_COLORS = 64  # 只有文字与四根色条，64 种颜色看不出差别，文件小一半
ICON_SIZES = (16, 32, 48)
TOUCH_ICON_SIZE = 180
# 图标是四根横条，依次是狗、猫、马、豹的概率开方后的长度：照原样画，后三根在 16 像素里看不见。
ICON_BARS = np.sqrt(PREDICTION)


def write_sharing_pictures(folder: Path, titles: dict[str, str]) -> None:
    """在 ``folder`` 里为每一页写一幅 ``名字.png``；同样的标题总是同样的字节。

    Parameters
    ----------
    folder : pathlib.Path
        写到哪里；没有就建。
    titles : dict of str to str
        文件名（不带扩展名）到页面标题，例如 ``{"01_entropy": "第 1 章　熵"}``；
        标题是书名时只画书名。
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, title in titles.items():
        picture = _pixels(draw_sharing_picture(title))
        small = picture.convert("RGB").quantize(PALETTE_COLORS, dither=Image.Dither.NONE)
        small.save(folder / f"{name}.png", optimize=True)


def write_icons(folder: Path) -> None:
    """写 ``favicon.ico``（16、32、48 像素）与 ``apple-touch-icon.png``（180 像素，不透明）。"""
    folder.mkdir(parents=True, exist_ok=True)
    largest, *others = (_pixels(draw_icon(side)) for side in reversed(ICON_SIZES))
    largest.save(
        folder / "favicon.ico", sizes=[(side, side) for side in ICON_SIZES], append_images=others
    )
    square = _pixels(draw_icon(TOUCH_ICON_SIZE, rounded=False))  # 手机自己会切圆角
    square.convert("RGB").save(folder / "apple-touch-icon.png", optimize=True)


def draw_sharing_picture(title: str) -> Figure:
    """一页的分享图：书名或章名，开篇的四根横条，以及这次预测的交叉熵。

    Parameters
    ----------
    title : str
        页面的标题；等于书名时不重复写。
    """
    with mpl.rc_context(RC):
        fig = Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, facecolor=PAPER)
        _headline(fig, title)
        _bars(fig.add_axes((0.09, 0.07, 0.56, 0.46)))
        loss = float(categorical_cross_entropy([1, 0, 0, 0], PREDICTION, base=2))
        fig.text(0.80, 0.41, f"{loss:.4f}", size=62, color=PREDICTED, ha="center", va="center")
        fig.text(0.80, 0.27, "比特", size=34, color=PREDICTED, ha="center", va="center")
        fig.add_artist(mpl.patches.Rectangle((0, 0.965), 1, 0.035, color=TRUE))
    return fig


def _headline(fig: Figure, title: str) -> None:
    """大字标题；在章的页面上，书名退到右下角。"""
    is_book = title == BOOK
    size = min(104, 1060 / max(_width_in_characters(title), 1) * 0.72)
    fig.text(0.05, 0.76, title, size=size, color=INK, va="center")
    small = QUESTION if is_book else f"《{BOOK}》"
    y = 0.76 if is_book else 0.11
    fig.text(0.955, y, small, size=34, color=MUTED, ha="right", va="center")


def _width_in_characters(text: str) -> float:
    """排出来有几个汉字宽；西文字母算半个。"""
    return sum(0.55 if character.isascii() else 1 for character in text)


def _bars(ax: Axes) -> None:
    rows = range(len(ANIMALS))
    bars = ax.barh(rows, PREDICTION, height=0.74, color=list(ANIMAL_COLORS.values()))
    ax.bar_label(bars, labels=[f"{100 * p:.1f}%" for p in PREDICTION], padding=10, size=30)
    ax.set_yticks(rows, ANIMALS, size=38)
    ax.set(xlim=(0, 0.98), ylim=(len(ANIMALS) - 0.5, -0.5), xticks=[])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def draw_icon(side: int, *, rounded: bool = True) -> Figure:
    """图标：蓝底上四根白条，与 ``_static/favicon.svg`` 是同一个图形。

    Parameters
    ----------
    side : int
        边长，像素。
    rounded : bool
        圆角（角上透明），或铺满的方形。
    """
    fig = Figure(figsize=(side / 100, side / 100), dpi=100, facecolor="none" if rounded else TRUE)
    ax = fig.add_axes((0, 0, 1, 1), xlim=(0, 32), ylim=(32, 0))
    ax.axis("off")
    if rounded:
        style = "round,pad=0,rounding_size=6"
        ax.add_patch(FancyBboxPatch((0, 0), 32, 32, boxstyle=style, fc=TRUE, ec="none"))
    for row, length in enumerate(ICON_BARS):
        ax.barh(5 + 6 * row, 24 * length, left=5, height=4, align="edge", color=PAPER)
    return fig


def _pixels(fig: Figure) -> Image.Image:
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba()))
