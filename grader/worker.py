"""在工作进程里做的一件事：批一份提交。不碰成绩簿，不写文件，也不导入 nbgrader。"""

from __future__ import annotations

import time
from dataclasses import dataclass

import nbformat

from grader import submission
from grader.execution import execute, fail_all
from grader.sandbox import Limits
from grader.similarity import fingerprint


@dataclass(frozen=True)
class Task:
    """一份提交与批改它要用的一切，可以送到任何一台机器上。"""

    student: str
    content: bytes
    skeleton: str
    limits: Limits
    trusted: bool


@dataclass(frozen=True)
class Result:
    """批好的一份；``notebook`` 是 None 的没有批成，是机器的事，不是学生的。"""

    notebook: str | None
    problem: str | None
    seconds: float = 0.0
    fingerprint: tuple[int, ...] = ()
    student_number: str | None = None


def grade_one(task: Task) -> Result:
    """批一份提交：归位、运行、判定；不碰成绩簿，也不写文件，什么异常也不往外抛。"""
    started = time.monotonic()
    skeleton = nbformat.reads(task.skeleton, as_version=4)
    try:
        cells = submission.read(task.content)
        number = submission.student_number(cells)
        marks = tuple(fingerprint(cells, skeleton))
        restored = submission.restore(cells, skeleton)
        notebook = execute(restored, task.limits, number, task.trusted)
        seconds = time.monotonic() - started
        return Result(nbformat.writes(notebook), None, seconds, marks, number)
    except submission.BadSubmissionError as problem:
        return Result(nbformat.writes(fail_all(skeleton, str(problem))), str(problem))
    except Exception as problem:  # 一份出了意外，别的还要接着批
        return Result(None, f"没有批成（{type(problem).__name__}：{problem}）")
