"""用 PostgreSQL 作成绩簿，从发放到批改走一遍。"""

from __future__ import annotations

import shutil
from pathlib import Path

from grader.course import Course
from grader.grading import grade
from grader.release import release
from tests.grader.sample import NAME, scores, solved, submit
from tests.grader.servers import postgresql


def test_postgresql_as_the_gradebook(released: Path, tmp_path: Path):
    with postgresql() as address:
        course = Course(shutil.copytree(released, tmp_path / "course"), address)
        (course.root / "gradebook.db").unlink()
        release(course, NAME)
        submit(course, "a", solved("a"))
        submit(course, "b", solved("b", q1="pass"))
        grade(course, NAME, workers=2)
        found = scores(course)
    assert found["a"] == {"q1-test-1": 2, "q1-test-2": 3, "q2-test-1": 4, "q3": None}
    assert found["b"]["q1-test-1"] == 0
    assert not (course.root / "gradebook.db").exists()
