"""sigmoid 与它的两个伙伴：log_sigmoid 和反函数 logit（第 3 章）。"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._blocks import map_elements
from ._validation import check_logits, check_probabilities

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def sigmoid(z: ArrayLike) -> np.ndarray:
    r"""sigmoid 函数，把 logit 变成正类的概率；无单位。

    Parameters
    ----------
    z : array_like
        logits，任意形状；允许 ``-inf``，不允许 ``nan`` 与 ``+inf``。

    Returns
    -------
    ndarray 或标量
        与 `z` 同形，每个元素在 [0, 1] 里。

    Raises
    ------
    TypeError, ValueError
        `z` 不是实数数组，或含有 ``nan``、``+inf``。

    Notes
    -----
    .. math:: \sigma(z) = \frac{1}{1 + e^{-z}} = \frac{e^{z}}{1 + e^{z}}

    :math:`z \ge 0` 用前一式，:math:`z < 0` 用后一式，只出现 :math:`e^{-|z|} \le 1`，不会溢出。

    推导见书中 3.3 节。

    Examples
    --------
    >>> from lib import sigmoid
    >>> print(sigmoid([-800.0, 0.0, 800.0]))
    [0.  0.5 1. ]
    """
    return map_elements(sigmoid_of, check_logits(z))


def log_sigmoid(z: ArrayLike) -> np.ndarray:
    r"""sigmoid 的自然对数，不经过会舍入成 0 或 1 的概率；单位：奈特。

    Parameters
    ----------
    z : array_like
        logits，任意形状；允许 ``-inf``，不允许 ``nan`` 与 ``+inf``。

    Returns
    -------
    ndarray 或标量
        与 `z` 同形，每个元素不大于 0。

    Raises
    ------
    TypeError, ValueError
        `z` 不是实数数组，或含有 ``nan``、``+inf``。

    Notes
    -----
    .. math:: \ln \sigma(z) = \min(z, 0) - \ln\left(1 + e^{-|z|}\right)

    推导见书中 3.3 节。

    Examples
    --------
    >>> from lib import log_sigmoid
    >>> print(log_sigmoid([-800.0, 0.0, 40.0]))
    [-8.00000000e+02 -6.93147181e-01 -4.24835426e-18]
    """
    return map_elements(lambda x: np.minimum(x, 0.0) - log1p_exp_minus_abs(x), check_logits(z))


def logit(p: ArrayLike) -> np.ndarray:
    r"""对数几率（log-odds），sigmoid 的反函数；单位：奈特。

    Parameters
    ----------
    p : array_like
        概率，任意形状，每个元素在 [0, 1] 里。

    Returns
    -------
    ndarray 或标量
        与 `p` 同形；``p = 0`` 处为 ``-inf``，``p = 1`` 处为 ``inf``。

    Raises
    ------
    TypeError, ValueError
        `p` 不是 [0, 1] 里的实数。

    Notes
    -----
    .. math:: \operatorname{logit}(p) = \ln\frac{p}{1-p} = \ln p - \ln(1 - p)

    :math:`p` 在 1/2 附近时两项几乎抵消。那里 :math:`2p - 1` 没有舍入误差，改用恒等式

    .. math:: \ln\frac{p}{1-p} = \ln\left(1 + \frac{2p - 1}{1 - p}\right)

    推导见书中 3.3 节。

    Examples
    --------
    >>> from lib import logit
    >>> print(logit([0.0, 0.5, 0.75, 1.0]))
    [      -inf 0.         1.09861229        inf]
    """
    p = check_probabilities(p, "p", "如果已经是 logit，就不必再求一次。")
    return map_elements(_logit_of, p)


def sigmoid_of(z: np.ndarray) -> np.ndarray:
    """σ(z)，`z` 是检查过的 float64 数组。"""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)


def log1p_exp_minus_abs(z: np.ndarray) -> np.ndarray:
    """ln(1 + e^(−|z|))，e^(−|z|) 再小也不会丢在 1 的末位之外。"""
    return np.log1p(np.exp(-np.abs(z)))


def _logit_of(p: np.ndarray) -> np.ndarray:
    """ln(p / (1 − p))，`p` 是检查过的 float64 数组。"""
    middle = np.abs(p - 0.5) <= 0.25
    q = np.where(middle, p, 0.5)
    near_half = np.log1p((2.0 * q - 1.0) / (1.0 - q))
    return np.where(middle, near_half, np.log(p) - np.log1p(-p))
