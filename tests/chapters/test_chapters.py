"""每一章的文字与存储都合格（运行由 nbval 负责，见 tools/verify.py）。"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat import NotebookNode

from tests.chapters import checks
from tools import notebooks

PATHS = notebooks.chapter_paths()
ROOT = notebooks.ROOT
PAGES = [ROOT / "intro.md", ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PAGES += sorted((ROOT / "appendix").glob("*.md"))


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def chapter(path: Path) -> NotebookNode:
    return notebooks.read(path)


def bibliography_keys() -> set[str]:
    return set(re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text(), re.M))


def test_all_five_chapters_exist():
    assert [notebooks.chapter_number(path) for path in PATHS] == [1, 2, 3, 4, 5]


def test_decimals_come_from_outputs(chapter):
    assert checks.unsupported_decimals(chapter) == []


def test_typography(chapter):
    assert [p for text in checks.prose(chapter) for p in checks.typography(text)] == []


def test_paragraphs_are_one_line(chapter):
    assert [p for t in checks.markdown_cells(chapter) for p in checks.broken_paragraphs(t)] == []


def test_wording(chapter):
    for text in checks.prose(chapter):
        assert checks.banned_phrases(text) == []
        assert checks.variant_terms(text) == []


def test_terms_are_introduced_with_english():
    assert checks.terms_without_english([notebooks.read(path) for path in PATHS]) == []


def test_headings(chapter):
    assert checks.headings(chapter) == []


def test_references_resolve(path, chapter):
    assert checks.cross_references(chapter) == []
    assert checks.citations(chapter, bibliography_keys()) == []
    for text in checks.markdown_cells(chapter):
        assert checks.relative_links(text, path.parent) == []


def test_storage(path, chapter):
    text = path.read_text(encoding="utf-8")
    assert checks.storage(chapter, text, notebooks.chapter_number(path)) == []


def test_figures_have_captions_and_alternative_texts(chapter):
    assert checks.figures(chapter) == []


def test_exercises(chapter):
    assert checks.exercises(chapter) == []


def test_checkers_reject_the_unsolved_stub(chapter):
    assert checks.accepted_stubs(chapter) == []


def test_pitfalls(chapter):
    assert len(checks.pitfalls(chapter)) >= 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages(page):
    text = page.read_text(encoding="utf-8")
    assert checks.typography(text) == []
    assert checks.banned_phrases(text) == []
    assert checks.variant_terms(text) == []
    assert checks.relative_links(text, page.parent) == []
