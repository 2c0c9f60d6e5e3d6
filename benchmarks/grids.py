"""量精度用的输入：悬殊的、并列的、有排除类的 logits，极小与极接近 1 的概率，各种标签。"""

from __future__ import annotations

import numpy as np

import lib


def logit_rows(dtype: type) -> list[np.ndarray]:
    """一行一行的 logits：普通的、悬殊的、并列的、有排除的类的、只有一类的。"""
    rng = np.random.default_rng(20)
    limit = 1e4 if dtype == np.float64 else 1e3
    rows = [rng.normal(0, scale, k) for scale in (0.1, 1, 10, 100) for k in (2, 3, 4, 10, 100)]
    rows += [rng.uniform(-limit, limit, k) for k in (2, 4, 10, 100)]
    for gap in (0, 1e-9, 1e-3, 0.5, 1, 5, 17, 20, 36, 40, 87, 100, 300, 700, 744):
        rows += [[gap, 0, 0, 0], [0, -gap], [-500, gap - 500, -500.25]]
    rows += [[0, 0], [3.7] * 10, [limit] * 3, [-limit, -limit, limit]]
    rows += [[0, -np.inf, 2, -np.inf], [5, -np.inf], [-np.inf, 1.5, 1.5], [2.5]]
    return [np.asarray(row, dtype=dtype) for row in rows]


def near_normalised_rows(dtype: type) -> list[np.ndarray]:
    """ln Σ e^z 接近 0（但不在 1e-3 以内）的 logits：logsumexp 在这里相抵。"""
    rng = np.random.default_rng(21)
    rows = []
    for classes in (2, 10, 1000):
        for target in (-0.7, -0.05, -2e-3, 2e-3, 0.04, 0.9):
            z = rng.normal(0, 2, classes)
            rows.append(z - lib.logsumexp(z) + target)
    return [np.asarray(row, dtype=dtype) for row in rows]


def many_classes(dtype: type) -> np.ndarray:
    """十万类。"""
    return np.random.default_rng(8).normal(0, 3, 100_000).astype(dtype)


def scalar_logits(dtype: type) -> np.ndarray:
    """sigmoid 的输入。"""
    limit = 1e4 if dtype == np.float64 else 1e3
    rng = np.random.default_rng(22)
    wide = [rng.normal(0, scale, 40) for scale in (1e-3, 0.1, 1, 10, 100)]
    fixed = [0.0, 1e-30, 0.5, 5, 17, 20, 36, 40, 87, 88, 100, 300, 700, 744, limit]
    z = np.concatenate([*wide, fixed, np.negative(fixed), rng.uniform(-limit, limit, 40)])
    return z.astype(dtype)


def probabilities(dtype: type) -> np.ndarray:
    """从最小的次正规数到离 1 最近的数。"""
    info = np.finfo(dtype)
    small = [info.smallest_subnormal, info.tiny, info.tiny * 2.5, 1e-20, 1e-7, 0.001]
    middle = [0.039, 0.07, 0.116, 0.3, 0.5, 0.775, 0.9, 0.999]
    return np.array([*small, *middle, 1 - info.epsneg, 1 - 3 * info.epsneg], dtype=dtype)


def distributions(dtype: type) -> list[np.ndarray]:
    """和恰好为 1（或者差一次舍入）的分布。"""
    rng = np.random.default_rng(23)
    rows = [np.array([p, 1 - p]) for p in probabilities(np.float64)]
    rows += [rng.dirichlet(np.full(k, a)) for k in (2, 3, 10, 100, 1000) for a in (0.05, 1, 50)]
    rows += [np.full(k, 1 / k) for k in (2, 4, 7, 1000)]
    return [row.astype(dtype) for row in rows]


def nearly_equal_pairs(dtype: type) -> list[tuple[np.ndarray, np.ndarray]]:
    """只差一点点的两个分布，相对熵从约 0.1 一直小到 1e-5。"""
    rng = np.random.default_rng(24)
    pairs = []
    for classes in (2, 4, 50):
        for size in (0.3, 0.1, 0.03, 0.01, 0.005):
            t = rng.dirichlet(np.full(classes, 5.0))
            p = t * np.exp(size * rng.normal(size=classes))
            pairs.append((t.astype(dtype), (p / p.sum()).astype(dtype)))
    return pairs


def soft_targets(z: np.ndarray) -> list[np.ndarray]:
    """与 `z` 同形的标签：one-hot、平滑的、均匀的。"""
    classes = z.size
    hard = lib.one_hot(0, classes)
    return [
        t.astype(z.dtype)
        for t in (hard, lib.smooth_labels(0, classes, 0.1), np.full(classes, 1 / classes))
    ]
