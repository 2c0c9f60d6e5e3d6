"""把 matplotlib 写出的 SVG 变小，并让同一个文件既能亮着看，也能暗着看。

一幅图的大头是汉字的字形：matplotlib 用每字 6400 格的绝对坐标写它们。这里改成每字 320 格
的相对坐标（屏幕上差不到 0.03 像素），别处的坐标舍入到百分之一点，去掉注释、元数据与空的
分组，位图存成最省的 PNG。外观不变，压缩后的大小约为原来的一半。

颜色写成类，由文件自己的样式表给出：``图.svg`` 是白纸上的图，``图.svg#light`` 与
``图.svg#dark`` 没有底色，分别给亮的与暗的页面用。gid 为 ``fixed`` 的部分画在位图上，不随之变色。
"""

from __future__ import annotations

import base64
import functools
import io
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image

FIXED = "fixed"

_GRID = 320  # 字形的坐标：每个字（em）的格数
_MPL_GRID = 6400  # matplotlib 的字形坐标：每字 100 单位，再细分为 64 份
_MPL_EM = 100  # matplotlib 排字时的单位：每字 100
_CURVE_TOLERANCE = 1  # 二次曲线的控制点与对称点相差不到一格，就写成 t（平滑接续）
_PIXELATED = 64  # 边长不到这么多像素的位图是放大来看的，保持一格一格；更大的让浏览器平滑

_TOKEN = re.compile(r"[A-Za-z]|-?\d+(?:\.\d+)?(?:e-?\d+)?")
_NAMESPACE = re.compile(r"\{.*\}")
_SIZE = ("width", "height")
_KEPT = ("clip-path", "fill", "height", "patternUnits", "width", "x", "y")
_HREF = "{http://www.w3.org/1999/xlink}href"
_DEFAULTS = {("stroke-dashoffset", "0"), ("stroke-linecap", "butt"), ("opacity", "1")}


@dataclass(frozen=True)
class Ink:
    """调色板里的一种颜色：类名用的字母，以及亮、暗两种底上的颜色（``#rrggbb``）。"""

    letter: str
    light: str
    dark: str


def slim(svg: str, palette: Iterable[Ink]) -> str:
    """返回外观相同、更小、认得深色的 SVG。

    Parameters
    ----------
    svg : str
        matplotlib 以 ``svg.fonttype: path`` 写出的 SVG，没有画底色。
    palette : iterable of Ink
        随深浅变化的颜色；别的颜色原样保留。
    """
    root = ElementTree.fromstring(svg)
    writer = _Writer({ink.light: ink for ink in palette})
    body = "".join(writer.element(child) for child in root)
    size = {name: _decimal(float(root.get(name).removesuffix("pt"))) for name in _SIZE}
    box = " ".join(_decimal(float(number)) for number in root.get("viewBox").split())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"'
        f' width="{size["width"]}pt" height="{size["height"]}pt">'
        f"<style>{writer.style_sheet()}</style>"
        f'<g id="light"><g id="dark" stroke-linejoin="round">'
        f"<defs>{''.join(writer.definitions.values())}</defs>"
        f'<rect class="card" width="100%" height="100%"/>{body}</g></g></svg>\n'
    )


@dataclass
class _Writer:
    """把元素树写成文本，沿途收集定义（字形、记号、裁剪、花纹）与用到的颜色类。"""

    inks: Mapping[str, Ink]
    definitions: dict[str, str] = field(default_factory=dict)
    styled: dict[str, set[str]] = field(default_factory=dict)  # 记号的定义里已经写明的样式
    rules: set[tuple[str, str]] = field(default_factory=set)  # （属性，亮色）

    def style_sheet(self) -> str:
        light = [".card{fill:#fff}", "#light:target .card,#dark:target .card{fill:none}"]
        dark = []
        for name, color in sorted(self.rules):
            ink = self.inks[color]
            light.append(f".{name[0]}{ink.letter}{{{name}:{ink.light}}}")
            dark.append(f"#dark:target .{name[0]}{ink.letter}{{{name}:{ink.dark}}}")
        return "".join(light + dark)

    def element(self, node: ElementTree.Element, *, fixed: bool = False, em: float = 0) -> str:
        """写一个元素；``em`` 不为 0 时在文字里，坐标是每字 ``_MPL_EM`` 单位、纵轴向上。"""
        tag = _NAMESPACE.sub("", node.tag)
        if tag in ("metadata", "style"):
            return ""
        if tag in ("defs", "clipPath", "pattern"):
            self._define(node, tag)
            return ""
        fixed = fixed or node.get("id") == FIXED
        attributes = self._attributes(node, fixed=fixed)
        if tag == "g":
            return self._group(node, attributes, fixed=fixed)
        if tag == "use":
            return self._use(node, fixed=fixed, em=em)
        if tag == "image":
            return _image(node)
        if attributes.get("fill") == "none" and not _has_stroke(attributes):
            return ""
        if tag == "path":
            scale = (_GRID / _MPL_EM, -_GRID / _MPL_EM) if em else (100, 100)
            attributes["d"] = encode_path(node.get("d"), *scale, digits=0 if em else 2)
        return _markup(tag, attributes)

    def _group(self, node: ElementTree.Element, attributes: dict[str, str], *, fixed: bool) -> str:
        em = 0.0
        if transform := node.get("transform"):
            attributes["transform"], em = _text_transform(transform)
        body = "".join(self.element(child, fixed=fixed, em=em) for child in node)
        if not attributes or not body:
            return body
        return _markup("g", attributes, body)

    def _define(self, node: ElementTree.Element, tag: str) -> None:
        for child in node if tag == "defs" else [node]:
            kind, name = _NAMESPACE.sub("", child.tag), child.get("id")
            if kind == "style":
                continue
            if kind == "path" and child.get("transform"):  # 字形
                if outline := child.get("d"):
                    scale = _GRID / _MPL_GRID
                    outline = encode_path(outline, scale, -scale, digits=0)
                    self.definitions[name] = _markup("path", {"id": _short(name), "d": outline})
                continue
            content = "".join(self.element(part) for part in child)
            attributes = {"id": _short(name), **self._attributes(child, fixed=False)}
            if kind == "path":  # 记号：刻度、圆点
                self.styled[name] = {name for name, _ in _properties(child)}
                attributes["d"] = encode_path(child.get("d"), 100, 100, digits=2)
            self.definitions[name] = _markup(kind, attributes, content)

    def _use(self, node: ElementTree.Element, *, fixed: bool, em: float) -> str:
        target = node.get(_HREF).removeprefix("#")
        if target not in self.definitions:  # 空格没有字形
            return ""
        if not em:
            attributes = self._attributes(node, fixed=fixed, given=self.styled[target])
            return _markup("use", {"href": f"#{_short(target)}", **attributes})
        x, y, scale = _glyph_place(node.get("transform", ""))
        place = {"x": x, "y": -y}
        if scale != 1:
            shift = f"translate({_rounded(x)} {_rounded(-y)})"
            attributes = {"transform": f"{shift}scale({_decimal(scale, 4)})"}
        else:
            attributes = {name: _rounded(value) for name, value in place.items() if round(value)}
        return _markup("use", {"href": f"#{_short(target)}", **attributes})

    def _attributes(
        self, node: ElementTree.Element, *, fixed: bool, given: Container[str] = ()
    ) -> dict[str, str]:
        """表现属性：调色板里的颜色换成类，坐标舍入，去掉缺省的与 ``given`` 里的。"""
        kept, classes = {}, []
        plain = [(name, value) for name, value in node.items() if name in _KEPT]
        for name, value in (*_properties(node), *plain):
            if (name, value) in _DEFAULTS or name in given:
                continue
            if name in ("fill", "stroke") and value in self.inks and not fixed:
                self.rules.add((name, value))
                classes.append(name[0] + self.inks[value].letter)
            elif value.startswith("url("):
                kept[name] = f"url(#{_short(value[5:-1])})"
            else:
                kept[name] = re.sub(r"-?\d+\.\d+", lambda n: _decimal(float(n.group())), value)
        return {**({"class": " ".join(classes)} if classes else {}), **kept}


def _properties(node: ElementTree.Element) -> list[tuple[str, str]]:
    """``style`` 里的各条（属性，值）。"""
    parts = (part.partition(":") for part in node.get("style", "").split(";") if part)
    return [(name.strip(), value.strip()) for name, _, value in parts]


def _has_stroke(attributes: Mapping[str, str]) -> bool:
    return "stroke" in attributes or attributes.get("class", "").startswith("s")


def _markup(tag: str, attributes: Mapping[str, str], body: str = "") -> str:
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<{tag}{written}>{body}</{tag}>" if body else f"<{tag}{written}/>"


def _short(name: str) -> str:
    """把 ``NotoSansSC-Regular-469f`` 写成 ``NSSCR469f``，把记号的指纹截短。

    名字仍由内容决定：几幅图放进同一个网页（例如 nbconvert 的输出）也不会串。
    """
    font, _, glyph = name.rpartition("-")
    return "".join(re.findall("[A-Z]", font)) + glyph if font else name[:7]


def _text_transform(transform: str) -> tuple[str, float]:
    """文字的变换：纵轴翻转与字形的格数都并进缩放里。返回新的变换与字号（点）。"""
    x, y = re.search(r"translate\((\S+) (\S+)\)", transform).groups()
    scale = float(re.search(r"scale\((\S+)", transform).group(1).rstrip(")"))
    turn = re.search(r"rotate\((\S+)\)", transform)
    turned = f"rotate({_decimal(float(turn.group(1)))})" if turn else ""
    size = scale * _MPL_EM
    placed = f"translate({_decimal(float(x))} {_decimal(float(y))})"
    return f"{placed}{turned}scale({_decimal(size / _GRID, 5)})", size


def _glyph_place(transform: str) -> tuple[float, float, float]:
    """一个字形在文字里的位置（新的格数）与缩放。"""
    shift = re.search(r"translate\((\S+) (\S+)\)", transform)
    scale = re.search(r"scale\((\S+)\)", transform)
    x, y = (float(v) * _GRID / _MPL_EM for v in shift.groups()) if shift else (0.0, 0.0)
    return x, y, float(scale.group(1)) if scale else 1.0


def _decimal(value: float, digits: int = 2) -> str:
    """最短的小数写法：``0.50`` 写成 ``.5``。"""
    text = f"{value:.{digits}f}"
    if digits:
        text = text.rstrip("0").rstrip(".")
    if text in ("0", "-0"):
        return "0"
    sign, size = ("-", text[1:]) if text[0] == "-" else ("", text)
    return sign + (size[1:] if size.startswith("0.") else size)


def _rounded(value: float) -> str:
    return _decimal(value, 0)


@functools.lru_cache(maxsize=4096)  # 同一个字在许多幅图里出现
def encode_path(d: str, scale_x: float, scale_y: float, *, digits: int) -> str:
    """把 matplotlib 的绝对坐标路径写成最短的相对坐标路径。

    Parameters
    ----------
    d : str
        只含 M、L、Q、C、Z 的绝对坐标路径。
    scale_x, scale_y : float
        乘上它们再舍入成整数格；误差不累积，因为每一步都从舍入后的位置算起。
    digits : int
        一格是 10 的负几次方：写出时缩小这么多位。
    """
    encoder = _PathEncoder(digits)
    for command, numbers in _commands(d):
        points = [
            (round(x * scale_x), round(y * scale_y))
            for x, y in zip(numbers[::2], numbers[1::2], strict=True)
        ]
        encoder.add(command, points)
    return encoder.text


def _commands(d: str) -> Iterable[tuple[str, list[float]]]:
    command, numbers = "", []
    for token in _TOKEN.findall(d):
        if token.isalpha():
            if command:
                yield command, numbers
            command, numbers = token.upper(), []
        else:
            numbers.append(float(token))
    if command:
        yield command, numbers


class _PathEncoder:
    """一笔一笔地写相对路径：横竖线用 h、v，对称的曲线用 t，重复的命令字母省掉。"""

    def __init__(self, digits: int) -> None:
        self.text = ""
        self._digits = digits
        self._implied = ""  # 省掉字母时，读的人会当成哪个命令
        self._at = self._start = (0, 0)
        self._control = None  # 上一段二次曲线的控制点

    def add(self, command: str, points: list[tuple[int, int]]) -> None:
        if command == "Z":
            self.text += "z"
            self._implied, self._at, self._control = "", self._start, None
            return
        (x, y), end = self._at, points[-1]
        control = None
        if command == "M":
            self._write("m", [end[0] - x, end[1] - y])
            self._implied, self._start = "l", end
        elif command == "L":
            self._line(end[0] - x, end[1] - y)
        elif command == "Q" and self._continues(points[0]):
            control = self._mirrored()
            self._write("t", [end[0] - x, end[1] - y])
        else:
            control = points[0] if command == "Q" else None
            self._write(command.lower(), [c for px, py in points for c in (px - x, py - y)])
        self._at, self._control = end, control

    def _line(self, dx: int, dy: int) -> None:
        if dy == 0 and dx:
            self._write("h", [dx])
        elif dx == 0 and dy:
            self._write("v", [dy])
        elif dx:
            self._write("l", [dx, dy])

    def _mirrored(self) -> tuple[int, int]:
        return 2 * self._at[0] - self._control[0], 2 * self._at[1] - self._control[1]

    def _continues(self, control: tuple[int, int]) -> bool:
        if self._control is None:
            return False
        offsets = zip(self._mirrored(), control, strict=True)
        return all(abs(a - b) <= _CURVE_TOLERANCE for a, b in offsets)

    def _write(self, command: str, values: list[int]) -> None:
        text = "" if command == self._implied else command
        for value in values:
            number = (
                _decimal(value / 10**self._digits, self._digits) if self._digits else str(value)
            )
            # 字母与负号自己就是分隔；“1.5.5”里的小数点也是，但有的软件不认，仍用空格。
            joined = number[0] == "-" or (text or self.text)[-1:].isalpha()
            text += number if joined else " " + number
        self.text += text
        self._implied = command


def _image(node: ElementTree.Element) -> str:
    """位图：摆正、改成最省的 PNG。"""
    picture = Image.open(io.BytesIO(base64.b64decode(node.get(_HREF).partition(",")[2])))
    transform, (width, height) = node.get("transform"), picture.size
    if transform.startswith("matrix"):  # 按原来的像素存的图
        a, b, c, d, x, y = map(float, re.findall(r"-?[\d.]+(?:e-?\d+)?", transform))
        if b or c:
            raise ValueError("图里有旋转的位图，_svg 还不会写它：请先把图片转好。")
        width, height = a * width, d * height
    else:  # matplotlib 自己栅格化的部分（颜色条），上下颠倒
        x, y, width, height = (float(node.get(name)) for name in ("x", "y", "width", "height"))
        y, height = height - y, -height
    if height < 0:
        picture, y, height = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM), y + height, -height
    box = zip(("x", "y", "width", "height"), (x, y, width, height), strict=True)
    attributes = {
        **{name: _decimal(value) for name, value in box},
        "preserveAspectRatio": "none",
        "href": "data:image/png;base64," + base64.b64encode(_smallest_png(picture)).decode(),
    }
    if min(picture.size) < _PIXELATED:
        attributes["style"] = "image-rendering:pixelated"
    return _markup("image", attributes)


def _smallest_png(picture: Image.Image) -> bytes:
    """灰度存灰度，不超过 256 种颜色（连同透明）存索引，其余原样；不带元数据。"""
    pixels = np.asarray(picture.convert("RGBA"))
    colors, index = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    options = {}
    if (colors[:, :3] == colors[:, :1]).all() and (colors[:, 3] == 255).all():
        small = Image.fromarray(pixels[..., 0])
    elif len(colors) <= 256:
        small = Image.fromarray(index.reshape(pixels.shape[:2]).astype(np.uint8))
        small.putpalette(colors[:, :3].tobytes())
        options["transparency"] = colors[:, 3].tobytes()
    else:
        small = Image.fromarray(pixels)
    buffer = io.BytesIO()
    small.save(buffer, "png", optimize=True, **options)
    return buffer.getvalue()
