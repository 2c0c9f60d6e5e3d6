"""检查数组以外的参数：底数、归约方式、轴、温度、类别数、平滑系数。"""

from __future__ import annotations

import math
import numbers
import operator

REDUCTIONS = ("mean", "sum", "none")


def _as_real(value: float, name: str) -> float:
    """把一个实数变成 float；布尔值、字符串、数组等一律拒绝。"""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} = {value!r:.60} 应为一个实数，请传入 int 或 float。")
    try:
        return float(value)
    except OverflowError:  # 例如 10**400
        return math.inf


def _as_int(value: int, name: str) -> int:
    """把一个整数变成 int；布尔值与 3.0 这样的浮点数也拒绝。"""
    if isinstance(value, bool):
        raise TypeError(f"{name} = {value} 是布尔值，应为一个整数。")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} = {value!r:.60} 应为一个整数，请传入 int。") from None


def check_base(base: float) -> float:
    """对数的底数：大于 1 的有限实数。"""
    value = _as_real(base, "base")
    if not 1 < value < math.inf:
        raise ValueError(
            f"base = {base!r:.60} 不能作底数：底数应为大于 1 的有限实数"
            "（等于 1 时对数没有定义，小于 1 时信息量变成负数）。"
            "请用 2（比特）、np.e（奈特）或 10（哈特莱）。"
        )
    return value


def check_reduction(reduction: str) -> str:
    """归约方式：``"mean"``、``"sum"`` 或 ``"none"``。"""
    if not isinstance(reduction, str):
        raise TypeError(
            f"reduction = {reduction!r:.60} 应为字符串，请从 'mean'、'sum'、'none' 中选一个。"
        )
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"reduction = {reduction!r:.60} 不认识，请从 'mean'、'sum'、'none' 中选一个。"
        )
    return reduction


def check_axis(axis: int, ndim: int, name: str) -> int:
    """类别所在的轴：落在 ``[-ndim, ndim)`` 里的整数。`name` 是数组参数的名字。"""
    value = _as_int(axis, "axis")
    if ndim == 0:
        raise ValueError(
            f"{name} 是一个标量，没有类别轴（axis）。请传入至少一维的数组，每个类别占一个元素。"
        )
    if not -ndim <= value < ndim:
        raise ValueError(
            f"axis = {value} 超出范围：{name} 有 {ndim} 维，axis 应在 {-ndim} 与 {ndim - 1} 之间。"
        )
    return value


def check_temperature(temperature: float) -> float:
    """温度：有限的正数。"""
    value = _as_real(temperature, "temperature")
    if not 0 < value < math.inf:
        raise ValueError(
            f"temperature = {temperature!r:.60} 应为有限的正数。"
            "想要温度趋于 0 的极限，请用 argmax；想要趋于无穷的极限，请用均匀分布。"
        )
    return value


def check_num_classes(num_classes: int) -> int:
    """类别数：至少为 1 的整数。"""
    value = _as_int(num_classes, "num_classes")
    if not 1 <= value < 2**31:
        raise ValueError(f"num_classes = {value} 应在 1 与 2**31 - 1 之间，请传入类别的个数。")
    return value


def check_epsilon(epsilon: float) -> float:
    """平滑系数：0 与 1 之间的实数。"""
    value = _as_real(epsilon, "epsilon")
    if not 0 <= value <= 1:
        raise ValueError(
            f"epsilon = {epsilon!r:.60} 超出 [0, 1]。请传入要匀给各类的那一份概率，例如 0.1。"
        )
    return value
