"""第 6 章的 PyTorch 单元格：``python -m tools.peer_outputs`` 在 .venv-peers 里运行它，存下输出。

PyTorch 不在书的环境里，构建与 nbval 都跳过这一格；这里与测试用同样的办法得到它的输出。
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_output

from tools import notebooks
from tools.benchmark import PYTHON

CHAPTER = notebooks.CHAPTERS / f"{notebooks.NEEDS_FRAMEWORKS}.ipynb"
TAG = "torch"
MARK = "〔以下是这一格的输出〕"


def torch_cell(notebook: NotebookNode) -> NotebookNode:
    """带 ``torch`` 标签的那一格。"""
    return next(cell for cell in notebook.cells if TAG in cell.metadata.get("tags", []))


def run(notebook: NotebookNode, python: Path = PYTHON) -> str:
    """从头运行到 PyTorch 的那一格，返回它打印的文字。

    Raises
    ------
    subprocess.CalledProcessError
        运行出错。
    """
    last = torch_cell(notebook)
    sources = []
    for cell in notebook.cells:
        if cell is last:
            break
        if cell.cell_type == "code":
            sources.append(cell.source)
    script = "\n".join([*sources, f"print({MARK!r})", last.source])
    printed = subprocess.run(
        [str(python), "-W", "ignore", "-c", script],
        cwd=notebooks.ROOT,
        env={**os.environ, "PYTHONPATH": str(notebooks.ROOT), "PYTHONUTF8": "1"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return printed.split(f"{MARK}\n")[1]


def main() -> int:
    if not PYTHON.exists():
        print("错误：还没有装 PyTorch，请先运行 make benchmark。", file=sys.stderr)
        return 1
    notebook = notebooks.read(CHAPTER)
    torch_cell(notebook).outputs = [new_output("stream", name="stdout", text=run(notebook))]
    notebooks.write(notebook, CHAPTER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
