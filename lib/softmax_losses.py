"""由 logits 直接计算的多分类交叉熵与梯度（第 4 章）。默认以 e 为底，单位是奈特。

概率会舍入成 0 或 1，logits 不会；所以从 logits 算起，再小、再大的损失都准。
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._arrays import class_axis_last, result_dtype
from ._numerics import expect, finish, in_base, quiet, reduce, reduce_gradient
from ._options import check_base, check_reduction
from ._validation import check_class_logits, check_class_targets, check_some_class_left
from .log_sum_exp import SeparatedMax, separate_max

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


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

    Examples
    --------
    >>> import numpy as np
    >>> from lib import softmax_cross_entropy
    >>> print(f"{softmax_cross_entropy([0], [[3.2, 1.3, 0.2, 0.8]], base=2):.4f} 比特")
    0.3675 比特
    >>> print(f"{softmax_cross_entropy(0, np.float32([20, 0, 0, 0])):.4g} 奈特")
    6.183e-09 奈特
    """
    t, z = _check(t, z)
    base, reduction = check_base(base), check_reduction(reduction)
    per_sample = in_base(_nats(t, separate_max(class_axis_last(z))), base)
    return finish(reduce(per_sample, reduction), result_dtype(t, z))


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

    Examples
    --------
    >>> from lib import softmax_cross_entropy_value_and_grad
    >>> loss, grad = softmax_cross_entropy_value_and_grad([0], [[3.2, 1.3, 0.2, 0.8]])
    >>> print(f"{loss:.4f} 奈特")
    0.2547 奈特
    >>> print(grad.round(3))
    [[-0.225  0.116  0.039  0.07 ]]
    """
    t, z = _check(t, z)
    base, reduction = check_base(base), check_reduction(reduction)
    parts = separate_max(class_axis_last(z))
    per_sample = in_base(_nats(t, parts), base)
    grad = in_base(_grad(t, parts), base)
    dtype = result_dtype(t, z)
    loss = reduce(per_sample, reduction)
    return finish(loss, dtype), finish(reduce_gradient(grad, per_sample.size, reduction), dtype)


def _check(t: ArrayLike, z: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    z = check_class_logits(z)
    t = check_class_targets(t, z)
    check_some_class_left(z)
    return t, z


@quiet
def _nats(t: np.ndarray, parts: SeparatedMax) -> np.ndarray:
    """逐样本的损失；`t` 比 logits 少一轴时是整数标签，否则是分布。"""
    costs = parts.log_total - parts.gap  # −ln p，逐类
    if t.ndim < costs.ndim:
        return np.take_along_axis(costs, t[..., np.newaxis], -1)[..., 0]
    return expect(class_axis_last(t), costs)


@quiet
def _grad(t: np.ndarray, parts: SeparatedMax) -> np.ndarray:
    """逐样本的 p − t，写成 (1 − t) p − t (1 − p)。"""
    p = parts.probabilities()
    q = parts.complements(p)
    if t.ndim < p.ndim:  # 标签那一类是 −(1 − p)，其余各类就是 p
        label = t[..., np.newaxis]
        np.put_along_axis(p, label, 0.0 - np.take_along_axis(q, label, -1), -1)
        return p
    t = class_axis_last(t)
    return (1.0 - t) * p - t * q
