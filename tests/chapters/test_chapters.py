"""每一章、附录里每个 notebook 的文字与存储都合格（运行由 nbval 负责，见 tools/verify.py）。"""

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


@pytest.fixture(params=notebooks.notebook_paths(), ids=lambda path: path.stem)
def any_path(request: pytest.FixtureRequest) -> Path:
    """各章，以及附录里的 notebook。"""
    return request.param


@pytest.fixture
def notebook(any_path: Path) -> NotebookNode:
    return notebooks.read(any_path)


def bibliography_keys() -> set[str]:
    return set(re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text(), re.M))


def test_all_chapters_exist():
    assert [notebooks.chapter_number(path) for path in PATHS] == [1, 2, 3, 4, 5, 6]


def test_decimals_come_from_outputs(notebook):
    assert checks.unsupported_decimals(notebook) == []


def test_typography(notebook):
    assert [p for text in checks.prose(notebook) for p in checks.typography(text)] == []


def test_paragraphs_are_one_line(notebook):
    assert [p for t in checks.markdown_cells(notebook) for p in checks.broken_paragraphs(t)] == []


def test_wording(notebook):
    for text in checks.prose(notebook):
        assert checks.banned_phrases(text) == []
        assert checks.variant_terms(text) == []


def test_terms_are_introduced_with_english():
    assert checks.terms_without_english([notebooks.read(path) for path in PATHS]) == []


def test_headings(chapter):
    assert checks.headings(chapter) == []


def test_numbers_in_the_text_exist(chapter):
    assert checks.cross_references(chapter) == []


def test_citations_and_links_resolve(any_path, notebook):
    assert checks.citations(notebook, bibliography_keys()) == []
    for text in checks.markdown_cells(notebook):
        assert checks.relative_links(text, any_path.parent) == []


def test_storage(any_path, notebook):
    text = any_path.read_text(encoding="utf-8")
    assert checks.storage(notebook, text, notebooks.figure_series(any_path)) == []


def test_figures_have_captions_and_alternative_texts(notebook):
    assert checks.figures(notebook) == []


def test_figure_numbers_are_unique():
    names = [
        cell.metadata.mystnb.figure.name
        for path in notebooks.notebook_paths()
        for cell in notebooks.read(path).cells
        if "figure" in cell.metadata.get("mystnb", {})
    ]
    assert len(names) > 30
    assert len(set(names)) == len(names)


def test_exercises(chapter):
    assert checks.exercises(chapter) == []


def test_checkers_reject_the_unsolved_stub(path, chapter):
    if not notebooks.is_runnable(path):
        pytest.skip("没有装 Keras")
    assert checks.accepted_stubs(chapter) == []


def test_pitfalls(chapter):
    assert len(checks.pitfalls(chapter)) >= 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages(page):
    text = page.read_text(encoding="utf-8")
    assert checks.typography(text) == []
    assert checks.broken_paragraphs(text) == []
    assert checks.banned_phrases(text) == []
    assert checks.variant_terms(text) == []
    assert checks.relative_links(text, page.parent) == []
