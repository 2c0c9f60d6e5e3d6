"""logsumexp、softmax 与 log_softmax：把最大项单独拿出来（第 4 章）。"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._arrays import result_dtype
from ._blocks import map_classes, reduce_classes
from ._options import check_temperature
from ._validation import check_class_logits, check_some_class_left

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

CANCELLED = 1.0  # logsumexp 的结果比它小，就可能丢了位数


def logsumexp(z: ArrayLike, *, axis: int = -1) -> np.ndarray:
    r"""指数之和的对数，不溢出；单位：奈特。

    Parameters
    ----------
    z : array_like
        logits；允许 ``-inf``，不允许 ``nan`` 与 ``+inf``。
    axis : int, 默认 -1
        类别所在的轴。

    Returns
    -------
    ndarray 或标量
        形状是 `z` 去掉 `axis`；一行全是 ``-inf`` 时结果是 ``-inf``。

    Raises
    ------
    TypeError, ValueError
        `z` 不是合法的 logits，没有类别，或 `axis` 超出范围。

    Notes
    -----
    记最大项为 :math:`z_m`（有并列时取第一个），则

    .. math:: \ln\sum_k e^{z_k} = z_m + \ln(1 + s), \qquad s = \sum_{k \ne m} e^{z_k - z_m}

    指数都不大于 0，不会溢出。:math:`s` 里没有最大项自己的那个 1，再小也不会被 1 吞掉。
    结果接近 0 时 :math:`z_m` 与 :math:`\ln(1+s)` 相抵，再用扩展精度修正一次：结果不小于 1e-3 时
    末位仍可信。没有扩展精度的平台（Windows、苹果的芯片）上，绝对误差约 1e-16。
    只要 :math:`\ln p_k` 时请用 `log_softmax`，那里没有抵消。

    推导见书中 4.3 节，怎样不溢出见 4.6 节。

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and
    softmax functions", IMA Journal of Numerical Analysis 41, 2021.

    Examples
    --------
    >>> from lib import logsumexp
    >>> print(f"{logsumexp([1000.0, 1000.0]):.4f}")
    1000.6931
    """
    z = check_class_logits(z, axis=axis)
    return reduce_classes(_log_sum, (z,), axis, result_dtype(z))


def softmax(z: ArrayLike, *, axis: int = -1, temperature: float = 1.0) -> np.ndarray:
    r"""softmax，把 logits 变成概率分布；无单位。

    Parameters
    ----------
    z : array_like
        logits；``-inf`` 表示排除该类（概率恰为 0），不允许 ``nan`` 与 ``+inf``。
    axis : int, 默认 -1
        类别所在的轴。
    temperature : float, 默认 1.0
        温度，有限的正数。越低越接近 one-hot，越高越接近均匀分布。

    Returns
    -------
    ndarray
        与 `z` 同形，沿 `axis` 的和为 1。

    Raises
    ------
    TypeError, ValueError
        `z` 不是合法的 logits，某一行全是 ``-inf``，`axis` 超出范围，或 `temperature` 不是正数。

    Notes
    -----
    .. math:: p_k = \frac{e^{z_k / T}}{\sum_i e^{z_i / T}}

    先减最大项再除以温度：差的舍入误差比 :math:`z_k / T` 的小。

    推导见书中 4.1 节，温度见 4.2 节。

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and
    softmax functions", IMA Journal of Numerical Analysis 41, 2021.

    Examples
    --------
    >>> from lib import softmax
    >>> print(softmax([3.2, 1.3, 0.2, 0.8]).round(3))
    [0.775 0.116 0.039 0.07 ]
    >>> print(softmax([1000.0, 1000.0]))
    [0.5 0.5]
    """
    z = check_class_logits(z, axis=axis)
    temperature = check_temperature(temperature)
    check_some_class_left(z, axis=axis)
    return map_classes(lambda rows: separate_max(rows, temperature).probabilities(), z, axis)


def log_softmax(z: ArrayLike, *, axis: int = -1) -> np.ndarray:
    r"""softmax 的自然对数，不经过会舍入成 0 或 1 的概率；单位：奈特。

    Parameters
    ----------
    z : array_like
        logits；``-inf`` 表示排除该类（结果也是 ``-inf``），不允许 ``nan`` 与 ``+inf``。
    axis : int, 默认 -1
        类别所在的轴。

    Returns
    -------
    ndarray
        与 `z` 同形，每个元素不大于 0。

    Raises
    ------
    TypeError, ValueError
        `z` 不是合法的 logits，某一行全是 ``-inf``，或 `axis` 超出范围。

    Notes
    -----
    .. math:: \ln p_k = (z_k - z_m) - \ln(1 + s), \qquad s = \sum_{k \ne m} e^{z_k - z_m}

    :math:`z_m` 是最大项。两部分都不大于 0，相加没有抵消；最大项处就是 :math:`-\ln(1+s)`，
    不论多小都准。常见的写法把 1 加进和里，``[40, 0]`` 的第一项就成了 0。

    推导见书中 4.6 节。

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and
    softmax functions", IMA Journal of Numerical Analysis 41, 2021.

    Examples
    --------
    >>> from lib import log_softmax
    >>> print(log_softmax([40.0, 0.0]))
    [-4.24835426e-18 -4.00000000e+01]
    """
    z = check_class_logits(z, axis=axis)
    check_some_class_left(z, axis=axis)
    return map_classes(_log_probabilities, z, axis)


class SeparatedMax(NamedTuple):
    """若干行 logits 拆成最大项与其余各项。逐行的量形状是 (N,)，逐项的量形状是 (N, K)。"""

    top: np.ndarray  # 最大项 z_m
    place: tuple[np.ndarray, np.ndarray]  # 最大项在哪里
    gap: np.ndarray  # (z_k − z_m) / T，都不大于 0
    others: np.ndarray  # e^gap，但最大项处为 0
    rest: np.ndarray  # s = others 的和
    log_total: np.ndarray  # ln(1 + s)

    def probabilities(self) -> np.ndarray:
        """softmax：其余各项 e^gap / (1 + s)，最大项 1 / (1 + s)。"""
        total = 1.0 + self.rest
        p = self.others / total[:, np.newaxis]
        p[self.place] = 1.0 / total
        return p

    def complements(self, p: np.ndarray) -> np.ndarray:
        """1 − p。最大项的 p 可能舍入成 1，直接相减会得 0，所以单独用 s / (1 + s)。"""
        q = 1.0 - p
        q[self.place] = self.rest / (1.0 + self.rest)
        return q


def separate_max(z: np.ndarray, temperature: float = 1.0) -> SeparatedMax:
    """每一行拿出最大项。`z` 是检查过的 float64 数组，形状 (N, K)。"""
    place = (np.arange(len(z)), z.argmax(1))
    top = z[place]
    # 一行全是 -inf 时 top 也是 -inf；减 0 而不是减它自己，免得 ∞ − ∞ = nan。
    gap = z - np.where(top == -np.inf, 0.0, top)[:, np.newaxis]
    if temperature != 1.0:
        gap /= temperature
    others = np.exp(gap)
    # 置 0 而不是事后减 1：减 1 会把比 1 的末位更小的部分一并丢掉。
    others[place] = 0.0
    rest = others.sum(1)
    return SeparatedMax(top, place, gap, others, rest, np.log1p(rest))


def _log_probabilities(z: np.ndarray) -> np.ndarray:
    """逐类的 ln p。"""
    parts = separate_max(z)
    return parts.gap - parts.log_total[:, np.newaxis]


def _log_sum(z: np.ndarray) -> np.ndarray:
    """逐行的 ln Σ e^z。结果接近 0 时 z_m 与 ln(1 + s) 相抵，再修正一次。"""
    parts = separate_max(z)
    result = parts.top + parts.log_total
    cancelled = np.flatnonzero(np.abs(result) < CANCELLED)
    result[cancelled] = _refine(z[cancelled], result[cancelled])
    return result


def _refine(z: np.ndarray, rough: np.ndarray) -> np.ndarray:
    """`rough` 离 r = ln Σ e^z 只差末几位时的牛顿法一步：r ≈ rough + (Σ e^(z − rough) − 1)。

    括号里也几乎全部抵消，所以用扩展精度求；没有扩展精度的平台（Windows、苹果的芯片）上等于没有改。
    """
    shifted = z.astype(np.longdouble) - rough[:, np.newaxis]
    return rough + (np.exp(shifted).sum(1) - 1).astype(np.float64)
