"""随时被杀都不丢：杀主进程、杀工作进程、杀全部，接着批完，与没有被杀过的一样。"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grader.course import Course
from grader.grading import grade
from tests.grader.sample import NAME, ROOT, scores, solved, submit

pytestmark = pytest.mark.flaky(reruns=0)  # 丢了东西，一次也不行

STUDENTS = 60
KILLS = 10


def fill(course: Course) -> None:
    """一班人交作业，有对有错。"""
    for number in range(STUDENTS):
        name = f"s{number:02}"
        wrong = {"q1": "def entropy(p):\n    return 1.0"} if number % 3 == 0 else {}
        submit(course, name, solved(name, **wrong))


def start_grading(course: Course) -> subprocess.Popen:
    command = [sys.executable, "-m", "grader", "grade", NAME, "--course", str(course.root)]
    return subprocess.Popen(
        [*command, "--workers", "2"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_something(process: subprocess.Popen, chance: random.Random) -> list[psutil.Process]:
    """杀掉主进程、它的一个后代，或者全部；返回杀之前的所有后代。"""
    try:
        descendants = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    target = chance.choice(["main", "one", "all"])
    if target == "all":
        os.killpg(process.pid, signal.SIGKILL)
    elif target == "one" and descendants:
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(descendants).kill()
        time.sleep(0.5)
    process.kill()
    process.wait(timeout=30)
    return descendants


def recorded(course: Course) -> int:
    return len(list(course.root.glob(f"autograded/*/{NAME}/graded.json")))


def check_gradebook_is_whole(course: Course) -> None:
    """成绩簿没有坏；在里面的学生，各格都有结果，没有重复。"""
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for student, cells in scores(course).items():
        automatic = {name: score for name, score in cells.items() if name != "q3"}
        assert len(automatic) == 3 and None not in automatic.values(), (student, cells)


def test_killed_at_ten_random_moments_nothing_is_lost_or_doubled(released: Path, tmp_path: Path):
    calm = Course(shutil.copytree(released, tmp_path / "calm"))
    fill(calm)
    started = time.monotonic()
    grade(calm, NAME, workers=2)
    usual = time.monotonic() - started
    stormy = Course(shutil.copytree(released, tmp_path / "stormy"))
    fill(stormy)
    chance = random.Random(20260901)
    survivors: list[psutil.Process] = []
    for _ in range(KILLS):
        process = start_grading(stormy)
        before, deadline = recorded(stormy), time.monotonic() + 60
        if chance.random() < 0.7:  # 多数时候等它记下一两份再杀，免得总死在开头
            goal = before + chance.randint(1, 2)
            while process.poll() is None and recorded(stormy) < goal:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        time.sleep(chance.uniform(0, usual / STUDENTS))
        survivors += kill_something(process, chance)
        check_gradebook_is_whole(stormy)
    assert 0 < recorded(stormy) < STUDENTS, "十次都没有杀在半路，这个测试没有测到什么"
    left = STUDENTS - recorded(stormy)
    assert len(grade(stormy, NAME, workers=2)) == left, "批过的又批了一次"
    assert scores(stormy) == scores(calm)
    assert len(scores(stormy)) == recorded(stormy) == STUDENTS
    for page in calm.root.glob(f"autograded/*/{NAME}/{NAME}.ipynb"):
        assert (stormy.root / page.relative_to(calm.root)).read_bytes() == page.read_bytes()
    _, alive = psutil.wait_procs(survivors, timeout=10)
    assert not alive, "主进程死了，还有后代活着"
    assert not list(stormy.root.rglob("*.tmp"))


def test_killed_between_gradebook_and_marker_is_simply_graded_again(course: Course):
    submit(course, "a", solved("a"))
    grade(course, NAME)
    marker = course.folder("autograded", NAME, "a") / "graded.json"
    marker.unlink()
    assert set(grade(course, NAME)) == {"a"}
    assert json.loads(marker.read_text())["problem"] is None
    assert len(scores(course)) == 1


def test_the_marker_is_written_last(course: Course, monkeypatch):
    submit(course, "a", solved("a")).with_name("timestamp.txt").write_text("2026-10-12 12:00:00")
    written = []
    monkeypatch.setattr(
        "grader.recording.write_atomically", lambda path, content: written.append(path.name)
    )
    grade(course, NAME)
    assert written == [f"{NAME}.ipynb", "timestamp.txt", "graded.json"]


@pytest.mark.parametrize("step", ["late_penalty", "write_atomically"])
@pytest.mark.parametrize("student", ["again", "new"])
def test_failure_while_recording_leaves_the_gradebook_untouched(
    course: Course, monkeypatch, student, step
):
    submit(course, "again", solved("again"))
    grade(course, NAME)
    before = scores(course)
    submit(course, student, solved(student, q1="pass"))
    monkeypatch.setattr(f"grader.recording.{step}", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        grade(course, NAME)
    assert scores(course) == before
    monkeypatch.undo()
    assert set(grade(course, NAME)) == {student}
    assert scores(course)[student]["q1-test-1"] == 0
