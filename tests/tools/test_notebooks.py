"""notebook 的规范化：去掉噪声、编好图号、结果稳定；写文件不会留下半个。"""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import notebooks


def drawn(caption: str) -> nbformat.NotebookNode:
    output = new_output(
        "execute_result",
        data={"text/plain": "〔图〕看见一条曲线", "image/svg+xml": "<svg/>"},
        metadata={"image/svg+xml": {"caption": caption, "alt": "看见一条曲线"}},
        execution_count=7,
    )
    return new_code_cell(f"draw('{caption}')", outputs=[output], execution_count=7)


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# 第 3 章　甲\n\n"),
            new_code_cell("print(1)\n", execution_count=3, metadata={"collapsed": True}),
            drawn("甲图。"),
            drawn("乙图。"),
            new_markdown_cell("#### 解答\n\n略。"),
            new_code_cell(""),
        ],
        metadata={"language_info": {"name": "python", "version": "3.13.0"}},
    )
    notebooks.normalize(notebook, "3")
    return notebook


def test_noise_is_removed(notebook):
    text = notebooks.serialize(notebook)
    assert "svg+xml" not in text
    assert "3.13.0" not in text
    assert "collapsed" not in text.replace("jp-MarkdownHeadingCollapsed", "")
    assert all(cell.execution_count is None for cell in notebook.cells if "outputs" in cell)
    assert len(notebook.cells) == 5  # 空单元格不留


def test_figures_are_numbered_in_order(notebook):
    options = [cell.metadata["mystnb"] for cell in notebook.cells if "mystnb" in cell.metadata]
    assert [o["figure"]["caption"] for o in options] == ["图 3.1　甲图。", "图 3.2　乙图。"]
    assert [o["image"]["alt"] for o in options] == ["看见一条曲线"] * 2


def test_removing_a_figure_renumbers_the_rest(notebook):
    del notebook.cells[2]
    notebooks.normalize(notebook, "3")
    assert notebook.cells[2].metadata["mystnb"]["figure"]["caption"] == "图 3.1　乙图。"


def test_solutions_are_collapsed_in_jupyterlab(notebook):
    assert notebook.cells[4].metadata["jp-MarkdownHeadingCollapsed"] is True


def test_normalizing_twice_changes_nothing(notebook):
    once = notebooks.serialize(notebook)
    notebooks.normalize(notebook, "3")
    assert notebooks.serialize(notebook) == once


def test_equal_cells_get_distinct_stable_ids():
    cells = [new_code_cell("print(1)"), new_code_cell("print(1)")]
    notebook = new_notebook(cells=cells)
    notebooks.normalize(notebook, "1")
    first, second = (cell.id for cell in notebook.cells)
    assert second == f"{first}-2"


def test_failed_run_leaves_the_file_untouched(tmp_path):
    path = tmp_path / "01_broken.ipynb"
    notebooks.write(new_notebook(cells=[new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    assert "ZeroDivisionError" in notebooks.refresh(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_refresh_stores_text_and_drops_progress_bars(tmp_path, monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE")  # conftest 设了它；这里要看 refresh 自己设不设
    path = tmp_path / "01_loop.ipynb"
    loop = "from tqdm import tqdm\nfor _ in tqdm(range(3)):\n    print('一步')"
    notebooks.write(new_notebook(cells=[new_code_cell(loop)]), path)
    assert notebooks.refresh(path) is None
    (output,) = notebooks.read(path).cells[0].outputs
    assert (output.name, output.text) == ("stdout", "一步\n" * 3)


def test_output_does_not_depend_on_when_the_kernel_flushes(tmp_path):
    source = "import time\nfor word in '甲乙':\n    print(word, flush=True)\n    time.sleep(0.5)"
    notebook = new_notebook(cells=[new_code_cell(source)])
    notebooks.execute(notebook, tmp_path)
    assert [output.text for output in notebook.cells[0].outputs] == ["甲\n乙\n"]
