"""有敌意的与坏了的提交：各得各的分，各有各的原因，谁也不连累谁。"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbgrader.utils import determine_grade

from grader.course import Course
from grader.execution import explain, rebuild_error
from grader.grading import grade
from grader.worker import Result, Task, grade_one
from tests.grader import hostile, sample
from tests.grader.hostile import CASES, LIMITS, WON, Case
from tests.grader.sample import NAME, submit

TESTS = ("q1-test-1", "q1-test-2", "q2-test-1")
BY_NAME = {case.name: case for case in CASES}
CHOSEN = (
    "死循环，吞掉中断，屏蔽 SIGINT",
    "fork 炸弹",
    "半个代理对",
    "改写 runner 的函数",
    "200 MB",
)


@pytest.fixture(scope="module")
def skeleton(released: Path) -> str:
    return nbformat.writes(Course(released).assignment(NAME).skeleton)


def grade_content(content: bytes, skeleton: str) -> Result:
    return grade_one(Task("x", content, skeleton, LIMITS, trusted=False))


def points(notebook: str) -> tuple[float, ...]:
    cells = nbformat.reads(notebook, as_version=4).cells
    by_id = {c.metadata.nbgrader.grade_id: c for c in cells if "nbgrader" in c.metadata}
    return tuple(determine_grade(by_id[name])[0] for name in TESTS)


def readable(notebook: str) -> str:
    """学生读得到的：各格的输出与错误。"""
    parts = []
    for cell in nbformat.reads(notebook, as_version=4).cells:
        for output in cell.get("outputs", ()):
            parts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
            parts.append(f"{output.get('ename', '')} {output.get('evalue', '')}")
    return "\n".join(parts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gets_its_own_score_and_reason(case: Case, skeleton: str) -> None:
    result = grade_content(case.content(), skeleton)
    read = f"{result.problem or ''}\n{readable(result.notebook)}"
    assert points(result.notebook) == case.scores, read
    assert case.reason in read
    assert case.says in read
    assert WON not in read
    result.notebook.encode()  # 半个代理对写不进文件


def test_case_names_are_unique_and_in_the_table() -> None:
    assert len(BY_NAME) == len(CASES)
    assert hostile.table().count("\n") == len(CASES) + 1


def snapshot(root: Path) -> dict[str, str]:
    """老师的文件与各人交的，各是什么样；批改只该写 autograded 与成绩簿。"""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "autograded" not in path.parts and path.name != "gradebook.db"
    }


def test_neighbours_and_files_are_as_if_nobody_attacked(course: Course) -> None:
    honest = hostile.written(hostile.honest())
    for name in ("a", "m", "z"):
        submit(course, name, honest)
    for number, name in enumerate(CHOSEN):
        submit(course, f"n{number}", BY_NAME[name].content())
    before = snapshot(course.root)
    results = grade(course, NAME, workers=2, limits=LIMITS)
    assert snapshot(course.root) == before
    assert len({results[name].notebook for name in ("a", "m", "z")}) == 1
    expected = {f"n{i}": BY_NAME[name].scores for i, name in enumerate(CHOSEN)}
    expected |= dict.fromkeys("amz", hostile.FULL)
    found = {
        student: tuple(grades[name] for name in TESTS)
        for student, grades in sample.scores(course).items()
    }
    assert found == expected
    assert grade(course, NAME, workers=2, limits=LIMITS) == {}  # 全都记下了，没有要重批的


def wait_until_gone(mark: str, seconds: float = 5) -> list[int]:
    """命令行里有 ``mark`` 的进程；沙箱被杀后，内核清掉里面的进程还要一小会儿。"""
    until = time.monotonic() + seconds
    while True:
        found = psutil.process_iter(["cmdline"])
        alive = [process.pid for process in found if mark in (process.info["cmdline"] or ())]
        if not alive or time.monotonic() > until:
            return alive
        time.sleep(0.05)


def test_no_process_outlives_the_run(skeleton: str) -> None:
    """后台进程与线程、描述符都随沙箱一起没有了。"""
    mark = f"7777{os.getpid()}"
    source = f"""import ctypes, os
for _ in range(3):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
        os.setsid()
        os.execv("/bin/sleep", ["sleep", "{mark}"])"""
    descriptors = len(os.listdir("/proc/self/fd"))
    children = psutil.Process().children(recursive=True)
    result = grade_content(hostile.with_cell(source, "setup"), skeleton)
    assert points(result.notebook) == hostile.FULL
    assert wait_until_gone(mark) == []
    assert psutil.Process().children(recursive=True) == children
    assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.parametrize("name", ["文字里的脚本", "打印 HTML", "图片炸弹", "许多幅图"])
def test_nothing_runs_in_the_instructors_browser(name: str, skeleton: str) -> None:
    result = grade_content(BY_NAME[name].content(), skeleton)
    notebook = nbformat.reads(result.notebook, as_version=4)
    page, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    soup = BeautifulSoup(page, "html.parser")
    assert not soup.find_all(["script", "iframe", "object", "embed", "form", "svg"])
    for tag in soup.find_all(True):
        assert not [key for key in tag.attrs if key.startswith("on")]
        assert "script:" not in f"{tag.get('href', '')}{tag.get('src', '')}".lower()
    assert "\\href" not in page
    bomb = hostile.picture(50_000, 50_000)
    assert not [image for image in soup.find_all("img") if bomb in image["src"]]


def test_honest_text_and_pictures_stay(skeleton: str) -> None:
    """拆掉脚本的那几条规则不动老实的文字。"""
    text = "因为 $a < b$，见 [书](https://x.org/a)、[上文](#q1) 与\n\n![图](attachment:a.png)"
    notebook = hostile.honest(q3=text)
    small = {"a.png": {"image/png": hostile.picture(8, 8)}}
    hostile.find(notebook, "q3").attachments = small
    result = grade_content(hostile.written(notebook), skeleton)
    kept = hostile.find(nbformat.reads(result.notebook, as_version=4), "q3")
    assert kept.source == text
    assert kept.attachments == small


def test_output_of_the_whole_submission_is_bounded(skeleton: str) -> None:
    notebook = hostile.honest()
    noisy = "for _ in range(100): display('x' * 25_000)"
    noisy = "from IPython.display import display\n" + noisy
    notebook.cells += [nbformat.v4.new_code_cell(noisy) for _ in range(20)]
    result = grade_content(hostile.written(notebook), skeleton)
    assert points(result.notebook) == hostile.FULL
    assert len(result.notebook) < 8 * hostile.MIB


def test_stop_iteration_cannot_end_a_test_early() -> None:
    error = rebuild_error("f", {"type": "StopIteration", "message": ""})
    assert not isinstance(error, StopIteration)


def test_a_number_too_long_to_print_is_still_explained() -> None:
    failure = explain(KeyError(1 << 100_000), "pass", "<q>")
    assert "KeyError" in failure.message


def test_a_submission_that_never_reads_is_given_up_in_time(skeleton: str) -> None:
    started = time.monotonic()
    grade_content(BY_NAME["先答一声，再也不收"].content(), skeleton)
    assert time.monotonic() - started < LIMITS.total_seconds + 10


def test_the_number_in_use_is_the_number_on_the_page(skeleton: str) -> None:
    """格子里写自己的学号，另一格悄悄换成同学的，抄同学的数。"""
    notebook = hostile.honest(student_id='STUDENT_ID = "mine"\nSTUDENT_ID = str("friend")')
    result = grade_content(hostile.written(notebook), skeleton)
    assert result.student_number != "mine" or points(result.notebook)[2] == 0
