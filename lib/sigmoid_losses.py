"""由 logits 直接计算的二分类交叉熵与梯度（第 3 章）。默认以 e 为底，单位是奈特。

概率会舍入成 0 或 1，logits 不会；所以从 logits 算起，再小、再大的损失都准。
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ._arrays import as_array, as_float64, result_dtype
from ._blocks import PLAIN_BYTES, Workspace
from ._fast_sigmoid import fast_losses
from ._numerics import finish, weigh
from ._options import check_base, check_reduction
from ._reduction import DoubtfulError, Reduction
from ._validation import check_logits, check_probabilities, check_same_shape
from .logistic import log1p_exp_minus_abs, sigmoid_of
from .losses import BINARY_TARGET_HINT

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def sigmoid_cross_entropy(
    t: ArrayLike, z: ArrayLike, *, base: float = np.e, reduction: str = "mean"
) -> np.ndarray:
    r"""sigmoid 与二分类交叉熵合在一起，默认单位：奈特；`base` 改变单位。

    Parameters
    ----------
    t : array_like, 形状 (...)
        标签：0 或 1（布尔值也可以），或 [0, 1] 里的软标签。
    z : array_like, 形状 (...)
        正类的 logits，形状与 `t` 完全相同；允许 ``-inf``，不允许 ``nan`` 与 ``+inf``。
    base : float, 默认 e
        对数的底，大于 1。
    reduction : {"mean", "sum", "none"}, 默认 "mean"
        对样本求平均、求和，或者不归约。

    Returns
    -------
    标量或 ndarray
        ``"none"`` 时与 `t` 同形；``z = -inf`` 而 ``t > 0`` 时损失为 ``inf``。

    Raises
    ------
    TypeError, ValueError
        `t` 不是 [0, 1] 里的实数，`z` 不是合法的 logits，形状不同，没有样本可以平均，
        或 `base`、`reduction` 不合法。

    Notes
    -----
    .. math::

        L = -t \ln \sigma(z) - (1 - t) \ln(1 - \sigma(z))
          = \max(z, 0) - z t + \ln\left(1 + e^{-|z|}\right)

    :math:`\max(z, 0) - z t` 等于 :math:`|z|` 乘以错的那一边的标签（:math:`z > 0` 时是
    :math:`1 - t`，否则是 :math:`t`）。照后一种写法算，两项都不小于 0，没有抵消。

    推导见书中 3.3 节，为什么从 logits 算见 3.4 节。

    Examples
    --------
    >>> from lib import sigmoid_cross_entropy
    >>> print(sigmoid_cross_entropy([1, 1, 0], [-800.0, 40.0, 0.0], reduction="none"))
    [8.00000000e+02 4.24835426e-18 6.93147181e-01]
    """
    return _value_and_grad(t, z, base, reduction, with_grad=False)[0]


def sigmoid_cross_entropy_value_and_grad(
    t: ArrayLike, z: ArrayLike, *, base: float = np.e, reduction: str = "mean"
) -> tuple[np.ndarray, np.ndarray]:
    r"""`sigmoid_cross_entropy` 的损失与它对 `z` 的梯度，默认单位：奈特；`base` 改变单位。

    Parameters
    ----------
    t, z, base, reduction
        与 `sigmoid_cross_entropy` 相同。

    Returns
    -------
    loss : 标量或 ndarray
        与 `sigmoid_cross_entropy` 相同。
    grad : 标量或 ndarray
        与 `z` 同形。``"mean"`` 时已经除以样本数；``"none"`` 时是每个样本各自的梯度。

    Raises
    ------
    TypeError, ValueError
        与 `sigmoid_cross_entropy` 相同。

    Notes
    -----
    .. math:: \frac{\partial L}{\partial z} = \frac{\sigma(z) - t}{\ln b}

    算的是等价的 :math:`(1 - t)\,\sigma(z) - t\,\sigma(-z)`，:math:`t = 1` 时不会因为
    :math:`\sigma(z)` 舍入成 1 而得到 0。

    推导见书中 3.5 节。

    Examples
    --------
    >>> from lib import sigmoid_cross_entropy_value_and_grad
    >>> loss, grad = sigmoid_cross_entropy_value_and_grad([1, 0], [0.0, 0.0])
    >>> print(f"{loss:.4f} 奈特", grad)
    0.6931 奈特 [-0.25  0.25]
    """
    return _value_and_grad(t, z, base, reduction, with_grad=True)


def _value_and_grad(
    t: ArrayLike, z: ArrayLike, base: float, reduction: str, with_grad: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """先试快算法；它不适用或者看到可疑的数，就仔细检查，再照公式算。"""
    t, z = as_array(t, "t"), as_array(z, "z")
    check_same_shape(t, z, "t", "z")
    reducing = Reduction(z.shape, check_reduction(reduction), check_base(base), result_dtype(t, z))
    flat_t, flat_z = t.reshape(-1), z.reshape(-1)

    def run(losses_of: Callable[..., np.ndarray], sample_bytes: int) -> tuple:
        loss, grad = reducing.run_with_grad(losses_of, flat_t, flat_z, with_grad, sample_bytes)
        return loss, None if grad is None else finish(grad.reshape(z.shape), reducing.dtype)

    if reducing.suits_fast(z) and (t.dtype == z.dtype or t.dtype.kind in "biu"):
        try:
            return run(fast_losses, 2 * z.itemsize + 8)
        except DoubtfulError:
            pass
    check_probabilities(t, "t", BINARY_TARGET_HINT)
    check_logits(z)
    reducing.check_some_samples()
    return run(plain_losses, PLAIN_BYTES)


def plain_losses(
    t: np.ndarray,
    z: np.ndarray,
    reducing: Reduction,
    grad: np.ndarray | None,
    workspace: Workspace,
) -> np.ndarray:
    """一块样本各自的损失，单位奈特；`grad` 不是 None 时把梯度写进去。照公式，用 float64。"""
    t, z = as_float64(t), as_float64(z)
    if grad is not None:
        # σ(z) − t，写成 (1 − t) σ(z) − t σ(−z)
        grad[...] = ((1.0 - t) * sigmoid_of(z) - t * sigmoid_of(-z)) / reducing.divisor
    # |z| · (错的那一边的标签) + ln(1 + e^(−|z|))
    wrong = np.where(z > 0, 1.0 - t, t)
    return weigh(wrong, np.abs(z)) + log1p_exp_minus_abs(z)
