"""logsumexp、softmax、log_softmax：与定义、SciPy 对照，以及它们的性质。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from lib import log_softmax, logsumexp, softmax

ROWS = hnp.arrays(np.float64, st.integers(1, 8), elements=st.floats(-50, 50))


def distances(z):
    """每个结果所系的那一项离最大项多远：e^(−d) 的条件数是 d。

    最大项自己的 log_softmax 是 −ln(1 + s)，系于第二大的项。
    """
    z = z.astype(float)
    d = np.where(np.isinf(z), 0.0, z.max() - z)
    if z.size > 1:
        d[z.argmax()] = min(np.sort(np.where(np.isinf(z), -800, z))[-1:-3:-1] @ [1, -1], 800)
    return d


def test_log_softmax_is_accurate(reference, logit_rows):
    for z in logit_rows:
        allowed = 4 + distances(z) + np.log2(z.size)
        wanted = reference.log_softmax(z)
        for actual, w, limit in zip(log_softmax(z), wanted, allowed, strict=True):
            assert reference.ulps(actual, w) <= limit, z


def test_softmax_is_accurate(reference, logit_rows):
    for z in logit_rows:
        allowed = 4 + distances(z) + np.log2(z.size)
        for actual, w, limit in zip(softmax(z), reference.softmax(z), allowed, strict=True):
            assert reference.ulps(actual, w) <= limit, z


def test_logsumexp_is_accurate(reference, logit_rows):
    for z in logit_rows:
        wanted = reference.logsumexp(z)
        if abs(wanted) > 1e-3:
            assert reference.ulps(logsumexp(z), wanted) <= 4 + np.log2(z.size), z


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_many_classes_are_accurate(reference, dtype):
    z = np.random.default_rng(8).normal(0, 3, 100_000).astype(dtype)
    allowed = 4 + 30 + np.log2(z.size)
    wanted = reference.logsumexp(z, digits=40)
    assert reference.ulps(logsumexp(z), wanted) <= allowed
    top = z.argmax()
    exact = float(z[top]) - wanted
    assert reference.ulps(log_softmax(z)[top], exact) <= allowed
    column = np.stack([z, z], axis=1)
    assert reference.ulps(log_softmax(column, axis=0)[top, 1], exact) <= allowed


@pytest.mark.parametrize("temperature", [0.01, 0.3, 7.0, 1e6])
def test_temperature(reference, temperature):
    z = np.array([1000.2, 1000.1, 999.3, 1000.15])
    wanted = reference.softmax(z, temperature=temperature)
    actual = softmax(z, temperature=temperature)
    for a, w, d in zip(actual, wanted, (z.max() - z) / temperature, strict=True):
        assert reference.ulps(a, w) <= 6 + 2 * d
    assert np.array_equal(softmax([1.0, 2.0, 1.5], temperature=1e-300), [0, 1, 0])
    assert np.array_equal(softmax([1.0, 2.0], temperature=1e300), [0.5, 0.5])


def test_small_values_survive():
    """SciPy 的 issue 19521：常见的写法在这里得到 0。"""
    assert log_softmax([40.0, 0.0])[0] == -np.exp(-40.0)
    assert log_softmax([700.0, 0.0])[0] == -np.exp(-700.0)
    assert log_softmax(np.float32([20, 0, 0, 0]))[0] == pytest.approx(-6.1834608e-9, rel=1e-7)
    assert logsumexp([0.0, -40.0]) == np.exp(-40.0)


def test_extreme_logits():
    assert np.array_equal(softmax([1e308, -1e308]), [1, 0])
    assert np.array_equal(softmax([1.7e308, 1.7e308]), [0.5, 0.5])
    assert np.array_equal(log_softmax([1.7e308, -1.7e308]), [0, -np.inf])
    assert np.array_equal(log_softmax(np.float32([3e38, -3e38])), [0, -np.inf])
    assert logsumexp([-1e308, -1e308]) == -1e308


def test_excluded_classes():
    z = np.array([0.3, -np.inf, 1.2, -np.inf])
    assert np.array_equal(softmax(z)[[0, 2]], softmax(z[[0, 2]]))
    assert np.array_equal(softmax(z)[[1, 3]], [0, 0])
    assert np.array_equal(log_softmax(z)[[1, 3]], [-np.inf, -np.inf])
    assert logsumexp(z) == logsumexp(z[[0, 2]])
    assert logsumexp([-np.inf, -np.inf]) == -np.inf
    assert np.array_equal(logsumexp([[0.0, 0.0], [-np.inf, -np.inf]]), [np.log(2), -np.inf])


def test_one_class_and_no_samples():
    assert np.array_equal(softmax([[3.0], [-5.0]]), [[1], [1]])
    assert np.array_equal(log_softmax([3.0]), [0])
    assert not np.signbit(log_softmax([3.0]))
    assert softmax(np.empty((0, 3))).shape == (0, 3)
    assert logsumexp(np.empty((0, 3))).shape == (0,)


@given(ROWS, st.floats(-1e3, 1e3))
def test_shift_invariance(z, c):
    """平移本身要舍入，最多差 1000 + 50 处的几个末位。"""
    assert softmax(z + c) == pytest.approx(softmax(z), rel=1e-12)
    assert log_softmax(z + c) == pytest.approx(log_softmax(z), rel=1e-12, abs=1e-12)
    assert logsumexp(z + c) == pytest.approx(logsumexp(z) + c, rel=1e-12, abs=1e-12)


@given(ROWS)
def test_relations(z):
    p = softmax(z)
    assert p.sum() == pytest.approx(1, abs=1e-15)
    assert np.exp(log_softmax(z)) == pytest.approx(p, rel=1e-13)
    assert (log_softmax(z) <= 0).all()
    assert logsumexp(z) >= z.max()


@given(ROWS)
def test_agrees_with_scipy(z):
    assert softmax(z) == pytest.approx(special.softmax(z), rel=1e-13)
    assert log_softmax(z) == pytest.approx(special.log_softmax(z), rel=1e-13, abs=1e-15)
    assert logsumexp(z) == pytest.approx(special.logsumexp(z), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_axis(axis):
    z = np.random.default_rng(9).normal(size=(3, 4, 5))
    rows = np.moveaxis(z, axis, -1)
    assert np.array_equal(np.moveaxis(softmax(z, axis=axis), axis, -1), softmax(rows))
    assert np.array_equal(np.moveaxis(log_softmax(z, axis=axis), axis, -1), log_softmax(rows))
    assert np.array_equal(logsumexp(z, axis=axis), logsumexp(rows))
