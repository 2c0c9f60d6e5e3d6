"""信息量：自信息、熵、交叉熵（第 1、2 章）。默认以 2 为底，单位是比特。"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._arrays import result_dtype
from ._blocks import map_elements, reduce_classes
from ._numerics import expect, surprisal
from ._options import check_base
from ._validation import check_distribution, check_distribution_pair, check_probabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

HINT = "如果是 logits，请先用 softmax 变成概率。"


def self_information(p: ArrayLike, *, base: float = 2) -> np.ndarray:
    r"""自信息（惊讶度），默认单位：比特；`base` 改变单位。

    Parameters
    ----------
    p : array_like
        概率，任意形状，每个元素在 [0, 1] 里。
    base : float, 默认 2
        对数的底，大于 1。2 是比特，``np.e`` 是奈特，10 是哈特莱。

    Returns
    -------
    ndarray 或标量
        与 `p` 同形；``p = 0`` 处为 ``inf``。

    Raises
    ------
    TypeError, ValueError
        `p` 不是 [0, 1] 里的实数，或 `base` 不大于 1。

    Notes
    -----
    .. math:: I(p) = -\log_b p

    推导见书中 1.1 节。

    References
    ----------
    C. E. Shannon, "A Mathematical Theory of Communication",
    Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> from lib import self_information
    >>> print(self_information([0.5, 0.25, 1.0]))
    [1. 2. 0.]
    >>> print(f"{self_information(0.775):.4f} 比特")
    0.3677 比特
    """
    p = check_probabilities(p, "p", HINT)
    base = check_base(base)
    return map_elements(lambda x: surprisal(x, base), p)


def entropy(p: ArrayLike, *, base: float = 2, axis: int = -1) -> np.ndarray:
    r"""熵，平均的惊讶度，默认单位：比特；`base` 改变单位。

    Parameters
    ----------
    p : array_like
        概率分布，沿 `axis` 的和为 1。
    base : float, 默认 2
        对数的底，大于 1。
    axis : int, 默认 -1
        类别所在的轴。

    Returns
    -------
    ndarray 或标量
        形状是 `p` 去掉 `axis`。

    Raises
    ------
    TypeError, ValueError
        `p` 不是分布，`base` 不大于 1，或 `axis` 超出范围。

    Notes
    -----
    .. math:: H(p) = -\sum_k p_k \log_b p_k, \qquad 0 \log 0 = 0

    推导见书中 1.2 节。

    References
    ----------
    C. E. Shannon, "A Mathematical Theory of Communication",
    Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> from lib import entropy
    >>> print(entropy([1/2, 1/4, 1/8, 1/8]))
    1.75
    >>> print(f"{entropy([0.775, 0.116, 0.039, 0.070]):.4f} 比特")
    1.0966 比特
    """
    p = check_distribution(p, "p", HINT, axis)
    base = check_base(base)
    return reduce_classes(lambda x: expect(x, surprisal(x, base)), (p,), axis, result_dtype(p))


def cross_entropy(t: ArrayLike, p: ArrayLike, *, base: float = 2, axis: int = -1) -> np.ndarray:
    r"""交叉熵，真实分布 `t` 在前、预测分布 `p` 在后，默认单位：比特；`base` 改变单位。

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
        形状是 `t` 与 `p` 广播之后去掉 `axis`；某个 ``t > 0`` 处 ``p = 0`` 时为 ``inf``。

    Raises
    ------
    TypeError, ValueError
        `t` 或 `p` 不是分布，形状对不上，`base` 不大于 1，或 `axis` 超出范围。

    Notes
    -----
    .. math:: H(t, p) = -\sum_k t_k \log_b p_k

    ``t = 0`` 的项恰为 0，即使 ``p = 0``。不裁剪，不加 ε：该是无穷就是无穷。

    推导见书中 2.2 节。

    References
    ----------
    Thomas M. Cover, Joy A. Thomas, *Elements of Information Theory*, 2nd ed., Wiley, 2006.

    Examples
    --------
    >>> from lib import cross_entropy
    >>> t, p = [1, 0, 0, 0], [0.775, 0.116, 0.039, 0.070]
    >>> print(f"{cross_entropy(t, p):.4f} 比特")
    0.3677 比特
    >>> print(cross_entropy([0.5, 0.5], [1.0, 0.0]))
    inf
    """
    t, p = check_distribution_pair(t, p, HINT, axis)
    base = check_base(base)
    return reduce_classes(
        lambda t, p: expect(t, surprisal(p, base)), (t, p), axis, result_dtype(t, p)
    )
