"""全部输入上的最坏误差都在约定之内：一个一个地算，以及成批地算（走快算法）。"""

import numpy as np
import pytest

import lib
from benchmarks import accuracy, grids, libraries

DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


@pytest.fixture(scope="module", params=[np.float64, np.float32], ids=["float64", "float32"])
def cases(request):
    return list(accuracy.cases(request.param))


def assert_within(found):
    for function, worst in found.items():
        assert worst.ratio <= 1, (function, worst.error, worst.arguments)


def test_one_sample_at_a_time(cases):
    found = accuracy.measure(libraries.LIB, cases)
    missing = {"kl_divergence"} if cases[0].arguments[0].dtype == np.float32 else set()
    assert found.keys() == libraries.LIB.keys() - missing
    assert_within(found)


def test_in_batches(cases):
    small = [case for case in cases if case.arguments[-1].size < libraries.BATCH]
    found = accuracy.measure(libraries.in_batches(), small)
    assert_within(found)


def test_a_wrong_digit_is_noticed(cases):
    """量得出来：把结果改动十几个末位单位，就超出约定。"""
    off = {
        "entropy": lambda p: (
            lib.entropy(p, base=np.e) * p.dtype.type(1 + 40 * np.finfo(p.dtype).eps)
        )
    }
    assert accuracy.measure(off, cases)["entropy"].ratio > 1


@DTYPES
def test_gradients_of_a_row_sum_to_zero(dtype):
    """一行的梯度加起来是 0，差不超过 K 个末位单位（最大的一项的）。"""
    for z in grids.logit_rows(dtype):
        for label in {0, z.size - 1, int(z.argmax())}:
            for times in (1, libraries.BATCH // z.size + 1):
                _, grad = lib.softmax_cross_entropy_value_and_grad(
                    np.full(times, label), np.tile(z, (times, 1)), reduction="none"
                )
                total = abs(grad[0].astype(np.longdouble).sum())
                assert total <= z.size * np.spacing(np.abs(grad[0]).max()), (z, label, times)


def test_divergence_is_never_negative_and_zero_for_equals():
    for dtype in (np.float64, np.float32):
        for p in grids.distributions(dtype):
            assert lib.kl_divergence(p, p) == 0
        for t, p in grids.nearly_equal_pairs(dtype):
            assert lib.kl_divergence(t, p) >= 0
