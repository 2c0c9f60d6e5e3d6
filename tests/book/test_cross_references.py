"""正文里的号码变成链接：认得出，落得对。"""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from _ext.cross_references import mentions


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("见图 2.1，", "fig-2-1"),
        ("由式 (2.4) 得", "eq-2-4"),
        ("留作练习 2.10", "ex2-10"),
        ("2.3 节说过", "s2-3"),
        ("见图 A.1，", "fig-a-1"),
    ],
)
def test_numbers_are_recognised(text, anchor):
    [(start, stop, found)] = mentions(text)
    assert found == anchor
    assert text[start:stop].endswith(("2.1", ")", "2.10", "节", "A.1"))


@pytest.mark.parametrize(
    "text", ["损失 2.1 比特", "(2.4)", "12.3.4 节", "图形 2.1", "Cover 第 2.3 节"]
)
def test_other_numbers_are_left_alone(text):
    assert mentions(text) == []


def test_every_mention_in_the_book_is_a_link(built_html: Path):
    pages = sorted([*built_html.glob("chapters/*.html"), *built_html.glob("appendix/*.html")])
    for path in pages:
        article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").article
        linked = {link.get_text(): link["href"] for link in article.select("p a.internal")}
        formulas = sum("#eq-" in href for href in linked.values())
        assert formulas >= 3 or path.parent.name == "appendix"
        for hidden in article.select("a, pre, code, h1, h2, h3, figcaption, .katex"):
            hidden.decompose()
        left = [article.get_text()[start:stop] for start, stop, _ in mentions(article.get_text())]
        assert left == [], path.name
