"""各个函数共用的几步算术：惊讶度、0·∞ = 0 的乘法、换底、归约，以及收尾时的舍入。

中间结果一律用 float64，最后才舍入到结果的类型，所以 float32 的结果只舍入一次。
这里的 0 与 ∞ 都是有意的（例如 −log 0 = ∞），不需要 NumPy 的警告；
invalid（产生 nan）不在其列，它若出现就是错误，应当被看见。
"""

from __future__ import annotations

import math

import numpy as np

quiet = np.errstate(divide="ignore", over="ignore", under="ignore")


@quiet
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


@quiet
def weigh(t: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """t · cost，其中权重 t = 0 的项恰为 0，哪怕 cost = ∞（约定 0 log 0 = 0）。"""
    return t * np.where(t > 0, cost, 0.0)


@quiet
def expect(t: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """沿最后一轴求 Σ t_k cost_k：权重是 t 的平均代价。"""
    return weigh(t, cost).sum(-1)


@quiet
def in_base(nats: np.ndarray, base: float) -> np.ndarray:
    """把奈特换成以 `base` 为底的单位。"""
    return nats / math.log(base)


@quiet
def reduce(per_sample: np.ndarray, reduction: str) -> np.ndarray:
    """把 float64 的逐样本损失归约成平均、总和，或者原样返回。"""
    if reduction == "none":
        return per_sample
    if reduction == "sum":
        return per_sample.sum()
    if per_sample.size == 0:
        raise ValueError(
            f"一个样本也没有（逐样本损失的形状是 {per_sample.shape}），"
            "reduction = 'mean' 无法求平均。请检查输入是不是空的。"
        )
    return per_sample.mean()


@quiet
def reduce_gradient(grad: np.ndarray, samples: int, reduction: str) -> np.ndarray:
    """每个样本只影响自己的损失，所以只有求平均时才要除以样本数。"""
    return grad / samples if reduction == "mean" else grad


@quiet
def finish(result: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """舍入到结果的类型；零维的结果变成 NumPy 标量，可以直接写 f"{x:.4f}"。"""
    result = np.asarray(result).astype(dtype, copy=False)
    return result if result.ndim else result[()]
