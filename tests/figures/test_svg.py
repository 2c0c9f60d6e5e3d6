"""变小的 SVG：外观由坐标与颜色决定，两者都不能走样；不画在位图上的东西都随深浅变色。"""

from __future__ import annotations

import base64
import gzip
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from lib.figures import _style, chapter_roadmap, opening_question
from lib.figures._svg import _smallest_png, encode_path

BUDGET = 13_500  # 字节，gzip 之后；最重的带位图的图另算


def drawn(title: str = "熵", **plot) -> str:
    fig, ax = _style.canvas()
    ax.plot([0, 1], [0, 1], **plot)
    ax.set_title(title)
    return _style.Illustration(fig, caption="图注。", alt="替代文字。").svg()


def replay(path: str) -> list[tuple[str, float, float]]:
    """按 SVG 的规则走一遍相对路径，返回每一步的（命令，终点）。"""
    steps, x, y, start = [], 0.0, 0.0, (0.0, 0.0)
    sizes = {"m": 2, "l": 2, "h": 1, "v": 1, "t": 2, "q": 4, "c": 6}
    for command, text in re.findall(r"([a-z])([^a-z]*)", path):
        numbers = [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text)]
        if command == "z":
            x, y = start
            steps.append(("z", x, y))
            continue
        for i in range(0, len(numbers), sizes[command]):
            part = numbers[i : i + sizes[command]]
            x += 0 if command == "v" else part[-1] if command == "h" else part[-2]
            y += 0 if command == "h" else part[-1]
            if command == "m" and i == 0:
                start = (x, y)
            steps.append((command, x, y))
    return steps


def test_every_point_is_within_half_a_step_of_its_place():
    rng = np.random.default_rng(0)
    points = rng.uniform(-50, 400, (300, 2))
    path = " ".join(
        f"{'M' if i % 40 == 0 else 'L'} {x:.6f} {y:.6f}" for i, (x, y) in enumerate(points)
    )
    ends = np.array([step[1:] for step in replay(encode_path(path, 100, 100, digits=2))])
    assert np.abs(ends - points).max() <= 0.005 + 1e-9  # 误差不累积


def test_paths_are_written_the_short_way():
    path = "M 1 1 L 2 1 L 2 3 L 2 3 L 1 2 z M 5 5 L 6 6"
    assert encode_path(path, 1, 1, digits=0) == "m1 1h1v2l-1-1zm4 4 1 1"
    assert encode_path("M 0.5 0.25 L 1 -0.25", 100, 100, digits=2) == "m.5 .25 .5-.5"


def test_smooth_curves_use_the_mirrored_control_point():
    smooth = "M 0 0 Q 10 10 20 0 Q 30 -10 40 0"
    assert encode_path(smooth, 1, 1, digits=0) == "m0 0q10 10 20 0t20 0"
    sharp = "M 0 0 Q 10 10 20 0 Q 30 10 40 0"
    assert "t" not in encode_path(sharp, 1, 1, digits=0)
    after_a_line = "M 0 0 Q 10 10 20 0 L 30 0 Q 40 -10 50 0"
    assert "t" not in encode_path(after_a_line, 1, 1, digits=0)


@pytest.mark.parametrize("draw", [opening_question, chapter_roadmap])
def test_figures_are_small(draw):
    assert len(gzip.compress(draw().svg().encode())) < BUDGET


def test_bare_file_is_on_paper_and_fragments_are_transparent():
    svg = drawn()
    assert ".card{fill:#fff}" in svg
    assert "#light:target .card,#dark:target .card{fill:none}" in svg
    root = ElementTree.fromstring(svg)
    light = root.find("{*}g")
    dark = light.find("{*}g")
    assert (light.get("id"), dark.get("id")) == ("light", "dark")
    # 花纹与记号也在 #dark 里面，不然它们不会变色。
    assert [child.tag.partition("}")[2] for child in dark][:2] == ["defs", "rect"]
    assert root.find("{*}defs") is None


def test_palette_colours_become_classes_with_a_dark_rule():
    svg = drawn(color=_style.LOSS)
    (loss,) = (ink for ink in _style.PALETTE if ink.light == _style.LOSS)
    assert f".s{loss.letter}{{stroke:{loss.light}}}" in svg
    assert f"#dark:target .s{loss.letter}{{stroke:{loss.dark}}}" in svg
    body = svg.partition("</style>")[2]
    assert f'class="s{loss.letter}"' in body
    assert not [ink.light for ink in _style.PALETTE if ink.light in body]


def test_what_is_drawn_on_pictures_keeps_its_colour():
    assert f'stroke="{_style.LOSS}"' in drawn(color=_style.LOSS, gid=_style.FIXED)


def test_names_depend_on_content_only():
    """两幅图放进同一个网页时，同名的定义必须相同。"""
    found = {}
    for svg in (drawn("熵"), drawn("交叉熵", marker="o"), opening_question().svg()):
        for definition in ElementTree.fromstring(svg).find(".//{*}defs"):
            text = ElementTree.tostring(definition)
            if not definition.tag.endswith("clipPath"):
                assert found.setdefault(definition.get("id"), text) == text
        used = set(re.findall(r'href="#(\w+)"|url\(#(\w+)\)', svg))
        names = {a or b for a, b in used}
        assert names <= set(re.findall(r'id="(\w+)"', svg))


@pytest.mark.parametrize("upside_down", [False, True])
@pytest.mark.parametrize("transparent", [False, True])
def test_pictures_keep_their_pixels(upside_down, transparent):
    pixels = np.round(np.random.default_rng(0).uniform(0, 1, (5, 7)) * 255) / 255
    if transparent:
        pixels[2, 3] = np.nan
    fig, ax = _style.canvas()
    with _style.mpl.rc_context(_style.RC):
        origin = "lower" if upside_down else "upper"
        ax.imshow(pixels, cmap="gray", vmin=0, vmax=1, origin=origin)
    svg = _style.Illustration(fig, caption="图注。", alt="替代文字。").svg()
    (image,) = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}image")
    assert image.get("style") == "image-rendering:pixelated"
    data = base64.b64decode(image.get("href").partition(",")[2])
    stored = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    expected = pixels[::-1] if upside_down else pixels
    hidden = np.isnan(expected)
    np.testing.assert_array_equal(stored[..., 3], np.where(hidden, 0, 255))
    np.testing.assert_allclose(stored[~hidden][:, 0] / 255, expected[~hidden], atol=1 / 255)


@pytest.mark.parametrize("colors", [2, 300])
def test_smallest_png_loses_nothing(colors):
    pixels = np.random.default_rng(0).integers(0, 256, (colors, 4), dtype=np.uint8)
    picture = Image.fromarray(pixels[np.arange(900) % colors].reshape(30, 30, 4))
    again = Image.open(io.BytesIO(_smallest_png(picture))).convert("RGBA")
    np.testing.assert_array_equal(np.asarray(again), np.asarray(picture))
