"""页面的摘要、阅读时间与网址。"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

from _ext import pages


def paragraph(*children: nodes.Node) -> nodes.paragraph:
    return nodes.paragraph("", "", *children)


def section(title: str, *children: nodes.Node) -> nodes.section:
    return nodes.section("", nodes.title(title, "", nodes.Text(title)), *children)


def page(*children: nodes.Node) -> nodes.document:
    document = new_document("页面")
    document += list(children)
    return document


def test_description_ends_at_a_full_stop():
    document = page(paragraph(nodes.Text("短句。" + "长" * 200 + "。")))
    assert pages.description(document) == "短句。"


def test_description_skips_paragraphs_with_formulas():
    document = page(
        paragraph(nodes.Text("设 "), nodes.math("", "x")), paragraph(nodes.Text("好读的一句。"))
    )
    assert pages.description(document) == "好读的一句。"


def test_exercises_do_not_count_as_reading():
    text = paragraph(nodes.Text("字" * 7000))
    assert pages.reading_minutes(page(section("1.1 正文", text))) == 20
    assert pages.reading_minutes(page(section("1.7 练习", text.deepcopy()))) == 5


def test_formulas_code_and_figures_take_time():
    plain = section("正文", paragraph(nodes.Text("字" * 3500)))
    rich = section("正文", *plain.deepcopy()[1:], *[nodes.math_block("", "x") for _ in range(40)])
    rich += [nodes.literal_block("", "x = 1\n" * 100), *[nodes.image() for _ in range(10)]]
    assert pages.reading_minutes(page(plain)) == 10
    assert pages.reading_minutes(page(rich)) == 30


@pytest.mark.parametrize("given", ["https://example.net/book", "https://example.net/book/"])
def test_book_url_overrides_the_configured_address(monkeypatch, given):
    monkeypatch.setenv("BOOK_URL", given)
    config = SimpleNamespace(html_baseurl="https://example.org/")
    pages.use_base_url(None, config)
    assert config.html_baseurl == "https://example.net/book/"
