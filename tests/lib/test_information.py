"""自信息、熵、交叉熵：与定义、SciPy 对照，以及它们的性质。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from lib import cross_entropy, entropy, kl_divergence, self_information

BASES = (2, np.e, 10, 3)
DOG = [0.775, 0.116, 0.039, 0.070]


def distributions(k):
    """`k` 类的分布，有的类概率为 0，有的极小。"""
    weights = st.one_of(st.just(0.0), st.floats(1e-300, 1e-290), st.floats(1e-6, 1.0))
    rows = hnp.arrays(np.float64, k, elements=weights).filter(lambda w: w.sum() > 1e-6)
    return rows.map(lambda w: w / w.sum())


PAIRS = st.integers(1, 6).flatmap(lambda k: st.tuples(distributions(k), distributions(k)))


def test_textbook_values():
    assert self_information(0.5) == 1
    bits = np.arange(1075)
    assert np.array_equal(self_information(np.ldexp(1.0, -bits)), bits), "2 的幂是精确的"
    digits = np.arange(308)
    powers = np.array([float(f"1e-{k}") for k in digits])
    assert np.array_equal(self_information(powers, base=10), digits), "10 的幂也是"
    assert entropy([1 / 2, 1 / 4, 1 / 8, 1 / 8]) == 1.75
    assert entropy([0.001] * 1000, base=10) == pytest.approx(3, rel=1e-15)
    assert f"{cross_entropy([1, 0, 0, 0], DOG):.4f}" == "0.3677"
    assert f"{cross_entropy([1, 0, 0, 0], DOG, base=np.e):.4f}" == "0.2549"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("base", BASES)
def test_self_information_is_accurate(reference, base, dtype):
    rng = np.random.default_rng(0)
    tiny = np.finfo(dtype).smallest_subnormal
    p = np.concatenate(
        [rng.uniform(0, 1, 50), 10.0 ** -rng.uniform(0, 37, 50), 1 - 10.0 ** -rng.uniform(1, 7, 50)]
    ).astype(dtype)
    p = np.append(p, [tiny, np.nextafter(dtype(1), dtype(0)), dtype(1)])
    for x, actual in zip(p, self_information(p, base=base), strict=True):
        wanted = reference.cross_entropy([1], [x]) / reference.mp.log(base)
        assert reference.ulps(actual, wanted) <= 4


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("k", [2, 3, 10, 1000, 30_000])
def test_entropy_and_cross_entropy_are_accurate(reference, k, dtype):
    rng = np.random.default_rng(k)
    t, p = (rng.dirichlet(np.full(k, a)).astype(dtype) for a in (0.3, 1.0))
    allowed = 4 + np.log2(k)
    wanted = reference.cross_entropy(t, p)
    assert reference.ulps(cross_entropy(t, p, base=np.e), wanted) <= allowed
    wanted = reference.cross_entropy(p, p)
    assert reference.ulps(entropy(p, base=np.e), wanted) <= allowed
    # 换一个轴也要一样准：沿不连续的轴逐个相加，误差会随 K 增长。
    stacked = np.stack([p, p], axis=1)
    assert reference.ulps(entropy(stacked, base=np.e, axis=0)[1], wanted) <= allowed


@given(PAIRS)
def test_gibbs(pair):
    t, p = pair
    assert cross_entropy(t, p) >= entropy(t) - 1e-14
    assert cross_entropy(t, t) == entropy(t)
    assert 0 <= entropy(t) <= np.log2(t.size) + 1e-14


@given(PAIRS)
def test_cross_entropy_is_entropy_plus_divergence(pair):
    t, p = pair
    assert cross_entropy(t, p) == pytest.approx(
        entropy(t) + kl_divergence(t, p), rel=1e-14, abs=1e-14
    )


@given(PAIRS, st.sampled_from(BASES))
def test_base_changes_the_unit_only(pair, base):
    t, p = pair
    nats = cross_entropy(t, p, base=np.e)
    assert cross_entropy(t, p, base=base) == pytest.approx(nats / np.log(base), rel=1e-14)
    assert entropy(t, base=base) == pytest.approx(entropy(t, base=np.e) / np.log(base), rel=1e-14)


@given(PAIRS, st.sampled_from(BASES))
def test_entropy_agrees_with_scipy(pair, base):
    p = pair[0]
    assert entropy(p, base=base) == pytest.approx(stats.entropy(p, base=base), abs=1e-14)


def test_zero_log_zero_and_infinity():
    assert entropy([1.0, 0.0]) == 0
    assert not np.signbit(entropy([1.0, 0.0])), "写出来应是 0.0，不是 -0.0"
    assert not np.signbit(self_information([1.0, 1.0])).any()
    assert self_information(0.0) == np.inf
    assert cross_entropy([1.0, 0.0], [1.0, 0.0]) == 0
    assert cross_entropy([0.5, 0.5], [1.0, 0.0]) == np.inf


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_axis(axis):
    rng = np.random.default_rng(1)
    t, p = (np.moveaxis(rng.dirichlet(np.ones(5), (3, 4)), -1, axis) for _ in range(2))
    rows = np.moveaxis(t, axis, -1), np.moveaxis(p, axis, -1)
    assert np.array_equal(entropy(t, axis=axis), entropy(rows[0]))
    assert np.array_equal(cross_entropy(t, p, axis=axis), cross_entropy(*rows))
    assert np.array_equal(kl_divergence(t, p, axis=axis), kl_divergence(*rows))


def test_broadcasting_of_everything_but_the_classes():
    p = np.random.default_rng(2).dirichlet(np.ones(3), (4, 5))
    t = np.array([0.2, 0.3, 0.5])
    for function in (cross_entropy, kl_divergence):
        assert function(t, p).shape == (4, 5)
        assert function(t, p)[2, 3] == function(t, p[2, 3])
        assert function(p[:, :1], p[:1]).shape == (4, 5)
    assert entropy(np.empty((0, 3))).shape == (0,)
