"""各个函数共用的几步算术：惊讶度、0·∞ = 0 的乘法、换底、归约，以及收尾时的舍入。

中间结果一律用 float64，最后才舍入到结果的类型，所以 float32 的结果只舍入一次。
这里的 0 与 ∞ 都是有意的（例如 −log 0 = ∞），不需要 NumPy 的警告，所以整块的计算都在 `quiet` 里
进行（见 `_blocks`）；invalid（产生 nan）不在其列，它若出现就是错误，应当被看见。
"""

from __future__ import annotations

import math

import numpy as np


def quiet() -> np.errstate:
    """不为 0 与 ∞ 发警告；可以写 ``with quiet():``，也可以写 ``@quiet()``。"""
    return np.errstate(divide="ignore", over="ignore", under="ignore")


GROUP = 16  # 再大，合并的舍入误差就超过 4 个末位单位
SAFE_TO_SQUARE = 1e150


def surprisal(p: np.ndarray, base: float) -> np.ndarray:
    """惊讶度 −log_b p，p = 0 时为 inf。

    以 2 或 10 为底时用专门的函数，2 或 10 的整数次幂因此是精确的。
    写成 0 − log p 而不是 −log p，是为了 p = 1 时得到 0 而不是 −0。
    """
    if base == 2:
        return 0.0 - np.log2(p)
    if base == 10:
        return 0.0 - np.log10(p)
    return 0.0 - np.log(p) / math.log(base)


def weigh(t: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """t · cost，其中权重 t = 0 的项恰为 0，哪怕 cost = ∞（约定 0 log 0 = 0）。"""
    return t * np.where(t > 0, cost, 0.0)


def expect(t: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """沿最后一轴求 Σ t_k cost_k：权重是 t 的平均代价。"""
    return weigh(t, cost).sum(-1)


@quiet()
def in_base(nats: np.ndarray, base: float) -> np.ndarray:
    """把奈特换成以 `base` 为底的单位。"""
    return nats / math.log(base)


def sum_log1p(x: np.ndarray, spare: np.ndarray) -> float:
    """Σ ln(1 + x_i)，x_i ≥ 0。`x` 会被改写；`spare` 至少有它的一半长，用作中间结果。

    (1 + a)(1 + b) = 1 + (a + b + ab)：两两合并至多四次，对数就只剩 1/16 要算。
    合并时不写出那个 1，再小的 x 也不会丢；各项都不小于 0，没有抵消。
    """
    whole = len(x) // GROUP * GROUP
    merged, largest = x[:whole].reshape(GROUP, -1), x.max(initial=0)
    while len(merged) > 1 and largest < SAFE_TO_SQUARE:
        a, b = np.split(merged, 2)
        product = np.multiply(a, b, out=spare[: a.size].reshape(a.shape))
        a += b
        a += product
        merged, largest = a, largest * (2 + largest)
    return np.log1p(merged).sum() + np.log1p(x[whole:]).sum()


@quiet()
def finish(result: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """舍入到结果的类型；零维的结果变成 NumPy 标量，可以直接写 f"{x:.4f}"。"""
    result = np.asarray(result).astype(dtype, copy=False)
    return result if result.ndim else result[()]
