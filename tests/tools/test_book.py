"""构建的缓存：没变的不重跑，改了一章只跑那一章，改了 lib 全部重跑。"""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import book, notebooks


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """两章的小项目。"""
    for name in ("lib", "chapters", "_ext", "_static"):
        (tmp_path / name).mkdir()
    (tmp_path / "lib" / "entropy.py").write_text("BITS = 1\n")
    for name in ("requirements.lock", "package-lock.json", "_config.yml", "_toc.yml"):
        (tmp_path / name).write_text("")
    for name in ("01_first", "02_second"):
        write_chapter(tmp_path / "chapters" / f"{name}.ipynb", "print(1)")
    monkeypatch.setattr(book, "ROOT", tmp_path)
    monkeypatch.setattr(book, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(notebooks, "CHAPTERS", tmp_path / "chapters")
    return tmp_path


def write_chapter(path: Path, source: str) -> None:
    notebooks.write(new_notebook(cells=[new_code_cell(f"# {path.stem}\n{source}")]), path)


def run() -> list[str]:
    return [path.stem for path in book.run_changed_notebooks(book.drop_stale_results())]


def test_only_what_changed_is_run(project):
    assert run() == ["01_first", "02_second"]
    assert run() == []
    write_chapter(project / "chapters" / "02_second.ipynb", "print(2)")
    assert run() == ["02_second"]
    (project / "lib" / "entropy.py").write_text("BITS = 2\n")
    assert run() == ["01_first", "02_second"]


def test_frameworks_chapter_is_run_only_where_it_can_be(project, monkeypatch):
    write_chapter(project / "chapters" / f"{notebooks.NEEDS_FRAMEWORKS}.ipynb", "print(6)")
    monkeypatch.setattr(notebooks, "FRAMEWORKS", ("no_such_library",))
    assert notebooks.NEEDS_FRAMEWORKS not in run()
    monkeypatch.setattr(notebooks, "FRAMEWORKS", ("numpy",))
    assert run() == [notebooks.NEEDS_FRAMEWORKS]


def test_style_change_rebuilds_pages_without_running_notebooks(project):
    book.drop_stale_results()
    html, cached = project / "_build" / "html", project / "_build" / ".jupyter_cache" / "x"
    html.mkdir()
    cached.touch()
    book.drop_stale_results()
    assert html.exists()
    (project / "_static" / "course.css").write_text("p {}")
    book.drop_stale_results()
    assert not html.exists()
    assert cached.exists()


@pytest.fixture
def sphinx_calls(project, monkeypatch) -> list[int]:
    """代替 Sphinx：写一个首页，记下被调用的次数。"""
    calls: list[int] = []

    def write_index() -> None:
        calls.append(1)
        (project / "_build" / "html").mkdir(exist_ok=True)
        (project / "_build" / "html" / "index.html").touch()

    monkeypatch.setattr(book, "run_sphinx", write_index)
    return calls


def test_nothing_is_built_again_until_something_changes(project, sphinx_calls, monkeypatch):
    for times, change in enumerate(
        [
            lambda: None,
            lambda: write_chapter(project / "chapters" / "01_first.ipynb", "print(3)"),
            lambda: (project / "intro.md").write_text("新的前言"),
            lambda: (project / "_static" / "course.css").write_text("p {}"),
            lambda: (project / "_build" / "html" / "index.html").unlink(),
            lambda: monkeypatch.setenv("BOOK_URL", "https://example.net/"),
            lambda: monkeypatch.setenv("SOURCE_DATE_EPOCH", "1"),
        ],
        start=1,
    ):
        change()
        assert [book.main(), book.main()] == [0, 0]
        assert len(sphinx_calls) == times


def test_interrupted_build_is_not_taken_for_finished(project, sphinx_calls, monkeypatch):
    assert book.main() == 0

    def fail() -> None:
        raise book.BuildError("中途断了")

    (project / "intro.md").write_text("新的前言")
    with monkeypatch.context() as patch:
        patch.setattr(book, "run_sphinx", fail)
        assert book.main() == 1
    (project / "intro.md").unlink()
    assert not book.is_up_to_date()


def test_failing_notebook_is_reported_in_one_message(project, capsys):
    write_chapter(project / "chapters" / "02_second.ipynb", "raise ValueError('算错了')")
    assert book.main() == 1
    error = capsys.readouterr().err
    assert error.startswith("错误：02_second.ipynb 运行出错")
    assert "算错了" in error


def test_commit_time_has_a_fallback(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "ROOT", tmp_path)
    assert book.commit_time().isdigit()


def test_placeholder_address_is_pointed_out(project, monkeypatch):
    monkeypatch.delenv("BOOK_URL", raising=False)
    (project / "_config.yml").write_text("html:\n  baseurl: https://example.org/\n")
    assert "BOOK_URL" in book.reminder()
    monkeypatch.setenv("BOOK_URL", "https://example.net/book/")
    assert book.reminder() is None
    monkeypatch.delenv("BOOK_URL")
    (project / "_config.yml").write_text("html:\n  baseurl: https://example.net/\n")
    assert book.reminder() is None
