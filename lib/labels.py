"""由整数标签得到 one-hot 编码与平滑后的标签（第 2 章）。"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._numerics import quiet
from ._options import check_epsilon, check_num_classes
from ._validation import check_labels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def one_hot(labels: ArrayLike, num_classes: int) -> np.ndarray:
    r"""one-hot 编码：标签所在的类为 1，其余为 0；无单位。

    Parameters
    ----------
    labels : array_like of int
        类别下标，从 0 数起，任意形状 ``(...)``。
    num_classes : int
        类别数 `K`，至少为 1。

    Returns
    -------
    ndarray of float64
        形状 ``(..., K)``。

    Raises
    ------
    TypeError
        `labels` 不是整数（布尔值也不算），或 `num_classes` 不是整数。
    ValueError
        某个标签不在 ``[0, K)`` 里。

    Notes
    -----
    .. math:: t_k = \begin{cases} 1, & k = y \\ 0, & k \ne y \end{cases}

    定义见书中 2.3 节，与整数下标的关系见 4.7 节。

    Examples
    --------
    >>> from lib import one_hot
    >>> print(one_hot([0, 2], 3))
    [[1. 0. 0.]
     [0. 0. 1.]]
    """
    num_classes = check_num_classes(num_classes)
    labels = check_labels(labels, "labels", num_classes)
    return (labels[..., np.newaxis] == np.arange(num_classes)).astype(np.float64)


def smooth_labels(labels: ArrayLike, num_classes: int, epsilon: float) -> np.ndarray:
    r"""标签平滑：从标签那一类拿出 `epsilon` 的概率，平均分给所有类；无单位。

    Parameters
    ----------
    labels : array_like of int
        类别下标，从 0 数起，任意形状 ``(...)``。
    num_classes : int
        类别数 `K`，至少为 1。
    epsilon : float
        平滑系数，在 [0, 1] 里。0 就是 one-hot，1 就是均匀分布。

    Returns
    -------
    ndarray of float64
        形状 ``(..., K)``，每一行的和为 1。

    Raises
    ------
    TypeError
        `labels` 或 `num_classes` 不是整数，或 `epsilon` 不是实数。
    ValueError
        某个标签不在 ``[0, K)`` 里，或 `epsilon` 不在 [0, 1] 里。

    Notes
    -----
    .. math:: t'_k = (1 - \varepsilon)\, t_k + \frac{\varepsilon}{K}

    推导见书中 2.7 节。

    References
    ----------
    C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna,
    "Rethinking the Inception Architecture for Computer Vision", CVPR 2016.

    Examples
    --------
    >>> from lib import smooth_labels
    >>> print(smooth_labels([0], 4, 0.1))
    [[0.925 0.025 0.025 0.025]]
    """
    epsilon = check_epsilon(epsilon)
    return _smooth(one_hot(labels, num_classes), epsilon)


@quiet()
def _smooth(hard: np.ndarray, epsilon: float) -> np.ndarray:
    return (1.0 - epsilon) * hard + epsilon / hard.shape[-1]
