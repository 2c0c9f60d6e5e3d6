"""书自己的扩展：解答折叠、提示框、公式后的标点，都不丢内容。"""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

from _ext import anchors, code_colours, line_breaking, local_katex, reading, stored_outputs
from tools import notebooks


@pytest.fixture
def document() -> nodes.document:
    return new_document("页面")


def formula(latex: str) -> nodes.math:
    return nodes.math(latex, latex)


def paragraph(*children: nodes.Node) -> nodes.paragraph:
    return nodes.paragraph("", "", *children)


def text(content: str) -> nodes.Text:
    return nodes.Text(content)


def wrapped(document: nodes.document) -> list[str]:
    for node in list(document.findall(lambda n: isinstance(n, (nodes.math, nodes.literal)))):
        line_breaking._wrap_with_punctuation(node)
    return [inline.astext() for inline in document.findall(nodes.inline)]


def test_punctuation_stays_with_the_formula(document):
    document += paragraph(text("设 "), formula("x>0"), text("，则成立。"))
    assert wrapped(document) == ["x>0，"]
    assert document.astext() == "设 x>0，则成立。"


def test_equal_punctuation_keeps_its_place(document):
    # 同一段里有几个相同的文字节点时，曾经会把标点放到别的公式后面。
    document += paragraph(
        formula("a"), text("，"), formula("b"), text("，"), formula("c"), text("。")
    )
    assert wrapped(document) == ["a，", "b，", "c。"]
    assert document.astext() == "a，b，c。"


def test_opening_bracket_stays_with_the_formula(document):
    document += paragraph(text("正数（"), formula("x>0"), text("）与（“"), nodes.literal("", "e"))
    assert wrapped(document) == ["（x>0）", "（“e"]
    assert document.astext() == "正数（x>0）与（“e"


def test_code_keeps_its_punctuation_too(document):
    document += paragraph(text("用 "), nodes.literal("", "lib"), text("；再说"))
    assert wrapped(document) == ["lib；"]


def test_formula_without_punctuation_is_left_alone(document):
    document += paragraph(formula("x"), text(" 是实数"), formula("y"))
    assert wrapped(document) == []


def test_long_formula_may_break_only_inside():
    markup = '<span class="base">a=</span><span class="base">b</span>'
    assert "</span><wbr><span" in local_katex.tidy(markup)


def test_short_formula_does_not_break():
    markup = '<span class="base" style="width:2em">x=</span><span class="base" style="width:1em">'
    assert "<wbr>" not in local_katex.tidy(markup)
    assert "<wbr>" in local_katex.tidy(markup.replace("width:2em", "width:12em"))


def test_latex_source_is_left_out_but_mathml_stays():
    markup = "<math><semantics><mi>x</mi><annotation>x</annotation></semantics></math>"
    assert local_katex.tidy(markup) == "<math><mi>x</mi></math>"


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("第 2 章　交叉熵", "s2"),
        ("2.3 作为损失函数", "s2-3"),
        ("练习 2.1　心算", "ex2-1"),
        ("参考文献", "references"),
        ("不对称", None),
    ],
)
def test_anchor_follows_the_number_in_the_title(title, anchor):
    assert anchors.anchor_of(title) == anchor


def test_uncoloured_words_lose_their_tags():
    markup = '<span class="n">x</span> <span class="o">=</span> <span class="mi">1</span>'
    assert code_colours.drop_uncoloured(markup) == (
        'x <span class="o">=</span> <span class="mi">1</span>'
    )


def test_solution_section_is_folded(document):
    section = nodes.section("", nodes.title("", "解答"), paragraph(text("乘以 2。")), ids=["id1"])
    document += nodes.section("", nodes.title("", "练习"), section)
    reading.FoldSolutions(document).apply()
    (folded,) = document.findall(reading.solution)
    assert folded.astext() == "乘以 2。"
    assert len(list(document.findall(nodes.section))) == 1


def test_box_keeps_everything_after_its_label(document):
    # 引文在这一步还没有文字，不能因此丢掉。
    citation = nodes.footnote_reference("", refid="shannon1948")
    opening = paragraph(
        text(""), nodes.strong("", "容易弄错"), text("　底数 "), formula("b"), citation
    )
    document += nodes.block_quote("", opening, paragraph(text("第二段。")))
    reading.StyleBoxes(document).apply()
    (box,) = document.findall(nodes.admonition)
    assert box["classes"] == ["pitfall"]
    assert [child.astext() for child in box] == ["容易弄错", "底数 b", "第二段。"]
    assert list(box.findall(nodes.footnote_reference))


def test_ordinary_quotation_stays_a_quotation(document):
    document += nodes.block_quote("", paragraph(nodes.strong("", "香农"), text("说过。")))
    reading.StyleBoxes(document).apply()
    assert len(list(document.findall(nodes.block_quote))) == 1


SLOW_SERVER = """
import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])  # 套接字文件从这一刻起就在，
time.sleep(0.5)
server.listen()  # 这一刻才连得上
server.accept()
"""


def test_katex_waits_until_the_server_listens(tmp_path, monkeypatch):
    monkeypatch.setattr(
        local_katex.katex.KaTeXServer,
        "build_command",
        lambda socket: [sys.executable, "-c", SLOW_SERVER, socket],
    )
    process, connection = local_katex.start_when_listening(tmp_path, timeout=20)
    connection.close()
    process.communicate(timeout=20)
    assert process.returncode == 0


# ---- 没有装 Keras 的机器 -------------------------------------------------------------


def test_chapter_that_cannot_run_shows_its_stored_outputs(monkeypatch):
    config = SimpleNamespace(nb_execution_excludepatterns=["别处"])
    monkeypatch.setattr(notebooks, "FRAMEWORKS", ("no_such_library",))
    stored_outputs.skip_what_cannot_run(None, config)
    assert config.nb_execution_excludepatterns == ["别处", "chapters/06_frameworks.ipynb"]
    monkeypatch.setattr(notebooks, "FRAMEWORKS", ("numpy",))
    config.nb_execution_excludepatterns = []
    stored_outputs.skip_what_cannot_run(None, config)
    assert config.nb_execution_excludepatterns == []
