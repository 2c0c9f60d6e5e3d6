"""反馈：分数与成绩簿一致，原因说得清，隐藏测试只露名字，学生写的东西伤不了看的人。"""

from __future__ import annotations

import datetime
import time

import nbformat
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from grader.course import Course
from grader.execution import Failure, error_output, fail_all, record_test
from grader.feedback import feedback
from grader.grading import grade
from grader.recording import record, state
from grader.submission import is_test
from tests.grader.sample import NAME, solved, submit

SECRET = "期望 0.8112781244591328"
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def graded(course: Course, failures: dict[str, Failure], **sources: str) -> NotebookNode:
    """一份批好的 notebook：这几格测试没过，这几格学生写了这些；不真的运行。"""
    sources = {name.replace("_", "-"): source for name, source in sources.items()}
    notebook = nbformat.from_dict(course.assignment(NAME).skeleton)
    for cell in notebook.cells:
        grade_id = cell.metadata.nbgrader.grade_id
        cell.source = sources.get(grade_id, cell.source)
        if is_test(cell):
            record_test(cell, failures.get(grade_id))
    return notebook


def keep(course: Course, student: str, notebook: NotebookNode, number: str | None = None) -> None:
    path, assignment = submit(course, student, solved(student)), course.assignment(NAME)
    marker = state(assignment, path.read_bytes())
    marker |= {"problem": None, "fingerprint": [], "student_number": number}
    with course.gradebook() as gradebook:
        record(gradebook, assignment, student, notebook, marker)


def page(course: Course, student: str) -> BeautifulSoup:
    path = course.folder("feedback", NAME, student) / f"{NAME}.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def text(course: Course, student: str) -> str:
    return page(course, student).get_text()


def results(course: Course, student: str) -> list[str]:
    return [" ".join(li.get_text().split()) for li in page(course, student).select(".tests li")]


def test_points_and_reasons_are_told(course):
    failure = Failure("AssertionError", "公平的硬币应当是 1 比特：检查对数的底。")
    keep(course, "a", graded(course, {"q1-test-1": failure}, q3="回答"), number="a")
    feedback(course, NAME)
    assert page(course, "a").h1.string == "hw：7 分，满分 14 分"
    first, second, third = results(course, "a")
    assert first == f"测试 1 ✗ 没有过，0 / 2 分 {failure.message}"
    assert second == "测试 2 ✓ 通过，3 / 3 分" and third == "测试 1 ✓ 通过，4 / 4 分"
    assert "接下来：第 1 题有测试没有过" in text(course, "a")
    assert "学生 a，与你填的学号相同" in text(course, "a")


def test_everything_passed_asks_for_nothing(course):
    keep(course, "a", graded(course, {}))
    feedback(course, NAME)
    assert "测试全部通过" in text(course, "a") and "接下来" not in text(course, "a")


def test_a_hidden_test_gives_away_its_name_only(course):
    failure = Failure("AssertionError", SECRET, hidden="随机的分布")
    keep(course, "a", graded(course, {"q1-test-2": failure}))
    feedback(course, NAME)
    assert "隐藏测试“随机的分布”没有过" in results(course, "a")[1]
    raw = str(page(course, "a"))
    assert SECRET not in raw and "expected" not in raw and "负的概率" not in raw


def test_manual_points_and_comments(course):
    keep(course, "graded", graded(course, {}, q3="我的回答"), number="graded")
    keep(course, "waiting", graded(course, {}, q3="另一个回答"), number="waiting")
    keep(course, "blank", graded(course, {}), number="blank")
    with course.gradebook() as gradebook:
        score = gradebook.find_grade("q3", NAME, NAME, "graded")
        score.manual_score, score.needs_manual_grade = 4.5, False
        gradebook.find_comment("q3", NAME, NAME, "graded").manual_comment = "再说清楚<一点>。"
        gradebook.db.commit()
    feedback(course, NAME)
    assert page(course, "graded").h1.string == "hw：13.5 分，满分 14 分"
    assert "4.5 / 5 分" in text(course, "graded")
    assert "再说清楚<一点>。" in text(course, "graded") and "我的回答" in text(course, "graded")
    assert "第 3 题等待批改，总分还没有算上它。" in text(course, "waiting")
    assert "等待批改" not in text(course, "graded")
    answers = page(course, "blank").find("h2", id="q3").find_next("h3")
    assert "0 / 5 分" in answers.get_text() and "没有作答" in answers.find_next("p").get_text()


def test_late_penalty_is_told(course):
    keep(course, "a", graded(course, {}))
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(NAME, "a")
        submission.notebooks[0].late_submission_penalty = 2.5
        assignment = gradebook.find_assignment(NAME)
        assignment.duedate = datetime.datetime(2026, 10, 12, 12)
        submission.timestamp = assignment.duedate + datetime.timedelta(minutes=90)
        gradebook.db.commit()
    feedback(course, NAME)
    assert "迟交 1:30（小时:分钟），扣 2.5 分，总分已经扣去。" in text(course, "a")
    assert page(course, "a").h1.string == "hw：6.5 分，满分 14 分"


def test_students_cells_and_their_errors_are_shown_in_their_question(course):
    notebook = graded(course, {}, q1="def entropy(p):\n    return 1")
    added = nbformat.v4.new_code_cell("mine = 1 / 0")
    added.outputs = [error_output("ZeroDivisionError", "division by zero")]
    place = [cell.metadata.nbgrader.grade_id for cell in notebook.cells].index("q1-test-2")
    notebook.cells.insert(place + 1, added)
    keep(course, "a", notebook)
    feedback(course, NAME)
    first = page(course, "a").find("h2", id="q1")
    shown = [pre.string.strip("\n") for pre in first.find_all_next("pre")][:2]
    assert shown == ["def entropy(p):\n    return 1", "mine = 1 / 0"]
    assert "这一格运行时出错：ZeroDivisionError: division by zero" in text(course, "a")
    assert "personal_rng" not in text(course, "a"), "老师的格子不是学生的代码"


def test_a_refused_submission_gets_the_reason_once(course):
    reason = "文件是空的：请重新导出 notebook 再交一次。"
    keep(course, "a", fail_all(course.assignment(NAME).skeleton, reason))
    feedback(course, NAME)
    assert text(course, "a").count(reason) == 1
    assert page(course, "a").h1.string == "hw：0 分，满分 14 分"
    assert not page(course, "a").find_all("pre") and not results(course, "a")


def test_nothing_a_student_writes_becomes_markup(course):
    failures = {"q1-test-1": Failure("ValueError", ATTACK)}
    notebook = graded(course, failures, q1=ATTACK, q3="</pre>" + ATTACK)
    notebook.cells[1].outputs = [error_output(ATTACK, ATTACK)]
    keep(course, "<i>a", notebook, number=ATTACK)
    with course.gradebook() as gradebook:
        gradebook.find_comment("q3", NAME, NAME, "<i>a").manual_comment = ATTACK
        gradebook.db.commit()
    feedback(course, NAME)
    html = page(course, "<i>a")
    assert not html.find_all(["script", "img", "i", "iframe", "link"])
    assert html.get_text().count(ATTACK) == 7  # 每一处都看得见，只是不起作用
    policy = html.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert all(link["href"].startswith("#") for link in html.find_all(href=True))
    assert html.html["lang"] == "zh-CN"


def test_who_got_no_page_is_named(course):
    keep(course, "good", graded(course, {}))
    keep(course, "changed", graded(course, {}))
    submit(course, "changed", solved("changed", q2="my_entropy = 1.0"))
    submit(course, "ungraded", solved("ungraded"))
    keep(course, "lost", graded(course, {}))
    (course.folder("autograded", NAME, "lost") / f"{NAME}.ipynb").unlink()
    answer = feedback(course, NAME)
    assert "写了 1 页反馈" in answer
    assert f"python -m grader grade {NAME}" in answer and "changed、lost、ungraded。" in answer
    assert [path.parts[-3] for path in course.root.glob("feedback/*/*/*")] == ["good"]


def test_a_really_graded_submission(course):
    nats = "def entropy(p):\n    return float(-(np.asarray(p) * np.log(p)).sum())"
    lenient = "def entropy(p):\n    p = np.asarray(p)[np.asarray(p) != 0]\n"
    lenient += "    return float(-(p * np.log2(np.abs(p))).sum())"
    submit(course, "nats", solved("nats", q1=nats))
    submit(course, "lenient", solved("lenient", q1=lenient))
    submit(course, "pdf", b"%PDF-1.4")
    grade(course, NAME)
    feedback(course, NAME)
    assert "检查对数的底" in results(course, "nats")[0]
    assert "隐藏测试“负的概率”没有过" in results(course, "lenient")[1]
    assert "应当抛出" not in str(page(course, "lenient"))
    assert "这一份没法批：文件不是 notebook" in text(course, "pdf")


def test_a_thousand_pages_take_less_than_a_minute(course):
    pages = 40
    notebook = graded(course, {}, q1="x = 1\n" * 100)
    for number in range(pages):
        keep(course, f"{number:03}", notebook)
    started = time.process_time()
    feedback(course, NAME)
    assert (time.process_time() - started) / pages * 1000 < 60
