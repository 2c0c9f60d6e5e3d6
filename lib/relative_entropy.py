"""相对熵（KL 散度）：每一项都不小于 0 的算法（第 2 章）。默认以 2 为底，单位是比特。"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._arrays import result_dtype
from ._blocks import reduce_classes
from ._numerics import in_base, weigh
from ._options import check_base
from ._validation import check_distribution_pair
from .information import HINT

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def kl_divergence(t: ArrayLike, p: ArrayLike, *, base: float = 2, axis: int = -1) -> np.ndarray:
    r"""相对熵（KL 散度），用 `p` 代替 `t` 多付的代价，默认单位：比特；`base` 改变单位。

    Parameters
    ----------
    t, p : array_like
        真实分布与预测分布，沿 `axis` 的和为 1。类别数必须相同，其余的轴按 NumPy 的规则广播。
    base : float, 默认 2
        对数的底，大于 1。
    axis : int, 默认 -1
        类别所在的轴。

    Returns
    -------
    ndarray 或标量
        恒不小于 0；`t` 与 `p` 相等时恰为 0；某个 ``t > 0`` 处 ``p = 0`` 时为 ``inf``。

    Raises
    ------
    TypeError, ValueError
        与 `cross_entropy` 相同。

    Notes
    -----
    .. math:: D(t \| p) = \sum_k t_k \log_b \frac{t_k}{p_k}

    直接相加时有正有负，`t` 与 `p` 接近时几乎全部抵消，舍入后甚至得到负数。这里算的是

    .. math:: D(t \| p) = \frac{1}{\ln b}
        \sum_k \left( t_k \ln \frac{t_k}{p_k} - t_k + p_k \right)

    `t` 与 `p` 的和恰好都是 1 时，多出来的两项合起来是 0，值不变；
    而现在每一项都不小于 0（因为 :math:`\ln x \le x - 1`），相加没有抵消。

    预测的和因舍入变成 :math:`1 + \delta` 时，直接相加的公式偏离约 :math:`\delta`
    （float32 大约 1e-7），这里只偏离 :math:`\delta - \ln(1 + \delta) \approx \delta^2 / 2`。

    推导见书中 2.2 节。

    References
    ----------
    S. Kullback, R. A. Leibler, "On Information and Sufficiency",
    Annals of Mathematical Statistics 22, 1951.

    Examples
    --------
    >>> from lib import kl_divergence
    >>> print(kl_divergence([1.0, 0.0], [0.5, 0.5]))
    1.0
    >>> print(f"{kl_divergence([0.5, 0.5], [0.9, 0.1]):.4f} 比特")
    0.7370 比特
    >>> print(kl_divergence([0.9, 0.1], [0.9, 0.1]))
    0.0
    """
    t, p = check_distribution_pair(t, p, HINT, axis)
    base = check_base(base)
    return reduce_classes(
        lambda t, p: in_base(_divergence_terms(t, p).sum(-1), base),
        (t, p),
        axis,
        result_dtype(t, p),
    )


def _divergence_terms(t: np.ndarray, p: np.ndarray) -> np.ndarray:
    """逐类的 t ln(t/p) − t + p，每一项都不小于 0；单位：奈特。"""
    near = np.abs(p - t) <= t / 4
    # t 与 p 接近：记 r = (p − t) / t，这一项是 t (r − ln(1 + r))；p − t 此时没有舍入误差。
    difference = np.where(near, p - t, 0.0)
    close = t * _excess(difference / np.where(near & (t > 0), t, 1.0))
    # t 与 p 相差很多：照公式算。t = 0 时 t ln t = 0，只剩下 p。
    log_t, log_p = np.log(np.where(t > 0, t, 1.0)), np.log(p)
    far = weigh(t, log_t - log_p) + (p - t)
    return np.where(near, close, far)


def _excess(r: np.ndarray) -> np.ndarray:
    """r − ln(1 + r)，|r| ≤ 1/4；r 很小时约为 r²/2，直接相减会丢光有效数字。

    令 s = r / (2 + r)，则 ln(1 + r) = 2 (s + s³/3 + s⁵/5 + …)，而 r − 2s = r s，于是
    r − ln(1 + r) = r s − 2 s³ (1/3 + s²/5 + s⁴/7 + …)，第二项不到第一项的 1/18。
    """
    s = r / (2.0 + r)
    series = np.zeros_like(s)
    for odd in range(21, 1, -2):  # |s| ≤ 1/7，十项已经够到 float64 的末位
        series = series * s**2 + 1.0 / odd
    return r * s - 2.0 * s**3 * series
