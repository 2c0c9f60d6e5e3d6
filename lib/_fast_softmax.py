"""整数标签的 softmax 交叉熵，大批样本时的快算法；与 `plain_losses` 是同一个数。

照公式写的那一份拿出最大项，这里拿出标签那一项：

    −ln p_y = ln(Σ_k e^(z_k)) − z_y = ln(1 + Σ_(k≠y) e^(z_k) / e^(z_y))

也没有抵消，而且不必找每一行的最大值、不必逐项减去它：剩下的几乎只有求指数。
代价是 z 不能太大或太小，否则 e^z 溢出；这样的一块，或者任何可疑的输入，都引发
DoubtfulError，由照公式写的那一份去检查、报错或者慢慢算。
"""

from __future__ import annotations

import numpy as np

from ._blocks import Workspace
from ._numerics import sum_log1p
from ._reduction import Reduction, doubt_unless

# e 的这么多次方离溢出与次正规数都还远，中间的乘除也不会出界。
SAFE_LOGIT = {np.dtype(np.float32): 40.0, np.dtype(np.float64): 300.0}
CLEAR = {dtype: np.finfo(dtype).tiny / np.finfo(dtype).eps for dtype in SAFE_LOGIT}
SAMPLE_BYTES = 80  # 一个样本除了它的那一行以外，还要存的几个数
FEW_CLASSES = 64  # 一行很短时，逐行求和的开销比求和本身大，einsum 的开销小一些


@np.errstate(all="ignore")  # 凡是产生 nan 或 inf 的，都会在下面被认为可疑
def fast_losses(
    t: np.ndarray,
    z: np.ndarray,
    reducing: Reduction,
    grad: np.ndarray | None,
    workspace: Workspace,
) -> np.ndarray:
    """参数与 `plain_losses` 相同；只要总和时，返回加起来等于总和的几个数。"""
    classes = z.shape[1]
    doubt_unless(t.min() >= 0 and t.max() < classes)
    e = workspace.empty("exponentials", z.shape, z.dtype) if grad is None else grad
    _write_exponentials(z, e, every_term=grad is not None)
    flat, labels = e.reshape(-1), np.arange(0, e.size, classes) + t.astype(np.intp, copy=False)
    own = flat[labels].astype(np.float64)  # 标签那一项
    flat[labels] = 0.0
    sums = np.einsum("jk->j", e) if classes <= FEW_CLASSES else e.sum(1)
    others = sums.astype(np.float64)
    # 太小的项在求指数时已经丢了位数；它们占的分量要小到看不见。
    smallest = CLEAR[z.dtype] * classes
    doubt_unless(own.min() > smallest and others.min() > smallest)
    odds, total = others / own, others + own
    doubt_unless(odds.max() < np.inf)

    if grad is not None:
        e *= (1.0 / (total * reducing.divisor)).astype(e.dtype)[:, np.newaxis]
        flat[labels] = -others / total / reducing.divisor
    if reducing.one_by_one:
        return np.log1p(odds)
    return sum_log1p(odds, spare=total)


def _write_exponentials(z: np.ndarray, out: np.ndarray, every_term: bool) -> None:
    """逐项的 e^z，写在 `out` 里；z 太大或太小时，每一行减去自己的最大项。

    只求损失时，很小的项丢了位数也看不见；`every_term` 是每一项都要准，梯度就是这样。
    """
    top, safe = z.max(), SAFE_LOGIT[z.dtype]
    doubt_unless(np.isfinite(top))  # nan 会一路传到最大项里
    if abs(top) > safe or (every_term and z.min() < -2 * safe):
        z = np.subtract(z, z.max(1, keepdims=True), out=out)
    np.exp(z, out=out)
