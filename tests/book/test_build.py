"""整本书：没有警告，别处干净的构建与手头这一份逐字节相同，页面自足、链接都通。"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.chapters.checks import exercise_blocks, markdown_cells
from tools import notebooks
from tools.book import commit_time

ROOT = notebooks.ROOT


def copy_project(target: Path, *, intro_only: bool = False) -> Path:
    """把版本库里的文件（含未提交的）复制到 ``target``；``intro_only`` 时不带 notebook。"""
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT
    )
    for name in listed.decode().split("\0"):
        source = ROOT / name
        if not name or not source.is_file() or (intro_only and name.endswith(".ipynb")):
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
    (target / "node_modules").symlink_to(ROOT / "node_modules")
    return target


def build(folder: Path, epoch: str = "1700000000") -> subprocess.CompletedProcess[str]:
    """在 ``folder`` 里运行 make book 的后半（环境用现成的）。"""
    environment = {**os.environ, "PYTHONPATH": str(folder), "SOURCE_DATE_EPOCH": epoch}
    return subprocess.run(
        [sys.executable, "-m", "tools.book"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def build_successfully(folder: Path, epoch: str) -> str:
    finished = build(folder, epoch)
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
    return finished.stdout


@pytest.fixture(scope="module")
def html(built_html: Path) -> Path:
    """手头这一份；``make test`` 先构建它。"""
    return built_html


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """在另一个文件夹里从头构建的一份。"""
    folder = copy_project(tmp_path_factory.mktemp("another-place"))
    assert "make serve" in build_successfully(folder, commit_time())  # 结尾告诉人怎样打开
    return folder


@pytest.fixture(scope="module")
def pages(html: Path) -> dict[Path, BeautifulSoup]:
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(html.rglob("*.html"))
    }


def test_clean_build_elsewhere_is_identical(html, elsewhere):
    assert digests(elsewhere / "_build" / "html") == digests(html)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_second_build_does_nothing(elsewhere):
    started = time.monotonic()
    assert "不必重新构建" in build_successfully(elsewhere, commit_time())
    assert time.monotonic() - started < 10


def test_preface_change_runs_no_notebook(elsewhere):
    preface = elsewhere / "intro.md"
    preface.write_text(preface.read_text(encoding="utf-8") + "\n再加一段。\n", encoding="utf-8")
    assert "不必重新运行" in build_successfully(elsewhere, commit_time())
    assert "再加一段。" in (elsewhere / "_build" / "html" / "index.html").read_text("utf-8")


def is_fetched(rel: str) -> bool:
    return rel != "canonical"


def test_no_page_fetches_from_another_host(pages, html):
    for path, page in pages.items():
        sources = [tag.get("src") for tag in page.find_all(src=True)]
        sources += [tag["href"] for tag in page.find_all("link", href=True, rel=is_fetched)]
        assert [source for source in sources if re.match(r"(https?:)?//", source)] == [], path
    for path in [*html.rglob("*.html"), *html.rglob("*.svg")]:
        fetched = re.findall(r"url\(['\"]?(https?:)?//", path.read_text(encoding="utf-8"))
        assert fetched == [], path


def test_every_link_leads_somewhere(pages, html):
    anchors = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in pages.items()}
    for path, page in pages.items():
        for href in {tag["href"] for tag in page.find_all(href=True)}:
            target, _, anchor = href.partition("#")
            target = target.partition("?")[0]
            if re.match(r"[a-z]+:", target):
                continue
            if path.name == "404.html":  # 它的地址从网站的根算起
                target = str(html / target.removeprefix("/"))
            file = (path.parent / target).resolve() if target else path
            assert file.exists(), f"{path.name} → {href}"
            assert not anchor or file not in anchors or anchor in anchors[file], f"{path} → {href}"


def test_formulas_are_typeset(html):
    for path in sorted(html.glob("chapters/*.html")):
        text = path.read_text(encoding="utf-8")
        formulas = text.count('<span class="math"') + text.count('<div class="math"')
        assert 100 < formulas == text.count('<span class="katex">'), path
        assert "katex-error" not in text and "<annotation" not in text, path
    assert (html / "_static" / "fonts" / "KaTeX_Main-Regular.woff2").is_file()


@pytest.mark.parametrize("chapter", notebooks.chapter_paths(), ids=lambda path: path.stem)
def test_chapter_page_is_complete(chapter, pages, html):
    page = pages[html / "chapters" / f"{chapter.stem}.html"]
    notebook = notebooks.read(chapter)
    drawn = [cell for cell in notebook.cells if "mystnb" in cell.metadata]
    figures = page.select("article figure")
    assert len(figures) == len(drawn)
    for figure, cell in zip(figures, drawn, strict=True):
        assert figure.img["alt"] == cell.metadata["mystnb"]["image"]["alt"]
        assert figure.img["src"].endswith(".svg#light")
        assert figure.source["srcset"] == figure.img["src"].replace("#light", "#dark")
        assert re.match(r"图 \d\.\d+　", figure.figcaption.get_text().strip())
    assert len(page.select("section.exercise")) == len(exercise_blocks(notebook))
    solutions = page.select("details.solution")
    assert len(solutions) == len(exercise_blocks(notebook))
    assert not any("open" in solution.attrs for solution in solutions)
    assert len(page.select(".admonition.pitfall")) >= 3
    assert page.html["lang"].startswith("zh")
    cited = re.findall(r"\{footcite:[pt]\}`([^`]+)`", "\n".join(markdown_cells(notebook)))
    keys = [key.strip() for keys in cited for key in keys.split(",")]
    assert len(page.select("a.footnote-reference")) == len(keys)


def test_pictures_of_the_preface_match_the_code():
    from tools import pictures

    preface = (ROOT / "intro.md").read_text(encoding="utf-8")
    for draw in pictures.PICTURES[:2]:
        illustration = draw()
        stored = pictures.FOLDER / f"{draw.__name__}.svg"
        assert stored.read_text(encoding="utf-8") == illustration.svg(), "请运行 make outputs"
        assert f"![{illustration.alt}](_static/{stored.name})" in preface


def test_pictures_of_the_report_match_the_data():
    from tools import pictures

    for draw in pictures.PICTURES[2:]:
        stored = pictures.FOLDER / f"{draw.__name__}.svg"
        assert stored.read_text(encoding="utf-8") == draw().svg(), "请运行 make outputs"


PLANTED = {
    "写错的公式": ("$$\n\\frac{1}{\n$$", "KaTeX"),
    "断掉的链接": ("[第 9 章](chapters/09_missing.ipynb)", "09_missing"),
    "不存在的文献": ("{footcite:p}`nobody1900`", "nobody1900"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_error_fails_the_build(name, tmp_path):
    text, expected = PLANTED[name]
    copy_project(tmp_path, intro_only=True)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: intro\n", encoding="utf-8")
    (tmp_path / "intro.md").write_text(f"# 书\n\n{text}\n", encoding="utf-8")
    finished = build(tmp_path)
    assert finished.returncode == 1
    assert expected in finished.stdout + finished.stderr
    assert "没有构建成功" in finished.stderr
