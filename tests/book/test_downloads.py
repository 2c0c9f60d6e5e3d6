"""给读者下载的 notebook：与书里的是同一份，压缩包解开就能运行。"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from _ext import downloads
from tools import notebooks

FOLDER = notebooks.ROOT / "_build" / "html" / downloads.FOLDER


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reader")
    with zipfile.ZipFile(FOLDER / downloads.ARCHIVE) as archive:
        archive.extractall(folder)
    return folder / "cross-entropy"


def test_each_notebook_is_the_one_in_the_repository():
    for path in notebooks.notebook_paths():
        downloaded = (FOLDER / path.name).read_text(encoding="utf-8")
        assert without_links(path.read_text(encoding="utf-8")) == without_links(downloaded)


def without_links(text: str) -> str:
    return re.sub(r"\]\([^)\s]+\)", "]()", text)


def test_links_between_downloaded_notebooks_work(unpacked):
    for path in unpacked.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#\s]+\.ipynb)", text):
            assert (unpacked / target).is_file(), f"{path.name} → {target}"


def test_other_pages_are_linked_online(unpacked, built_html):
    """解开的文件夹里只有 notebook；链到别的页的，链到网上的那一份。"""
    found = []
    for path in unpacked.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\]\([^):]*\.md", text), path.name
        found += re.findall(r"\]\(https?://[^)\s]*/(appendix/\w+\.html)", text)
    assert "appendix/numerical_report.html" in found
    assert all((built_html / page).is_file() for page in found)


def test_archive_has_all_that_is_needed_and_nothing_of_this_machine(unpacked):
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}
    assert {path.name for path in notebooks.notebook_paths()} <= names
    assert {"lib/__init__.py", "lib/figures/entropy.py", "requirements.txt", "LICENSE"} <= names
    frameworks = (unpacked / "requirements-frameworks.txt").read_text(encoding="utf-8")
    assert all(name in frameworks for name in notebooks.FRAMEWORKS)
    assert "__pycache__" not in " ".join(names)
    wanted = (unpacked / "requirements.txt").read_text(encoding="utf-8")
    assert "numpy" in wanted and "jupyterlab" in wanted and "#" not in wanted


def test_notebook_runs_with_the_lib_beside_it(unpacked):
    code = (
        "import nbformat, pathlib, sys\n"
        "from nbclient import NotebookClient\n"
        "notebook = nbformat.read('02_cross_entropy.ipynb', as_version=4)\n"
        "check = nbformat.v4.new_code_cell('print(lib.__file__)')\n"
        "notebook.cells.append(check)\n"
        "NotebookClient(notebook, resources={'metadata': {'path': '.'}}).execute()\n"
        "print(check.outputs[0].text)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=unpacked,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert Path(finished.stdout.strip()).parent == unpacked / "lib"


def test_archive_is_reproducible(tmp_path):
    for name in ("one.zip", "two.zip"):
        downloads.write_archive(tmp_path / name, "https://example.org/")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
