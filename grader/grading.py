"""批改一份作业：对每份还没批的提交，在许多进程里运行，在这一个进程里记下。"""

from __future__ import annotations

from collections.abc import Sequence

import nbformat
from nbgrader.api import Gradebook
from tqdm import tqdm

from grader import executors
from grader.course import Assignment, Course, CourseError
from grader.recording import (
    is_recorded,
    read_submission,
    record,
    state,
    students_with_submissions,
)
from grader.sandbox import ORDINARY, Limits, check_available
from grader.worker import Result, Task, grade_one

# 不记零分：多半是这份提交的缘故，也可能是机器的，要老师看过才知道。
CRASHED = "没有批成：批改它的进程意外结束了几次，请看一看这份提交。"


def check_is_released(assignment: Assignment) -> None:
    """成绩簿里的题目要与现在的一致，不然分数记不对。"""
    with assignment.course.gradebook() as gradebook:
        known = {item.name: item for item in gradebook.assignments}
        notebooks = known[assignment.name].notebooks if assignment.name in known else []
        recorded = {cell.name: cell.checksum for book in notebooks for cell in book.source_cells}
    current = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.get("checksum")
        for cell in assignment.skeleton.cells
    }
    if recorded != current:
        raise CourseError(
            f"成绩簿里的 {assignment.name} 与 source 里的不一样：请先运行 "
            f"python -m grader release {assignment.name}。"
        )


def to_grade(assignment: Assignment, students: Sequence[str], regrade: bool) -> list[str]:
    """这一次要批的学生：点了名的，或者全部还没批的。"""
    submitted = students_with_submissions(assignment)
    if missing := sorted(set(students) - set(submitted)):
        raise CourseError(f"没有收到 {'、'.join(missing)} 的 {assignment.name}。")
    chosen = [student for student in submitted if not students or student in students]
    if regrade:
        return chosen
    return [student for student in chosen if not is_recorded(assignment, student)]


def grade(
    course: Course,
    name: str,
    *,
    students: Sequence[str] = (),
    regrade: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
    trusted: bool = False,
    limits: Limits = ORDINARY,
) -> dict[str, Result]:
    """批改，返回这一次批的各份；随时被杀都可以接着来。"""
    assignment = course.assignment(name)
    check_is_released(assignment)
    if not trusted and scheduler is None:
        check_available()
    chosen = to_grade(assignment, students, regrade)
    skeleton = nbformat.writes(assignment.skeleton)
    tasks = (
        Task(student, read_submission(assignment, student), skeleton, limits, trusted)
        for student in chosen
    )
    where = executors.cluster(scheduler) if scheduler else executors.local(workers)
    results = {}
    with where as place, course.gradebook() as gradebook:
        finished = executors.run_all(grade_one, tasks, place)
        for task, result in tqdm(finished, total=len(chosen), desc=f"批改 {name}", unit="份"):
            results[task.student] = result or Result(None, CRASHED)
            save(gradebook, assignment, task, results[task.student])
    return results


def save(gradebook: Gradebook, assignment: Assignment, task: Task, result: Result) -> None:
    """记下一份；没有批成的不记，下次再批。"""
    if result.notebook is None:
        return
    marker = state(assignment, task.content) | {
        "problem": result.problem,
        "fingerprint": result.fingerprint,
        "student_number": result.student_number,
    }
    notebook = nbformat.reads(result.notebook, as_version=4)
    record(gradebook, assignment, task.student, notebook, marker)
    gradebook.db.expire_all()
