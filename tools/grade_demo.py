"""一班人的作业从发放批到反馈：``python -m tools.grade_demo``，全在 _build/grade-demo 里。

作业是真的 hw1，24 份提交是编的：有做对的、做错的、没做完的、死循环的、互相抄的、
交错文件的、迟交的，一人一个文件夹，打成一个 zip。每一步就是《教师指南》里的命令。
"""

from __future__ import annotations

import io
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode

from tools.book import BUILD, ROOT

COURSE = BUILD / "grade-demo"
EXPORT = COURSE / "交上来的.zip"
NAME = "hw1"
DUE = "2026-10-12 23:59"
ON_TIME, LATE = (2026, 10, 12, 20, 0, 0), (2026, 10, 13, 9, 30, 0)
FIRST_NUMBER = 20260001

Change = Callable[[NotebookNode], None]


def solutions(notebook: NotebookNode) -> list[NotebookNode]:
    """学生作答的代码格，学号除外。"""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.metadata.nbgrader.solution
        and cell.metadata.nbgrader.grade_id != "student-id"
    ]


def nothing(notebook: NotebookNode) -> None:
    """全做对。"""


def unfinished(kept: int) -> Change:
    """只做了前 ``kept`` 格。"""

    def change(notebook: NotebookNode) -> None:
        for cell in solutions(notebook)[kept:]:
            cell.source = "pass"

    return change


def replaced(old: str, new: str) -> Change:
    """处处把 ``old`` 写成 ``new``。"""

    def change(notebook: NotebookNode) -> None:
        for cell in solutions(notebook):
            cell.source = cell.source.replace(old, new)

    return change


def endless(notebook: NotebookNode) -> None:
    """第一题写成了死循环。"""
    first = solutions(notebook)[0]
    name = first.source.partition("(")[0].rpartition(" ")[2]
    first.source = f"def {name}(*args, **kwargs):\n    while True:\n        pass"


OWN_WORK = """
def compare_by_hand(messages, tables):
    shortest, where = None, -1
    for index, (message, table) in enumerate(zip(messages, tables)):
        total = 0
        for letter in message:
            total += len(table[letter]) if letter in table else 100
        if shortest is None or total < shortest:
            shortest, where = total, index
    return {"shortest": shortest, "where": where}
"""


def copied(notebook: NotebookNode) -> None:
    """做了一半，第一格里还有一段自己想出来的代码：两个人都交了它。"""
    unfinished(3)(notebook)
    solutions(notebook)[0].source += OWN_WORK


CHANGES: list[Change] = [
    *[nothing] * 8,
    *[unfinished(kept) for kept in (1, 2, 3, 3, 4, 4)],
    copied,
    *[replaced("log2", "log10")] * 2,
    replaced(" > 0", " >= 0"),
    endless,
    unfinished(0),
]


def submission(number: int, change: Change) -> bytes:
    """学号为 ``number`` 的学生交的 notebook。"""
    notebook = nbformat.read(ROOT / "assignments" / "source" / NAME / f"{NAME}.ipynb", 4)
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade_id == "student-id":
            cell.source = f'STUDENT_ID = "{number}"'
    change(notebook)
    return nbformat.writes(notebook).encode()


def write_export() -> None:
    """平台导出的 zip：一人一个文件夹，名字是学号。"""
    numbers = range(FIRST_NUMBER, FIRST_NUMBER + len(CHANGES))
    files = [
        (number, f"{NAME}.ipynb", submission(number, change), ON_TIME)
        for number, change in zip(numbers, CHANGES, strict=True)
    ]
    original = numbers[CHANGES.index(copied)]
    files += [
        (numbers[-1] + 1, f"{NAME}.ipynb", submission(original, copied), ON_TIME),  # 学号也没改
        (numbers[-1] + 2, f"{NAME}.ipynb", submission(numbers[-1] + 2, nothing), LATE),
        (numbers[-1] + 3, f"{NAME}.ipynb", "交错了文件".encode(), ON_TIME),
        (numbers[-1] + 4, "作业.pdf", b"%PDF-1.4", ON_TIME),
    ]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, name, data, moment in files:
            archive.writestr(zipfile.ZipInfo(f"{number}/{name}", moment), data)
    EXPORT.write_bytes(content.getvalue())


def prepare() -> None:
    """一个只有 hw1 的新课程。"""
    shutil.rmtree(COURSE, ignore_errors=True)
    shutil.copytree(ROOT / "assignments" / "source" / NAME, COURSE / "source" / NAME)
    shutil.copy(ROOT / "assignments" / "nbgrader_config.py", COURSE)
    write_export()


def run(*arguments: str) -> None:
    """显示并运行一条命令；出错就停下。"""
    command = ["-m", "grader", *arguments, "--course", str(COURSE.relative_to(ROOT))]
    print(f"\n$ python {shlex.join(command)}", flush=True)
    if subprocess.run([sys.executable, *command], cwd=ROOT).returncode:
        raise SystemExit(1)


def main() -> None:
    started = time.monotonic()
    prepare()
    run("release", NAME, "--due", DUE)
    run("collect", NAME, str(EXPORT.relative_to(ROOT)))
    run("grade", NAME)
    run("report", NAME)
    run("feedback", NAME)
    print(f"\n从发放到反馈，用时 {time.monotonic() - started:.0f} 秒；都在 {COURSE} 里。")


if __name__ == "__main__":
    main()
