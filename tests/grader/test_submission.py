"""读提交：任何内容要么归得了位，要么说得出为什么不行，绝不会有别的异常。"""

from __future__ import annotations

import json
import time
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from nbconvert.filters import markdown2html
from nbformat import NotebookNode

from grader import submission
from grader.course import Course
from grader.grading import grade
from grader.similarity import fingerprint
from grader.submission import BadSubmissionError, defuse, is_locked, is_test
from tests.grader import hostile, sample
from tests.grader.sample import NAME, scores, solved, submit

IDS = [cell.metadata.nbgrader.grade_id for cell in sample.source_notebook().cells]
SURROGATES = st.text(st.sampled_from("a字\ud800\udfff\0\n"), max_size=8)
TEXTS = st.one_of(
    st.text(max_size=40),
    SURROGATES,
    st.sampled_from([sample.INTRO, sample.ENTROPY, 'STUDENT_ID = "7"', "](attachment:a.png)", "("]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def sometimes(usual: st.SearchStrategy, **keys: st.SearchStrategy) -> st.SearchStrategy:
    """有这些键的字典，键可以缺；偶尔整个是别的东西。"""
    return st.one_of(st.fixed_dictionaries({}, optional=keys), usual)


PICTURES = st.dictionaries(
    st.sampled_from(["a.png", "图.png", "\ud800"]) | TEXTS,
    JSON | st.fixed_dictionaries({"image/png": st.just(hostile.picture(2, 2)) | JSON}),
    max_size=3,
)
NBGRADER = sometimes(
    JSON, grade_id=st.sampled_from(IDS) | JSON, locked=JSON, solution=JSON, points=JSON
)
CELLS = sometimes(
    JSON,
    cell_type=st.sampled_from(["code", "markdown", "raw"]) | JSON,
    source=TEXTS | st.lists(TEXTS, max_size=3) | JSON,
    metadata=sometimes(JSON, nbgrader=NBGRADER),
    attachments=PICTURES | JSON,
    outputs=JSON,
    id=JSON,
)
NOTEBOOKS = sometimes(JSON, cells=st.lists(CELLS, max_size=8) | JSON, metadata=JSON, nbformat=JSON)
PATHS = [
    ("source",),
    ("cell_type",),
    ("attachments",),
    ("metadata",),
    ("metadata", "nbgrader"),
    ("metadata", "nbgrader", "grade_id"),
]
CHANGES = st.lists(
    st.tuples(st.integers(0, len(IDS) - 1), st.sampled_from(PATHS), TEXTS | PICTURES | JSON),
    max_size=4,
)


@pytest.fixture(scope="module")
def skeleton(released) -> NotebookNode:
    return Course(released).assignment(NAME).skeleton


def put_in_place(content: bytes, skeleton: NotebookNode) -> NotebookNode:
    """worker 对一份提交做的，到运行之前为止。"""
    cells = submission.read(content)
    number = submission.student_number(cells)
    json.dumps(number, ensure_ascii=False).encode()
    fingerprint(cells, skeleton)
    return submission.restore(cells, skeleton)


def check_in_place(document: Any, skeleton: NotebookNode) -> None:
    """归了位的，题目与测试一字不差，写得进文件；归不了的，说得出原因。"""
    try:
        restored = put_in_place(json.dumps(document).encode(), skeleton)
    except BadSubmissionError as problem:
        assert str(problem).endswith("。")
        return
    nbformat.writes(restored).encode()
    nbformat.validate(restored)
    own = [cell for cell in restored.cells if "nbgrader" in cell.metadata]
    assert [cell.metadata.nbgrader for cell in own] == [c.metadata.nbgrader for c in skeleton.cells]
    for cell, original in zip(own, skeleton.cells, strict=True):
        assert cell.source == original.source or not is_locked(original)
    assert len([c for c in restored.cells if is_test(c)]) == 3


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NOTEBOOKS)
def test_any_json_is_put_in_place_or_refused(skeleton: NotebookNode, document: Any) -> None:
    check_in_place(document, skeleton)


@settings(max_examples=100, deadline=None)
@given(CHANGES)
@example([(IDS.index("q1"), ("source",), "\ud800")])
@example([(IDS.index("q1"), ("metadata", "nbgrader", "grade_id"), [1])])
@example([(IDS.index("q3"), ("attachments",), {"\ud800": {"image/png": hostile.picture(2, 2)}})])
def test_odd_cells_leave_the_others_in_place(skeleton: NotebookNode, changes: list) -> None:
    """老实的提交，几处换成别的东西：还认得出是这份作业的，别的格子照旧。"""
    document = json.loads(hostile.written(hostile.honest()))
    for index, (*path, key), value in changes:
        place = document["cells"][index]
        for step in path:
            place = place[step] if isinstance(place, dict) and step in place else {}
        if isinstance(place, dict):
            place[key] = value
    check_in_place(document, skeleton)


@settings(max_examples=200)
@given(st.binary(max_size=60) | st.text().map(str.encode))
def test_any_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(BadSubmissionError):
        submission.read(content)


def number_in(source: str) -> str | None:
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata.grade_id = "student-id"
    return submission.student_number([cell])


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ('STUDENT_ID = "20260001"', "20260001"),
        ('# 学号\nSTUDENT_ID = " 20260001 "  # 我的', "20260001"),
        ("STUDENT_ID = 20260001", "20260001"),
        ("STUDENT_ID = ID = '7'", "7"),
        ('STUDENT_ID = "7"\nSTUDENT_ID = "8"', "8"),
        ('STUDENT_ID = "7"\nSTUDENT_ID = str("8")', None),
        ('STUDENT_ID = "7" + "8"', None),
        ('STUDENT_ID = f"{7}"', None),
        ('if True:\n    STUDENT_ID = "7"', None),
        ('OTHER = "7"', None),
        ('x.STUDENT_ID = "7"', None),
        ('STUDENT_ID = ""', None),
        ('STUDENT_ID = "  "', None),
        ('STUDENT_ID = "7', None),
        ('STUDENT_ID = "7"\0', None),
        ("", None),
        ('STUDENT_ID = "\\ud800"', "?"),
        (f'STUDENT_ID = "{"9" * 100}"', "9" * 64),
        pytest.param("STUDENT_ID = 0x" + "f" * 10**4, None, id="太长的整数"),
        pytest.param("a" + ".b" * 500 + ' = 1\nSTUDENT_ID = "7"', "7", id="很长的属性链"),
        pytest.param("(" * 10**4, None, id="很深的括号"),
        pytest.param("-" * 10**5 + "1", None, id="很深的负号"),
    ],
)
def test_the_number_is_what_is_written(source: str, number: str | None) -> None:
    assert number_in(source) == number


def test_no_cell_for_the_number_is_no_number() -> None:
    assert submission.student_number([]) is None


def test_an_odd_number_stops_nobody(course: Course) -> None:
    """学号里的半个代理对写不进文件，不能让整个批改停下来。"""
    submit(course, "a", solved(student_id='STUDENT_ID = "\\ud800"'))
    submit(course, "b", solved("b"))
    assert all(result.notebook for result in grade(course, NAME).values())
    assert set(scores(course)) == {"a", "b"}


def test_pictures_that_are_there_stay_linked() -> None:
    text = "![图](attachment:a.png) ![图]( attachment:b.png 'x') ![图](attachment:c.png)"
    kept = "![图](attachment:a.png) ![图]( attachment:b.png 'x') ! [图] (attachment:c.png)"
    assert defuse(text, {"a.png", "b.png"}) == kept
    assert defuse("[a](attachment:a.png", {"a.png"}) == "[a] (attachment:a.png"
    assert defuse("[a](javascript:x) [b](/c) [c](#d)") == "[a] (javascript:x) [b](/c) [c](#d)"


@pytest.mark.parametrize(
    "text",
    ["![a](http://x/b.png)", "![a][b]\n\n[b]: http://x/b.png", "![b]\n\n[b]: http://x/b.png"],
)
def test_pictures_elsewhere_are_not_fetched(text: str) -> None:
    """formgrader 用 nbconvert 转成网页；里面不该有 <img>。"""
    assert "<img" in markdown2html(text)
    assert "<img" not in markdown2html(defuse(text, {"a.png"}))


def test_many_pictures_and_links_take_no_time() -> None:
    pictures = {f"{number}.png" for number in range(20_000)}
    started = time.process_time()
    defuse("](attachment:x " * 20_000, pictures)
    defuse("![" * 100_000, pictures)
    defuse("![" + "x" * 100_000, pictures)
    assert time.process_time() - started < 1


def test_a_huge_cell_neither_slows_the_comparison_nor_hides_the_answers(
    skeleton: NotebookNode,
) -> None:
    cells = submission.read(nbformat.writes(solved()).encode())
    padding = nbformat.v4.new_code_cell("a = b + c\n" * 200_000)
    started = time.process_time()
    assert fingerprint([padding, *cells], skeleton) == fingerprint(cells, skeleton) != []
    assert time.process_time() - started < 1
