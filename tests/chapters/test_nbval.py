"""nbval 与章节的运行：真的会比较，真的会因为解答的断言不成立而失败。"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools import notebooks

SOURCE = "print('熵 = 1 比特')"


def run_nbval(folder: Path, source: str, printed: str) -> subprocess.CompletedProcess[str]:
    cell = new_code_cell(source, outputs=[new_output("stream", name="stdout", text=printed)])
    notebook = new_notebook(cells=[cell])
    notebooks.normalize(notebook, "1")
    path = folder / "01_planted.ipynb"
    notebooks.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider"]
    command += ["-c", str(notebooks.ROOT / "pyproject.toml"), "-p", "conftest", str(path)]
    return subprocess.run(command, cwd=notebooks.ROOT, capture_output=True, text=True, timeout=120)


@pytest.fixture
def nbval(tmp_path: Path) -> Callable[[str, str], subprocess.CompletedProcess[str]]:
    return lambda source, printed: run_nbval(tmp_path, source, printed)


def test_matching_output_passes(nbval):
    finished = nbval(SOURCE, "熵 = 1 比特\n")
    assert finished.returncode == 0, finished.stdout


def test_changed_output_fails(nbval):
    finished = nbval(SOURCE, "熵 = 2 比特\n")
    assert finished.returncode == 1
    assert "mismatch" in finished.stdout


def test_failing_assertion_in_a_solution_fails(nbval):
    finished = nbval("def check(f):\n    assert f() == 1\n\n\ncheck(lambda: 2)", "")
    assert finished.returncode == 1
    assert "AssertionError" in finished.stdout
