"""好输入的各种样子：精度、存放方式、标量、只读；输入从不改动，也不受线程影响。"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lib


def as_tuple(result):
    return result if isinstance(result, tuple) else (result,)


def with_dtype(call, dtype):
    """把浮点数组换成 `dtype`；整数标签不动。"""
    return {k: v.astype(dtype) for k, v in call.arrays().items() if v.dtype.kind == "f"}


def assert_same(first, second):
    for a, b in zip(as_tuple(first), as_tuple(second), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [(np.float64, np.float64), (np.float32, np.float32), (np.float16, np.float32)],
)
def test_result_has_the_precision_of_the_input(call, dtype, wanted):
    changes = with_dtype(call, dtype)
    if not changes:
        wanted = np.float64  # one_hot 与 smooth_labels 总是 float64
    exact = as_tuple(call())
    for r, e in zip(as_tuple(call(**changes)), exact, strict=True):
        assert r.dtype == wanted
        # 输入在每种精度下都是同一个数，结果只差最后一次舍入。
        assert np.array_equal(r, e.astype(wanted))


def test_integers_give_float64(call):
    for k, v in call.arrays().items():
        if v.dtype.kind == "f":
            integers = lib.one_hot([0, 2], 3).astype(np.int8)
            others = with_dtype(call, np.float32)
            wanted = as_tuple(call(**{**others, k: integers.astype(float)}))
            results = as_tuple(call(**{**others, k: integers}))
            for r, w in zip(results, wanted, strict=True):
                # 整数不参加投票：旁边有 float32 时结果是 float32，没有时是 float64。
                assert r.dtype == (np.float32 if len(others) > 1 else np.float64)
                assert np.array_equal(r, w.astype(r.dtype))


def test_widest_float_decides():
    t, p = np.array([0.5, 0.5]), np.array([0.25, 0.75], dtype=np.float32)
    assert lib.cross_entropy(t, p).dtype == np.float64
    assert lib.cross_entropy(t.astype(np.float16), p).dtype == np.float32
    assert lib.cross_entropy([1, 0], p).dtype == np.float32
    assert lib.cross_entropy([True, False], p).dtype == np.float32
    assert lib.cross_entropy([1, 0], [0, 1]).dtype == np.float64


def test_byte_order(call):
    swapped = {k: v.astype(v.dtype.newbyteorder()) for k, v in call.arrays().items()}
    assert_same(call(**swapped), call())
    assert all(r.dtype.isnative for r in as_tuple(call(**swapped)))


def test_lists_and_layouts(call):
    assert_same(call(**{k: v.tolist() for k, v in call.arrays().items()}), call())
    assert_same(call(**{k: np.asfortranarray(v) for k, v in call.arrays().items()}), call())
    for k, v in call.arrays().items():
        sparse = np.zeros((*v.shape[:-1], 2 * v.shape[-1]), dtype=v.dtype)
        sparse[..., ::2] = v
        assert_same(call(**{k: sparse[..., ::2]}), call())
        assert_same(call(**{k: v[..., ::-1].copy()[..., ::-1]}), call())


def test_inputs_are_never_changed(call):
    copies = {k: v.copy() for k, v in call.arrays().items()}
    results = as_tuple(call(**copies))
    for k, v in call.arrays().items():
        assert np.array_equal(copies[k], v)
    for result in results:
        assert result.flags.writeable or result.ndim == 0
        assert not any(np.shares_memory(result, v) for v in copies.values())
    for v in copies.values():
        v.flags.writeable = False
    assert_same(call(**copies), results)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scalars_give_numpy_scalars(dtype):
    half = dtype(0.5)
    results = [f(half) for f in (lib.self_information, lib.sigmoid, lib.log_sigmoid, lib.logit)]
    row = np.array([0.5, 0.5], dtype=dtype)
    results += [lib.entropy(row), lib.logsumexp(row), lib.softmax_cross_entropy(0, row)]
    results += [lib.cross_entropy(row, row), lib.kl_divergence(row, row)]
    results += [lib.binary_cross_entropy(half, half), lib.categorical_cross_entropy(row, row)]
    results += [lib.softmax_cross_entropy(0, row, reduction="none")]
    results += lib.sigmoid_cross_entropy_value_and_grad(half, half, reduction="none")
    for r in results:
        assert isinstance(r, dtype)
        assert f"{r:.4f}"


def test_overflow_of_float32_is_infinity_without_a_warning():
    z = np.float32([3e38, -3e38])
    assert lib.softmax_cross_entropy(1, z) == np.inf
    assert lib.sigmoid_cross_entropy([1, 1], -np.abs(z), reduction="sum") == np.inf
    assert lib.sigmoid_cross_entropy([1, 1], -np.abs(z)) == z[0]


def test_numpy_error_settings_do_not_matter(call):
    """读者把一切浮点例外都设成报错，也不影响结果。"""
    extremes = {
        "z": [np.array([[0.0, -800.0, -np.inf], [1e308, -1e308, 0.0]])],
        "p": [np.array([[1.0, 0.0, 0.0], [5e-324, 1.0, 0.0]])],
        "t": [np.array([[5e-324, 1.0, 0.0], [0.0, 1.0, 0.0]])],
    }
    changes = {k: extremes[k][0] for k, v in call.arrays().items() if v.dtype.kind == "f"}
    wanted = call(**changes)
    with np.errstate(all="raise"):
        assert_same(call(**changes), wanted)
    if call.accepts("epsilon"):
        with np.errstate(all="raise"):
            assert np.array_equal(call(epsilon=5e-324), lib.one_hot([2, 1], 3))


def test_threads(call):
    wanted = call()
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(lambda _: call(), range(20)):
            assert_same(result, wanted)
