"""五份作业：格式合约定，解答得满分，学生版得零分且不含解答与隐藏测试，常数过不了任何一题。"""

from __future__ import annotations

import ast
import json
import re
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade

from grader.course import Course
from grader.execution import (
    HIDDEN_BEGIN,
    HIDDEN_END,
    HIDDEN_NAME,
    execute,
    loaded_names,
)
from grader.release import release
from grader.sandbox import ORDINARY
from grader.submission import is_locked, is_setup, is_test, read, restore, student_number
from tests.chapters import checks

ROOT = Path(__file__).resolve().parents[2]
NAMES = [f"hw{number}" for number in range(1, 6)]
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
HIDDEN = re.compile(rf"{HIDDEN_BEGIN}\n(.*?){HIDDEN_END}", re.DOTALL)
RUBRIC = re.compile(r"^\|.*\| (\d+) \|$|^- .*?(\d+) 分：", re.MULTILINE)  # 表格，或者列表
CHINESE = re.compile(r"[\u4e00-\u9fff]")
VALUES = (bool, int, float, str, list, tuple, np.ndarray, np.generic)
FIRST_NUMBERS = {  # 学号 20260001 在各份作业里最先得到的四个数
    "hw1": [429, 786, 491, 515],
    "hw2": [299, 804, 303, 751],
    "hw3": [118, 796, 645, 496],
    "hw4": [276, 231, 386, 796],
    "hw5": [684, 812, 28, 123],
}
CONSTANTS = [
    "None",
    "0",
    "1.0",
    "np.zeros(4)",
    "[0.25] * 4",
    "'0'",
    "(0.0, 0.0)",
    "args[0]",
    "True",
]


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """五份作业的副本，学生版都已生成。"""
    root = tmp_path_factory.mktemp("assignments")
    (root / "source").symlink_to(ROOT / "assignments" / "source")
    (root / "nbgrader_config.py").symlink_to(ROOT / "assignments" / "nbgrader_config.py")
    course = Course(root)
    for name in NAMES:
        release(course, name)
    return course


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def source(course: Course, name: str) -> NotebookNode:
    return nbformat.read(course.assignment(name).path, as_version=4)


def released(course: Course, name: str) -> NotebookNode:
    (path,) = course.folder("release", name).glob("*.ipynb")
    return nbformat.read(path, as_version=4)


def run(course: Course, name: str, notebook: NotebookNode) -> NotebookNode:
    """像批改一份提交那样，在沙箱里运行。"""
    skeleton = course.assignment(name).skeleton
    cells = read(nbformat.writes(notebook).encode())
    return execute(restore(cells, skeleton), ORDINARY, student_number(cells))


def scores(notebook: NotebookNode) -> dict[str, float]:
    """各格测试的得分。"""
    tests = [cell for cell in notebook.cells if is_test(cell)]
    return {cell.metadata.nbgrader.grade_id: determine_grade(cell)[0] for cell in tests}


def answered(notebook: NotebookNode, source: str) -> NotebookNode:
    """学生版，只填了学号，每格解答后面接上 ``source``。"""
    for cell in notebook.cells:
        if cell.metadata.nbgrader.grade_id == "student-id":
            cell.source = 'STUDENT_ID = "20260001"'
        elif cell.metadata.nbgrader.solution and cell.cell_type == "code":
            cell.source += "\n" + source.format(names=defined(cell.source))
    return notebook


def defined(source: str) -> str:
    """这一格定义的函数与变量。"""
    body = ast.parse(source).body
    functions = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    targets = [node.targets for node in body if isinstance(node, ast.Assign)]
    nodes = [node for group in targets for target in group for node in ast.walk(target)]
    return repr((functions, [node.id for node in nodes if isinstance(node, ast.Name)]))


def prepared(source: NotebookNode, student: str) -> dict[str, Any]:
    """这个学号运行完各个准备格以后，有的名字。"""
    namespace = {"STUDENT_ID": student}
    for cell in source.cells:
        if is_setup(cell):
            exec(cell.source, namespace)
    return namespace


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """值不同的名字；函数、模块、随机数发生器不算，学号自己也不算。"""
    return {
        name
        for name, value in one.items()
        if isinstance(value, VALUES) and not np.array_equal(value, other[name])
    } - {"STUDENT_ID"}


def points_of_questions(source: NotebookNode) -> Counter[str]:
    """各题的分值：它的各格之和。"""
    points: Counter[str] = Counter()
    for cell in source.cells:
        if is_grade(cell):
            points[cell.id.partition("-")[0]] += cell.metadata.nbgrader.points
    return points


def secret_lines(source: NotebookNode) -> set[str]:
    """解答、隐藏测试与参考答案里，长得足以认出来的行。"""
    blocks = [cell.source for cell in source.cells if is_grade(cell) and not is_test(cell)]
    for cell in source.cells:
        blocks += SOLUTION.findall(cell.source) + HIDDEN.findall(cell.source)
    lines = {line.strip() for block in blocks for line in block.splitlines()}
    return {line for line in lines if len(line) > 15}


def public_lines(source: NotebookNode) -> set[str]:
    """学生本来就看得到的代码；题目的文字不算，里面也不该有答案。"""
    shown = [
        SOLUTION.sub("", HIDDEN.sub("", cell.source))
        for cell in source.cells
        if cell.cell_type == "code" and (is_test(cell) or not is_grade(cell))
    ]
    return {line.strip() for text in shown for line in text.splitlines()}


def test_every_assignment_is_here(course):
    assert course.assignments() == NAMES


def test_format(source):
    nbformat.validate(source)
    ids = [cell.metadata.nbgrader.grade_id for cell in source.cells]
    assert ids == [cell.id for cell in source.cells] and len(set(ids)) == len(ids)
    assert ids[:3] == ["intro", "student-id", "setup"]
    kinds = {"题目": 0, "准备": 0, "解答": 0, "测试": 0, "手工批改": 0}
    for cell in source.cells:
        nbgrader = cell.metadata.nbgrader
        assert nbgrader.schema_version == 3 and not nbgrader.task
        assert nbgrader.locked != nbgrader.solution, f"{cell.id} 该锁住，或者是学生写的，只居其一"
        if is_test(cell):
            kinds["测试"] += 1
        elif is_setup(cell):
            kinds["准备"] += 1
        elif is_grade(cell):
            kinds["手工批改"] += 1
        elif nbgrader.solution:
            assert SOLUTION.search(cell.source), nbgrader.grade_id
            kinds["解答"] += 1
        else:
            assert cell.cell_type == "markdown" and is_locked(cell)
            kinds["题目"] += 1
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
    assert all(kinds.values()), kinds


def test_points_and_questions(source):
    points = {
        c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points
        for c in source.cells
        if is_grade(c)
    }
    by_hand = {
        cell.metadata.nbgrader.grade_id
        for cell in source.cells
        if is_grade(cell) and not is_test(cell)
    }
    automatic = {grade_id.partition("-")[0] for grade_id in points.keys() - by_hand}
    assert sum(points.values()) == 100
    assert 5 <= len(automatic) <= 7
    assert 1 <= len({grade_id.partition("-")[0] for grade_id in by_hand}) <= 2
    assert 10 <= sum(points[grade_id] for grade_id in by_hand) <= 30


def test_points_in_the_text_are_those_of_the_tests(source):
    """每题的标题与开头的表格里写的分值，是这一题各格之和。"""
    texts = {cell.id: cell.source for cell in source.cells}
    for question, total in points_of_questions(source).items():
        number = question.removeprefix("q")
        heading = rf"^## 第 {number} 题　.*（{total:g} 分，"
        assert re.search(heading, texts[f"{question}-text"]), (question, total)
        line = rf"^\| {number} \|.*\| {total:g} \| \d+ 分钟 \|$"
        assert re.search(line, texts["intro"], flags=re.MULTILINE), (question, total)


def test_rubrics_add_up(source):
    """手工批改的题都有评分标准，各项之和是这一题的分值。"""
    texts = {cell.id: cell.source for cell in source.cells}
    points = points_of_questions(source)
    by_hand = {
        cell.id.partition("-")[0] for cell in source.cells if is_grade(cell) and not is_test(cell)
    }
    for question in by_hand:
        _, _, rubric = texts[f"{question}-text"].partition("**评分标准**")
        parts = [int(row or item) for row, item in RUBRIC.findall(rubric)]
        assert sum(parts) == points[question], (question, parts)


def test_table_is_that_of_the_questions(source):
    """开头的表与各题的标题一致；分钟数相加，与写明的总数相差不过 2 分钟，总数在 60 与 90 之间。"""
    intro = source.cells[0].source
    table = re.findall(
        r"^\| (\d+) \| (.+?)(（手工批改）)?\s*\| (\d+) \| (\d+) 分钟 \|$", intro, re.M
    )
    titles = []
    for cell in source.cells:
        if re.fullmatch(r"q\d+-text", cell.id):
            match = re.match(
                r"## 第 (\d+) 题　(.+)（(\d+) 分，约 (\d+) 分钟(，手工批改)?）\n", cell.source
            )
            number, title, points, minutes, by_hand = match.groups()
            assert cell.id == f"q{number}-text"
            titles.append((number, title, "（手工批改）" if by_hand else "", points, minutes))
    assert table == titles
    assert [row[0] for row in table] == [str(number) for number in range(1, len(table) + 1)]
    (stated,) = map(int, re.findall(r"共 100 分，约 (\d+) 分钟", intro))
    assert 60 <= stated <= 90
    assert abs(stated - sum(int(row[-1]) for row in table)) <= 2
    automatic = sum(int(points) for _, _, by_hand, points, _ in table if not by_hand)
    count = "零一二三四五六七"[sum(not row[2] for row in table)]
    assert f"前{count}题自动批改，{automatic} 分；" in intro


def test_hidden_tests_are_named(source):
    for cell in source.cells:
        assert cell.source.count(HIDDEN_BEGIN) == cell.source.count(HIDDEN_END)
        for block in HIDDEN.findall(cell.source):
            assert HIDDEN_NAME.match(block), cell.id


def test_every_assertion_speaks_chinese(source):
    for cell in source.cells:
        if not is_test(cell):
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, (ast.Assert, ast.Raise)):
                message = node.msg if isinstance(node, ast.Assert) else node.exc
                assert message is not None, (cell.id, node.lineno)
                assert CHINESE.search(ast.unparse(message)), (cell.id, ast.unparse(message))


def test_every_student_has_numbers_of_their_own(source):
    mine, again, theirs = (
        prepared(source, student) for student in ("20260001", "20260001", "20260002")
    )
    assert differing(mine, again) == set(), "同一个学号，两次得到的数不同"
    personal = differing(mine, theirs)
    asking = {
        cell.id.partition("-")[0]
        for cell in source.cells
        if is_test(cell) and loaded_names(cell.source) & personal
    }
    assert len(asking) >= 2, asking


def test_personal_numbers_never_change(source, name):
    """数列冻结了：这些数在任何机器、任何 NumPy 上都该一样，不然学生与批改对不上。"""
    rng = prepared(source, "20260001")["personal_rng"]("20260001")
    assert rng.randint(0, 1000, 4).tolist() == FIRST_NUMBERS[name]


def test_solution_gets_full_points(course, name, source):
    finished = run(course, name, source)
    points = {c.id: c.metadata.nbgrader.points for c in source.cells if is_test(c)}
    failures = {
        cell.metadata.nbgrader.grade_id: cell.outputs[0].evalue
        for cell in finished.cells
        if is_test(cell) and cell.outputs
    }
    assert failures == {}
    assert scores(finished) == points


def test_student_version_gets_nothing_and_says_not_written_yet(course, name):
    finished = run(course, name, answered(released(course, name), ""))
    assert not any(scores(finished).values())
    for cell in finished.cells:
        if is_test(cell):
            (output,) = cell.outputs
            assert output.ename == "AssertionError", (
                cell.metadata.nbgrader.grade_id,
                output.evalue,
            )
            assert "还没有" in output.evalue, (cell.metadata.nbgrader.grade_id, output.evalue)


def test_student_version_without_a_number_says_so(course, name):
    finished = run(course, name, released(course, name))
    messages = {cell.outputs[0].evalue for cell in finished.cells if is_test(cell)}
    number = "先在上一格填上你的学号，再从头运行。"
    assert number in messages
    assert all(message == number or "还没有" in message for message in messages), messages


@pytest.mark.parametrize("constant", CONSTANTS)
def test_no_question_is_passed_by_a_constant(course, name, constant):
    cheat = f"""
for _name in {{names}}[0]:
    globals()[_name] = lambda *args, **kwargs: {constant}
for _name in {{names}}[1]:
    globals()[_name] = (lambda *args: {constant})(None)
"""
    finished = run(course, name, answered(released(course, name), cheat))
    questions: dict[str, list[float]] = {}
    for grade_id, score in scores(finished).items():
        questions.setdefault(grade_id.partition("-")[0], []).append(score)
    assert [question for question, found in questions.items() if all(found)] == []


def test_release_holds_no_solution_and_no_hidden_test(course, name, source):
    with zipfile.ZipFile(course.folder("release", name).with_name(f"{name}.zip")) as archive:
        assert archive.namelist() == [f"{name}/{name}.ipynb"]
        content = archive.read(f"{name}/{name}.ipynb").decode()
    text = "\n".join("".join(cell["source"]) for cell in json.loads(content)["cells"])
    assert "SOLUTION" not in content and "HIDDEN" not in content and "隐藏测试：" not in content
    telling = secret_lines(source) - public_lines(source)
    assert len(telling) > 50
    assert sorted(telling & {line.strip() for line in text.splitlines()}) == []


def test_release_needs_numpy_and_matplotlib_only(course, name):
    imported = set()
    for cell in released(course, name).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    imported |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    imported.add(node.module.partition(".")[0])
    assert imported - sys.stdlib_module_names <= {"numpy", "matplotlib"}


def test_text_is_clean(source):
    """与章节同样的排版与用词检查。"""
    for text in checks.prose(source):
        assert checks.typography(text) == []
        assert checks.banned_phrases(text) == []
        assert checks.variant_terms(text) == []
    for text in checks.markdown_cells(source):
        assert checks.broken_paragraphs(text) == []
