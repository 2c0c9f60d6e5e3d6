"""跨过边界的数据：普通数据一丝不差地回来，别的一样也过不去。"""

from __future__ import annotations

import collections
import datetime
import enum
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from grader import wire
from grader.wire import BrokenWireError, FunctionName, NotPlainError, decode, encode

DTYPES = st.one_of(
    npst.boolean_dtypes(),
    npst.integer_dtypes(endianness="?"),
    npst.unsigned_integer_dtypes(endianness="?"),
    npst.floating_dtypes(endianness="?"),
    npst.complex_number_dtypes(endianness="?"),
    npst.unicode_string_dtypes(endianness="?", max_len=5),
)
ARRAYS = npst.arrays(DTYPES, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
SCALARS = npst.arrays(DTYPES, ()).map(lambda array: array[()])
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(16**2990), 16**2990),
    st.floats(),
    st.complex_numbers(allow_nan=True),
    st.text(),
    st.text(st.characters(categories=["Cs"]), max_size=1),
    ARRAYS,
    SCALARS,
)
PLAIN = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(), inner, max_size=4),
    ),
    max_leaves=10,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
PARTS = st.one_of(
    JSON,
    st.sampled_from(["<f8", "|b1", "<U1", "|O8", "f8,(2", "<M8[s]", "i4,i4", "|V4", "<f3"]),
    st.sampled_from(["AAAAAAAAAAA=", "/////w==", "AgE=", "", "0x1p+0", "nan", "0x10", "_1"]),
    st.lists(st.integers(-2, 3) | st.just(10**12), max_size=3),
)
TAGS = ("none", "bool", "int", "float", "complex", "str", "function", "list", "tuple", "dict")
ALMOST = st.recursive(
    st.builds(
        lambda tag, rest: [tag, *rest],
        st.sampled_from([*TAGS, "array", "scalar", "set", "pickle"]),
        st.lists(PARTS, max_size=3),
    ),
    lambda inner: st.builds(
        lambda tag, items: [tag, items],
        st.sampled_from(TAGS),
        st.lists(inner | st.tuples(PARTS, inner).map(list), max_size=3),
    ),
    max_leaves=6,
)


def exact(value: Any) -> Any:
    """分得清 0.0 与 -0.0、True 与 1、大端与小端的写法。"""
    kind = type(value)
    if isinstance(value, np.ndarray | np.generic):
        assert kind is np.ndarray or kind.__module__ == "numpy"
        return kind, value.dtype.str, value.shape, value.tobytes()
    if kind in (list, tuple):
        return kind, [exact(item) for item in value]
    if kind is dict:
        return kind, [(key, exact(item)) for key, item in value.items()]
    if kind is complex:
        return kind, value.real.hex(), value.imag.hex()
    assert kind in (type(None), bool, int, float, str, FunctionName), kind
    return kind, value.hex() if kind is float else value


@given(PLAIN)
@example([0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1, True, 1.0, complex(-0.0, -0.0)])
@example(
    (np.array(-0.0, ">f2"), np.zeros((0, 3), "<i8"), np.float32(-0.0), np.True_, np.str_("字"))
)
def test_plain_data_comes_back_exactly(value: Any) -> None:
    message = json.loads(json.dumps(encode(value), allow_nan=False))
    assert exact(decode(message)) == exact(value)


@pytest.mark.parametrize(
    "value",
    [
        np.arange(12).reshape(3, 4).T,
        np.arange(10.0)[::-2],
        np.asfortranarray(np.ones((2, 3))),
        np.broadcast_to(np.float32(1), (2, 2)),
    ],
    ids=["转置", "倒着取", "按列存", "广播"],
)
def test_arrays_in_any_layout_come_back_writable(value: np.ndarray) -> None:
    back = decode(encode(value))
    assert np.array_equal(back, value) and back.dtype == value.dtype
    back[...] = 0  # 测试可以改自己拿到的那一份


class Liar(float):
    def __eq__(self, other):
        return True

    __hash__ = None


Pair = collections.namedtuple("Pair", "a b")
Number = enum.IntEnum("Number", "ONE")
FakeScalar = type("FakeScalar", (np.float64,), {"__module__": "numbers"})
LOOP: list = []
LOOP.append(LOOP)
DEEP: list = []
for _ in range(wire.MAX_DEPTH + 1):
    DEEP = [DEEP]
STRANGERS = {
    "float 的子类": Liar(1),
    "str 的子类": type("S", (str,), {})("x"),
    "list 的子类": type("L", (list,), {})(),
    "dict 的子类": collections.OrderedDict(),
    "有名字的元组": Pair(1, 2),
    "整数枚举": Number.ONE,
    "NumPy 标量的子类": FakeScalar(1),
    "NumPy 数组的子类": np.ones(2).view(type("A", (np.ndarray,), {})),
    "掩码数组": np.ma.array([1, 2]),
    "对象数组": np.array([None, 1], dtype=object),
    "结构数组": np.zeros(2, dtype="i4,i4"),
    "时间数组": np.array(["2026-01-01"], dtype="M8[D]"),
    "字节串数组": np.array([b"x"]),
    "集合": {1},
    "冻结的集合": frozenset(),
    "字节串": b"x",
    "区间": range(3),
    "函数": len,
    "类": int,
    "生成器": (x for x in ()),
    "日期": datetime.date(2026, 1, 1),
    "NumPy 的类型": np.dtype("f8"),
    "键是整数": {1: 2},
    "键是元组": {("a",): 1},
    "键是 str 的子类": {type("S", (str,), {})("x"): 1},
    "装着自己的列表": LOOP,
    "嵌套太深": DEEP,
}


@pytest.mark.parametrize("name", STRANGERS)
def test_nothing_else_gets_out(name: str) -> None:
    for value in (STRANGERS[name], [STRANGERS[name]], {"a": (STRANGERS[name],)}):
        with pytest.raises(NotPlainError):
            encode(value)


@given(JSON | ALMOST)
def test_whatever_arrives_is_plain_or_refused(message: Any) -> None:
    try:
        value = decode(json.loads(json.dumps(message)))
    except BrokenWireError:
        return
    exact(value)


DEEP_JSON = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "none",
        ["none", 1],
        ["bool", 1],
        ["bool", [1]],
        ["int", 1],
        ["int", "0x" + "f" * wire.MAX_INTEGER],
        ["float", 1.0],
        ["float", "0x1p+99999"],
        ["str", None],
        ["str", json.loads(DEEP_JSON)],
        ["function", ["f"]],
        ["list", "ab"],
        ["list", {"a": 1}],
        ["dict", [["a"]]],
        ["dict", [[1, ["none"]]]],
        ["dict", {"a": ["none"]}],
        ["array", "|O8", [1], "AAAAAAAAAAA="],
        ["array", "f8,(2", [1], "AAAAAAAAAAA="],
        ["array", "a3", [1], "AAAA"],
        ["array", {"names": ["a"], "formats": ["O"]}, [1], "AAAAAAAAAAA="],
        ["array", "<M8[s]", [1], "AAAAAAAAAAA="],
        ["array", "<f8", ["1"], "AAAAAAAAAAA="],
        ["array", "<f8", [True], "AAAAAAAAAAA="],
        ["array", "<f8", [1.5], "AAAAAAAAAAA="],
        ["array", "<f8", [-1, -1], "AAAAAAAAAAA="],
        ["array", "<f8", [10**12], "AAAAAAAAAAA="],
        ["array", "<f8", [1], "AAAA\n"],
        ["array", "|b1", [2], "AgE="],
        ["scalar", "<f8", [1], "AAAAAAAAAAA="],
        ["scalar", "<U1", [], "/////w=="],
        ["set", []],
        ["pickle", "gASV"],
    ],
    ids=lambda message: json.dumps(message)[:40],
)
def test_forged_messages_are_refused(message: Any) -> None:
    with pytest.raises(BrokenWireError):
        decode(message)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b"\xff", b"{", b"[" * 10**5, b"1" * 10**5], ids=range(7)
)
def test_a_frame_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(BrokenWireError):
        wire.parse(body)


def test_a_frame_too_long_sends_nothing() -> None:
    stream = io.BytesIO()
    with pytest.raises(NotPlainError, match="超过 32 MB"):
        wire.send(stream, {"value": "x" * wire.MAX_FRAME})
    assert stream.getvalue() == b""
