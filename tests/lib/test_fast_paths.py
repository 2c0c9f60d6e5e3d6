"""大批样本走的快算法：与照公式写的同一个数，与线程数无关，内存与样本数无关。"""

import time
import tracemalloc

import numpy as np
import pytest

import lib
from lib import _blocks, _fast_sigmoid, _fast_softmax, sigmoid_losses, softmax_losses
from lib._numerics import quiet, sum_log1p
from lib._reduction import DoubtfulError, Reduction

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
RNG = np.random.default_rng(31)


def both(module, fast, t, z, kind="none"):
    """(快, 照公式) 两种算法的损失与梯度，都是 z 的精度。"""
    shape = z.shape[:1]
    reducing = Reduction(shape, kind, np.e, z.dtype)
    results = []
    for losses_of in (fast.fast_losses, module.plain_losses):
        grad = np.empty(z.shape, z.dtype)
        with quiet():
            loss = losses_of(t, z, reducing, grad, _blocks.Workspace())
        results.append((np.asarray(loss).astype(z.dtype), grad))
    return results


def softmax_both(labels, z, kind="none"):
    return both(softmax_losses, _fast_softmax, labels, z, kind)


def sigmoid_both(t, z, kind="none"):
    return both(sigmoid_losses, _fast_sigmoid, t, z, kind)


def assert_close(actual, wanted, units, scale=None):
    """相差不超过 `units` 个末位单位；单位取自 `scale`（默认是 `wanted`）。"""
    unit = np.spacing(np.abs(wanted if scale is None else scale))
    assert np.all(np.abs(actual - wanted) <= units * unit)


@DTYPES
@pytest.mark.parametrize("classes", [2, 3, 10, 64, 65, 1000])
@pytest.mark.parametrize("spread", [0.01, 1.0, 8.0])
def test_softmax_agrees_with_the_formula(dtype, classes, spread):
    z = RNG.normal(0, spread, (300, classes)).astype(dtype)
    labels = RNG.integers(0, classes, 300)
    (loss, grad), (plain_loss, plain_grad) = softmax_both(labels, z)
    farthest = (z.max(1, keepdims=True) - z).max()  # 减去最大项的舍入误差随它增大
    units = 4 + np.log2(classes) + farthest
    assert_close(loss, plain_loss, units)
    assert_close(grad, plain_grad, units + 1)


@DTYPES
@pytest.mark.parametrize("offset", [-1000.0, 45.0, 1000.0])
def test_softmax_shifts_what_would_overflow(dtype, offset):
    z = (RNG.normal(0, 3, (300, 5)) + offset).astype(dtype)
    labels = RNG.integers(0, 5, 300)
    (loss, grad), (plain_loss, plain_grad) = softmax_both(labels, z)
    farthest = (z.max(1, keepdims=True) - z).max()
    assert_close(loss, plain_loss, 4 + np.log2(5) + farthest)
    assert_close(grad, plain_grad, 5 + np.log2(5) + farthest)


@DTYPES
def test_softmax_keeps_tiny_losses(dtype):
    """标签遥遥领先：常见的写法在这里得到 0。"""
    gap = 30.0 if dtype == np.float32 else 100.0
    z = np.zeros((300, 4), dtype)
    z[:, 1] = gap
    (loss, grad), (plain_loss, plain_grad) = softmax_both(np.full(300, 1), z)
    assert (plain_loss > 0).all()
    assert_close(loss, plain_loss, 4)
    assert_close(grad, plain_grad, 4)


@DTYPES
def test_sigmoid_agrees_with_the_formula(dtype):
    z = np.concatenate([RNG.normal(0, s, 300) for s in (0.01, 1, 10, 60)]).astype(dtype)
    for t in (RNG.integers(0, 2, z.size), z > 0, RNG.random(z.size).astype(dtype)):
        (loss, grad), (plain_loss, plain_grad) = sigmoid_both(t, z)
        assert_close(loss, plain_loss, 4)
        # 软标签时 σ(z) 与 t 相抵，误差相对于两者中大的
        larger = np.maximum(lib.sigmoid(z), t).astype(dtype)
        assert_close(grad, plain_grad, 5, plain_grad if t.dtype != z.dtype else larger)


@DTYPES
def test_signed_zeros_have_the_same_gradient(dtype):
    z = np.array([0.0, -0.0] * 200, dtype)
    for t in (0, 1):
        (_, grad), (_, plain_grad) = sigmoid_both(np.full(z.size, t), z)
        assert np.array_equal(grad, plain_grad)
        assert (grad == 0.5 - t).all()


@DTYPES
@pytest.mark.parametrize("kind", ["mean", "sum"])
def test_totals_agree_with_the_formula(dtype, kind):
    z = RNG.normal(0, 4, (1000, 7)).astype(dtype)
    labels = RNG.integers(0, 7, 1000)
    t = labels > 3
    for pairs in (softmax_both(labels, z, kind), sigmoid_both(t, z[:, 0].copy(), kind)):
        (loss, grad), (plain_loss, plain_grad) = pairs
        close = 1e-6 if dtype == np.float32 else 1e-14
        total, plain_total = (np.sum(nats, dtype=float) for nats in (loss, plain_loss))
        assert total == pytest.approx(plain_total, rel=close, abs=0)
        assert grad == pytest.approx(plain_grad, rel=2 * close, abs=0)


def test_sum_log1p_is_accurate(reference):
    for x in (
        np.full(1000, 1e-30),
        np.geomspace(1e-300, 1e3, 777),
        np.array([0.5]),
        np.ones(64),
        np.full(640, 1e12),
    ):
        with reference.mp.workdps(400):
            wanted = reference.mp.fsum(reference.mp.log(1 + v) for v in reference.exact(x))
        with quiet():
            assert (
                reference.ulps(np.float64(sum_log1p(x.copy(), np.empty(x.size // 2))), wanted) <= 12
            )


# ---- 可疑的输入都要交给照公式写的那一份 ----


@pytest.mark.parametrize("value", [np.nan, np.inf])
@DTYPES
def test_fast_paths_doubt_bad_numbers(dtype, value):
    z = np.zeros((300, 4), dtype)
    z[200, 2] = value
    reducing = Reduction((300,), "none", np.e, z.dtype)
    with pytest.raises(DoubtfulError):
        _fast_softmax.fast_losses(np.zeros(300, int), z, reducing, None, _blocks.Workspace())
    with pytest.raises(DoubtfulError):
        _fast_sigmoid.fast_losses(
            np.zeros(300, int), z[:, 2].copy(), reducing, None, _blocks.Workspace()
        )


@pytest.mark.parametrize("wrong", [-1, 4])
def test_fast_paths_doubt_bad_labels(wrong):
    z = np.zeros((300, 4))
    labels = np.zeros(300, int)
    labels[7] = wrong
    reducing = Reduction((300,), "none", np.e, z.dtype)
    with pytest.raises(DoubtfulError):
        _fast_softmax.fast_losses(labels, z, reducing, None, _blocks.Workspace())
    with pytest.raises(DoubtfulError):
        _fast_sigmoid.fast_losses(labels, z[:, 0].copy(), reducing, None, _blocks.Workspace())


def big(dtype=np.float64):
    """够大、走快算法的一批。"""
    z = RNG.normal(0, 3, (2000, 6)).astype(dtype)
    return RNG.integers(0, 6, 2000), z


@DTYPES
def test_doubtful_rows_still_get_the_right_answer(dtype):
    """排除的类、悬殊的 logits：快算法做不到的，由照公式写的那一份给出同样的数。"""
    labels, z = big(dtype)
    z[3] = [500, -500, 0, 0, 0, -np.inf]
    z[4] = -np.inf
    z[4, 2] = 1.0
    labels[3:5] = 1, 2
    losses = lib.softmax_cross_entropy(labels, z, reduction="none")
    assert losses[3] == 1000
    assert losses[4] == 0
    rows = [lib.softmax_cross_entropy(y, row) for y, row in zip(labels, z, strict=True)]
    assert losses == pytest.approx(np.array(rows), rel=1e-6 if dtype == np.float32 else 1e-14)
    t = (labels > 2).astype(dtype)
    column = z[:, 5].copy()
    t[3] = 0
    assert np.isfinite(lib.sigmoid_cross_entropy(t, column))
    t[3] = 1
    assert lib.sigmoid_cross_entropy(t, column) == np.inf


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [((1500, 2), np.nan, "z[1500, 2] = nan"), ((1999, 5), np.inf, "z[1999, 5] = inf")],
)
def test_messages_name_the_element_of_the_whole_array(place, value, words):
    labels, z = big()
    z[place] = value
    for function in (lib.softmax_cross_entropy, lib.softmax_cross_entropy_value_and_grad):
        with pytest.raises(ValueError) as caught:
            function(labels, z)
        assert words in str(caught.value)
    with pytest.raises(ValueError) as caught:
        lib.sigmoid_cross_entropy(np.zeros(z.shape), z)
    assert words in str(caught.value)
    with pytest.raises(ValueError, match=r"t\[1234\] = 6 超出 \[0, 6\)"):
        lib.softmax_cross_entropy(np.where(np.arange(2000) == 1234, 6, labels), np.zeros((2000, 6)))


# ---- 线程、内存、累加 ----

FUNCTIONS = [
    lambda y, z, t: lib.softmax_cross_entropy(y, z),
    lambda y, z, t: lib.softmax_cross_entropy(y, z, reduction="none"),
    lambda y, z, t: lib.softmax_cross_entropy_value_and_grad(y, z)[1],
    lambda y, z, t: lib.softmax_cross_entropy(t, z),
    lambda y, z, t: lib.sigmoid_cross_entropy(t, z),
    lambda y, z, t: lib.sigmoid_cross_entropy_value_and_grad(t, z)[1],
    lambda y, z, t: lib.categorical_cross_entropy(t, t),
    lambda y, z, t: lib.kl_divergence(t, t),
    lambda y, z, t: lib.softmax(z),
    lambda y, z, t: lib.logsumexp(z),
    lambda y, z, t: lib.sigmoid_cross_entropy(t, z, reduction="none"),
    lambda y, z, t: lib.binary_cross_entropy(t, t),
    lambda y, z, t: lib.sparse_categorical_cross_entropy(y, t),
    lambda y, z, t: lib.entropy(t),
]


@pytest.fixture(scope="module")
def many():
    """分成好几块的一批：标签、logits、分布。"""
    z = RNG.normal(0, 3, (60_000, 8))
    t = lib.softmax(z[::-1])
    return RNG.integers(0, 8, len(z)), z, t / t.sum(1, keepdims=True)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_number_of_threads_does_not_matter(function, many, monkeypatch):
    results = []
    for cpus in (1, 2, 5):
        monkeypatch.setattr(_blocks, "available_cpus", lambda cpus=cpus: cpus)
        results.append(function(*many))
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_threads_are_really_used(many, monkeypatch):
    seen = []
    monkeypatch.setattr(_blocks, "available_cpus", lambda: 2)
    run = _blocks.compute_in_threads
    monkeypatch.setattr(_blocks, "compute_in_threads", lambda *a: seen.append(a[2]) or run(*a))
    lib.softmax_cross_entropy(many[0], many[1])
    assert seen == [2]


def test_error_in_a_thread_reaches_the_caller():
    def fail(block, workspace):
        raise ValueError("坏了")

    with pytest.raises(ValueError, match="坏了"):
        _blocks.compute_in_threads(fail, [slice(0, 1), slice(1, 2)], 2)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("samples", "classes", "dtype", "cpus"),
    [(1_000_000, 2, np.float32, 2), (500_000, 2, np.float64, 8), (400_000, 10, np.float32, 2)],
)
def test_extra_memory_is_bounded(function, samples, classes, dtype, cpus, monkeypatch):
    """除输入与输出以外，最多 16 MiB，与样本数、类别数、核数无关。"""
    monkeypatch.setattr(_blocks, "available_cpus", lambda: cpus)
    z = RNG.standard_normal((samples, classes)).astype(dtype)
    t = np.full(z.shape, 1 / classes, dtype)
    y = RNG.integers(0, classes, samples)
    tracemalloc.start()
    result = function(y, z, t)
    peak = tracemalloc.get_traced_memory()[1] - result.nbytes
    tracemalloc.stop()
    assert peak <= 16 * 2**20


def test_ten_million_float32_samples_lose_nothing():
    """同一个样本重复一千万次，平均应当就是它自己。"""
    z = np.full(10**7, -2.1, np.float32)
    t = np.broadcast_to(np.float32(1), z.shape)
    assert lib.sigmoid_cross_entropy(t, z) == lib.sigmoid_cross_entropy(t[:1], z[:1])
    rows = np.tile(np.float32([0.3, -1.7]), (10**6, 1))
    labels = np.zeros(10**6, np.int8)
    single = lib.softmax_cross_entropy(labels[:1], rows[:1])
    assert abs(lib.softmax_cross_entropy(labels, rows) - single) <= 3 * np.spacing(single)


# ---- 一个样本：用 Python 的浮点数算 ----


@DTYPES
@pytest.mark.parametrize("classes", [1, 2, 4, 16])
def test_single_sample_agrees_with_the_formula(dtype, classes):
    for spread in (0.01, 3.0, 200.0):
        z = RNG.normal(0, spread, classes).astype(dtype)
        for label in range(classes):
            single = lib.softmax_cross_entropy(label, z)
            (plain,) = lib.softmax_cross_entropy([label], z[np.newaxis], reduction="none")
            assert_close(single, plain, 1)
            assert single.dtype == dtype


def test_single_sample_with_bad_input_is_explained():
    z = np.array([0.0, 1.0, 2.0])
    for label, words in ((3, "t = 3 超出 [0, 3)"), (-1, "t = -1 超出"), (0.0, "t = 0.0")):
        with pytest.raises((TypeError, ValueError)) as caught:
            lib.softmax_cross_entropy(label, z)
        assert words in str(caught.value)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=r"z\[1\] = "):
            lib.softmax_cross_entropy(0, [0.0, bad, 2.0])
    with pytest.raises(ValueError, match="全是 -inf"):
        lib.softmax_cross_entropy(0, [-np.inf, -np.inf])
    assert lib.softmax_cross_entropy(0, [-np.inf, 0.0]) == np.inf


def test_cpus_can_be_counted_on_any_system(monkeypatch):
    assert _blocks.available_cpus() >= 1
    monkeypatch.delattr(_blocks.os, "sched_getaffinity", raising=False)
    assert _blocks.available_cpus() >= 1


# ---- 大批样本的坏输入与各种存放方式 ----

WILD = [np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324, 700.0, -700.0, -100.0, 0.0]


@pytest.mark.parametrize("value", WILD)
@DTYPES
def test_one_wild_value_in_a_big_batch(dtype, value):
    """要么是中文的错误，要么与一个一个地算出的相同；不论 NumPy 的警告怎样设置。"""
    labels, z = big(dtype)
    with np.errstate(over="ignore"):
        z[777, 3] = value
    for t in (labels, lib.one_hot(labels, 6).astype(dtype)):
        with np.errstate(all="raise"):
            try:
                losses = lib.softmax_cross_entropy(t, z, reduction="none")
            except ValueError as error:
                assert "z[777, 3]" in str(error)
                assert not z[777, 3] < np.inf
            else:
                row = lib.softmax_cross_entropy(t[777:778], z[777:778])
                close = 2e-6 if dtype == np.float32 else 1e-13
                assert losses[777] == pytest.approx(row, rel=close, abs=0)
                assert not np.isnan(losses).any()


def test_layouts_of_big_batches():
    labels, z = big()
    wide = np.zeros((2000, 12))
    wide[:, ::2] = z
    t = lib.softmax(z)
    for same in (np.asfortranarray(z), wide[:, ::2], z[:, ::-1].copy()[:, ::-1]):
        for target in (labels, t):
            value, grad = lib.softmax_cross_entropy_value_and_grad(target, same)
            wanted, wanted_grad = lib.softmax_cross_entropy_value_and_grad(target, z)
            assert value == wanted
            assert np.array_equal(grad, wanted_grad)
        assert np.array_equal(
            lib.sigmoid_cross_entropy(t, same, reduction="none"),
            lib.sigmoid_cross_entropy(t, z, reduction="none"),
        )


def test_big_inputs_are_never_changed():
    labels, z = big()
    t = lib.softmax(z)
    copies = labels.copy(), z.copy(), t.copy()
    for array in (labels, z, t):
        array.flags.writeable = False
    for offset in (0.0, 1000.0):  # 后一种要逐行减去最大项
        moved = z + offset
        before = moved.copy()
        _, grad = lib.softmax_cross_entropy_value_and_grad(labels, moved)
        assert np.array_equal(moved, before)
        assert not np.shares_memory(grad, moved)
    lib.softmax_cross_entropy_value_and_grad(labels, z)
    lib.sigmoid_cross_entropy_value_and_grad(t, z)
    lib.kl_divergence(t, t)
    for array, copy in zip((labels, z, t), copies, strict=True):
        assert np.array_equal(array, copy)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_any_integer_labels(dtype):
    labels, z = big()
    assert lib.softmax_cross_entropy(labels.astype(dtype), z) == lib.softmax_cross_entropy(
        labels, z
    )


# ---- 审稿时找到过的错，各留一个测试 ----


@pytest.mark.parametrize(
    ("dtype", "row"),
    [
        (np.float32, [-39.0, -39.0, -100.0]),
        (np.float32, [-39.0, -39.0, -110.0]),
        (np.float64, [-299.0, -299.0, -760.0]),
    ],
)
def test_every_term_of_the_gradient_survives(reference, dtype, row):
    """别的行把整块的最大项抬在安全的范围里，这一行里最小的一项也不能丢。"""
    z = np.zeros((2000, 3), dtype)
    z[5] = row
    _, grad = lib.softmax_cross_entropy_value_and_grad(np.zeros(2000, int), z, reduction="none")
    farthest = max(row) - min(row)
    exact = reference.softmax(z[5])[2]
    assert reference.ulps(grad[5, 2], exact) <= 4 + farthest + np.log2(3)


def test_bases_near_one_keep_small_gradients(reference):
    """底接近 1 时换底要除以很小的数，会把次正规数放大成看得见的误差。"""
    base = 1 + 1e-12
    z = np.zeros((3000, 4), np.float32)
    z[7, 3] = -95
    _, grad = lib.softmax_cross_entropy_value_and_grad(
        np.zeros(3000, int), z, base=base, reduction="none"
    )
    exact = float(reference.softmax(z[7])[3]) / np.log(base)
    assert grad[7, 3] == pytest.approx(exact, rel=1e-6, abs=0)


def test_sums_of_fading_losses(reference):
    """每一项都小到次正规数，加起来却不小。"""
    for logit, count in ((100.0, 10**6), (104.0, 4096)):
        z = np.full(count, logit, np.float32)
        exact = reference.sigmoid_cross_entropy(1, z[0]) * count
        for t in (np.ones(count, np.float32), np.ones(count, int)):
            total = lib.sigmoid_cross_entropy(t, z, reduction="sum")
            assert reference.ulps(total, exact) <= 4


@pytest.mark.parametrize("logit", [3.4783935086671773, 0.7, 12.0])
@DTYPES
def test_means_are_as_accurate_as_losses(reference, dtype, logit):
    z = np.full(4096, logit, dtype)
    exact = reference.sigmoid_cross_entropy(1, z[0])
    assert reference.ulps(lib.sigmoid_cross_entropy(np.ones(4096, int), z), exact) <= 4
    rows = np.tile(np.array([logit, 0.0, -1.0], dtype), (2000, 1))
    exact = reference.negative(reference.log_softmax(rows[0])[0])
    mean = lib.softmax_cross_entropy(np.zeros(2000, int), rows)
    assert reference.ulps(mean, exact) <= 4 + logit + 1 + np.log2(3)


def test_means_of_huge_losses_do_not_overflow():
    assert lib.sigmoid_cross_entropy(np.zeros(2), np.full(2, 1.5e308)) == 1.5e308
    assert lib.softmax_cross_entropy([0, 0], [[-1e308, 0.0]] * 2) == 1e308


def test_threads_do_not_warn_about_infinity(monkeypatch):
    monkeypatch.setattr(_blocks, "available_cpus", lambda: 2)
    t = np.tile([0.5, 0.5], (400_000, 1))
    p = np.tile([1.0, 0.0], (400_000, 1))
    assert (lib.cross_entropy(t, p) == np.inf).all()


def test_doubt_stops_the_other_threads():
    """一块可疑，别的线程也不必把其余的算完。"""
    seen = []

    def doubt_the_first(block, workspace):
        seen.append(block)
        time.sleep(0.002)
        if block.start == 4:  # 这时两个线程都在算
            raise DoubtfulError

    with pytest.raises(DoubtfulError):
        _blocks.compute_in_threads(doubt_the_first, [slice(i, i + 1) for i in range(200)], 2)
    assert len(seen) < 100


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clean_big_batches_take_the_fast_path(dtype, monkeypatch):
    """公开的函数真的走快算法：把照公式写的换成报错，也算得出来。"""

    def refuse(*_):
        raise AssertionError("走了照公式写的那一份")

    monkeypatch.setattr(softmax_losses, "plain_losses", refuse)
    monkeypatch.setattr(sigmoid_losses, "plain_losses", refuse)
    labels, z = big(dtype)
    for offset in (0, 500):
        lib.softmax_cross_entropy_value_and_grad(labels, z + dtype(offset))
    for t in (labels[:, np.newaxis] > z, np.zeros(z.shape, dtype)):
        lib.sigmoid_cross_entropy_value_and_grad(t, z)
