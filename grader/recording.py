"""把批好的一份记进成绩簿与文件夹：要么全记下，要么什么也没有记。"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution

from grader.course import Assignment, Course
from grader.submission import MAX_FILE

MARKER = "graded.json"
TIMESTAMP = "timestamp.txt"


def write_atomically(path: Path, content: str | bytes, modified: float | None = None) -> None:
    """写好再改名：中途被杀，旧的还在，没有写了一半的文件；``modified`` 是修改时间，单位秒。"""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".tmp")
    partial.write_bytes(content.encode() if isinstance(content, str) else content)
    partial.chmod(0o644)
    if modified is not None:
        os.utime(partial, (modified, modified))
    os.replace(partial, path)


def submission_file(assignment: Assignment, student: str) -> Path:
    folder = assignment.course.folder("submitted", assignment.name, student)
    return folder / f"{assignment.notebook_name}.ipynb"


def students_with_submissions(assignment: Assignment) -> list[str]:
    """交了这份作业的学生。"""
    pattern = assignment.course.folder("submitted", assignment.name, "*")
    root = assignment.course.root
    found = root.glob(str(pattern.relative_to(root) / f"{assignment.notebook_name}.ipynb"))
    return sorted(path.parent.parent.name for path in found)


def read_submission(assignment: Assignment, student: str) -> bytes:
    """提交的内容；大得不收的，只读到看得出它太大为止。"""
    with submission_file(assignment, student).open("rb") as file:
        return file.read(MAX_FILE + 1)


def state(assignment: Assignment, content: bytes) -> dict[str, str]:
    """这份提交与这份题目的指纹；批完时记下，变了就要重批。"""
    digest = hashlib.sha256(content).hexdigest()
    return {"submission": digest, "tests": assignment.fingerprint}


def is_recorded(assignment: Assignment, student: str) -> bool:
    """已经用现在的题目批过现在的这份提交。"""
    marker = assignment.course.folder("autograded", assignment.name, student) / MARKER
    try:
        recorded = json.loads(marker.read_text(encoding="utf-8"))
        current = state(assignment, read_submission(assignment, student))
        return current.items() <= recorded.items()
    except (OSError, ValueError):
        return False


@contextmanager
def one_transaction(gradebook: Gradebook) -> Iterator[None]:
    """里面的修改一起生效：nbgrader 的接口每一步都提交，这里先改成只送进数据库。"""
    session = gradebook.db
    commit = session.commit
    session.commit = session.flush
    try:
        yield
        commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.commit


def record(
    gradebook: Gradebook, assignment: Assignment, student: str, notebook: NotebookNode, marker: dict
) -> None:
    """记下一份批好的 notebook；手工批的分数不动。``marker`` 写进批改的标记，其中有 ``state``。"""
    folder = assignment.course.folder("autograded", assignment.name, student)
    timestamp = read_timestamp(assignment, student)
    with one_transaction(gradebook):
        record_scores(gradebook, assignment, student, notebook, timestamp)
        name = f"{assignment.notebook_name}.ipynb"
        write_atomically(folder / name, nbformat.writes(notebook) + "\n")
        if timestamp:
            write_atomically(folder / TIMESTAMP, timestamp)
    write_atomically(folder / MARKER, json.dumps(marker, ensure_ascii=False))


def read_timestamp(assignment: Assignment, student: str) -> str | None:
    path = submission_file(assignment, student).with_name(TIMESTAMP)
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def record_scores(
    gradebook: Gradebook,
    assignment: Assignment,
    student: str,
    notebook: NotebookNode,
    timestamp: str | None,
) -> None:
    """与 nbgrader 的 SaveAutoGrades 记下同样的东西，只是在一个事务里。"""
    gradebook.update_or_create_student(student)
    with gradebook.db.no_autoflush:
        submission = gradebook.update_or_create_submission(
            assignment.name, student, **({"timestamp": timestamp} if timestamp else {})
        )
    (submitted,) = submission.notebooks
    grades = {grade.name: grade for grade in submitted.grades}
    comments = {comment.name: comment for comment in submitted.comments}
    for cell in notebook.cells:
        if "nbgrader" not in cell.metadata:
            continue
        grade_id = cell.metadata.nbgrader.grade_id
        if is_grade(cell):
            grade = grades[grade_id]
            grade.auto_score, _ = determine_grade(cell)
            grade.needs_manual_grade = grade.auto_score is None and grade.manual_score is None
        if is_solution(cell):
            unchanged = cell.metadata.nbgrader.checksum == compute_checksum(cell)
            comments[grade_id].auto_comment = "没有作答。" if unchanged else None
    gradebook.db.flush()
    gradebook.db.refresh(submitted)
    submitted.late_submission_penalty = late_penalty(assignment.course, student, submitted)


def late_penalty(course: Course, student: str, submitted: SubmittedNotebook) -> float | None:
    """迟交扣的分，由课程设置里的 nbgrader 插件决定；没有迟交时是 None。"""
    seconds = submitted.assignment.total_seconds_late
    if seconds <= 0:
        return None
    plugin_class = course.config.AssignLatePenalties.get("plugin_class", LateSubmissionPlugin)
    penalty = plugin_class(config=course.config).late_submission_penalty(
        student, submitted.score, seconds
    )
    return None if penalty is None else min(max(penalty, 0.0), submitted.score)
