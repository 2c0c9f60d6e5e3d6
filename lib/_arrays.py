"""把输入变成 NumPy 数组，决定结果的精度，并说出“第几个元素”。"""

from __future__ import annotations

import math
import numbers
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def as_array(x: ArrayLike, name: str) -> np.ndarray:
    """把 `x` 变成布尔、整数或浮点数组；别的类型一律拒绝。数据不复制，也不改动。"""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(
            f"{name} 是掩码数组（masked array），被遮住的元素没有确定的值。"
            f"请先用 {name}.filled(…) 填上数值，或者用布尔下标选出没有被遮住的样本。"
        )
    try:
        array = np.asarray(x)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} 不能变成规则的数组，多半是各行的长度不一样。请让每一行一样长，再传进来。"
        ) from error
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        _refuse_dtype(array, name)
    return array


def _refuse_dtype(array: np.ndarray, name: str) -> None:
    """报告一个不支持的元素类型，并指出第一个有问题的元素。"""
    example = ""
    if array.size:
        # 对象数组里可能只有个别元素不是数，要指出的是它，而不是第一个元素。
        strangers = (i for i, v in np.ndenumerate(array) if not isinstance(v, numbers.Real))
        index = next(strangers, (0,) * array.ndim)
        example = f"（{at(name, index)} = {array.item(index)!r:.60}）"
    raise TypeError(
        f"{name} 的元素类型是 {array.dtype}{example}，"
        f"应为整数、float16、float32 或 float64。"
        f"请先检查数据，再用 np.asarray({name}, dtype=np.float64) 转换。"
    )


def result_dtype(*arrays: np.ndarray) -> np.dtype:
    """由浮点输入投票决定结果的类型：都不超过 32 位时是 float32，否则是 float64。

    整数与布尔数组没有精度可言，不参加投票；没有任何浮点输入时结果是 float64。
    """
    widths = [array.dtype.itemsize for array in arrays if array.dtype.kind == "f"]
    return np.dtype(np.float32 if widths and max(widths) <= 4 else np.float64)


def as_rows(array: np.ndarray, axis: int = -1) -> np.ndarray:
    """类别轴放到最后，其余各轴合成一轴：形状 (N, K)。尽量不复制。"""
    if axis not in (-1, array.ndim - 1):
        array = np.moveaxis(array, axis, -1)
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def as_float64(block: np.ndarray) -> np.ndarray:
    """一块数据换成连续存放的 float64（NumPy 沿连续的轴两两求和，误差最小）。"""
    return np.ascontiguousarray(block, dtype=np.float64)


def at(name: str, index: tuple) -> str:
    """元素的名字，例如 ``p[2, 1]``；下标里的 ``:`` 表示一整行。标量只写名字。"""
    return f"{name}[{', '.join(map(str, index))}]" if index else name


def row_at(name: str, index: tuple, axis: int) -> str:
    """沿 `axis` 的一整行的名字，例如 ``p[2, :]``；`index` 是其余各轴的下标。"""
    if not index:
        return name
    place = axis % (len(index) + 1)
    return at(name, (*index[:place], ":", *index[place:]))


def first(bad: np.ndarray) -> tuple[int, ...]:
    """第一个为真的元素的下标。"""
    return tuple(int(i) for i in np.unravel_index(np.argmax(bad), bad.shape))
