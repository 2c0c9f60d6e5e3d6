"""由 logits 直接计算的多分类交叉熵与梯度（第 4 章）。默认以 e 为底，单位是奈特。

概率会舍入成 0 或 1，logits 不会；所以从 logits 算起，再小、再大的损失都准。
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ._arrays import as_array, as_float64, as_rows, result_dtype
from ._blocks import PLAIN_BYTES, Workspace
from ._fast_softmax import SAMPLE_BYTES, fast_losses
from ._numerics import expect, finish
from ._options import check_base, check_reduction
from ._reduction import DoubtfulError, Reduction
from ._validation import (
    check_class_logits,
    check_class_targets,
    check_some_class_left,
    check_target_shape,
)
from .log_sum_exp import SeparatedMax, separate_max

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SHORT_ROW = 16


def softmax_cross_entropy(
    t: ArrayLike, z: ArrayLike, *, base: float = np.e, reduction: str = "mean"
) -> np.ndarray:
    r"""softmax 与多分类交叉熵合在一起，默认单位：奈特；`base` 改变单位。

    Parameters
    ----------
    t : array_like of int, 形状 (...)；或 array_like, 形状 (..., K)
        整数标签，或者与 `z` 同形的分布（one-hot 或软标签）。
    z : array_like, 形状 (..., K)
        logits；``-inf`` 表示排除该类，不允许 ``nan`` 与 ``+inf``。
    base : float, 默认 e
        对数的底，大于 1。
    reduction : {"mean", "sum", "none"}, 默认 "mean"
        对样本求平均、求和，或者不归约。

    Returns
    -------
    标量或 ndarray
        ``"none"`` 时形状是 ``(...)``；``t > 0`` 的类被排除时损失为 ``inf``。

    Raises
    ------
    TypeError, ValueError
        `z` 不是合法的 logits 或某一行全是 ``-inf``，`t` 既不是整数标签也不是分布，
        形状对不上，没有样本可以平均，或 `base`、`reduction` 不合法。

    Notes
    -----
    记最大项为 :math:`z_m`，则

    .. math::

        L = -\sum_k t_k \ln p_k
          = \sum_k t_k \left[ (z_m - z_k) + \ln(1 + s) \right],
        \qquad s = \sum_{k \ne m} e^{z_k - z_m}

    方括号里两项都不小于 0，没有抵消。标签就是最大项时损失是 :math:`\ln(1+s)`，再小也准：
    下面第二个例子里，常见的写法在 float32 下得到 0。

    推导见书中 4.4 节，怎样算准见 4.6 节。

    Examples
    --------
    >>> import numpy as np
    >>> from lib import softmax_cross_entropy
    >>> print(f"{softmax_cross_entropy([0], [[3.2, 1.3, 0.2, 0.8]], base=2):.4f} 比特")
    0.3675 比特
    >>> print(f"{softmax_cross_entropy(0, np.float32([20, 0, 0, 0])):.4g} 奈特")
    6.183e-09 奈特
    """
    return _value_and_grad(t, z, base, reduction, with_grad=False)[0]


def softmax_cross_entropy_value_and_grad(
    t: ArrayLike, z: ArrayLike, *, base: float = np.e, reduction: str = "mean"
) -> tuple[np.ndarray, np.ndarray]:
    r"""`softmax_cross_entropy` 的损失与它对 `z` 的梯度，默认单位：奈特；`base` 改变单位。

    Parameters
    ----------
    t, z, base, reduction
        与 `softmax_cross_entropy` 相同。

    Returns
    -------
    loss : 标量或 ndarray
        与 `softmax_cross_entropy` 相同。
    grad : ndarray
        与 `z` 同形。``"mean"`` 时已经除以样本数；``"none"`` 时是每个样本各自的梯度。

    Raises
    ------
    TypeError, ValueError
        与 `softmax_cross_entropy` 相同。

    Notes
    -----
    .. math:: \frac{\partial L}{\partial z_k} = \frac{p_k - t_k}{\ln b}

    算的是等价的 :math:`(1 - t_k)\,p_k - t_k\,(1 - p_k)`，其中最大项的 :math:`1 - p` 是
    :math:`s / (1 + s)`：预测几乎全对时，梯度虽小而不会变成 0，每一行的和也仍然是 0。

    被排除的类（:math:`z_k` 为 ``-inf``）若有 :math:`t_k > 0`，损失是 ``inf``，梯度仍照
    :math:`p - t` 给出有限的数。

    推导见书中 4.4 节。

    Examples
    --------
    >>> from lib import softmax_cross_entropy_value_and_grad
    >>> loss, grad = softmax_cross_entropy_value_and_grad([0], [[3.2, 1.3, 0.2, 0.8]])
    >>> print(f"{loss:.4f} 奈特")
    0.2547 奈特
    >>> print(grad.round(3))
    [[-0.225  0.116  0.039  0.07 ]]
    """
    return _value_and_grad(t, z, base, reduction, with_grad=True)


def _value_and_grad(
    t: ArrayLike, z: ArrayLike, base: float, reduction: str, with_grad: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """先试快算法；它不适用或者看到可疑的数，就仔细检查，再照公式算。"""
    t, z = as_array(t, "t"), as_array(z, "z")
    check_target_shape(t, z)
    reducing = Reduction(
        z.shape[:-1], check_reduction(reduction), check_base(base), result_dtype(t, z)
    )
    if not with_grad and t.ndim == 0 and z.ndim == 1 and z.size <= SHORT_ROW:
        loss = _single_loss(t, z)
        if loss is not None:
            return finish(loss / math.log(reducing.base), reducing.dtype), None
    if z.ndim == 0:
        check_class_logits(z)  # 一定报错：标量没有类别轴
    rows_t, rows_z = as_rows(t) if t.shape == z.shape else t.reshape(-1), as_rows(z)

    def run(losses_of: Callable[..., np.ndarray], sample_bytes: int) -> tuple:
        loss, grad = reducing.run_with_grad(losses_of, rows_t, rows_z, with_grad, sample_bytes)
        return loss, None if grad is None else grad.reshape(z.shape)

    if reducing.suits_fast(z) and t.ndim < z.ndim and t.dtype.kind in "iu":
        try:
            return run(fast_losses, z.shape[-1] * z.itemsize + SAMPLE_BYTES)
        except DoubtfulError:
            pass
    check_class_logits(z)
    check_class_targets(t, z)
    check_some_class_left(z)
    reducing.check_some_samples()
    return run(plain_losses, z.shape[-1] * PLAIN_BYTES)


def _single_loss(t: np.ndarray, z: np.ndarray) -> float | None:
    """一个样本、不多几类的损失：几个数用 Python 的浮点数算，比 NumPy 的小数组快几倍。

    与 `plain_losses` 是同一个公式；标签或 logits 可疑时返回 None。
    """
    if t.dtype.kind not in "iu" or not 0 <= t < z.size:
        return None
    logits = z.tolist()
    top = max(logits)
    if not all(logit < math.inf for logit in logits) or top == -math.inf:
        return None
    place = logits.index(top)
    rest = math.fsum(math.exp(v - top) for k, v in enumerate(logits) if k != place)
    return top - logits[t] + math.log1p(rest)


def plain_losses(
    t: np.ndarray,
    z: np.ndarray,
    reducing: Reduction,
    grad: np.ndarray | None,
    workspace: Workspace,
) -> np.ndarray:
    """一块样本各自的损失，单位奈特；`grad` 不是 None 时把梯度写进去。照公式，用 float64。"""
    parts = separate_max(as_float64(z))
    if grad is not None:
        grad[...] = _grad(t, parts) / reducing.divisor
    return _nats(t, parts)


def _nats(t: np.ndarray, parts: SeparatedMax) -> np.ndarray:
    """逐样本的损失；`t` 是一维时是整数标签，否则是分布。"""
    if t.ndim == 1:
        return parts.log_total - parts.gap[np.arange(len(t)), t]
    costs = parts.log_total[:, np.newaxis] - parts.gap  # −ln p，逐类
    return expect(as_float64(t), costs)


def _grad(t: np.ndarray, parts: SeparatedMax) -> np.ndarray:
    """逐样本的 p − t，写成 (1 − t) p − t (1 − p)。"""
    p = parts.probabilities()
    q = parts.complements(p)
    if t.ndim == 1:  # 标签那一类是 −(1 − p)，其余各类就是 p
        labels = (np.arange(len(t)), t)
        p[labels] = 0.0 - q[labels]
        return p
    t = as_float64(t)
    return (1.0 - t) * p - t * q
