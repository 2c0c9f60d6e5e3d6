"""给每个学生写一页反馈：每题得了几分，哪一格测试没过、为什么，老师写了什么。"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode
from nbgrader import api
from nbgrader.utils import is_grade
from sqlalchemy import select

from grader.course import Assignment, Course
from grader.grading import check_is_released
from grader.recording import is_recorded, students_with_submissions, write_atomically
from grader.rendering import render
from grader.scores import (
    Question,
    Standing,
    question_key,
    read_markers,
    read_questions,
    read_standings,
)
from grader.submission import BadSubmissionError, is_locked, is_test


@dataclass(frozen=True)
class Test:
    """一格测试的结果；``message`` 只有看得见的测试才有。"""

    name: str
    part: str
    points: float
    message: str | None = None
    hidden: str | None = None

    @property
    def failed(self) -> bool:
        return self.message is not None or self.hidden is not None


@dataclass(frozen=True)
class Answer:
    """学生写的一格。"""

    source: str
    is_code: bool
    part: str | None  # 手工批改的，它在成绩簿里的名字
    points: float
    error: str | None
    comment: str | None


@dataclass
class Section:
    """反馈里的一题，或者第一题之前学生写的东西（``question`` 是 None）。"""

    question: Question | None
    answers: list[Answer] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)


def feedback(course: Course, name: str) -> str:
    """给批好的每一份写 ``feedback/<学生>/<作业>/<notebook>.html``，返回给老师看的几行话。"""
    assignment = course.assignment(name)
    check_is_released(assignment)
    questions = read_questions(assignment)
    with course.gradebook() as gradebook:
        standings = read_standings(gradebook, name)
        comments = read_comments(gradebook, name)
    written, skipped = 0, []
    for student in students_with_submissions(assignment):
        notebook = read_graded(assignment, student)
        if notebook is None or student not in standings:
            skipped.append(student)
            continue
        (marker,) = read_markers(assignment, [student]).values()
        page = write_page(
            assignment.name,
            student,
            marker.get("student_number"),
            standings[student],
            make_sections(questions, notebook, comments.get(student, {})),
            refusal(notebook),
        )
        folder = course.folder("feedback", name, student)
        write_atomically(folder / f"{assignment.notebook_name}.html", page)
        written += 1
    return summary(course, name, written, skipped)


def summary(course: Course, name: str, written: int, skipped: list[str]) -> str:
    lines = [f"写了 {written} 页反馈，在 {course.folder('feedback', name, '*')}。"]
    if skipped:
        lines.append(
            f"{len(skipped)} 人没有写，因为现在的提交还没有用现在的题目批过"
            f"（先运行 python -m grader grade {name}）：{'、'.join(skipped)}。"
        )
    return "\n".join(lines)


def read_graded(assignment: Assignment, student: str) -> NotebookNode | None:
    """批好的 notebook；没有批过，或者批过以后提交、题目又改了的，返回 None。"""
    if not is_recorded(assignment, student):
        return None
    folder = assignment.course.folder("autograded", assignment.name, student)
    try:
        return nbformat.read(folder / f"{assignment.notebook_name}.ipynb", as_version=4)
    except (OSError, ValueError):
        return None


def read_comments(gradebook: api.Gradebook, name: str) -> dict[str, dict[str, str]]:
    """每个学生的每一格收到的评语。"""
    work, book, comment = api.SubmittedAssignment, api.SubmittedNotebook, api.Comment
    query = (
        select(work.student_id, api.BaseCell.name, comment.comment)
        .join(api.Assignment, work.assignment_id == api.Assignment.id)
        .join(book, book.assignment_id == work.id)
        .join(api.BaseCell, api.BaseCell.notebook_id == book.notebook_id)
        .join(comment, (comment.cell_id == api.BaseCell.id) & (comment.notebook_id == book.id))
        .where(api.Assignment.name == name)
    )
    comments: dict[str, dict[str, str]] = {}
    for student, grade_id, text in gradebook.db.execute(query):
        if text:
            comments.setdefault(student, {})[grade_id] = text
    return comments


def make_sections(
    questions: list[Question], notebook: NotebookNode, comments: dict[str, str]
) -> list[Section]:
    """把 notebook 的格子分到各题；学生自己加的格子，跟着前一格。"""
    opening = Section(None)
    sections = {question.key: Section(question) for question in questions}
    here = opening
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id is not None:
            here = sections.get(question_key(grade_id), opening)
        if is_test(cell):
            here.tests.append(make_test(cell, len(here.tests) + 1))
        elif is_students(cell):
            here.answers.append(make_answer(cell, comments.get(grade_id)))
    return [opening, *sections.values()]


def is_students(cell: NotebookNode) -> bool:
    """学生写的：作答的格子，或者自己加的、不空的格子。"""
    if "nbgrader" in cell.metadata:
        return not is_locked(cell)
    return bool(cell.source.strip())


def make_test(cell: NotebookNode, number: int) -> Test:
    nbgrader = cell.metadata.nbgrader
    first = cell.source.partition("\n")[0]
    about = first.removeprefix("# ") if first.startswith("# ") else ""
    name = f"测试 {number}　{about}" if about else f"测试 {number}"
    hidden = cell.metadata.get("hidden")
    message = None if hidden else error_of(cell, with_kind=False)
    return Test(name, nbgrader.grade_id, nbgrader.points, message, hidden)


def make_answer(cell: NotebookNode, comment: str | None) -> Answer:
    nbgrader = cell.metadata.get("nbgrader", {})
    return Answer(
        cell.source,
        cell.cell_type == "code",
        nbgrader["grade_id"] if is_grade(cell) else None,
        nbgrader.get("points", 0),
        error_of(cell, with_kind=True),
        comment,
    )


def error_of(cell: NotebookNode, with_kind: bool) -> str | None:
    """一格的错误；没有出错时是 None。"""
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}" if with_kind else output.evalue
    return None


def refusal(notebook: NotebookNode) -> str | None:
    """整份没法批的原因；批了的是 None。"""
    outputs = (output for cell in notebook.cells if is_test(cell) for output in cell.outputs)
    reasons = (o.evalue for o in outputs if o.get("ename") == BadSubmissionError.__name__)
    return next(reasons, None)


def write_page(
    name: str,
    student: str,
    student_number: str | None,
    standing: Standing,
    sections: list[Section],
    refused: str | None,
) -> str:
    asked = [section for section in sections if section.question is not None]
    return render(
        "feedback.html",
        name=name,
        student=student,
        student_number=student_number,
        standing=standing,
        full=sum(section.question.points for section in asked),
        opening=next(section for section in sections if section.question is None),
        sections=asked,
        refused=refused,
        to_mend=labels(s for s in asked if any(test.failed for test in s.tests)),
        waiting=labels(s for s in asked if standing.is_waiting(s.question)),
    )


def labels(sections: Iterable[Section]) -> str:
    return "、".join(section.question.label for section in sections)
