"""附录《lib 参考》：每个公开的函数一条，说全了；推导的链接落在真的讲它的那一节。"""

from __future__ import annotations

import copy
import inspect
import re

import pytest
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.errors import ExtensionError

import lib
from _ext import lib_links
from _ext import lib_reference as reference
from _ext.numerical_report import fill
from tests.chapters import checks
from tools.notebooks import ROOT

LABELS = ["参数", "返回", "异常", "公式", "示例"]
# 书里用别的写法说到的函数；其余的，那一节里要有函数名。
SAID_OTHERWISE = {
    "log_sigmoid": "lnσ(z)",
    "logsumexp": "lse(z)",
    "one_hot": "one-hot",
}


@pytest.fixture(scope="module")
def page(built_html) -> Tag:
    text = (built_html / f"{reference.PAGE}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser").article


def entry(page: Tag, name: str) -> Tag:
    (found,) = page.select(f"section#lib-{name}")
    return found


def below(section: Tag, label: str) -> list[Tag]:
    """一个小标签下面、下一个小标签之前的东西。"""
    start = next(p for p in section.select("p.rubric") if p.get_text() == label)
    found = []
    for sibling in start.find_next_siblings():
        if "rubric" in sibling.get("class", []):
            break
        found.append(sibling)
    return found


def terms(section: Tag, label: str) -> list[str]:
    """定义列表里左边的名字。"""
    names = "dt code:not(.classifier code)"
    return [code.get_text() for part in below(section, label) for code in part.select(names)]


def test_exactly_the_public_functions(page):
    ids = [section["id"] for section in page.select("section[id^=lib-]")]
    assert sorted(ids) == sorted(f"lib-{name}" for name in lib.__all__)


@pytest.mark.parametrize("name", lib.__all__)
def test_entry_is_complete(page, name):
    section = entry(page, name)
    labels = [p.get_text() for p in section.select("p.rubric")]
    assert [label for label in labels if label != "文献"] == LABELS
    parameters = terms(section, "参数")
    assert parameters == list(inspect.signature(getattr(lib, name)).parameters)
    assert {"TypeError", "ValueError"} == set(terms(section, "异常"))
    for label in LABELS[:3]:
        for part in below(section, label):
            assert all(len(text.get_text().strip()) >= 5 for text in part.select("dd"))
    assert any(part.select(".katex") for part in below(section, "公式"))
    assert section.select(".doctest pre span[class]"), "示例没有代码的颜色"
    assert not section.select("ol"), "行首的缩写（T. M. …）被当成了编号，请写全名"


@pytest.mark.parametrize("name", lib.__all__)
def test_wording(page, name):
    section = copy.copy(entry(page, name))
    for hidden in section.select(".katex, pre, code, .headerlink"):
        hidden.replace_with("x")
    for paragraph in section.select("p, dt, dd"):
        assert checks.banned_phrases(paragraph.get_text()) == []
        assert checks.variant_terms(paragraph.get_text()) == []


@pytest.mark.parametrize("name", lib.__all__)
def test_signature_is_the_real_one(page, name):
    shown = entry(page, name).select_one(".highlight-python pre").get_text()
    namespace: dict[str, object] = {"np": __import__("numpy")}
    exec(f"def {shown.strip()}: ...", namespace)
    plain = inspect.signature(getattr(lib, name))
    parameters = [p.replace(annotation=p.empty) for p in plain.parameters.values()]
    assert inspect.signature(namespace[name]) == inspect.Signature(parameters)


@pytest.mark.parametrize("name", lib.__all__)
def test_derivation_really_is_there(page, built_html, name):
    links = [
        link["href"]
        for part in below(entry(page, name), "公式")
        for link in part.select("a.internal")
        if "chapters/" in link["href"]
    ]
    assert links
    texts = [section_text(built_html, link) for link in links]
    wanted = SAID_OTHERWISE.get(name, name)
    pattern = rf"(?<![A-Za-z_]){wanted}(?![A-Za-z_])" if wanted == name else re.escape(wanted)
    assert re.search(pattern, texts[0]), links


def section_text(built_html, link: str) -> str:
    """链接所指的一节的文字，去掉空白。"""
    path, _, anchor = link.partition("#")
    target = (built_html / reference.PAGE).parent / path
    page = BeautifulSoup(target.read_text(encoding="utf-8"), "html.parser")
    (section,) = page.select(f"section#{anchor}")
    assert re.fullmatch(r"s\d+-\d+", anchor)
    for hidden in section.select(".katex-mathml"):
        hidden.decompose()
    return re.sub(r"\s|\u200b", "", section.get_text())


def test_overview_lists_every_function_with_a_link(page):
    rows = page.select_one("table").select("tbody tr")
    names = [row.select_one("td code").get_text() for row in rows]
    assert sorted(names) == sorted(lib.__all__)
    for name, row in zip(names, rows, strict=True):
        cells = row.select("td")
        assert cells[0].a["href"] == f"#lib-{name}"
        assert cells[1].select(".katex")
        assert cells[2].get_text(strip=True)
        assert all("chapters/" in link["href"] for link in cells[3].select("a"))
        assert cells[3].select("a")


@pytest.mark.parametrize(
    ("name", "base"),
    [("entropy", "2，比特"), ("binary_cross_entropy", "e，奈特"), ("logsumexp", "奈特")],
)
def test_default_bases(name, base):
    assert reference.default_base(name) == base


def test_lines_of_a_paragraph_are_joined(page):
    """中文之间没有换行，也没有空格。"""
    for paragraph in page.select("p"):
        split = re.search(
            r"[\u4e00-\u9fff]\n[\u4e00-\u9fff（]|[，。；：（]\s", paragraph.get_text()
        )
        assert not split, paragraph.get_text()


def test_function_without_a_place_is_an_error(monkeypatch):
    text = (ROOT / f"{reference.PAGE}.md").read_text(encoding="utf-8")
    values = {"overview": "", **dict.fromkeys([*lib.__all__, "hinge_loss"], "")}
    with pytest.raises(ExtensionError, match=r"_ext/lib_reference\.py.*对不上：hinge_loss"):
        fill(text, values, reference.PAGE)


def test_long_signature_takes_several_lines():
    lines = reference.signature("softmax_cross_entropy_value_and_grad").splitlines()
    assert lines[1] == '    t, z, *, base=np.e, reduction="mean"'
    assert reference.signature("softmax") == "softmax(z, *, axis=-1, temperature=1.0)"


# ---- 各章里的链接 ---------------------------------------------------------------------------


def test_chapters_link_the_first_mention_only(built_html):
    linked = {}
    for path in sorted(built_html.glob("chapters/*.html")):
        article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").article
        names = [
            link["href"].partition("#lib-")[2]
            for link in article.select("a[href*='lib_reference.html#lib-']")
        ]
        assert len(set(names)) == len(names), path.name
        linked[path.stem] = set(names)
    assert linked["01_entropy"] == {"self_information", "entropy"}
    assert {"sigmoid_cross_entropy", "binary_cross_entropy"} <= linked["03_binary_cross_entropy"]
    assert all(linked[name] for name in list(linked)[:4])


def test_tables_of_chapters_are_not_linked():
    document = nodes.document(None, None, source="chapters/06_frameworks.ipynb")
    literal = nodes.literal("", "lib.cross_entropy")
    document += nodes.table("", nodes.entry("", nodes.paragraph("", "", literal)))
    assert lib_links.function_name(literal) is None


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        (["lib.softmax"], ["softmax"]),
        (["lib.softmax(z, axis=0)"], ["softmax"]),
        (["lib", "softmax"], [None, "softmax"]),
        (["softmax"], [None]),
        (["torch.softmax"], [None]),
        (["lib.figures"], [None]),
    ],
)
def test_which_code_is_meant(codes, names):
    document = nodes.document(None, None, source="chapters/01_entropy.ipynb")
    literals = [nodes.literal("", code) for code in codes]
    document += nodes.paragraph("", "", *literals)
    assert [lib_links.function_name(literal) for literal in literals] == names
