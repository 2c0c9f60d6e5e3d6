"""让 nbval 认识本书的 notebook：不存图、不存执行计数，运行时不画进度条。"""

import os
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from tools import notebooks

os.environ["TQDM_DISABLE"] = "1"  # 进度条只给交互使用的人看


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """没有装 Keras 的机器上不运行第 6 章；返回 None 是“由别人决定”。"""
    is_notebook = collection_path.suffix == ".ipynb"
    return True if is_notebook and not notebooks.is_runnable(collection_path) else None


def pytest_collectstart(collector: pytest.Collector) -> None:
    if isinstance(collector, IPyNbFile):
        # 图由 tests/figures 逐个核对；这里比较的是它的文字说明。
        collector.skip_compare += ("image/svg+xml",)


def pytest_itemcollected(item: pytest.Item) -> None:
    if isinstance(item, IPyNbCell):
        # 版本库里的 notebook 没有执行计数，而 nbval 会把这当作“没有运行过”。
        item.cell.execution_count = item.cell.execution_count or 1
