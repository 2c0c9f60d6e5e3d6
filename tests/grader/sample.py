"""测试用的小作业：三道题，覆盖函数、每人一份的数、手工批改；一份几十毫秒就批完。"""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.course import Course
from grader.release import release

ROOT = Path(__file__).resolve().parents[2]
NAME = "hw"

INTRO = "# 小作业\n\n写一个函数，算一个数，说一句话。"
SETUP = """import hashlib

import numpy as np


def personal_rng(student_id):
    digest = hashlib.sha256(f"hw:{student_id}".encode()).digest()
    return np.random.RandomState(int.from_bytes(digest[:4], "big"))


assert STUDENT_ID, "先在上一格填上你的学号，再从头运行。"
my_p = personal_rng(STUDENT_ID).dirichlet(np.ones(4))"""
ENTROPY = '''def entropy(p):
    """分布 p 的熵，单位比特；p 里可以有 0。"""
    ### BEGIN SOLUTION
    p = np.asarray(p, dtype=float)
    if (p < 0).any():
        raise ValueError("概率不能是负的")
    q = p[p > 0]
    return float(-(q * np.log2(q)).sum())
    ### END SOLUTION'''
TEST_VISIBLE = '''value = entropy([0.5, 0.5])
assert value is not None, "entropy 还没有写。"
assert abs(value - 1) < 1e-12, "公平的硬币应当是 1 比特：检查对数的底。"'''
TEST_HIDDEN = """assert abs(entropy([1.0, 0.0])) < 1e-12, "必然的事没有意外。"
### BEGIN HIDDEN TESTS
# 隐藏测试：随机的分布
for p in np.random.RandomState(7).dirichlet(np.ones(5), 3):
    expected = -sum(x * np.log2(x) for x in p)
    assert abs(entropy(p) - expected) < 1e-9, "随机的分布上算错了。"
### END HIDDEN TESTS
### BEGIN HIDDEN TESTS
# 隐藏测试：负的概率
try:
    entropy([-0.5, 1.5])
except ValueError:
    pass
else:
    raise AssertionError("负的概率应当抛出 ValueError。")
### END HIDDEN TESTS"""
ANSWER = """my_entropy = None
### BEGIN SOLUTION
my_entropy = entropy(my_p)
### END SOLUTION"""
TEST_PERSONAL = """assert my_entropy is not None, "还没有算。"
### BEGIN HIDDEN TESTS
# 隐藏测试：你自己的数
assert abs(my_entropy - -(my_p * np.log2(my_p)).sum()) < 1e-9, "与你的学号不符。"
### END HIDDEN TESTS"""


def cell(kind: str, grade_id: str, source: str, points: float | None = None, **flags: bool):
    """一个带 nbgrader 元数据的格子。"""
    make = {"code": nbformat.v4.new_code_cell, "text": nbformat.v4.new_markdown_cell}[kind]
    nbgrader = {"grade": False, "locked": False, "solution": False, "task": False, **flags}
    nbgrader |= {"grade_id": grade_id, "schema_version": 3}
    if points is not None:
        nbgrader |= {"grade": True, "points": points}
    made = make(source, metadata={"nbgrader": nbgrader})
    made.id = grade_id
    return made


def source_notebook() -> NotebookNode:
    """老师的一份：题目、解答、测试。"""
    number = 'STUDENT_ID = ""\n### BEGIN SOLUTION\nSTUDENT_ID = "20260001"\n### END SOLUTION'
    cells = [
        cell("text", "intro", INTRO, locked=True),
        cell("code", "student-id", number, solution=True),
        cell("code", "setup", SETUP, locked=True),
        cell("text", "q1-text", "## 第 1 题\n\n熵。", locked=True),
        cell("code", "q1", ENTROPY, solution=True),
        cell("code", "q1-test-1", TEST_VISIBLE, 2, locked=True),
        cell("code", "q1-test-2", TEST_HIDDEN, 3, locked=True),
        cell("code", "q2", ANSWER, solution=True),
        cell("code", "q2-test-1", TEST_PERSONAL, 4, locked=True),
        cell("text", "q3", "熵是平均的意外。", 5, solution=True),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def make_course(root: Path, db_url: str | None = None) -> Course:
    """在 ``root`` 里建一门只有这份作业的课，学生版已经生成。"""
    (root / "source" / NAME).mkdir(parents=True)
    shutil.copy(ROOT / "assignments" / "nbgrader_config.py", root)
    nbformat.write(source_notebook(), root / "source" / NAME / f"{NAME}.ipynb")
    course = Course(root, db_url)
    release(course, NAME)
    return course


def solved(student: str = "20260001", **sources: str) -> NotebookNode:
    """一份做完的提交；``sources`` 换掉某几格，名字里的 - 写作 _。"""
    notebook = source_notebook()
    sources = {name.replace("_", "-"): source for name, source in sources.items()}
    sources = {"student-id": f'STUDENT_ID = "{student}"'} | sources
    for each in notebook.cells:
        each.source = sources.get(each.metadata.nbgrader.grade_id, each.source)
    return notebook


def submit(course: Course, student: str, notebook: NotebookNode | bytes) -> Path:
    """把一份提交放到 nbgrader 收作业的地方。"""
    content = notebook if isinstance(notebook, bytes) else nbformat.writes(notebook).encode()
    path = course.folder("submitted", NAME, student) / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def scores(course: Course) -> dict[str, dict[str, float | None]]:
    """成绩簿里每个学生每一格的自动分。"""
    with course.gradebook() as gradebook:
        return {
            submission.student_id: {
                grade.name: grade.auto_score for grade in submission.notebooks[0].grades
            }
            for submission in gradebook.assignment_submissions(NAME)
        }
