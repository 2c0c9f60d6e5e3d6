"""行内公式在字体到达之前就占好正确的宽度：字体晚到，段落也不重新折行。

构建时按真字体的字宽与 KaTeX 的样式，算出公式每一段（``.base``）的宽，写进页面。
只认下面列出的构造；一段里有一样不认识，那一段就不写，由浏览器照常排，绝不猜。
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, fromstring

from fontTools.ttLib import TTFont

# 类名按里面的东西怎样排来分；只换字体、字号的类名从 KaTeX 的样式表里读。
IN_A_ROW = {
    *("base", "mord", "mop", "mbin", "mrel", "mopen", "mclose", "mpunct", "minner", "mspace"),
    *("mtight", "text", "cjk_fallback", "msupsub", "mfrac", "nulldelimiter", "delimcenter"),
    *("sqrt", "svg-align", "hide-tail", "accent", "op-limits", "vlist-r"),
}
STACKED = {"vlist-t", "vlist-t2", "vlist", "vbox"}
# 支柱，浮在别的字上的记号，别人多宽就多宽的线；vlist-s 的 2px 与 vlist-t2 的 -2px 抵消。
WITHOUT_WIDTH = {"strut", "pstrut", "accent-body", "thinbox", "frac-line", "vlist-s"}
NULL_DELIMITER = 0.12  # 分数两边的空，样式表里写着

ADDED = {"margin-left", "margin-right", "padding-left"}
NOT_WIDENING = {"height", "top", "vertical-align", "border-bottom-width", "left"}

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
SELECTOR = re.compile(r"\.katex ((?:\.[\w-]+)+)")  # 只看元素自己的类名的规则
BASE = '<span class="base">'


class UnknownConstructError(Exception):
    """公式里有一样东西，这里不知道它多宽。"""


class Font(NamedTuple):
    """一处文字的字体；``size`` 是它与 ``.katex`` 的字号之比。"""

    family: str = "KaTeX_Main"
    weight: str = "400"
    style: str = "normal"
    size: float = 1.0

    def changed(self, style: dict[str, str]) -> Font:
        """换成样式表的一条规则所说的字体。"""
        return Font(
            style.get("font-family", self.family),
            style.get("font-weight", self.weight),
            style.get("font-style", self.style),
            self.size * ems(style.get("font-size", "1em")),
        )

    @property
    def file(self) -> str:
        """这种字体在 KaTeX 里的文件名。"""
        shape = "Bold" * (self.weight == "700") + "Italic" * (self.style == "italic")
        return f"{self.family}-{shape or 'Regular'}.woff2"


class Ruler:
    """量公式的尺子；``dist`` 是 KaTeX 的样式表与字体所在的文件夹。"""

    def __init__(self, dist: Path) -> None:
        self.fonts = dist / "fonts"
        self.rules = font_rules((dist / "katex.min.css").read_text(encoding="utf-8"))
        self.known = IN_A_ROW.union(STACKED, WITHOUT_WIDTH, *(names for names, _ in self.rules))

    def write_widths(self, markup: str) -> str:
        """给行内公式里算得出宽的每一段写上 ``width``；展示公式独占一行，不必写。"""
        if "katex-display" in markup:
            return markup
        bases = fromstring(markup).iterfind(".//span[@class='base']")
        return re.sub(BASE, lambda _: self._opening_tag(next(bases)), markup)

    def _opening_tag(self, base: Element) -> str:
        try:
            return f'{BASE[:-1]} style="width:{self._width(base, Font()):.3f}em">'
        except UnknownConstructError:
            return BASE

    def _width(self, element: Element, inherited: Font) -> float:
        """一个元素连同左右外边距的宽，单位是 ``.katex`` 的字号。"""
        if element.tag.endswith("}svg"):  # 绝对定位，不占位置
            return 0.0
        classes = set(element.get("class", "").split())
        if not classes <= self.known:
            raise UnknownConstructError(classes)
        if classes & WITHOUT_WIDTH:
            return 0.0
        font = self._font(classes, inherited)
        added, least = horizontal(element.get("style", ""))
        added += NULL_DELIMITER * ("nulldelimiter" in classes)
        return added * font.size + max(least * font.size, self._inside(element, classes, font))

    def _inside(self, element: Element, classes: set[str], font: Font) -> float:
        """里面的东西一个接一个排，或者上下叠，共有多宽。"""
        children = [self._width(child, font) for child in element]
        if classes & STACKED:
            return max(children, default=0.0)
        text = (element.text or "") + "".join(child.tail or "" for child in element)
        return sum(children) + font.size * sum(self._advance(letter, font) for letter in text)

    def _font(self, classes: set[str], font: Font) -> Font:
        for needed, style in self.rules:
            if needed <= classes:
                font = font.changed(style)
        return font

    def _advance(self, letter: str, font: Font) -> float:
        advances = advance_widths(self.fonts / font.file)
        if letter in advances:
            return advances[letter]
        if "一" <= letter <= "\u9fff":
            return 1.0  # 汉字用正文的字体，各家都是一个字宽；全角标点不一定，不算
        raise UnknownConstructError(letter)


def font_rules(css: str) -> list[tuple[set[str], dict[str, str]]]:
    """KaTeX 的样式表里换字体、字号的规则：元素要有的类名，以及规则写了什么。"""
    return [
        (set(names[1].split(".")[1:]), declarations(body))
        for selectors, body in RULE.findall(css)
        for names in map(SELECTOR.fullmatch, selectors.split(","))
        if names and "font-" in body
    ]


def declarations(style: str) -> dict[str, str]:
    """``a:b;c:d`` 里的每一对属性与值。"""
    return dict(part.split(":", 1) for part in style.split(";") if part)


def horizontal(style: str) -> tuple[float, float]:
    """行内样式给元素的左右加了多宽，以及它至少多宽；单位是它自己的字号。"""
    added = least = 0.0
    for name, value in declarations(style).items():
        if name in ADDED:
            added += ems(value)
        elif name == "min-width":
            least = ems(value)
        elif name not in NOT_WIDENING and (name, value) != ("position", "relative"):
            raise UnknownConstructError(name, value)
    return added, least


def ems(length: str) -> float:
    """长度里 em 前面的数；别的单位换算不了。"""
    if not length.endswith("em"):
        raise UnknownConstructError(length)
    return float(length.removesuffix("em"))


@cache
def advance_widths(path: Path) -> dict[str, float]:
    """一种字体里每个字符的宽，单位是字号；没有这种字体，浏览器会自己凑，算不出。"""
    if not path.is_file():
        raise UnknownConstructError(path.name)
    font = TTFont(path, lazy=True)
    widths, size = font["hmtx"], font["head"].unitsPerEm
    return {chr(code): widths[name][0] / size for code, name in font.getBestCmap().items()}
