"""坏输入：每一种都得到一句中文，说出哪个参数、第几个元素、值是多少、该怎么办。"""

import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lib

ADVICE = re.compile("请|应|不必")


def refused(error, call, *words, **changes):
    """调用必须失败，消息是中文、有建议，并且包含每一个 `words`。"""
    with pytest.raises(error) as caught:
        call(**changes)
    message = str(caught.value)
    assert type(caught.value) is error
    assert ADVICE.search(message), message
    for word in words:
        assert word in message, message
    return message


def changed(array, value, dtype=None):
    """把第 [1, 2] 个（或第 [1] 个）元素换成 `value`，返回新数组与它在消息里的下标。"""
    array = np.array(array, dtype=dtype)
    index = (1, 2)[: array.ndim]
    array[index] = value
    return array, str(list(index))


# ---- 数组：类型 ----


def test_object_arrays(call, parameter):
    for stranger in (None, "0.5", 1j):
        bad, index = changed(call.arguments[parameter], stranger, object)
        refused(TypeError, call, parameter + index, repr(stranger), "object", **{parameter: bad})
    for bad in (None, object(), {"a": 1}, [10**400, 1]):
        refused(TypeError, call, parameter, "object", **{parameter: bad})


@pytest.mark.parametrize("dtype", ["U8", "S8", complex, "M8[s]"])
def test_other_dtypes(call, parameter, dtype):
    bad = np.zeros((2, 3), dtype=dtype)
    refused(TypeError, call, f"{parameter}[0, 0]", str(bad.dtype), **{parameter: bad})
    refused(TypeError, call, parameter, str(bad.dtype), **{parameter: bad[:0]})


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="这台机器没有更宽的浮点数")
def test_longdouble(call, parameter):
    bad = call.arguments[parameter].astype(np.longdouble)
    refused(TypeError, call, parameter, str(bad.dtype), **{parameter: bad})


def test_masked_arrays(call, parameter):
    bad = np.ma.masked_array(call.arguments[parameter])
    refused(TypeError, call, parameter, "掩码", **{parameter: bad})


def test_ragged_lists(call, parameter):
    refused(ValueError, call, parameter, "一样长", **{parameter: [[0, 1], [1]]})


# ---- 数组：数值 ----


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_nan_and_inf(call, numeric, value, dtype):
    bad, index = changed(call.arguments[numeric], value, dtype)
    refused(ValueError, call, f"{numeric}{index} = {value}", **{numeric: bad})


@pytest.mark.parametrize("value", [-np.inf, -1e-300, 1.25, 7.0])
def test_not_probabilities(call, probability, value):
    bad, index = changed(call.arguments[probability], value)
    refused(ValueError, call, f"{probability}{index} = {value}", "[0, 1]", **{probability: bad})


def test_integers_that_are_not_probabilities(call, probability):
    for value in (2, -1):
        bad, index = changed(np.zeros((2, 3)), value, int)
        refused(ValueError, call, f"{probability}{index} = {value}", **{probability: bad})


@pytest.mark.parametrize(
    ("dtype", "good", "bad"),
    [(np.float64, 9e-7, 2e-6), (np.float32, 9e-6, 2e-5), (np.float16, 5e-3, 2e-2)],
)
def test_rows_that_do_not_sum_to_one(call, distribution, dtype, good, bad):
    x = call.arguments[distribution].astype(dtype)
    x[1] = [0.25, 0.25, 0.5 - good]
    call(**{distribution: x})
    x[1] = [0.25, 0.25, 0.5 - bad]
    refused(ValueError, call, f"{distribution}[1, :]", "0.9", "应为 1", **{distribution: x})


def test_row_names_follow_the_axis():
    p = np.full((2, 3, 4), 0.5)
    p[:, 1, 2] = [0.5, 0.25]
    with pytest.raises(ValueError, match=re.escape("p[:, 1, 2] 的和是 0.75")):
        lib.entropy(p, axis=0)
    with pytest.raises(ValueError, match=r"^p 的和是 0.75"):
        lib.entropy([0.5, 0.25])
    with pytest.raises(ValueError, match=r"^p = 1.5 超出"):
        lib.self_information(1.5)
    z = np.zeros((2, 3))
    z[:, 1] = -np.inf
    with pytest.raises(ValueError, match=re.escape("z[:, 1] 全是 -inf")):
        lib.softmax(z, axis=0)


def test_all_classes_excluded(calls):
    z = np.array([[0.0, 1.0, 2.0], [-np.inf] * 3])
    for call in calls:
        if "z" in call.arguments and "softmax" in call.name:
            refused(ValueError, call, "z[1, :]", "-inf", z=z)


@pytest.mark.parametrize("value", [-1, 3, 100])
@pytest.mark.parametrize("dtype", [np.int8, np.int64])
def test_labels_out_of_range(call, label, value, dtype):
    bad, index = changed([0, 0], value, dtype)
    refused(ValueError, call, f"{label}{index} = {value}", "[0, 3)", **{label: bad})


@pytest.mark.parametrize("bad", [[0.0, 1.0], [True, False], [np.nan, 1], []])
def test_labels_of_the_wrong_type(call, label, bad):
    place = f"{label}[0] = {bad[0]}" if bad else label
    refused(TypeError, call, place, "整数下标", **{label: bad, **matching_rows(call, len(bad))})


def matching_rows(call, n):
    """让其余的数组也有 `n` 行，出错的原因就只能是标签。"""
    return {k: v[:n] for k, v in call.arrays().items() if call.kind(k) != "label"}


# ---- 数组：形状 ----


def test_no_classes_and_scalars(calls):
    for call in calls:
        # t 要与 z 或 p 的形状一致，所以一起换掉；labels 不换，先出错的就是概率或 logits。
        names = [k for k in call.arrays() if call.kind(k) == "distribution" or k == "z"]
        if names and (call.accepts("axis") or "categorical" in call.name or "softmax" in call.name):
            refused(ValueError, call, "(2, 0)", "类别", **dict.fromkeys(names, np.empty((2, 0))))
            refused(ValueError, call, f"{names[-1]} 是一个标量", **{names[-1]: 1.0})


def test_mean_of_nothing(loss):
    empty = {k: v[:0] for k, v in loss.arrays().items()}
    refused(ValueError, loss, "reduction", "样本", **empty)
    loss(reduction="sum", **empty)
    loss(reduction="none", **empty)


def test_losses_do_not_broadcast(loss):
    """少一行、多一轴都不行，即使 NumPy 愿意广播。"""
    first, second = loss.arrays()
    a, b = loss.arguments[first], loss.arguments[second]
    for changes in ({first: a[:1]}, {first: a[None]}, {second: b[:1]}, {second: b[None]}):
        refused(ValueError, loss, first, second, "形状", **changes)


def test_column_against_vector():
    """(N, 1) 对 (N,) 是最常见的意外。"""
    column, vector, p = np.array([[0.0], [1.0]]), np.array([0.5, 0.5]), np.full((2, 3), 1 / 3)
    for loss in (lib.binary_cross_entropy, lib.sigmoid_cross_entropy):
        with pytest.raises(ValueError, match=re.escape("请用 t.ravel() 或 t[:, 0]")):
            loss(column, vector)
        second = "p" if loss is lib.binary_cross_entropy else "z"
        with pytest.raises(ValueError, match=re.escape(f"请用 {second}.ravel() 或 {second}[:, 0]")):
            loss(vector, column)
    with pytest.raises(ValueError, match=re.escape("请用 labels.ravel() 或 labels[:, 0]")):
        lib.sparse_categorical_cross_entropy(column.astype(int), p)
    with pytest.raises(ValueError, match=re.escape("请用 t.ravel() 或 t[:, 0]")):
        lib.softmax_cross_entropy(column.astype(int), p)
    with pytest.raises(ValueError, match=re.escape("请用 t[:, :, 0]")):
        lib.binary_cross_entropy(np.zeros((2, 3, 1)), np.zeros((2, 3)))


def test_labels_and_distributions_are_both_explained():
    z = np.zeros((2, 3))
    for error, t in (
        (TypeError, [0.0, 1.0]),
        (ValueError, [[0, 1], [1, 2]]),
        (ValueError, [[0, 1, 2], [0, 1, 2]]),
        (ValueError, 1),
    ):
        with pytest.raises(error, match=re.escape("形状 (2,) 的整数标签")) as caught:
            lib.softmax_cross_entropy(t, z)
        assert "形状 (2, 3) 的分布" in str(caught.value)


def test_information_shapes():
    for function in (lib.cross_entropy, lib.kl_divergence):
        with pytest.raises(ValueError, match="t 有 1 类，p 有 2 类"):
            function([1.0], [0.5, 0.5])
        with pytest.raises(ValueError, match=r"t 的形状 \(2, 2\) 与 p 的形状 \(3, 2\)"):
            function(np.full((2, 2), 0.5), np.full((3, 2), 0.5))


# ---- 其余参数 ----


@pytest.mark.parametrize(
    ("error", "option", "bad"),
    [
        *((ValueError, "base", b) for b in (0, 1, 0.5, -2, np.nan, np.inf, 10**400)),
        *((TypeError, "base", b) for b in (True, np.True_, "2", None, 2j, [2], np.array(2))),
        *((ValueError, "reduction", r) for r in ("average", "", "Mean")),
        *((TypeError, "reduction", r) for r in (None, 0, ["mean"], np.mean)),
        *((ValueError, "axis", a) for a in (2, -3, 10**30)),
        *((TypeError, "axis", a) for a in (True, np.True_, 1.0, None, "0", (0, 1))),
        *((ValueError, "temperature", t) for t in (0, -1, np.nan, np.inf, -np.inf)),
        *((TypeError, "temperature", t) for t in (True, "1", None, [1.0])),
        *((ValueError, "num_classes", k) for k in (0, -1, 10**30)),
        *((TypeError, "num_classes", k) for k in (True, np.True_, 3.0, None, "3", [3])),
        *((ValueError, "epsilon", e) for e in (-0.1, 1.1, np.nan, np.inf)),
        *((TypeError, "epsilon", e) for e in (True, "0.1", None, [0.1])),
    ],
)
def test_options(calls, error, option, bad):
    users = [call for call in calls if call.accepts(option)]
    assert users
    for call in users:
        message = refused(error, call, f"{option} = ", **{option: bad})
        assert str(bad)[:20] in message


@pytest.mark.parametrize(
    ("option", "value", "plain"),
    [
        ("base", Fraction(5, 2), 2.5),
        ("base", np.float32(2), 2),
        ("axis", np.int64(1), -1),
        ("temperature", np.float16(0.5), 0.5),
        ("num_classes", np.uint8(3), 3),
        ("epsilon", 1, 1.0),
    ],
)
def test_good_options_of_unusual_types(calls, option, value, plain):
    for call in calls:
        if call.accepts(option):
            results = [call(**{option: v}) for v in (value, plain)]
            pairs = zip(*results, strict=True) if isinstance(results[0], tuple) else [results]
            assert all(np.array_equal(a, b) for a, b in pairs)


# ---- 乱试 ----

WILD = st.sampled_from([0, -0.0, 0.5, 1, 2, -1, 5e-324, 1e-45, 3e38, 1e308, -1e308, -np.inf])
WILD = st.one_of(WILD, st.sampled_from([np.nan, np.inf]), st.floats(0, 1), st.floats())
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
FLOATS = hnp.arrays(np.float64, SHAPES, elements=WILD)
INTEGERS = hnp.arrays(st.sampled_from([np.int64, np.uint8, bool]), SHAPES)
ONE_HOTS = hnp.arrays(np.int64, SHAPES, elements=st.integers(0, 2)).map(lambda y: lib.one_hot(y, 3))
ARRAYS = st.one_of(FLOATS, INTEGERS, ONE_HOTS)


@given(data=st.data())
def test_fuzz(call, data):
    """要么是中文的错误，要么是没有 nan 的结果；不论 NumPy 的警告怎样设置。"""
    arguments = {k: data.draw(ARRAYS, label=k) for k in call.arrays()}
    if data.draw(st.booleans(), label="same shape"):
        arguments = dict.fromkeys(arguments, arguments.popitem()[1])
    if call.accepts("reduction"):
        arguments["reduction"] = data.draw(st.sampled_from(["mean", "sum", "none"]))
    with np.errstate(all="raise"):
        try:
            result = call(**arguments)
        except (TypeError, ValueError) as error:
            assert ADVICE.search(str(error)), error
        else:
            results = result if isinstance(result, tuple) else (result,)
            assert not any(np.isnan(r).any() for r in results)
