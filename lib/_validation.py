"""检查数组参数：概率、分布、logits、标签与形状。坏输入在这里变成一句说得清的中文。

每个函数返回检查过的数组，不改动输入；出错时指出第一个有问题的元素。
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ._arrays import as_array, as_rows, at, first, row_at
from ._blocks import Workspace, for_each_block
from ._options import check_axis

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# 分布的和允许偏离 1 多少：每个元素都舍入过，元素越粗糙，和就越不准。
SUM_TOLERANCE = {2: 1e-2, 4: 1e-5, 8: 1e-6}


def check_probabilities(x: ArrayLike, name: str, hint: str) -> np.ndarray:
    """每个元素都是 [0, 1] 里的数；`hint` 告诉读者如果不是概率该怎么办。"""
    array = as_array(x, name)
    # 先只看最小值与最大值，出错时才去找是哪一个；nan 与任何数比较都为假，也在这里被拦下。
    if not (array.min(initial=0) >= 0 and array.max(initial=0) <= 1):
        index = first(~((array >= 0) & (array <= 1)))
        raise ValueError(
            f"{at(name, index)} = {array[index]!s} 超出 [0, 1]。概率应在 0 与 1 之间；{hint}"
        )
    return array


def check_distribution(x: ArrayLike, name: str, hint: str, axis: int = -1) -> np.ndarray:
    """沿 `axis` 的每一行都是概率分布：元素在 [0, 1] 里，和为 1。"""
    array = check_probabilities(x, name, hint)
    axis = check_axis(axis, array.ndim, name)
    _check_has_classes(array, name, axis)
    tolerance = SUM_TOLERANCE[array.dtype.itemsize if array.dtype.kind == "f" else 8]
    rows = as_rows(array, axis)
    place = _first_row(rows, lambda part: np.abs(part.sum(1, dtype=np.float64) - 1) > tolerance)
    if place is not None:
        index = np.unravel_index(place, np.moveaxis(array, axis, -1).shape[:-1])
        total = rows[place].sum(dtype=np.float64)
        raise ValueError(
            f"{row_at(name, tuple(map(int, index)), axis)} 的和是 {total!s}，"
            f"应为 1（容差 {tolerance}）。如果是没有归一化的频数，请先除以它的和；{hint}"
        )
    return array


def _first_row(rows: np.ndarray, is_bad: Callable[[np.ndarray], np.ndarray]) -> int | None:
    """第一个坏的行；逐块地找，用的内存与行数无关。"""

    def find(block: slice, workspace: Workspace) -> int | None:
        bad = is_bad(rows[block])
        return block.start + int(np.argmax(bad)) if bad.any() else None

    found = for_each_block(find, len(rows), 32 + rows[:1].nbytes)
    return next((place for place in found if place is not None), None)


def check_distribution_pair(
    t: ArrayLike, p: ArrayLike, hint: str, axis: int
) -> tuple[np.ndarray, np.ndarray]:
    """两个分布的类别一一对应；其余的轴可以按 NumPy 的规则广播。"""
    t = check_distribution(t, "t", hint, axis)
    p = check_distribution(p, "p", hint, axis)
    if t.shape[axis] != p.shape[axis]:
        raise ValueError(
            f"t 有 {t.shape[axis]} 类，p 有 {p.shape[axis]} 类（形状 {t.shape} 与 {p.shape}，"
            f"axis = {axis}）。两个分布的类别必须一一对应，请检查形状或 axis。"
        )
    try:
        np.broadcast_shapes(np.moveaxis(t, axis, -1).shape, np.moveaxis(p, axis, -1).shape)
    except ValueError:
        raise ValueError(
            f"t 的形状 {t.shape} 与 p 的形状 {p.shape} 不能广播到一起。"
            "除类别轴以外，每个轴的长度应当相等，或者其中一个是 1。"
        ) from None
    return t, p


def check_logits(x: ArrayLike, name: str = "z") -> np.ndarray:
    """每个元素是有限的实数或 -inf。"""
    array = as_array(x, name)
    if array.dtype.kind == "f" and not array.max(initial=-np.inf) < np.inf:
        index = first(~(array < np.inf))
        raise ValueError(
            f"{at(name, index)} = {array[index]!s} 不是合法的 logit："
            "logits 应为有限的实数，或 -inf（表示排除该类）。"
            "请检查算出它的那一步有没有溢出，或者除以了 0。"
        )
    return array


def check_class_logits(x: ArrayLike, name: str = "z", axis: int = -1) -> np.ndarray:
    """沿 `axis` 的每一行是各类的 logits，至少有一类。"""
    array = check_logits(x, name)
    _check_has_classes(array, name, check_axis(axis, array.ndim, name))
    return array


def check_some_class_left(z: np.ndarray, name: str = "z", axis: int = -1) -> None:
    """每一行至少有一个有限的 logit，否则 softmax 是 0/0。"""
    place = _first_row(as_rows(z, axis), lambda part: part.max(1) == -np.inf)
    if place is not None:
        index = np.unravel_index(place, np.moveaxis(z, axis, -1).shape[:-1])
        raise ValueError(
            f"{row_at(name, tuple(map(int, index)), axis)} 全是 -inf："
            "所有类别都被排除，softmax 没有定义。"
            "请至少留下一个有限的 logit，或者先去掉这一行。"
        )


def check_labels(x: ArrayLike, name: str, num_classes: int, hint: str = "") -> np.ndarray:
    """每个元素是 [0, num_classes) 里的整数下标；`hint` 说明不是标签时该怎么办。"""
    array = as_array(x, name)
    if array.dtype.kind not in "iu":
        where = at(name, (0,) * array.ndim)
        sample = f"，例如 {where} = {array.flat[0]!s}" if array.size else ""
        raise TypeError(
            f"{name} 的元素类型是 {array.dtype}{sample}；标签应为整数下标。"
            f"如果数值本来就是类别的下标，请用 np.asarray({name}).astype(int) 转换。{hint}"
        )
    if array.min(initial=0) < 0 or array.max(initial=0) >= num_classes:
        index = first((array < 0) | (array >= num_classes))
        raise ValueError(
            f"{at(name, index)} = {array[index]!s} 超出 [0, {num_classes})。共有 {num_classes} 类，"
            f"标签应为 0 到 {num_classes - 1} 的整数；如果标签从 1 数起，请先减 1。"
        )
    return array


def check_same_shape(a: np.ndarray, b: np.ndarray, a_name: str, b_name: str) -> None:
    """两个数组的形状完全相同；损失函数不做广播。"""
    if a.shape != b.shape:
        raise ValueError(
            f"{a_name} 的形状 {a.shape} 与 {b_name} 的形状 {b.shape} 不同，两者应当完全相同。"
            + column_hint(a.shape, b.shape, a_name)
            + column_hint(b.shape, a.shape, b_name)
            + "这里不做广播，以免 N 个样本悄悄变成 N × N 个。"
        )


def check_label_shape(labels: np.ndarray, p: np.ndarray, name: str) -> None:
    """每个样本恰有一个标签：标签的形状是 `p` 去掉最后的类别轴。"""
    if labels.shape != p.shape[:-1]:
        raise ValueError(
            f"{name} 的形状 {labels.shape} 与 p 的形状 {p.shape} 对不上："
            f"每个样本一个标签，{name} 的形状应为 {p.shape[:-1]}。"
            + column_hint(labels.shape, p.shape[:-1], name)
            + "如果标签是 one-hot，请改用 categorical_cross_entropy。"
        )


def check_target_shape(t: np.ndarray, z: np.ndarray) -> None:
    """`softmax_cross_entropy` 的标签：与 `z` 同形，或者比 `z` 少最后的类别轴。"""
    if z.ndim and t.shape not in (z.shape, z.shape[:-1]):
        hint = column_hint(t.shape, z.shape[:-1], "t")
        raise ValueError(f"t 的形状 {t.shape} 对不上：{_target_options(z)}{hint}")


def check_class_targets(t: np.ndarray, z: np.ndarray) -> np.ndarray:
    """与 `z` 同形的是分布，少一轴的是整数下标。"""
    if t.shape == z.shape:
        return check_distribution(t, "t", _target_options(z))
    return check_labels(t, "t", z.shape[-1], _target_options(z))


def _target_options(z: np.ndarray) -> str:
    return (
        f"z 的形状是 {z.shape}，请让 t 是形状 {z.shape[:-1]} 的整数标签，"
        f"或者形状 {z.shape} 的分布（one-hot 或软标签）。"
    )


def column_hint(shape: tuple, wanted: tuple, name: str) -> str:
    """(N, 1) 对 (N,) 是最常见的意外，说出怎么改；别的情形返回空串。"""
    if shape != (*wanted, 1):
        return ""
    column = ", ".join([":"] * len(wanted) + ["0"])
    ravel = f"{name}.ravel() 或 " if len(wanted) == 1 else ""
    return f"请用 {ravel}{name}[{column}] 去掉多余的轴。"


def _check_has_classes(array: np.ndarray, name: str, axis: int) -> None:
    if array.shape[axis] == 0:
        raise ValueError(
            f"{name} 的形状是 {array.shape}，类别轴（axis = {axis}）长度为 0，一个类别也没有。"
            "请检查数据是不是空的。"
        )
