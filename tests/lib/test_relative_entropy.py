"""相对熵：不会是负数，相等时恰为 0，接近时仍然准。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr

from lib import kl_divergence


def normalized(x, dtype=np.float64):
    return (x / x.sum()).astype(dtype)


def test_textbook_values():
    assert kl_divergence([1.0, 0.0], [0.5, 0.5]) == 1
    assert kl_divergence([0.5, 0.5], [0.5, 0.5]) == 0
    assert kl_divergence([1.0, 0.0], [0.0, 1.0]) == np.inf
    assert kl_divergence([0.5, 0.5], [1.0, 0.0]) == np.inf
    assert kl_divergence([1.0, 0.0], [1.0, 0.0]) == 0
    a, b = [0.5, 0.5], [0.9, 0.1]
    assert kl_divergence(a, b) != pytest.approx(kl_divergence(b, a)), "不对称"


@pytest.mark.parametrize("k", [2, 4, 100])
@pytest.mark.parametrize("change", [3.0, 0.3, 0.1, 0.03, 0.01])
def test_accurate_where_the_divergence_is_not_tiny(reference, k, change):
    rng = np.random.default_rng(k)
    t = normalized(rng.dirichlet(np.ones(k)))
    p = normalized(t * np.exp(change * rng.normal(size=k)))
    wanted = reference.kl_divergence(t, p)
    assert wanted >= 1e-5
    assert kl_divergence(t, p, base=np.e) == pytest.approx(float(wanted), rel=1e-10)


@pytest.mark.parametrize("change", [2.0**-k for k in range(2, 45, 3)])
def test_accurate_for_nearly_equal_distributions(reference, change):
    """和恰好是 1 的分布：再接近也准到末几位。"""
    t, p = np.array([0.5, 0.5]), np.array([0.5 + change, 0.5 - change])
    wanted = reference.kl_divergence(t, p)
    assert reference.ulps(kl_divergence(t, p, base=np.e), wanted) <= 8


@pytest.mark.parametrize("change", [1.0, 0.1, 0.01, 1e-3])
def test_rounded_sums_do_not_matter(change):
    """float32 的分布加起来不恰好是 1；结果仍接近归一化之后的相对熵。"""
    rng = np.random.default_rng(5)
    for _ in range(20):
        t = rng.dirichlet(np.ones(6))
        p = normalized(t * np.exp(change * rng.normal(size=6)), np.float32)
        t = normalized(t, np.float32)
        wanted = kl_divergence(normalized(t.astype(float)), normalized(p.astype(float)))
        assert kl_divergence(t, p) == pytest.approx(float(wanted), rel=1e-6, abs=1e-13)


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1)), min_size=2, max_size=8).filter(sum),
    st.lists(st.floats(-1, 1), min_size=8, max_size=8),
    st.sampled_from([1e-15, 1e-12, 1e-8, 1e-4, 0.25, 1.0]),
    st.sampled_from([np.float64, np.float32]),
)
def test_never_negative_and_zero_for_equal_inputs(weights, noise, size, dtype):
    t = normalized(np.array(weights))
    p = normalized(t * (1 + 0.9 * size * np.array(noise[: t.size])), dtype)
    t = t.astype(dtype)
    assert kl_divergence(t, p) >= 0
    assert kl_divergence(p, t) >= 0
    assert kl_divergence(t, t) == 0
    assert kl_divergence(p, p) == 0


@given(st.integers(0, 1000))
def test_agrees_with_scipy(seed):
    rng = np.random.default_rng(seed)
    t, p = rng.dirichlet(np.ones(5), 2)
    assert kl_divergence(t, p, base=np.e) == pytest.approx(rel_entr(t, p).sum(), rel=1e-12)
    assert kl_divergence(t, p, base=10) == pytest.approx(
        kl_divergence(t, p) * np.log10(2), rel=1e-14
    )


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-300])
def test_extreme_ratios(reference, tiny):
    for t, p in ([[tiny, 1.0], [0.5, 0.5]], [[0.5, 0.5], [tiny, 1.0]], [[tiny, 1.0], [0.0, 1.0]]):
        wanted = reference.kl_divergence(t, p) if p[0] else np.inf
        assert kl_divergence(t, p, base=np.e) == pytest.approx(float(wanted), rel=1e-14)
