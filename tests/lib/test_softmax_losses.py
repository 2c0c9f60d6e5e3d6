"""softmax 与交叉熵合在一起：损失、梯度，以及两者一起算。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from lib import (
    categorical_cross_entropy,
    one_hot,
    smooth_labels,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_value_and_grad,
)

RNG = np.random.default_rng(14)
Z = RNG.normal(0, 3, (6, 5))
LABELS = RNG.integers(0, 5, 6)
SOFT = RNG.dirichlet(np.ones(5), 6)
MATRICES = hnp.arrays(np.float64, (3, 4), elements=st.floats(-30, 30))
REDUCTIONS = ("mean", "sum", "none")


def distance(z, label):
    """损失所系的那一项离最大项多远；标签就是最大项时系于第二大的项。"""
    z = z.astype(float)
    others = np.delete(z, label)
    if others.size and z[label] >= others.max():
        return min(z[label] - others.max(), 800)
    return 0.0


def test_textbook_values():
    assert f"{softmax_cross_entropy(0, [3.2, 1.3, 0.2, 0.8], base=2):.4f}" == "0.3675"
    assert softmax_cross_entropy([0], np.zeros((1, 4)), base=2) == 2
    small = softmax_cross_entropy(0, np.float32([20, 0, 0, 0]))
    assert small.dtype == np.float32
    assert small == pytest.approx(6.1834608e-9, rel=1e-7)


def test_loss_is_accurate(reference, logit_rows):
    for z in logit_rows:
        wanted = reference.log_softmax(z)
        for label in {0, z.size - 1, int(z.argmax())}:
            allowed = 4 + distance(z, label) + np.log2(z.size)
            actual = softmax_cross_entropy(label, z)
            assert reference.ulps(actual, -wanted[label]) <= allowed, (z, label)


def test_soft_loss_is_accurate(reference, logit_rows):
    for z in logit_rows:
        z = z[np.isfinite(z)]
        for t in (smooth_labels(0, z.size, 0.1), np.full(z.size, 1 / z.size)):
            t = t.astype(z.dtype)
            wanted = reference.softmax_cross_entropy(t, z)
            assert reference.ulps(softmax_cross_entropy(t, z), wanted) <= 6 + np.log2(z.size), z


def test_gradient_is_accurate(reference, logit_rows):
    for z in logit_rows:
        label = int(z.argmin())
        p = reference.softmax(z)
        spread = np.where(np.isinf(z), 0, z.max().astype(float) - z)
        for t in (one_hot(label, z.size), one_hot(int(z.argmax()), z.size), softmax(z[::-1])):
            t = t.astype(z.dtype)
            grad = softmax_cross_entropy_value_and_grad(t, z)[1]
            assert abs(grad.astype(float).sum()) <= z.size * np.finfo(z.dtype).eps
            for k, w in enumerate(reference.softmax_gradient(t, z)):
                scale = max(p[k], reference.exact(t[k]))
                assert reference.ulps(grad[k], w, scale) <= 4 + spread[k] + np.log2(z.size), z


def test_gradient_of_a_nearly_perfect_prediction(reference):
    """p 舍入成 1 时，直接算 p − 1 会得 0。"""
    z = np.array([40.0, 0.0, 0.0, 1.0])
    for t in (0, one_hot(0, 4)):
        grad = softmax_cross_entropy_value_and_grad(t, z)[1]
        wanted = reference.softmax_gradient(one_hot(0, 4), z)
        assert reference.ulps(grad[0], wanted[0]) <= 44
        assert grad[0] < 0
        assert abs(grad.sum()) <= 1e-15 * abs(grad[0])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("base", [np.e, 2])
def test_sparse_equals_dense(reduction, base):
    options = {"reduction": reduction, "base": base}
    sparse = softmax_cross_entropy_value_and_grad(LABELS, Z, **options)
    for dense in (one_hot(LABELS, 5), one_hot(LABELS, 5).astype(int)):
        both = softmax_cross_entropy_value_and_grad(dense, Z, **options)
        assert np.array_equal(both[0], sparse[0])
        assert np.array_equal(both[1], sparse[1])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("t", [LABELS, SOFT], ids=["labels", "soft"])
def test_value_and_grad_against_the_two_separately(t, reduction):
    for base in (np.e, 2):
        value, grad = softmax_cross_entropy_value_and_grad(t, Z, base=base, reduction=reduction)
        assert np.array_equal(value, softmax_cross_entropy(t, Z, base=base, reduction=reduction))
        dense = one_hot(t, 5) if t.ndim == 1 else t
        samples = 6 if reduction == "mean" else 1
        wanted = (softmax(Z) - dense) / np.log(base) / samples
        assert grad == pytest.approx(wanted, abs=1e-15)
        assert grad.shape == Z.shape


@given(MATRICES, st.integers(0, 1000), st.sampled_from([np.e, 2, 10]))
def test_gradient_against_finite_differences(z, seed, base):
    t = np.random.default_rng(seed).dirichlet(np.ones(4), 3)
    grad = softmax_cross_entropy_value_and_grad(t, z, base=base)[1]
    h = 1e-5
    for i in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[i] = h
        up, down = (softmax_cross_entropy(t, z + s, base=base) for s in (step, -step))
        assert grad[i] == pytest.approx((up - down) / (2 * h), abs=2e-8)


@given(MATRICES, st.floats(-100, 100))
def test_shift_invariance_and_lower_bound(z, c):
    labels = [0, 1, 3]
    loss = softmax_cross_entropy(labels, z)
    assert softmax_cross_entropy(labels, z + c) == pytest.approx(loss, rel=1e-10, abs=1e-12)
    p = softmax(z[::-1])
    assert softmax_cross_entropy(p, z) >= categorical_cross_entropy(p, p) - 1e-12


@given(MATRICES)
def test_agrees_with_probabilities_and_scipy(z):
    wanted = categorical_cross_entropy(SOFT[:3, :4] / SOFT[:3, :4].sum(-1)[:, None], softmax(z))
    t = SOFT[:3, :4] / SOFT[:3, :4].sum(-1)[:, None]
    assert softmax_cross_entropy(t, z) == pytest.approx(wanted, rel=1e-12)
    scipy = -(t * special.log_softmax(z, axis=-1)).sum(-1)
    assert softmax_cross_entropy(t, z, reduction="none") == pytest.approx(scipy, rel=1e-12)


def test_reductions_and_shapes():
    z = RNG.normal(size=(2, 3, 4))
    labels = RNG.integers(0, 4, (2, 3))
    each = softmax_cross_entropy(labels, z, reduction="none")
    assert each.shape == (2, 3)
    assert each[1, 2] == softmax_cross_entropy(labels[1, 2], z[1, 2])
    assert softmax_cross_entropy(labels, z) == pytest.approx(each.mean(), rel=1e-15)
    assert softmax_cross_entropy(labels, z, reduction="sum") == pytest.approx(each.sum(), rel=1e-15)
    none = np.empty((0, 4))
    value, grad = softmax_cross_entropy_value_and_grad(none, none, reduction="sum")
    assert value == 0
    assert grad.shape == (0, 4)


def test_excluded_classes():
    z = np.array([[0.0, 1.0, -np.inf]])
    value, grad = softmax_cross_entropy_value_and_grad([1], z)
    assert value == softmax_cross_entropy([1], z[:, :2])
    assert grad[0, 2] == 0
    value, grad = softmax_cross_entropy_value_and_grad([2], z)
    assert value == np.inf
    assert grad == pytest.approx(softmax(z) - [[0, 0, 1]], abs=1e-15)
    assert softmax_cross_entropy([[0.5, 0.5, 0.0]], z) < np.inf
    value, grad = softmax_cross_entropy_value_and_grad([[0.5, 0.25, 0.25]], z)
    assert value == np.inf
    assert grad == pytest.approx(softmax(z) - [[0.5, 0.25, 0.25]], abs=1e-15)


def test_one_class():
    value, grad = softmax_cross_entropy_value_and_grad([0, 0], [[3.0], [-3.0]])
    assert value == 0
    assert not np.signbit(value)
    assert np.array_equal(grad, [[0], [0]])


def test_mean_of_many_float32_losses():
    """按 float32 逐个累加，一百万个样本就只剩四五位有效数字。"""
    z = np.tile(np.float32([0.3, 1.7]), (1_000_000, 1))
    labels = np.zeros(len(z), dtype=int)
    assert softmax_cross_entropy(labels, z) == softmax_cross_entropy(0, z[0])
