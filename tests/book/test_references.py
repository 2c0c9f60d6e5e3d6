"""文献：条目完整、键不重复、条条有人引用；附录把每一条列一次，并链接到引用它的各页。"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pybtex.database import BibliographyDataError, Entry, parse_file, parse_string

from _ext import references
from tools import notebooks

ROOT = notebooks.ROOT
PAGE = ROOT / f"{references.PAGE}.md"
BIBLIOGRAPHY = parse_file(ROOT / "references.bib", bib_format="bibtex")
REQUIRED = {
    "article": "author title journal volume pages year",
    "book": "author title publisher year",
    "inproceedings": "author title booktitle year",
    "incollection": "author title booktitle editor publisher pages year",
    "misc": "author title year howpublished",
    "manual": "author title year",
}
NAMED_AUTHORS = 5
CITATION = re.compile(r"\{footcite:[pt]\}`([^`]+)`")


def problems(entry: Entry) -> list[str]:
    """一条文献缺什么、错什么。"""
    present = {*entry.fields, *entry.persons}
    found = [f"缺 {name}" for name in REQUIRED[entry.type].split() if name not in present]
    if entry.type == "inproceedings" and not {"pages", "volume"} & present:
        found.append("缺 pages 或 volume")
    if not re.fullmatch(r"(19|20)\d\d", entry.fields.get("year", "")):
        found.append("年份不像年份")
    for first, last in re.findall(r"(\d+)--(\d+)", entry.fields.get("pages", "")):
        if int(last) < int(first):
            found.append("页码倒了")
    if re.search(r"\d-\d", entry.fields.get("pages", "")):
        found.append("页码之间应是 --")
    authors = [person.last_names for person in entry.persons.get("author", [])]
    if ["others"] in authors and len(authors) <= NAMED_AUTHORS:
        found.append(f"至少写出 {NAMED_AUTHORS} 位作者")
    if not re.fullmatch(r"10\.\d{4,}/\S+", entry.fields.get("doi", "10.1000/x")):
        found.append("DOI 写错了")
    if entry.fields.get("keywords") not in groups():
        found.append(f"keywords 应是 {PAGE.name} 里的一组")
    return found


def groups() -> list[str]:
    """附录里的各组；标题就是组名。"""
    text = PAGE.read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", text, flags=re.M)
    assert titles == re.findall(r'^:filter: keywords == "(.+)"$', text, flags=re.M)
    return titles


def cited() -> dict[str, set[str]]:
    """文献的键 -> 引用它的各页（不带后缀）。"""
    found: dict[str, set[str]] = {}
    for path in notebooks.notebook_paths():
        for keys in CITATION.findall(path.read_text(encoding="utf-8")):
            for key in keys.split(","):
                found.setdefault(key.strip(), set()).add(path.stem)
    return found


@pytest.mark.parametrize("key", BIBLIOGRAPHY.entries)
def test_entry_is_complete(key):
    assert problems(BIBLIOGRAPHY.entries[key]) == []


def test_entries_and_citations_match():
    assert cited().keys() == set(BIBLIOGRAPHY.entries)


def test_no_work_is_entered_twice():
    titles = [re.sub(r"\W", "", e.fields["title"]).lower() for e in BIBLIOGRAPHY.entries.values()]
    assert [title for title, times in Counter(titles).items() if times > 1] == []
    with pytest.raises(BibliographyDataError, match="repeated"):
        parse_string("@misc{a, title={x}}\n@misc{a, title={y}}", "bibtex")


ARTICLE = """@article{key, author = {Good, I. J.}, title = {T}, journal = {J}, volume = {1},
pages = {1--2}, year = {1952}, keywords = {信息论}}"""


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("volume = {1},", "", "缺 volume"),
        ("1--2", "1-2", "页码之间应是 --"),
        ("1--2", "12--2", "页码倒了"),
        ("1952", "195", "年份不像年份"),
        ("I. J.}", "I. J. and others}", "至少写出 5 位作者"),
        ("year =", "doi = {doi.org/1}, year =", "DOI 写错了"),
        ("信息论", "别的", "keywords 应是"),
    ],
)
def test_planted_error_is_found(old, new, found):
    def entry(text: str) -> Entry:
        return parse_string(text, "bibtex").entries["key"]

    assert problems(entry(ARTICLE)) == []
    assert any(found in problem for problem in problems(entry(ARTICLE.replace(old, new))))


@pytest.fixture(scope="module")
def items(built_html: Path) -> list:
    page = (built_html / f"{references.PAGE}.html").read_text(encoding="utf-8")
    return BeautifulSoup(page, "html.parser").article.select("section section li")


def test_every_entry_is_listed_once_with_the_pages_citing_it(items):
    assert len(items) == len(BIBLIOGRAPHY.entries)
    listed = {}
    for item in items:
        links = [link["href"] for link in item.select(".cited-by a")]
        [key] = {link.partition("#footcite-")[2] for link in links}
        listed[key] = {Path(link.partition("#")[0]).stem for link in links}
    assert listed == cited()


def test_entry_shows_its_year_and_title(items):
    shown = {item.get_text() for item in items}
    for entry in BIBLIOGRAPHY.entries.values():
        title = re.sub(r"[{}]", "", entry.fields["title"]).lower()
        assert any(title in text.lower() and entry.fields["year"] in text for text in shown), title
