"""sigmoid 交叉熵，大批样本时的快算法；与 `sigmoid_losses.plain_losses` 是同一个数。

公式没有变，只是 float32 就用 float32 算，检查顺带做，对数合并起来求（见 `sum_log1p`）。
任何可疑的输入都引发 DoubtfulError，由照公式写的那一份去检查、报错或者慢慢算。
"""

from __future__ import annotations

import numpy as np

from ._blocks import Workspace
from ._numerics import sum_log1p
from ._reduction import Reduction, doubt_unless


@np.errstate(all="ignore")  # 凡是产生 nan 或 inf 的，都会在下面被认为可疑
def fast_losses(
    t: np.ndarray,
    z: np.ndarray,
    reducing: Reduction,
    grad: np.ndarray | None,
    workspace: Workspace,
) -> np.ndarray:
    """参数与 `plain_losses` 相同；只要总和时，返回加起来等于总和的几个数。"""
    doubt_unless(t.min() >= 0 and t.max() <= 1)

    def fresh(name: str, dtype: np.dtype = z.dtype) -> np.ndarray:
        return workspace.empty(name, z.shape, dtype)

    # error 与 z 同号，绝对值是错的那一边的标签。按符号位分，±0 才与下面的 copysign 一致。
    is_positive = np.logical_not(np.signbit(z, out=fresh("sign", bool)), out=fresh("sign", bool))
    error = np.subtract(is_positive, t, out=fresh("error"), dtype=z.dtype)
    small = np.negative(np.abs(z, out=fresh("small")), out=fresh("small"))
    small = np.exp(small, out=small)  # e^(−|z|)
    linear = np.multiply(error, z, out=fresh("linear"))
    total = linear.sum(dtype=np.float64)
    doubt_unless(np.isfinite(total))  # z 里的 nan、±inf 都会到这里

    wide = fresh("wide", np.float64)
    wide[:] = small
    if grad is not None:
        # 记 q = e^(−|z|) / (1 + e^(−|z|))：z > 0 时 σ(z) − t = error − q，z < 0 时是 error + q
        np.divide(small, np.add(small, 1, out=fresh("spare")), out=small)
        np.subtract(error, np.copysign(small, z, out=small), out=small)
        np.divide(small, reducing.divisor, out=grad)
    if reducing.one_by_one:
        return linear + np.log1p(wide)
    nats = total + sum_log1p(wide, workspace.empty("half", (wide.size // 2,), np.float64))
    # e^(−|z|) 小到次正规数时已经丢了位数；总和要大得多，才看不见。
    doubt_unless(nats > z.size * np.finfo(z.dtype).tiny / np.finfo(z.dtype).eps)
    return nats
