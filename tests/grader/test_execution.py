"""运行一份提交：隐藏测试的参数漏不出去，函数顶替不了，沙箱意外没了再来一遍。"""

from __future__ import annotations

import time
from threading import Timer
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup

from grader import execution, grading
from grader.course import Course
from grader.execution import Session, SlowTestError, Trusted, time_limit
from grader.feedback import feedback
from grader.grading import grade
from grader.sandbox import Limits
from grader.worker import Task, grade_one
from tests.grader import sample
from tests.grader.hostile import FULL, LIMITS, Q1_LOST, honest, written
from tests.grader.sample import NAME, scores, solved, submit
from tests.grader.test_hostile import points, readable

RIGHT = """    q = np.asarray(p, dtype=float)
    if (q < 0).any():
        raise ValueError("负")
    q = q[q > 0]
    return float(-(q * np.log2(q)).sum())
"""
# 记下每一次的参数：一份在内存里，一份在文件里；以后的格子都拿出来看。
KEEPING = f"""seen = []
def entropy(p):
    seen.append(np.asarray(p).tolist())
    open("/tmp/seen", "a").write(repr(seen[-1]))
    open("/dev/shm/seen", "a").write(repr(seen[-1]))
    %s
{RIGHT}"""
SHOW = """import os
print("看到", seen)
for path in ("/tmp/seen", "/dev/shm/seen"):
    if os.path.exists(path):
        print(open(path).read())
raise ValueError(f"抛出 {seen}")"""
SPIES = {
    "stores": "",
    "raises": "if len(p) == 5 or min(p) < 0: raise RuntimeError(f'{p}')",
    "dies": "if len(p) == 5: os._exit(0)",
    "loops": "while len(p) == 5: pass",
}


@pytest.fixture(scope="module")
def skeleton(released) -> str:
    return nbformat.writes(Course(released).assignment(NAME).skeleton)


def grade_notebook(notebook, skeleton: str):
    return grade_one(Task("x", written(notebook), skeleton, LIMITS, trusted=False))


def added(notebook, *sources: str):
    """最后再加几格。"""
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    return notebook


def hidden_arguments() -> list[str]:
    """隐藏测试的参数，写成几种样子。"""
    numbers = np.random.RandomState(7).dirichlet(np.ones(5), 3).ravel()
    return ["-0.5", *(f"{number:.6f}"[:7] for number in numbers)]


def test_hidden_arguments_never_reach_the_student(course: Course) -> None:
    for student, spying in SPIES.items():
        q1 = f"import os\n{KEEPING % spying}"
        notebook = honest(student_id=f'STUDENT_ID = "{student}"', q1=q1)
        notebook.cells.insert(6, nbformat.v4.new_code_cell(SHOW))  # 就在看得见的测试后面
        submit(course, student, written(added(notebook, SHOW)))
    results = grade(course, NAME, workers=2, limits=LIMITS)
    feedback(course, NAME)
    for student, result in results.items():
        page = course.folder("feedback", NAME, student) / f"{NAME}.html"
        told = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").get_text()
        cells = nbformat.reads(result.notebook, as_version=4).cells
        own = nbformat.v4.new_notebook(cells=[c for c in cells if "nbgrader" not in c.metadata])
        read = told + readable(nbformat.writes(own)) + (result.problem or "")
        assert "看到 [[0.5, 0.5]" in read, "看得见的参数也没有看到，这个测试没有测到什么"
        assert not [argument for argument in hidden_arguments() if argument in read], student
    expected = {"stores": 3, "raises": 0, "dies": 0, "loops": 0}
    assert {name: grades["q1-test-2"] for name, grades in scores(course).items()} == expected


CRASH = "import os\nos._exit(0)"
WRONG = "def entropy(p): return None"


@pytest.mark.parametrize(
    "after",
    [(WRONG,), (WRONG, CRASH), (CRASH, WRONG), ("entropy = 1.0", CRASH), ("del entropy",)],
    ids=["改", "改了再死", "死了再改", "改成数再死", "删"],
)
def test_tests_go_on_with_the_function_they_found(after, skeleton) -> None:
    """隐藏测试最后才做，用的还是做看得见的测试时的那个函数；沙箱重开过也一样。"""
    result = grade_notebook(added(honest(), *after), skeleton)
    assert points(result.notebook) == FULL, readable(result.notebook)


def test_a_later_function_cannot_stand_in_for_a_wrong_one(skeleton) -> None:
    notebook = honest(q1="def entropy(p): return 1.0 if len(p) == 2 and p[0] < 1 else 0.0")
    right = f"def entropy(p):\n{RIGHT}"
    for after in ((right,), (right, CRASH)):
        result = grade_notebook(added(nbformat.from_dict(notebook), *after), skeleton)
        assert points(result.notebook) == (2, 0, 4)


def kill_once(monkeypatch: pytest.MonkeyPatch, times: int = 1) -> list[str]:
    """运行到写着“睡”的格子时，从外面杀死沙箱，至多 ``times`` 次；返回运行过的格子。"""
    run, ran = Session.run, []

    def run_and_kill(self: Session, source: str) -> dict:
        ran.append(source)
        if "睡" in source and sum("睡" in one for one in ran) <= times:
            Timer(0.2, self.sandbox.process.kill).start()
        return run(self, source)

    monkeypatch.setattr(Session, "run", run_and_kill)
    return ran


SLEEP = "import time\ntime.sleep(1)  # 睡\ndef entropy(p):\n" + RIGHT


def test_a_sandbox_killed_from_outside_costs_nothing(skeleton, monkeypatch) -> None:
    ran = kill_once(monkeypatch)
    result = grade_notebook(honest(q1=SLEEP), skeleton)
    assert ran.count(SLEEP) == 2, "没有杀到，这个测试没有测到什么"
    assert points(result.notebook) == FULL
    assert "自己退出了" not in readable(result.notebook)


def test_a_sandbox_killed_every_time_is_told(skeleton, monkeypatch) -> None:
    ran = kill_once(monkeypatch, times=2)
    result = grade_notebook(honest(q1=SLEEP), skeleton)
    assert ran.count(SLEEP) == 2
    assert points(result.notebook) == Q1_LOST
    assert "自己退出了" in readable(result.notebook)


def test_a_loop_alone_is_not_run_again(skeleton, monkeypatch) -> None:
    """超时是学生的事，第二遍也一样，不必再等一次。"""
    ran = kill_once(monkeypatch, times=0)
    grade_notebook(added(honest(), "while True: pass"), skeleton)
    assert ran.count("while True: pass") == 1


def trusted_test(source: str, seconds: float):
    session = SimpleNamespace(limits=Limits(test_seconds=seconds))
    cell = sample.cell("code", "t", source, 1, locked=True)
    return Trusted(session, "1").test_visible(cell)


def test_a_test_made_quadratic_is_interrupted() -> None:
    started = time.monotonic()
    failure = trusted_test("x = range(10**6)\nassert all(a <= b for a in x for b in x[a:])", 0.3)
    assert time.monotonic() - started < 3
    assert (failure.kind, failure.message) == ("SlowTestError", str(SlowTestError()))
    assert trusted_test("assert True", 0.3) is None


def test_the_time_limit_never_strikes_afterwards() -> None:
    """恰好在时限前后做完：要么里面算超时，要么没事，不会打到外面。"""
    struck = 0
    for number in range(60):
        deadline = time.monotonic() + number % 20 * 0.001
        try:
            with time_limit(0.005):
                while time.monotonic() < deadline:
                    pass
        except SlowTestError:
            struck += 1
        sum(range(1000))
    assert 0 < struck < 60


def test_a_submission_replaced_while_being_graded_is_graded_again(course, monkeypatch) -> None:
    submit(course, "a", solved("a", q1="pass"))
    save = grading.save

    def replace_then_save(*arguments) -> None:
        submit(course, "a", solved("a"))
        save(*arguments)

    monkeypatch.setattr(grading, "save", replace_then_save)
    grade(course, NAME)
    assert scores(course)["a"]["q1-test-1"] == 0
    monkeypatch.undo()
    assert set(grade(course, NAME)) == {"a"}
    assert scores(course)["a"]["q1-test-1"] == 2
    assert grade(course, NAME) == {}


def test_a_machine_failure_is_a_result_without_a_notebook(skeleton, monkeypatch) -> None:
    monkeypatch.setattr(execution, "Sandbox", lambda *arguments: 1 / 0)
    result = grade_notebook(honest(), skeleton)
    assert result.notebook is None
    assert result.problem.startswith("没有批成（ZeroDivisionError")
