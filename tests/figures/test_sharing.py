"""分享图与图标：大小、可复现，画的是书里的那次预测。"""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

import lib
from lib.figures import sharing
from tools.notebooks import ROOT

TITLES = {"index": sharing.BOOK, "03_binary_cross_entropy": "第 3 章　二分类交叉熵"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharing") / "new"
    sharing.write_sharing_pictures(folder, TITLES)
    sharing.write_icons(folder)
    return folder


def test_one_small_picture_per_title(folder):
    assert {path.stem for path in folder.glob("*.png")} == {*TITLES, "apple-touch-icon"}
    for name in TITLES:
        path = folder / f"{name}.png"
        assert Image.open(path).size == (1200, 630)
        assert path.stat().st_size <= 60_000


def test_same_titles_give_the_same_bytes_without_metadata(folder, tmp_path):
    sharing.write_sharing_pictures(tmp_path, TITLES)
    sharing.write_icons(tmp_path)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name
        assert not re.search(rb"tEXt|iTXt|tIME", path.read_bytes())


def test_picture_shows_the_prediction_and_its_cross_entropy():
    fig = sharing.draw_sharing_picture("第 1 章　熵")
    (ax,) = fig.axes
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], sharing.PREDICTION)
    words = [text.get_text() for text in fig.texts]
    loss = lib.cross_entropy([1, 0, 0, 0], sharing.PREDICTION)
    assert {"第 1 章　熵", "《交叉熵》", f"{loss:.4f}", "比特"} == set(words)
    assert sharing.QUESTION in [t.get_text() for t in sharing.draw_sharing_picture("交叉熵").texts]


@pytest.mark.parametrize("title", [*TITLES.values(), "参考文献与很长很长的一个附录的标题"])
def test_words_stay_inside_and_apart(title):
    fig = sharing.draw_sharing_picture(title)
    renderer = sharing.FigureCanvasAgg(fig).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in fig.texts]
    assert all(box.x0 >= 30 and box.x1 <= 1170 and box.y0 >= 0 and box.y1 <= 605 for box in boxes)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_recognizable_in_a_chat_window(folder):
    """缩到 120 像素宽，狗的横条仍是一大块棕色，字仍是一大片墨色。"""
    tiny = Image.open(folder / "index.png").convert("RGB").resize((120, 63), Image.Resampling.BOX)
    pixels = np.asarray(tiny).astype(int)
    brown = np.abs(pixels - [0x8A, 0x5A, 0x00]).max(axis=-1) < 40
    assert brown.sum(axis=1).max() >= 45  # 横条的长，像素
    assert (pixels[5:25, :55].max(axis=-1) < 160).sum() >= 60


def test_icons_have_the_bars_of_the_vector_icon(folder):
    vector = (ROOT / "_static" / "favicon.svg").read_text(encoding="utf-8")
    lengths = [float(length) for length in re.findall(r"h([\d.]+)", vector)]
    np.testing.assert_allclose(lengths, 24 * sharing.ICON_BARS, atol=0.05)
    icon = Image.open(folder / "favicon.ico")
    assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
    touch = np.asarray(Image.open(folder / "apple-touch-icon.png"))
    assert touch.shape == (180, 180, 3)
    scale = 180 / 32
    for row, length in enumerate(lengths):
        for height in (5.5, 8.5):  # 线宽 4，中心在 7
            white = (touch[round((height + 6 * row) * scale)] == 255).all(axis=-1).sum()
            assert abs(white - length * scale) <= 1.5
