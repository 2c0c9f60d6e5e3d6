"""sigmoid、log_sigmoid、logit：与定义、SciPy 对照，以及它们的性质。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from lib import log_sigmoid, logit, sigmoid, softmax

LOGITS = st.floats(-1e4, 1e4)


def some_logits(dtype):
    rng = np.random.default_rng(3)
    z = np.concatenate([rng.normal(0, s, 60) for s in (1e-8, 1, 10, 200)])
    return np.append(z, [0, -0.0, 17, 37, -37, 40, 104, -104, 740, -740, 745, -745]).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sigmoid_and_its_log_are_accurate(reference, dtype):
    z = some_logits(dtype)
    for x, p, log_p in zip(z, sigmoid(z), log_sigmoid(z), strict=True):
        wanted = reference.sigmoid(x)
        assert reference.ulps(p, wanted) <= 4
        with reference.mp.workdps(400):
            assert reference.ulps(log_p, reference.mp.log(wanted)) <= 4


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_logit_is_accurate(reference, dtype):
    rng = np.random.default_rng(4)
    p = np.concatenate(
        [
            rng.uniform(0, 1, 60),
            0.5 + rng.normal(0, 1e-4, 60),
            0.5 + rng.normal(0, 1e-14, 20),
            10.0 ** -rng.uniform(0, 37, 40),
            1 - 10.0 ** -rng.uniform(1, 7, 40),
            [0.25, 0.75, np.finfo(dtype).smallest_subnormal, 1 - np.finfo(dtype).epsneg],
        ]
    ).astype(dtype)
    for x, actual in zip(p, logit(p), strict=True):
        assert reference.ulps(actual, reference.logit(x)) <= 4


def test_limits():
    assert sigmoid(-np.inf) == 0
    assert log_sigmoid(-np.inf) == -np.inf
    assert sigmoid(1e308) == 1
    assert sigmoid(-1e308) == 0
    assert log_sigmoid(-1e308) == -1e308
    assert np.array_equal(logit([0.0, 0.5, 1.0]), [-np.inf, 0.0, np.inf])
    assert sigmoid(np.empty((0, 2))).shape == (0, 2)


@given(LOGITS)
def test_symmetry_and_two_class_softmax(z):
    assert sigmoid(z) + sigmoid(-z) == pytest.approx(1, abs=1e-15)
    assert log_sigmoid(z) - log_sigmoid(-z) == pytest.approx(z, rel=1e-15, abs=1e-15)
    assert sigmoid(z) == pytest.approx(softmax([z, 0.0])[0], rel=1e-15, abs=5e-324)


@given(st.floats(1e-300, 1 - 1e-10))
def test_logit_inverts_sigmoid(p):
    """往返的误差由 logit 的条件数 |logit(p)| 决定。"""
    assert sigmoid(logit(p)) == pytest.approx(p, rel=(4 + abs(logit(p))) * 2.0**-52)


@given(LOGITS)
def test_agrees_with_scipy(z):
    assert sigmoid(z) == pytest.approx(special.expit(z), rel=1e-14, abs=5e-324)
    assert log_sigmoid(z) == pytest.approx(special.log_expit(z), rel=1e-14, abs=5e-324)
