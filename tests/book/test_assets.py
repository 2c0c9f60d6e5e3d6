"""随书走的文件：用得到的一个不少，用不到的一个不带；字体里有书要的每个字形。"""

from __future__ import annotations

import io
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from fontTools.ttLib import TTFont

from _ext import assets, code_colours, font_subsets
from tests.figures.test_colours import contrast
from tools.notebooks import ROOT

BASE = "https://example.org/book/"
PAGE = """<a href="chapters/01.html">1</a> <img src="_images/a.svg#light">
<meta property="og:image" content="https://example.org/book/_static/sharing/a.png">
<style>@font-face{src:url(_static/fonts/f.woff2?v=1)}</style><form data-index="_static/i.js">"""
USED = ["_images/a.svg", "_static/sharing/a.png", "_static/fonts/f.woff2", "_static/i.js"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in [*USED, "chapters/01.html", "_static/unused.js", "_sources/x/01.txt"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    return tmp_path


def remove_unused(site: Path, exception: Exception | None = None) -> None:
    config = SimpleNamespace(html_baseurl=BASE)
    assets.remove_unused(SimpleNamespace(outdir=site, config=config), exception)


def test_only_what_pages_use_is_shipped(site):
    remove_unused(site)
    left = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert left == {*USED, "index.html", "chapters/01.html"}
    assert not (site / "_sources").exists()


def test_failed_build_is_left_as_it_is(site):
    remove_unused(site, RuntimeError())
    assert (site / "_static" / "unused.js").exists()


def test_compact_css_keeps_every_rule():
    css = 'a { color: red; } /* 说明 */\n\n  b::after { content: "/"; }\n'
    assert assets.compact(css) == 'a { color: red; }\nb::after { content: "/"; }'


@pytest.mark.parametrize(
    ("style", "sheet"),
    [(code_colours.LIGHT, "1-base.css"), (code_colours.DARK, "dark.css")],
)
def test_code_colours_stand_out_from_their_background(style, sheet):
    css = (assets.STYLES / sheet).read_text(encoding="utf-8")
    backgrounds = [re.search(rf"--{name}: (#\w{{6}})", css)[1] for name in ("paper", "panel")]
    for rule in code_colours.rules(style).values():
        colour = re.search(r"color: (#\w{6})", rule)[1]
        assert min(contrast(colour, background) for background in backgrounds) >= 4.5, rule


FORMULA = (
    '<p>外面<span class="katex"><span class="katex-mathml"><mi>q</mi></span>'
    '<span class="katex-html"><span class="mord mathnormal">p</span>'
    '<span class="mord mathbf">w</span><svg><path d="M0"/></svg>=</span></span>之后</p>'
)


def test_glyphs_are_counted_per_font(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(FORMULA, encoding="utf-8")
    used = font_subsets.glyphs_in([page])
    assert used["KaTeX_Math-Italic"] == {"p"}
    assert used["KaTeX_Main-Bold"] == {"w"}
    assert used["KaTeX_Main-Regular"] == {"p", "w", "="}


def test_subset_has_just_the_glyphs_asked_for():
    content = font_subsets.subset_font("KaTeX_Main-Regular", {"=", "+", "汉"})
    assert TTFont(io.BytesIO(content)).getBestCmap().keys() == {ord("="), ord("+")}
    assert len(content) < 3000
    assert font_subsets.subset_font("KaTeX_Main-Regular", {"汉"}) == b""


def test_shipped_fonts_have_every_glyph_of_the_book():
    html = ROOT / "_build" / "html"
    used = font_subsets.glyphs_in(sorted(html.rglob("*.html")))
    shipped = {path.stem: path for path in (html / "_static" / "fonts").iterdir()}
    assert shipped.keys() <= used.keys()
    for name, path in shipped.items():
        complete = TTFont(font_subsets.DIST / "fonts" / path.name).getBestCmap().keys()
        kept = TTFont(path).getBestCmap().keys()
        assert complete & set(map(ord, used[name])) <= kept < complete, name
    pages = "".join(path.read_text(encoding="utf-8") for path in html.rglob("*.html"))
    referenced = set(re.findall(r"fonts/(KaTeX_[\w-]+)\.woff2\?v=", pages))
    assert referenced == shipped.keys()
