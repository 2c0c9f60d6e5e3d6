"""汇总一份作业：成绩表、各题的得分率、最像的提交，和把它们放在一起的一页 report.html。"""

from __future__ import annotations

import csv
import io
import re
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader import api
from sqlalchemy import select

from grader.course import Assignment, Course
from grader.grading import check_is_released
from grader.recording import read_submission, state, students_with_submissions, write_atomically
from grader.rendering import hours, number, render
from grader.scores import (
    Part,
    Question,
    Standing,
    read_markers,
    read_questions,
    read_standings,
)
from grader.similarity import most_similar

PAIRS, PAIRS_SHOWN = 100, 20  # similar.csv 里的对数；页上的对数
BINS = 10
NAMES_SHOWN = 5  # 填了同一个学号的人，列出这么多
NOT_SUBMITTED = "没有交"
NOT_GRADED = "还没有批改"
OUTDATED = "分数不是按现在的提交与题目批的：请再运行 grade"
FORMULA = re.compile(r"(?!-[\d.]+$)[=+\-@\t\r]")


@dataclass(frozen=True)
class Row:
    """成绩表的一行。"""

    student: str
    standing: Standing | None
    note: str
    problem: bool = False  # 没法批：零分不说明题目的难易


def report(course: Course, name: str) -> str:
    """写出 ``reports/<作业>/`` 里的四个文件，返回给老师看的几行话。"""
    assignment = course.assignment(name)
    check_is_released(assignment)
    questions = read_questions(assignment)
    with course.gradebook() as gradebook:
        standings = read_standings(gradebook, name)
        known = set(gradebook.db.scalars(select(api.Student.id)))
    submitted = set(students_with_submissions(assignment))
    markers = read_markers(assignment, submitted | standings.keys())
    rows = [
        make_row(assignment, student, standings.get(student), markers, student in submitted)
        for student in sorted(known | submitted | standings.keys())
    ]
    pairs = most_similar(
        {student: marker.get("fingerprint") or [] for student, marker in markers.items()}, PAIRS
    )
    flags = odd_numbers({student: m.get("student_number") for student, m in markers.items()})
    summary = summarize(name, questions, rows)

    folder = course.root / "reports" / name
    write_csv(folder / "grades.csv", grade_table(questions, rows))
    write_csv(folder / "questions.csv", part_table(questions, rows))
    write_csv(folder / "similar.csv", similar_table(pairs, flags))
    page = render("report.html", **summary, pairs=pairs[:PAIRS_SHOWN], flags=flags)
    write_atomically(folder / "report.html", page)
    return (
        f"{summary['title']}。\n{describe(summary['counts'])}。\n汇总页：{folder / 'report.html'}"
    )


def make_row(
    assignment: Assignment,
    student: str,
    standing: Standing | None,
    markers: dict[str, dict],
    has_file: bool,
) -> Row:
    if standing is None:
        return Row(student, None, NOT_GRADED if has_file else NOT_SUBMITTED)
    marker = markers.get(student, {})
    problem = marker.get("problem")
    if has_file and not is_current(assignment, student, marker):
        return Row(student, standing, OUTDATED, bool(problem))
    return Row(student, standing, problem or "", bool(problem))


def is_current(assignment: Assignment, student: str, marker: dict) -> bool:
    """分数是按现在的提交与题目批的。"""
    return state(assignment, read_submission(assignment, student)).items() <= marker.items()


def odd_numbers(numbers: dict[str, str | None]) -> list[tuple[str, str]]:
    """学生自己填的学号里可疑的：几个人填了同一个，或者与提交的学号不同。"""
    typed = {student: own for student, own in sorted(numbers.items()) if own}
    owners: dict[str, list[str]] = {}
    for student, own in typed.items():
        owners.setdefault(own, []).append(student)
    flags = []
    for student, own in typed.items():
        others = [other for other in owners[own][: NAMES_SHOWN + 1] if other != student]
        if others:
            more = "等人" if len(owners[own]) > NAMES_SHOWN + 1 else ""
            flags.append((student, f"与 {'、'.join(others)} {more}填了同一个学号 {own}"))
        if student.isdecimal() and own != student:
            flags.append((student, f"自己填的学号是 {own}"))
    return flags


def counted(rows: list[Row]) -> list[Standing]:
    """计入统计的：批好的，不算没法批的。"""
    return [row.standing for row in rows if row.standing is not None and not row.problem]


def part_scores(part: Part, standings: list[Standing]) -> list[float]:
    """这一格的分数，还在等待手工批改的不算。"""
    return [s.scores.get(part.grade_id, 0.0) for s in standings if part.grade_id not in s.waiting]


def success(question: Question, standings: list[Standing]) -> float | None:
    """平均得分率；还有人等着批这一题时是 None：先有分数的是没作答的，说明不了难易。"""
    if not standings or not question.points or any(s.is_waiting(question) for s in standings):
        return None
    return statistics.fmean(s.score(question) for s in standings) / question.points


def summarize(name: str, questions: list[Question], rows: list[Row]) -> dict[str, Any]:
    """report.html 要的数。"""
    standings = counted(rows)
    full = sum(question.points for question in questions)
    rates = [(question, success(question, standings)) for question in questions]
    return {
        "name": name,
        "title": conclusion(name, standings, full, rates),
        "counts": count(rows),
        "full": full,
        "questions": rates,
        "parts": list(part_rows(questions, rows)),
        "bins": histogram([s.total for s in standings], full),
        "waiting": sum(bool(s.waiting) for s in standings),
        "notes": [(row.student, row.note) for row in rows if row.note not in ("", NOT_SUBMITTED)],
    }


def conclusion(
    name: str,
    standings: list[Standing],
    full: float,
    rates: list[tuple[Question, float | None]],
) -> str:
    if not standings:
        return f"{name}：还没有批好的提交"
    median = statistics.median(s.total for s in standings)
    sentence = f"{name}：{len(standings)} 人的中位数是 {number(median)} / {number(full)} 分"
    lost = [(rate, question) for question, rate in rates if rate is not None and rate < 1]
    if not lost:
        return sentence
    _, hardest = min(lost, key=lambda item: item[0])
    return f"{sentence}，得分率最低的是{hardest.label}"


def count(rows: list[Row]) -> dict[str, int]:
    return {
        "已交": sum(row.note != NOT_SUBMITTED for row in rows),
        "已批": sum(row.standing is not None and not row.problem for row in rows),
        "没法批": sum(row.problem for row in rows),
        "还没有批": sum(row.note == NOT_GRADED for row in rows),
        "等待手工批改": sum(bool(row.standing and row.standing.waiting) for row in rows),
        "迟交": sum(bool(row.standing and row.standing.late) for row in rows),
        "没有交": sum(row.note == NOT_SUBMITTED for row in rows),
    }


def histogram(totals: list[float], full: float) -> list[tuple[float, float, int]]:
    """各段的下界、上界与人数；满分与更高的算在最后一段。"""
    width = full / BINS
    tally = [0] * BINS
    for total in totals:
        tally[min(int(total / width), BINS - 1) if width else 0] += 1
    return [(i * width, (i + 1) * width, n) for i, n in enumerate(tally)]


# 写


def grade_table(questions: list[Question], rows: list[Row]) -> Iterable[list]:
    keys = [question.key for question in questions]
    yield ["id", *keys, "total", "max", "late", "penalty", "needs_manual", "note"]
    full = number(sum(question.points for question in questions))
    for row in rows:
        standing = row.standing
        if standing is None:
            yield [row.student, *[""] * len(keys), 0, full, "", "", "", row.note]
            continue
        scores = [number(standing.score(question)) for question in questions]
        late, penalty = hours(standing.late), number(standing.penalty)
        waiting = len(standing.waiting)
        yield [row.student, *scores, number(standing.total), full, late, penalty, waiting, row.note]


def part_table(questions: list[Question], rows: list[Row]) -> Iterable[list]:
    yield ["question", "cell", "points", "graded", "mean", "full_share"]
    for question, part, graded, mean, full_share in part_rows(questions, rows):
        figures = ["", ""] if mean is None else [f"{mean:.4g}", f"{full_share:.4f}"]
        yield [question.key, part.grade_id, number(part.points), graded, *figures]


def part_rows(questions: list[Question], rows: list[Row]) -> Iterable[tuple]:
    """每一格：题、格、批了几份、平均分、满分的比例；没有批过的，后两项是 None。"""
    standings = counted(rows)
    for question, part in ((each, part) for each in questions for part in each.parts):
        scores = part_scores(part, standings)
        mean = statistics.fmean(scores) if scores else None
        share = sum(s >= part.points for s in scores) / len(scores) if scores else None
        yield question, part, len(scores), mean, share


def similar_table(
    pairs: list[tuple[str, str, float]], flags: list[tuple[str, str]]
) -> Iterable[list]:
    yield ["id_1", "id_2", "similarity", "note"]
    yield from ([one, other, f"{score:.3f}", ""] for one, other, score in pairs)
    yield from ([student, "", "", note] for student, note in flags)


def write_csv(path: Path, table: Iterable[list]) -> None:
    """带 BOM 的 UTF-8：Excel 双击打开也不乱码。"""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(harmless, row) for row in table)
    write_atomically(path, "\ufeff" + text.getvalue())


def harmless(value: Any) -> Any:
    """表格软件会把 = + - @ 开头的文字当公式来算，而这里的文字有些是学生起的。"""
    return "'" + value if isinstance(value, str) and FORMULA.match(value) else value


def describe(counts: dict[str, int]) -> str:
    """为零的不提。"""
    return "，".join(f"{what} {n} 人" for what, n in counts.items() if n)
