"""由概率计算的三个损失：与定义对照，稀疏与稠密、二分类与两类的一致。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import (
    binary_cross_entropy,
    categorical_cross_entropy,
    cross_entropy,
    one_hot,
    smooth_labels,
    sparse_categorical_cross_entropy,
)

P = np.random.default_rng(11).dirichlet(np.ones(4), (5, 3))
LABELS = np.random.default_rng(12).integers(0, 4, (5, 3))
PROBABILITY = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(1e-300, 1.0))


def test_textbook_values():
    assert f"{binary_cross_entropy([1, 0, 0], [0.9, 0.2, 0.1]):.4f}" == "0.1446"
    assert f"{categorical_cross_entropy([[0.9, 0.1]], [[0.9, 0.1]]):.4f}" == "0.3251"
    p = [0.775, 0.116, 0.039, 0.070]
    assert f"{sparse_categorical_cross_entropy(0, p, base=2):.4f}" == "0.3677"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("k", [2, 4, 100])
def test_categorical_is_accurate(reference, k, dtype):
    rng = np.random.default_rng(k)
    p = rng.dirichlet(np.full(k, 0.2)).astype(dtype)
    for t in (one_hot(1, k), smooth_labels(0, k, 0.1), rng.dirichlet(np.ones(k))):
        t = t.astype(dtype)
        wanted = reference.cross_entropy(t, p)
        assert reference.ulps(categorical_cross_entropy(t, p), wanted) <= 4 + np.log2(k)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_binary_is_accurate(reference, dtype):
    rng = np.random.default_rng(13)
    one = dtype(1)
    ps = [*rng.uniform(0, 1, 30), 1e-30, np.finfo(dtype).smallest_subnormal, 0.5]
    ps += [np.nextafter(one, dtype(0)), dtype(1e-6), one - dtype(1e-6)]
    for p in map(dtype, ps):
        for t in map(dtype, (0, 1, 0.3, 1e-10, 1 - 1e-6)):
            wanted = reference.binary_cross_entropy(t, p)
            assert reference.ulps(binary_cross_entropy(t, p), wanted) <= 5


def test_sparse_equals_dense():
    for reduction in ("none", "sum", "mean"):
        sparse = sparse_categorical_cross_entropy(LABELS, P, reduction=reduction)
        dense = categorical_cross_entropy(one_hot(LABELS, 4), P, reduction=reduction)
        assert np.array_equal(sparse, dense)


@given(PROBABILITY, PROBABILITY)
def test_binary_is_two_class_categorical(t, p):
    two = categorical_cross_entropy([1 - t, t], [1 - p, p])
    assert binary_cross_entropy(t, p) == pytest.approx(two, rel=1e-12, abs=2.3e-16)
    assert binary_cross_entropy(t, p) >= 0


def test_reductions():
    each = categorical_cross_entropy(P, P[::-1], reduction="none")
    assert each.shape == (5, 3)
    assert np.array_equal(each, cross_entropy(P, P[::-1], base=np.e))
    total = categorical_cross_entropy(P, P[::-1], reduction="sum")
    assert total == pytest.approx(each.sum())
    assert categorical_cross_entropy(P, P[::-1]) == pytest.approx(each.mean())
    assert binary_cross_entropy([], [], reduction="sum") == 0
    assert binary_cross_entropy([], [], reduction="none").shape == (0,)


@pytest.mark.parametrize("base", [2, 10, 3])
def test_base(base):
    factor = np.log(base)
    for loss, t, p in (
        (categorical_cross_entropy, P, P[::-1]),
        (sparse_categorical_cross_entropy, LABELS, P),
        (binary_cross_entropy, P[..., 0], P[..., 1]),
    ):
        assert loss(t, p, base=base) * factor == pytest.approx(loss(t, p), rel=1e-14)


def test_infinite_losses_and_exact_zeros():
    assert categorical_cross_entropy([1.0, 0.0], [0.0, 1.0]) == np.inf
    assert sparse_categorical_cross_entropy([0, 1], [[0.0, 1.0]] * 2) == np.inf
    assert np.array_equal(
        binary_cross_entropy([1, 0, 1, 0, 0.5], [0.0, 1.0, 1.0, 0.0, 1.0], reduction="none"),
        [np.inf, np.inf, 0, 0, np.inf],
    )
    zeros = binary_cross_entropy([1, 0], [1.0, 0.0], reduction="none")
    assert not np.signbit(zeros).any(), "写出来应是 0.0，不是 -0.0"


def test_mean_of_many_float32_losses():
    """按 float32 逐个累加，一千万个样本早已丢光有效数字。"""
    p = np.full(3_000_000, 0.9, dtype=np.float32)
    wanted = binary_cross_entropy(np.ones(1, np.float32), p[:1])
    assert binary_cross_entropy(np.ones_like(p), p) == wanted


def test_boolean_labels_of_two_classes():
    assert binary_cross_entropy([True, False], [0.9, 0.2]) == binary_cross_entropy(
        [1, 0], [0.9, 0.2]
    )
