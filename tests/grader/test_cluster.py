"""真的 Dask 集群：结果与本机一样；批到一半死一个工人，什么也不丢。"""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest

from grader.course import Course, CourseError
from grader.grading import grade
from tests.grader.sample import NAME, scores, solved, submit
from tests.grader.servers import dask_cluster

STUDENTS = 12


def filled(released: Path, root: Path) -> Course:
    course = Course(shutil.copytree(released, root))
    for number in range(STUDENTS):
        submit(course, f"s{number:02}", solved(f"s{number:02}"))
    return course


def test_cluster_gives_the_same_grades_and_survives_a_killed_worker(
    released, tmp_path, monkeypatch
):
    here, there = filled(released, tmp_path / "here"), filled(released, tmp_path / "there")
    grade(here, NAME, workers=2)
    monkeypatch.setattr("grader.executors.local", None)  # 从这里起，本机一份也不批
    with dask_cluster(2, tmp_path) as (address, workers):

        def kill_one() -> None:
            while not list(there.root.glob("autograded/*")):
                time.sleep(0.02)
            workers[0].kill()

        killer = threading.Thread(target=kill_one, daemon=True)
        killer.start()
        results = grade(there, NAME, scheduler=address)
        killer.join(timeout=10)
        assert workers[0].poll() is not None, "没有杀到工人，这个测试没有测到什么"
    assert len(results) == STUDENTS
    assert scores(there) == scores(here)


def test_more_workers_grade_more_at_the_same_time(released, tmp_path):
    """学生的代码都在等，不占 CPU：核再少，工人多了也一样快得多。"""
    seconds = {}
    for workers in (1, 3):
        course = Course(shutil.copytree(released, tmp_path / f"course-{workers}"))
        for number in range(6):
            student = f"s{number}"
            waiting = f'STUDENT_ID = "{student}"\nimport time\ntime.sleep(3)'
            submit(course, student, solved(student_id=waiting))
        folder = tmp_path / f"workers-{workers}"
        folder.mkdir()
        with dask_cluster(workers, folder) as (address, _):
            started = time.monotonic()
            grade(course, NAME, scheduler=address)
            seconds[workers] = time.monotonic() - started
    assert seconds[1] > 1.5 * seconds[3], seconds


def test_a_scheduler_without_workers_is_told_in_one_line(course, tmp_path, monkeypatch):
    monkeypatch.setattr("grader.executors.SECONDS_FOR_WORKERS", 1)
    submit(course, "a", solved("a"))
    with dask_cluster(0, tmp_path) as (address, _), pytest.raises(CourseError, match="没有工人"):
        grade(course, NAME, scheduler=address)


def test_no_scheduler_is_told_in_one_line(course):
    submit(course, "a", solved("a"))
    with pytest.raises(CourseError, match=r"连不上 Dask 调度器 tcp://127\.0\.0\.1:1"):
        grade(course, NAME, scheduler="tcp://127.0.0.1:1")
