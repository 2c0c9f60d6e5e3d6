"""批改的主路：该得的分得到，没过的说明原因，重批只重批该重批的，手工分不动。"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import nbformat
import pytest

from grader.course import Course, CourseError
from grader.grading import grade
from grader.release import release
from grader.sandbox import Limits
from tests.grader import sample
from tests.grader.sample import NAME, scores, solved, submit

FULL = {"q1-test-1": 2, "q1-test-2": 3, "q2-test-1": 4, "q3": None}
ZERO = {"q1-test-1": 0, "q1-test-2": 0, "q2-test-1": 0, "q3": 0}


def graded_cells(course: Course, student: str) -> dict:
    path = course.folder("autograded", NAME, student) / f"{NAME}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    return {cell.metadata.nbgrader.grade_id: cell for cell in cells if "nbgrader" in cell.metadata}


def test_solution_gets_full_points_and_release_gets_none(course):
    submit(course, "good", solved("good"))
    empty = course.folder("release", NAME) / f"{NAME}.ipynb"
    submit(course, "empty", empty.read_bytes())
    grade(course, NAME)
    assert scores(course) == {"good": FULL, "empty": ZERO}


def test_failures_say_why_and_name_the_hidden_test(course):
    naive = "def entropy(p):\n    return float(-(np.asarray(p) * np.log2(p)).sum())"
    submit(course, "naive", solved("naive", q1=naive))
    nats = "def entropy(p):\n    return float(-(np.asarray(p) * np.log(p)).sum())"
    submit(course, "nats", solved("nats", q1=nats))
    lenient = sample.ENTROPY.replace("if (p < 0).any():", "if False:")
    submit(course, "lenient", solved("lenient", q1=lenient))
    grade(course, NAME)
    assert scores(course)["naive"] == {**FULL, "q1-test-2": 0}
    assert "对数的底" in graded_cells(course, "nats")["q1-test-1"].outputs[0].evalue
    assert graded_cells(course, "lenient")["q1-test-2"].metadata.hidden == "负的概率"
    assert "hidden" not in graded_cells(course, "nats")["q1-test-1"].metadata


def test_another_persons_numbers_earn_nothing(course):
    submit(course, "copy", solved("someone", q2="my_entropy = 1.2345"))
    grade(course, NAME)
    assert scores(course)["copy"] == {**FULL, "q2-test-1": 0}


def test_one_broken_question_leaves_the_others(course):
    endless = "def entropy(p):\n    while True:\n        pass"
    submit(course, "loop", solved("loop", q1=endless, q2="my_entropy = 0.0"))
    results = grade(course, NAME, limits=Limits(call_seconds=1))
    cells = graded_cells(course, "loop")
    assert "停不下来" in cells["q1-test-1"].outputs[0].evalue
    assert results["loop"].problem is None


def test_only_what_changed_is_graded_again(course):
    submit(course, "a", solved("a"))
    submit(course, "b", solved("b"))
    assert set(grade(course, NAME)) == {"a", "b"}
    assert grade(course, NAME) == {}
    submit(course, "b", solved("b", q1="pass"))
    assert set(grade(course, NAME)) == {"b"}
    assert scores(course)["b"]["q1-test-1"] == 0
    assert set(grade(course, NAME, students=["a"], regrade=True)) == {"a"}


def test_changed_tests_are_applied_to_all_and_keep_manual_grades(course):
    submit(course, "a", solved("a"))
    grade(course, NAME)
    with course.gradebook() as gradebook:
        gradebook.find_grade("q3", NAME, NAME, "a").manual_score = 4
        gradebook.db.commit()
    path = course.root / "source" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (test,) = [c for c in notebook.cells if c.metadata.nbgrader.grade_id == "q1-test-1"]
    test.source += '\nassert entropy([1.0]) == 5, "改过的测试。"'
    nbformat.write(notebook, path)
    changed = Course(course.root)
    with pytest.raises(CourseError, match="release"):
        grade(changed, NAME)
    release(changed, NAME)
    assert set(grade(changed, NAME)) == {"a"}
    assert scores(changed)["a"] == {**FULL, "q1-test-1": 0}
    with changed.gradebook() as gradebook:
        assert gradebook.find_grade("q3", NAME, NAME, "a").score == 4


def test_results_do_not_depend_on_the_number_of_workers(released, tmp_path):
    found = []
    for workers in (1, 3):
        course = Course(shutil.copytree(released, tmp_path / str(workers)))
        for number in range(6):
            submit(
                course, f"s{number}", solved(f"s{number}", **({} if number % 2 else {"q1": "1/0"}))
            )
        grade(course, NAME, workers=workers)
        pages = sorted(course.root.glob(f"autograded/*/{NAME}/*.ipynb"))
        found.append((scores(course), [page.read_bytes() for page in pages]))
    assert found[0] == found[1]


def test_late_submissions_get_the_courses_penalty(course):
    path = submit(course, "late", solved("late"))
    path.with_name("timestamp.txt").write_text("2026-10-13 00:00:00 UTC")
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2026-10-12 23:00:00")
    course.config.LateSubmissionPlugin.penalty_method = "zero"
    grade(course, NAME)
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(NAME, "late")
        assert submission.total_seconds_late == 3600
        assert submission.notebooks[0].late_submission_penalty == submission.score == 9


def test_nbgrader_goes_on_working_on_the_same_course(course):
    submit(course, "ours", solved("ours"))
    grade(course, NAME)
    submit(course, "theirs", solved("theirs"))
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME, "--student", "theirs"]
    finished = subprocess.run(command, cwd=course.root, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stderr
    assert scores(course) == {"ours": FULL, "theirs": FULL}


def test_unknown_names_are_told(course):
    with pytest.raises(CourseError, match="没有作业 hw9（有的是：hw）"):
        course.assignment("hw9")
    with pytest.raises(CourseError, match="没有收到 nobody"):
        grade(course, NAME, students=["nobody"])


def test_marker_holds_what_the_report_needs(course):
    submit(course, "a", solved("a"))
    grade(course, NAME)
    marker = json.loads((course.folder("autograded", NAME, "a") / "graded.json").read_text())
    assert marker["student_number"] == "a"
    assert marker["problem"] is None
    assert marker["fingerprint"]
