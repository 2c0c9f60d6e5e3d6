"""由概率计算的交叉熵损失（第 2、3 章）。默认以 e 为底，单位是奈特，与各框架一致。"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._arrays import as_float64, as_rows, result_dtype
from ._blocks import PLAIN_BYTES, Workspace
from ._numerics import expect, surprisal, weigh
from ._options import check_base, check_reduction
from ._reduction import Reduction
from ._validation import (
    check_distribution,
    check_label_shape,
    check_labels,
    check_probabilities,
    check_same_shape,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

CLASS_HINT = "如果是 logits，请改用 softmax_cross_entropy。"
TARGET_HINT = "如果是整数标签，请改用 sparse_categorical_cross_entropy。"
BINARY_HINT = "如果是 logits，请改用 sigmoid_cross_entropy。"
BINARY_TARGET_HINT = "二分类的标签应为 0 或 1；如果标签是 -1 与 1，请用 (t + 1) / 2。"


def categorical_cross_entropy(
    t: ArrayLike, p: ArrayLike, *, base: float = np.e, reduction: str = "mean"
) -> np.ndarray:
    r"""多分类交叉熵，标签是 one-hot 或软标签，默认单位：奈特；`base` 改变单位。

    Parameters
    ----------
    t : array_like, 形状 (..., K)
        真实分布：one-hot 或软标签，每一行的和为 1。
    p : array_like, 形状 (..., K)
        预测的概率，形状与 `t` 完全相同，每一行的和为 1。
    base : float, 默认 e
        对数的底，大于 1。
    reduction : {"mean", "sum", "none"}, 默认 "mean"
        对样本求平均、求和，或者不归约。

    Returns
    -------
    标量或 ndarray
        ``"none"`` 时形状是 ``(...)``；某个 ``t > 0`` 处 ``p = 0`` 时损失为 ``inf``。

    Raises
    ------
    TypeError, ValueError
        `t` 或 `p` 不是分布，形状不同，没有样本可以平均，或 `base`、`reduction` 不合法。

    Notes
    -----
    .. math:: L = -\frac{1}{N} \sum_{j=1}^{N} \sum_{k=1}^{K} t_{jk} \log_b p_{jk}

    手里有 logits 时，`softmax_cross_entropy` 更准。

    推导见书中 2.3 节。

    Examples
    --------
    >>> from lib import categorical_cross_entropy
    >>> t, p = [[1, 0, 0, 0]], [[0.775, 0.116, 0.039, 0.070]]
    >>> print(f"{categorical_cross_entropy(t, p):.4f} 奈特")
    0.2549 奈特
    >>> print(f"{categorical_cross_entropy(t, p, base=2):.4f} 比特")
    0.3677 比特
    """
    t = check_distribution(t, "t", TARGET_HINT)
    p = check_distribution(p, "p", CLASS_HINT)
    check_same_shape(t, p, "t", "p")
    reducing = _reduction_for(p.shape[:-1], base, reduction, result_dtype(t, p))
    rows_t, rows_p = as_rows(t), as_rows(p)

    def nats_of(block: slice, workspace: Workspace) -> np.ndarray:
        return expect(as_float64(rows_t[block]), surprisal(as_float64(rows_p[block]), np.e))

    return reducing.run(nats_of, PLAIN_BYTES * p.shape[-1])


def sparse_categorical_cross_entropy(
    labels: ArrayLike, p: ArrayLike, *, base: float = np.e, reduction: str = "mean"
) -> np.ndarray:
    r"""多分类交叉熵，标签是整数下标，默认单位：奈特；`base` 改变单位。

    Parameters
    ----------
    labels : array_like of int, 形状 (...)
        类别下标，从 0 数起。
    p : array_like, 形状 (..., K)
        预测的概率，每一行的和为 1。
    base : float, 默认 e
        对数的底，大于 1。
    reduction : {"mean", "sum", "none"}, 默认 "mean"
        对样本求平均、求和，或者不归约。

    Returns
    -------
    标量或 ndarray
        ``"none"`` 时形状是 ``(...)``；标签那一类的概率为 0 时损失为 ``inf``。

    Raises
    ------
    TypeError, ValueError
        `labels` 不是整数下标，`p` 不是分布，形状对不上，没有样本可以平均，
        或 `base`、`reduction` 不合法。

    Notes
    -----
    .. math:: L = -\frac{1}{N} \sum_{j=1}^{N} \log_b p_{j, y_j}

    与先做 one-hot 再用 `categorical_cross_entropy` 是同一个数，只是不必存那些 0。

    推导见书中 4.7 节。

    Examples
    --------
    >>> from lib import sparse_categorical_cross_entropy
    >>> print(f"{sparse_categorical_cross_entropy([0], [[0.775, 0.116, 0.039, 0.070]]):.4f} 奈特")
    0.2549 奈特
    """
    p = check_distribution(p, "p", CLASS_HINT)
    labels = check_labels(labels, "labels", p.shape[-1])
    check_label_shape(labels, p, "labels")
    reducing = _reduction_for(p.shape[:-1], base, reduction, result_dtype(p))
    rows, flat = as_rows(p), labels.reshape(-1)

    def nats_of(block: slice, workspace: Workspace) -> np.ndarray:
        part = rows[block]
        return surprisal(as_float64(part[np.arange(len(part)), flat[block]]), np.e)

    return reducing.run(nats_of, PLAIN_BYTES)


def binary_cross_entropy(
    t: ArrayLike, p: ArrayLike, *, base: float = np.e, reduction: str = "mean"
) -> np.ndarray:
    r"""二分类交叉熵，`p` 是正类的概率，默认单位：奈特；`base` 改变单位。

    Parameters
    ----------
    t : array_like, 形状 (...)
        标签：0 或 1（布尔值也可以），或 [0, 1] 里的软标签。
    p : array_like, 形状 (...)
        正类的概率，形状与 `t` 完全相同。
    base : float, 默认 e
        对数的底，大于 1。
    reduction : {"mean", "sum", "none"}, 默认 "mean"
        对样本求平均、求和，或者不归约。

    Returns
    -------
    标量或 ndarray
        ``"none"`` 时与 `t` 同形；预测为 0 或 1 而又错了的样本，损失为 ``inf``。

    Raises
    ------
    TypeError, ValueError
        `t` 或 `p` 不是 [0, 1] 里的实数，形状不同，没有样本可以平均，
        或 `base`、`reduction` 不合法。

    Notes
    -----
    .. math::

        L = -\frac{1}{N} \sum_{j=1}^{N} \left[ t_j \log_b p_j + (1 - t_j) \log_b (1 - p_j) \right]

    :math:`\ln(1 - p)` 用 ``log1p(-p)`` 算，`p` 很小时也准。

    推导见书中 3.1 节，怎样平均见 3.2 节。

    Examples
    --------
    >>> from lib import binary_cross_entropy
    >>> print(f"{binary_cross_entropy([1, 0, 0], [0.9, 0.2, 0.1]):.4f} 奈特")
    0.1446 奈特
    >>> print(binary_cross_entropy([1, 0], [0.0, 0.5], reduction="none"))
    [       inf 0.69314718]
    """
    t = check_probabilities(t, "t", BINARY_TARGET_HINT)
    p = check_probabilities(p, "p", BINARY_HINT)
    check_same_shape(t, p, "t", "p")
    reducing = _reduction_for(p.shape, base, reduction, result_dtype(t, p))
    flat_t, flat_p = t.reshape(-1), p.reshape(-1)

    def nats_of(block: slice, workspace: Workspace) -> np.ndarray:
        return _nats(as_float64(flat_t[block]), as_float64(flat_p[block]))

    return reducing.run(nats_of, PLAIN_BYTES)


def _reduction_for(
    shape: tuple[int, ...], base: float, reduction: str, dtype: np.dtype
) -> Reduction:
    reducing = Reduction(shape, check_reduction(reduction), check_base(base), dtype)
    reducing.check_some_samples()
    return reducing


def _nats(t: np.ndarray, p: np.ndarray) -> np.ndarray:
    """逐样本的 −t ln p − (1 − t) ln(1 − p)，0 · ∞ = 0。"""
    return weigh(t, 0.0 - np.log(p)) + weigh(1.0 - t, 0.0 - np.log1p(-p))
