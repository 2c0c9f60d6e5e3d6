"""颜色：亮底与深底上都看得清、分得开，正文里说的颜色名在两种底上都成立。"""

from __future__ import annotations

import colorsys
import itertools
import re

import pytest

from lib.figures import _style
from lib.figures._svg import Ink
from tools import notebooks

TEXT_CONTRAST, SHAPE_CONTRAST = 4.5, 3.0  # WCAG 2.2 的 1.4.3 与 1.4.11
ONLY_FILLS = {_style.PAPER, _style.PALE, _style.LOSS_PALE}  # 纸面与淡填充：不写字、不单独表意
INKS = {ink.light: ink for ink in _style.PALETTE}
NAMES = {
    _style.PAPER: "纸",
    _style.TRUE: "蓝",
    _style.PREDICTED: "橙",
    _style.LOSS: "紫",
    _style.LOSS_PALE: "淡紫",
    _style.INK: "墨",
    _style.MUTED: "灰",
    _style.PALE: "淡灰",
    **{color: name for name, color in _style.ANIMAL_COLORS.items()},
}
MODES = ("light", "dark")
WRITING = [color for color in INKS if color not in ONLY_FILLS]
HUES = {"蓝": (190, 225), "橙": (10, 40), "紫": (295, 320)}  # 度


def channels(color: str) -> tuple[float, ...]:
    return tuple(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))


def linear(color: str) -> list[float]:
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(color)]


def luminance(color: str) -> float:
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(color), strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def blended(color: str, opacity: float, under: str) -> str:
    mixed = (
        opacity * a + (1 - opacity) * b
        for a, b in zip(channels(color), channels(under), strict=True)
    )
    return "#" + "".join(f"{round(255 * c):02x}" for c in mixed)


def lab(color: str) -> tuple[float, float, float]:
    red, green, blue = linear(color)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 4 / 29 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def in_mode(ink: Ink, mode: str) -> str:
    return getattr(ink, mode)


def paper(mode: str) -> str:
    return in_mode(INKS[_style.PAPER], mode)


def test_every_colour_and_letter_is_named_once():
    assert set(NAMES) == set(INKS)
    assert len({ink.letter for ink in _style.PALETTE}) == len(_style.PALETTE)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("color", WRITING, ids=NAMES.get)
def test_writing_has_enough_contrast(color, mode):
    assert contrast(in_mode(INKS[color], mode), paper(mode)) >= TEXT_CONTRAST


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("color", [_style.INK, _style.MUTED, _style.LOSS], ids=NAMES.get)
def test_writing_is_readable_on_the_grey_area(color, mode):
    """灰色区域是半透明的 PALE，上面有字。"""
    area = blended(in_mode(INKS[_style.PALE], mode), 0.5, paper(mode))
    assert contrast(in_mode(INKS[color], mode), area) >= TEXT_CONTRAST


@pytest.mark.parametrize("mode", MODES)
def test_translucent_shapes_have_enough_contrast(mode):
    """表意的半透明图形：校准图的竖条（0.7）与频率的横线（0.75）。"""
    shapes = [(_style.PREDICTED, 0.7), *((c, 0.75) for c in _style.ANIMAL_COLORS.values())]
    for color, opacity in shapes:
        drawn = blended(in_mode(INKS[color], mode), opacity, paper(mode))
        assert contrast(drawn, paper(mode)) >= SHAPE_CONTRAST, (NAMES[color], drawn)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("color", [_style.TRUE, _style.PREDICTED], ids=NAMES.get)
def test_numbers_are_readable_on_heat_maps(color, mode):
    """热力图的格子是固定颜色、深浅由透明度表示；浓到 0.7 以上写白字，以下写墨色。"""
    ink = in_mode(INKS[_style.INK], mode)
    weak = [blended(color, opacity / 100, paper(mode)) for opacity in range(0, 61)]
    strong = [blended(color, opacity / 100, paper(mode)) for opacity in range(70, 101)]
    assert min(contrast(ink, cell) for cell in weak) >= SHAPE_CONTRAST  # 字号 12 点以上
    assert min(contrast("#ffffff", cell) for cell in strong) >= SHAPE_CONTRAST


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "group",
    [(_style.TRUE, _style.PREDICTED, _style.LOSS), tuple(_style.ANIMAL_COLORS.values())],
    ids=["主色", "动物"],
)
def test_colours_of_one_picture_stay_apart(group, mode):
    for one, other in itertools.combinations(group, 2):
        a, b = (lab(in_mode(INKS[color], mode)) for color in (one, other))
        distance = sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5
        assert distance >= 20, (NAMES[one], NAMES[other], distance)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("color", [_style.TRUE, _style.PREDICTED, _style.LOSS], ids=NAMES.get)
def test_named_hues_hold(color, mode):
    hue = 360 * colorsys.rgb_to_hls(*channels(in_mode(INKS[color], mode)))[0]
    low, high = HUES[NAMES[color]]
    assert low <= hue <= high


def test_dark_paper_is_the_page_of_the_book():
    """盖住背景的文字框要与页面同色，不然露馅。"""
    for style, mode in (("1-base.css", "light"), ("dark.css", "dark")):
        sheet = (notebooks.ROOT / "_static" / "style" / style).read_text(encoding="utf-8")
        assert re.search(r"--paper:\s*(#[0-9a-f]{6})", sheet).group(1) == paper(mode)
