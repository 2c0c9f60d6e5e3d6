"""一份作业的题目与分数：题目从 notebook 里读，分数从成绩簿里读；汇总与反馈都从这里取。"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from nbgrader import api
from nbgrader.utils import is_grade
from sqlalchemy import select

from grader.course import Assignment
from grader.recording import MARKER
from grader.submission import is_test

QUESTION = re.compile(r"q(\d+)(?![^-])")
HEADING = re.compile(r"^#+\s*(.+?)\s*(?:（[^（）]*）)?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """一个给分的格子。"""

    grade_id: str
    points: float
    is_test: bool


@dataclass(frozen=True)
class Question:
    """一道题与它的给分的格子。"""

    key: str
    title: str
    parts: list[Part]

    @property
    def label(self) -> str:
        number = QUESTION.fullmatch(self.key)
        return f"第 {number[1]} 题" if number else self.key

    @property
    def points(self) -> float:
        return sum(part.points for part in self.parts)

    @property
    def is_manual(self) -> bool:
        return not any(part.is_test for part in self.parts)


@dataclass
class Standing:
    """成绩簿里一个学生的这份作业。"""

    late: datetime.timedelta = datetime.timedelta(0)
    penalty: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)  # 等待手工批改的格子

    @property
    def total(self) -> float:
        """扣去迟交以后的总分。"""
        return max(0.0, sum(self.scores.values()) - self.penalty)

    def score(self, question: Question) -> float:
        return sum(self.scores.get(part.grade_id, 0.0) for part in question.parts)

    def is_waiting(self, question: Question) -> bool:
        return any(part.grade_id in self.waiting for part in question.parts)


def read_questions(assignment: Assignment) -> list[Question]:
    """各题，按 notebook 里的次序。"""
    parts: dict[str, list[Part]] = {}
    titles: dict[str, str] = {}
    for cell in assignment.skeleton.cells:
        grade_id = cell.metadata.nbgrader.grade_id
        key = question_key(grade_id)
        if is_grade(cell):
            part = Part(grade_id, float(cell.metadata.nbgrader.points), is_test(cell))
            parts.setdefault(key, []).append(part)
        elif cell.cell_type == "markdown" and (heading := HEADING.search(cell.source)):
            titles.setdefault(key, heading[1])
    return [Question(key, titles.get(key, ""), cells) for key, cells in parts.items()]


def question_key(grade_id: str) -> str:
    """格子属于哪一题：``q3-test-1`` 属于 ``q3``；不是这样起名的，自成一题。"""
    number = QUESTION.match(grade_id)
    return number[0] if number else grade_id


def read_standings(gradebook: api.Gradebook, name: str) -> dict[str, Standing]:
    """成绩簿里这份作业的全部分数；只要几列，不造对象，几千人也快。"""
    work, book, grade = api.SubmittedAssignment, api.SubmittedNotebook, api.Grade
    submitted = (
        select(work.student_id)
        .join(api.Assignment, work.assignment_id == api.Assignment.id)
        .join(book, book.assignment_id == work.id)
        .where(api.Assignment.name == name)
    )
    times = submitted.add_columns(
        work.timestamp, work.extension, api.Assignment.duedate, book.late_submission_penalty
    )
    grades = (
        submitted.add_columns(api.BaseCell.name, grade.score, grade.needs_manual_grade)
        .join(api.BaseCell, api.BaseCell.notebook_id == book.notebook_id)
        .join(grade, (grade.cell_id == api.BaseCell.id) & (grade.notebook_id == book.id))
    )
    standings = {
        student: Standing(lateness(timestamp, due, extension), float(penalty or 0))
        for student, timestamp, extension, due, penalty in gradebook.db.execute(times)
    }
    for student, grade_id, score, waits in gradebook.db.execute(grades):
        standings[student].scores[grade_id] = float(score)
        if waits:
            standings[student].waiting.add(grade_id)
    return standings


def lateness(
    submitted: datetime.datetime | None,
    due: datetime.datetime | None,
    extension: datetime.timedelta | None,
) -> datetime.timedelta:
    """迟了多久；没有截止时间或不知道何时交的，不算迟。"""
    none = datetime.timedelta(0)
    if submitted is None or due is None:
        return none
    return max(none, submitted - due - (extension or none))


def read_markers(assignment: Assignment, students: Iterable[str]) -> dict[str, dict]:
    """批改时记下的话：没法批的原因、指纹、自己填的学号；没有批过的略去。"""
    markers = {}
    for student in students:
        path = assignment.course.folder("autograded", assignment.name, student) / MARKER
        try:
            markers[student] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
    return markers
