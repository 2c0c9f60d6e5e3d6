"""全书插图的底座：字体、颜色、画布，以及能自己说明自己的插图对象。"""

from __future__ import annotations

import functools
import importlib.util
import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.animals import ANIMALS as ANIMALS
from lib.figures._svg import FIXED as FIXED
from lib.figures._svg import Ink, slim

# 颜色在全书里只有一种含义。画图的代码只说亮色；写成 SVG 时每种颜色带上深底上的那一个，
# 色相不变，所以正文里的“蓝线”“橙线”在深色模式下也成立。在各自的底上，写字与画线的颜色
# 对比度都不低于 4.5:1，明度彼此错开，色盲读者与黑白打印也分得开；
# 凡是用颜色区分的地方，同时有文字、线型或花纹。
PAPER = "#ffffff"  # 纸面：盖住背景的文字框、条与条之间的缝
TRUE = "#00568f"  # 真实分布 t：蓝
PREDICTED = "#b34700"  # 预测分布 p：橙
LOSS = "#86337d"  # 损失、代价、多付的部分：紫
LOSS_PALE = "#e1ccde"  # 花纹下面的淡紫；SVG 后端不认图案底色的透明度，所以另备一种
INK = "#222222"  # 文字与坐标轴
MUTED = "#666666"  # 辅助线与次要文字
PALE = "#d9dde2"  # 淡填充

ANIMAL_COLORS = {"狗": "#8a5a00", "猫": "#00695c", "马": "#3f4f8c", "豹": "#5f6b00"}

PALETTE = (
    Ink("w", PAPER, "#14171a"),
    Ink("t", TRUE, "#5fb0f0"),
    Ink("p", PREDICTED, "#f5925a"),
    Ink("l", LOSS, "#dc93d3"),
    Ink("L", LOSS_PALE, "#4a2f49"),
    Ink("i", INK, "#dde1e6"),
    Ink("m", MUTED, "#a3a9b1"),
    Ink("n", PALE, "#363c43"),
    Ink("d", ANIMAL_COLORS["狗"], "#d9ab55"),
    Ink("c", ANIMAL_COLORS["猫"], "#4dc0ad"),
    Ink("h", ANIMAL_COLORS["马"], "#9fb0f2"),
    Ink("b", ANIMAL_COLORS["豹"], "#b3c243"),
)
ANIMAL_HATCHES = {"狗": "", "猫": "///", "马": "\\\\\\", "豹": "xxx"}

RC = {
    "font.family": ["Noto Sans SC", "DejaVu Sans"],
    "font.size": 12,
    "axes.titlesize": 13.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 2.2,
    "mathtext.fontset": "stix",
    "hatch.linewidth": 0.8,
    # 位图按原来的像素存，由浏览器放大。
    "image.interpolation": "none",
    # 字形存成路径：在没有中文字体的机器上也不会出现方框。
    "svg.fonttype": "path",
    # 固定盐值，同一幅图每次得到逐字节相同的 SVG。
    "svg.hashsalt": "cross-entropy",
}


def _register_chinese_font() -> None:
    """登记 zhplot 包里的 Noto Sans SC（只取字体，不执行那个包）。"""
    spec = importlib.util.find_spec("zhplot")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("找不到中文字体：请运行 make book 装好环境，或 pip install zhplot。")
    fonts = Path(next(iter(spec.submodule_search_locations))) / "fonts"
    font_manager.fontManager.addfont(fonts / "NotoSansSC-Regular.ttf")


_register_chinese_font()


class _MissingMathGlyph(logging.Handler):
    """mathtext 缺字形时只记日志；这里把它变成错误。"""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if "does not have a glyph" in message:
            raise ValueError(f"公式里有字体画不出的字符（中文不要放进 $…$）：{message}")


logging.getLogger("matplotlib.mathtext").addHandler(_MissingMathGlyph())


@dataclass(frozen=True)
class Illustration:
    """一幅插图：matplotlib 的图，加上说明它的两段文字。

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        画好的图；测试从 ``fig.axes`` 读回数据。
    caption : str
        图注（Markdown，可含行内公式）：画的是什么、怎么读。
    alt : str
        替代文字（纯文本）：看这幅图应当看到什么；图里的关键数字由代码填入。

    Notes
    -----
    在 notebook 里作为单元格的最后一行就会显示。文字输出是 ``alt``，
    所以没有存图的 notebook（例如在代码托管网站上）也读得通。
    """

    fig: Figure
    caption: str
    alt: str

    def svg(self) -> str:
        """返回 SVG 文本；缺字形时抛出 ValueError。"""
        buffer = io.StringIO()
        with mpl.rc_context(RC), warnings.catch_warnings():
            warnings.filterwarnings("error", message=r"Glyph .* missing from font")
            try:
                self.fig.savefig(
                    buffer,
                    format="svg",
                    bbox_inches="tight",
                    facecolor="none",
                    metadata={"Date": None},
                )
            except UserWarning as warning:
                raise ValueError(f"图里有字体画不出的字符，请换一个写法：{warning}") from None
        return slim(buffer.getvalue(), PALETTE)

    def __repr__(self) -> str:
        return f"〔图〕{self.alt}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        # 图注放进输出的元数据，`make outputs` 由此写好书里的编号图注与替代文字。
        data = {"text/plain": repr(self), "image/svg+xml": self.svg()}
        return data, {"image/svg+xml": {"caption": self.caption, "alt": self.alt}}


def canvas(
    width: float = 6.4, height: float = 3.6, nrows: int = 1, ncols: int = 1, **kwargs
) -> tuple[Figure, Axes]:
    """返回全书统一样式的画布 ``(fig, axes)``，单位英寸；``kwargs`` 传给 ``Figure.subplots``。"""
    with mpl.rc_context(RC):
        fig = Figure(figsize=(width, height), layout="constrained")
        axes = fig.subplots(nrows, ncols, **kwargs)
    return fig, axes


def styled(draw):
    """装饰器：让一个画图函数在全书统一的样式下运行。"""

    @functools.wraps(draw)
    def wrapper(*args, **kwargs) -> Illustration:
        with mpl.rc_context(RC):
            return draw(*args, **kwargs)

    return wrapper
