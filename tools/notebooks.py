"""notebook 的执行与规范化：``python -m tools.notebooks refresh|normalize [文件…]``。

版本库里的 notebook 只存文字输出；图由构建生成，图注与替代文字由画图的代码写进单元格元数据。
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
IMAGE_TYPES = ("image/svg+xml", "image/png", "image/jpeg")
SOLUTION_HEADING = "#### 解答"
CELL_TIMEOUT = 300  # 秒
NEEDS_FRAMEWORKS = "06_frameworks"
FRAMEWORKS = ("keras", "jax", "optax")


def chapter_paths() -> list[Path]:
    """返回各章的 notebook，按章次排列。"""
    return sorted(CHAPTERS.glob("*.ipynb"))


def notebook_paths() -> list[Path]:
    """返回全书的 notebook：先各章，后附录。"""
    return chapter_paths() + sorted((CHAPTERS.parent / "appendix").glob("*.ipynb"))


def chapter_number(path: Path) -> int:
    """从文件名 ``01_entropy.ipynb`` 读出章次。"""
    return int(path.stem.split("_")[0])


def frameworks_are_installed() -> bool:
    """装了第 6 章要的 Keras、JAX 与 optax。"""
    return all(importlib.util.find_spec(name) for name in FRAMEWORKS)


def is_runnable(path: Path) -> bool:
    """第 6 章在没有装 Keras 的机器上不运行，只用存下的输出；别的总能运行。"""
    return path.stem != NEEDS_FRAMEWORKS or frameworks_are_installed()


def read(path: Path) -> NotebookNode:
    """读入一个 notebook（nbformat 4）。"""
    return nbformat.read(path, as_version=4)


def serialize(notebook: NotebookNode) -> str:
    """返回写进版本库的文本；同样的内容总是同样的字节。"""
    return nbformat.writes(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write(notebook: NotebookNode, path: Path) -> None:
    """先写临时文件再改名：中途被打断也不会留下半个 notebook。"""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(serialize(notebook), encoding="utf-8", newline="\n")
    temporary.replace(path)


def execute(notebook: NotebookNode, folder: Path) -> None:
    """在干净的内核里从头运行 ``notebook``，输出写回其中。"""
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        record_timing=False,  # 时间戳会让同样的代码在缓存里对不上
        coalesce_streams=True,  # 一个单元格的打印合成一段，与内核何时刷新无关
        resources={"metadata": {"path": str(folder)}},
        # 内核只和本机说话，不必提醒它没有加密。
        extra_arguments=["--log-level=ERROR"],
    )
    client.execute(env={**os.environ, "TQDM_DISABLE": "1"})


def figure_series(path: Path) -> str:
    """图号里点前面的部分：各章是章次，附录是 A。"""
    return "A" if path.parent.name == "appendix" else str(chapter_number(path))


def normalize(notebook: NotebookNode, series: str) -> None:
    """就地规范化：去掉执行计数、版本等噪声与图片，编好图号，单元格 id 由内容决定。"""
    notebook.metadata = NotebookNode(
        kernelspec=NotebookNode(KERNELSPEC), language_info=NotebookNode(name="python")
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    seen: Counter[str] = Counter()
    figure_number = 0
    for cell in notebook.cells:
        cell.source = cell.source.strip("\n")
        cell.id = _content_id(cell, seen)
        if cell.cell_type == "code":
            cell.execution_count = None
            figure_number += _normalize_outputs(cell, series, figure_number + 1)
        cell.metadata = _kept_metadata(cell)


def _content_id(cell: NotebookNode, seen: Counter[str]) -> str:
    digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def _normalize_outputs(cell: NotebookNode, series: str, number: int) -> int:
    """规范化一个单元格的输出；单元格画了图时编号为 ``number`` 并返回 1，否则返回 0。"""
    drawn = False
    for output in cell.outputs:
        output.pop("execution_count", None)
        if output.output_type == "execute_result":
            output.execution_count = None
        about = output.get("metadata", {}).get("image/svg+xml")
        if about:
            cell.metadata["mystnb"] = _book_options(about, series, number)
        for image_type in IMAGE_TYPES:
            output.get("data", {}).pop(image_type, None)
        if "metadata" in output:
            output.metadata = NotebookNode()
        drawn |= output.get("data", {}).get("text/plain", "").startswith("〔图〕")
    if drawn:
        _renumber(cell, series, number)
    return int(drawn)


def _book_options(about: dict, series: str, number: int) -> NotebookNode:
    return nbformat.from_dict(
        {
            "figure": {
                "caption": f"图 {series}.{number}　{about['caption']}",
                "name": f"fig-{series}-{number}".lower(),
            },
            "image": {"alt": about["alt"]},
        }
    )


def _renumber(cell: NotebookNode, series: str, number: int) -> None:
    """没有重新运行时（只规范化），前面加减了图也要让图号连续。"""
    figure = cell.metadata.get("mystnb", {}).get("figure")
    if figure:
        figure.caption = re.sub(r"^图 \w+\.\d+", f"图 {series}.{number}", figure.caption)
        figure.name = f"fig-{series}-{number}".lower()


def _kept_metadata(cell: NotebookNode) -> NotebookNode:
    kept = NotebookNode({k: v for k, v in cell.metadata.items() if k in ("tags", "mystnb")})
    if cell.cell_type == "markdown" and cell.source.startswith(SOLUTION_HEADING):
        kept["jp-MarkdownHeadingCollapsed"] = True  # JupyterLab 里解答也是折叠的
    return kept


def refresh(path: Path) -> str | None:
    """运行并规范化 ``path``；出错时返回说明，文件保持原样。"""
    notebook = read(path)
    try:
        execute(notebook, path.parent)
    except CellExecutionError as error:
        return f"{path.name} 运行出错，文件没有改动：\n{error}"
    normalize(notebook, figure_series(path))
    write(notebook, path)
    return None


def _refresh_all(paths: list[Path]) -> int:
    failures = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for path, problem in zip(paths, pool.map(refresh, paths), strict=True):
            failures += problem is not None
            print(problem or f"已刷新 {path.name}", flush=True)
    return failures


def _normalize_all(paths: list[Path]) -> int:
    for path in paths:
        notebook = read(path)
        normalize(notebook, figure_series(path))
        write(notebook, path)
        print(f"已规范化 {path.name}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="刷新（运行并规范化）或只规范化 notebook。")
    parser.add_argument("action", choices=("refresh", "normalize"))
    parser.add_argument("paths", nargs="*", type=Path, help="缺省为书里的全部")
    options = parser.parse_args(arguments)
    paths = [path.resolve() for path in options.paths] or notebook_paths()
    return (_refresh_all if options.action == "refresh" else _normalize_all)(paths)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
