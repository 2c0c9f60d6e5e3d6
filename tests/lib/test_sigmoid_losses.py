"""sigmoid 与交叉熵合在一起：损失、梯度，以及两者一起算。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import (
    binary_cross_entropy,
    sigmoid,
    sigmoid_cross_entropy,
    sigmoid_cross_entropy_value_and_grad,
    softmax_cross_entropy,
)

TARGETS = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))
LOGITS = st.floats(-30, 30)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("t", [0, 1, 0.3, 1e-10, 0.9])
def test_loss_and_gradient_are_accurate(reference, t, dtype):
    rng = np.random.default_rng(15)
    z = np.concatenate([rng.normal(0, s, 40) for s in (1e-6, 1, 10, 200)])
    z = np.append(z, [0, 20, 37, -37, 100, 700, -700, 740]).astype(dtype)
    t = dtype(t)
    value, grad = sigmoid_cross_entropy_value_and_grad(np.full_like(z, t), z, reduction="none")
    for x, loss, g in zip(z, value, grad, strict=True):
        assert reference.ulps(loss, reference.sigmoid_cross_entropy(t, x)) <= 4, x
        scale = max(reference.sigmoid(x), reference.exact(t))
        assert reference.ulps(g, reference.sigmoid_gradient(t, x), scale) <= 5, x


def test_nearly_perfect_and_extreme_predictions():
    value, grad = sigmoid_cross_entropy_value_and_grad([1, 0], [40.0, -40.0], reduction="none")
    assert np.array_equal(value, [np.exp(-40.0)] * 2)
    assert np.array_equal(grad, [-np.exp(-40.0), np.exp(-40.0)])
    assert sigmoid_cross_entropy(1, -800.0) == 800
    assert sigmoid_cross_entropy(0, 1e308) == 1e308
    each = sigmoid_cross_entropy([0, 1, 0.5], [-np.inf] * 3, reduction="none")
    assert np.array_equal(each, [0, np.inf, np.inf])
    grad = sigmoid_cross_entropy_value_and_grad([0, 1, 0.5], [-np.inf] * 3, reduction="none")[1]
    assert np.array_equal(grad, [0, -1, -0.5])


@given(TARGETS, LOGITS)
def test_agrees_with_probabilities_and_two_class_softmax(t, z):
    loss = sigmoid_cross_entropy(t, z)
    assert loss >= 0
    assert loss == pytest.approx(softmax_cross_entropy([t, 1 - t], [z, 0.0]), rel=1e-13, abs=1e-15)
    if abs(z) < 10:  # 再远，概率就舍入掉了损失的有效数字
        assert loss == pytest.approx(binary_cross_entropy(t, sigmoid(z)), rel=1e-9, abs=1e-12)


@given(TARGETS, LOGITS, st.sampled_from([np.e, 2, 10]))
def test_gradient_against_finite_differences(t, z, base):
    grad = sigmoid_cross_entropy_value_and_grad(t, z, base=base)[1]
    h = 1e-5
    up, down = (sigmoid_cross_entropy(t, z + s, base=base) for s in (h, -h))
    assert grad == pytest.approx((up - down) / (2 * h), abs=2e-8)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_value_and_grad_against_the_two_separately(reduction):
    rng = np.random.default_rng(16)
    t, z = rng.uniform(size=(3, 4)), rng.normal(0, 3, (3, 4))
    for base in (np.e, 2):
        value, grad = sigmoid_cross_entropy_value_and_grad(t, z, base=base, reduction=reduction)
        assert np.array_equal(value, sigmoid_cross_entropy(t, z, base=base, reduction=reduction))
        samples = 12 if reduction == "mean" else 1
        assert grad == pytest.approx((sigmoid(z) - t) / np.log(base) / samples, abs=1e-15)


def test_reductions_and_shapes():
    rng = np.random.default_rng(17)
    t, z = rng.integers(0, 2, (2, 3)), rng.normal(size=(2, 3))
    each = sigmoid_cross_entropy(t, z, reduction="none")
    assert each.shape == (2, 3)
    assert sigmoid_cross_entropy(t, z) == pytest.approx(each.mean(), rel=1e-15)
    assert sigmoid_cross_entropy(t, z, reduction="sum") == pytest.approx(each.sum(), rel=1e-15)
    assert sigmoid_cross_entropy(t.astype(bool), z) == sigmoid_cross_entropy(t, z)
    assert sigmoid_cross_entropy([], [], reduction="sum") == 0
