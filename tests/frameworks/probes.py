"""第 6 章三张表的每一格：运行那个库，从结果认出它怎么做，写成格里的字。

加了标签、换了写法以后仍算得对的，才算这个库的用法；对照的数由公式直接写出，单位都是奈特。
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

Loss = Callable[..., object]

# 两个样本，四类：第一个就是狗的例子。
P = np.array([[0.775, 0.116, 0.039, 0.070], [0.2, 0.5, 0.2, 0.1]])
LABELS = np.array([0, 1])
ONE_HOT = np.eye(4)[LABELS]
SOFT = np.array([[0.9, 0.1, 0.0, 0.0], [0.0, 0.5, 0.5, 0.0]])
# 逐元素的二分类：两个样本，每个四个是非题。
YES = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0]])
WEIGHTS = np.array([1.0, 3.0])
ELEMENT_WEIGHTS = np.array([[1.0, 2.0, 0.5, 3.0], [1.0, 1.0, 4.0, 2.0]])
EPSILON = 0.1
NONE = "没有"


@dataclass(frozen=True)
class Row:
    """表里的一行：一个函数，以及怎样请它做各件事；没有这个功能的留空。

    ``function(a, b)`` 的次序由 ``usage`` 试出来。其余几个的参数是（真实，预测）与选项的值，
    数组都是 NumPy 的，由这一行自己转换。
    """

    name: str
    function: Loss
    parameters: frozenset[str]  # 文档里的全部参数：没有的功能在里面也不该有
    convert: Callable[[np.ndarray], object] = np.asarray
    is_binary: bool = False
    labels: str = ""  # 只看这一种写法的标签
    each: Loss | None = None  # 不归约
    weighted: Loss | None = None  # 类别权重，或逐样本、逐元素的权重
    weights: np.ndarray = field(default_factory=WEIGHTS.copy)
    positively_weighted: Loss | None = None  # 只乘在 t ln p 那一项上的权重
    smoothed: Loss | None = None
    ignoring: Loss | None = None  # 第二个样本的标签改成要忽略的那个


def run(function: Loss, *arguments: object) -> np.ndarray | None:
    """调用；报错时返回 None。"""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return np.asarray(function(*arguments), dtype=np.float64)
        except Exception:
            return None


def close(a: np.ndarray | None, b: object) -> bool:
    """形状相同，数值相等到 float32 的精度。"""
    b = np.asarray(b)
    return a is not None and a.shape == b.shape and np.allclose(a, b, rtol=2e-5, atol=2e-6)


def cross_entropies(t: np.ndarray, p: np.ndarray) -> np.ndarray:
    """每个样本的交叉熵，奈特。"""
    return -(t * np.log(p)).sum(axis=-1)


def binary_cross_entropies(t: np.ndarray, p: np.ndarray) -> np.ndarray:
    """每个元素的二分类交叉熵，奈特。"""
    return -(t * np.log(p) + (1 - t) * np.log1p(-p))


def predictions(is_binary: bool) -> dict[str, np.ndarray]:
    """同一个预测的几种写法；logits 加上一个常数，免得与对数概率分不开。"""
    if is_binary:
        return {"概率": P, "logits": np.log(P / (1 - P))}
    return {"概率": P, "logits": np.log(P) + 5, "对数概率": np.log(P)}


def truths(row: Row) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """标签的几种写法，与它们的分布。"""
    if row.is_binary:
        return {"与预测同形": (YES, YES)}
    kinds = {
        "整数 (N,)": (LABELS, ONE_HOT),
        "分布 (N, K)": (SOFT, SOFT),
        "one-hot (N, K)": (ONE_HOT, ONE_HOT),
    }
    return {kind: pair for kind, pair in kinds.items() if row.labels in kind}


def reductions(losses: np.ndarray) -> dict[str, np.ndarray]:
    """由逐个的损失归约出来的几种结果。"""
    each = "N 个样本" if losses.ndim == 1 else "N×K 个元素"
    return {f"{each}的平均": losses.mean(), f"{each}的总和": losses.sum(), "不归约": losses}


def usage(row: Row) -> list[tuple[str, str, str, str]]:
    """试遍次序、预测的写法、标签的写法，返回算得对的那些，以及结果是怎样归约的。"""
    expected = binary_cross_entropies if row.is_binary else cross_entropies
    found = []
    for (scale, prediction), (kind, (label, t)) in itertools.product(
        predictions(row.is_binary).items(), truths(row).items()
    ):
        pair = {"真实": row.convert(label), "预测": row.convert(prediction)}
        for order in (("真实", "预测"), ("预测", "真实")):
            value = run(row.function, *(pair[name] for name in order))
            found += [
                (f"{order[0]}在前", scale, kind, reduction)
                for reduction, want in reductions(expected(t, P)).items()
                if close(value, want)
            ]
    if any(scale == "logits" for _, scale, _, _ in found):  # 对数概率也是一种 logits
        found = [use for use in found if use[1] != "对数概率"]
    if any(kind.startswith("分布") for _, _, kind, _ in found):  # one-hot 也是一种分布
        found = [use for use in found if not use[2].startswith("one-hot")]
    return found


def joined(values: Iterable[str]) -> str:
    """去掉重复，按原来的次序连起来。"""
    return "、".join(dict.fromkeys(values))


def inputs(row: Row) -> list[str]:
    """表 6.1 的一行：次序、预测的写法、标签的写法与类型、默认的归约。"""
    order, scale, labels, reduction = (
        joined(use[column] for use in usage(row)) for column in range(4)
    )
    return [order, scale, labels, label_types(row), reduction]


def label_types(row: Row) -> str:
    """标签可以是哪几种类型：换了类型，结果仍然对的。"""
    if not usage(row):
        return ""
    label, prediction = label_for(row), prediction_for(row)
    expected = run(row.function, *in_order(row, label, prediction))
    accepted = []
    for dtype in ("int32", "int64", "float64"):
        value = run(row.function, *in_order(row, label.astype(dtype), prediction))
        if expected is not None and close(value, expected):
            accepted.append(dtype)
    return joined(accepted)


def in_order(row: Row, label: np.ndarray, prediction: np.ndarray) -> list[object]:
    """按这一行的次序排好，换成这个库的数组。"""
    pair = [row.convert(label), row.convert(prediction)]
    return pair[::-1] if usage(row)[0][0] == "预测在前" else pair


def works_with(row: Row, scale: str) -> bool:
    """默认的用法吃不吃这种写法的预测。"""
    return any(use[1] == scale for use in usage(row))


def prediction_for(row: Row) -> np.ndarray:
    """这一行要的那种写法的预测。"""
    found = {use[1] for use in usage(row)}
    return next(p for scale, p in predictions(row.is_binary).items() if scale in found)


def label_for(row: Row) -> np.ndarray:
    """这一行收的标签：整数优先。"""
    found = {use[2] for use in usage(row)}
    if row.is_binary:
        return YES
    return LABELS if "整数 (N,)" in found else ONE_HOT


def averaged_over(row: Row) -> str:
    """不归约时剩下什么：Keras 的二分类先对最后一轴求了平均。"""
    if row.each is None:
        return NONE
    value = run(row.each, label_for(row), prediction_for(row))
    if row.is_binary:
        losses = binary_cross_entropies(YES, P)
        choices = {"每个元素一个": losses, "每个样本一个，已对类别平均": losses.mean(axis=-1)}
    else:
        choices = {"每个样本一个": cross_entropies(ONE_HOT, P)}
    return joined(text for text, want in choices.items() if close(value, want))


def weighted_by(row: Row) -> str:
    """加权之后的平均除以什么。"""
    if row.weighted is None:
        return NONE
    value = run(row.weighted, label_for(row), prediction_for(row), row.weights)
    losses = binary_cross_entropies(YES, P) if row.is_binary else cross_entropies(ONE_HOT, P)
    if row.weights.ndim < losses.ndim:
        losses = losses.mean(axis=-1)
    total = (row.weights * losses).sum()
    size = "样本数" if losses.ndim == 1 else "元素数"
    choices = {size: total / losses.size, "权重之和": total / row.weights.sum()}
    return joined(text for text, want in choices.items() if close(value, want))


def weights_only_positives(row: Row) -> bool:
    """另有一种权重，只乘在 t ln p 那一项上；标签不是 0 与 1 时也是。"""
    if row.positively_weighted is None:
        return False
    labels = 0.1 + 0.7 * YES
    value = run(row.positively_weighted, labels, prediction_for(row), 3.0)
    return close(value, -(3 * labels * np.log(P) + (1 - labels) * np.log1p(-P)).mean())


def smoothing(row: Row) -> str:
    """标签平滑的定义。"""
    if row.smoothed is None:
        return NONE
    value = run(row.smoothed, label_for(row), prediction_for(row), EPSILON)
    if row.is_binary:
        halves = (1 - EPSILON) * YES + EPSILON / 2
        choices = {"(1−ε)t + ε/2": binary_cross_entropies(halves, P).mean()}
    else:
        spread = (1 - EPSILON) * ONE_HOT + EPSILON / 4
        choices = {"(1−ε)t + ε/K": cross_entropies(spread, P).mean()}
    return joined(text for text, want in choices.items() if close(value, want))


def ignoring(row: Row) -> str:
    """忽略一个样本之后，平均除以什么。"""
    if row.ignoring is None:
        return NONE
    value = run(row.ignoring, label_for(row), prediction_for(row))
    if value is None:
        return "报错"
    kept = cross_entropies(ONE_HOT, P)[0]
    choices = {"只对留下的平均": kept, "仍除以样本数": kept / 2}
    return joined(text for text, want in choices.items() if close(value, want))


def class_axis(row: Row) -> str:
    """预测是三维时（如一段文字，每个位置一次分类），类别在哪一轴。"""
    if row.is_binary:
        return "—"
    found = []
    for text, axis in {"最后一轴": -1, "第二轴": 1}.items():
        prediction = np.moveaxis(np.stack([prediction_for(row), prediction_for(row)]), -1, axis)
        label = np.stack([label_for(row)] * 2)
        if label.ndim == 3:
            label = np.moveaxis(label, -1, axis)
        value = run(row.function, *in_order(row, label, prediction))
        want = reductions(np.stack([cross_entropies(ONE_HOT, P)] * 2))
        found += [text for loss in want.values() if close(value, loss)]
    return joined(found) or "只收 (N, K)"


def options(row: Row) -> list[str]:
    """表 6.2 的一行。"""
    return [averaged_over(row), class_axis(row), weighted_by(row), smoothing(row), ignoring(row)]


def hidden_options(row: Row) -> set[str]:
    """说“没有”、参数里却有的功能；应当是空的。"""
    words = {
        "weight": row.weighted,
        "smooth": row.smoothed,
        "ignore": row.ignoring,
        "where": row.ignoring,
        "mask": row.ignoring,
    }
    return {
        name
        for word, probe in words.items()
        for name in row.parameters
        if probe is None and word in name
    }


def surprised(row: Row, prediction: np.ndarray) -> str:
    """真实类别是第一个，预测是 ``prediction`` 时的损失。"""
    label = np.array([[1, 0, 0, 0]], dtype=prediction.dtype)
    if row.is_binary:
        label, prediction = label[:, :1], prediction[:, :1]
    elif label_for(row).ndim == 1:
        label = np.array([0])
    return number(run(row.function, *in_order(row, label, prediction)).sum())


def outside(row: Row) -> str:
    """一共四类，第二个样本的标签却是 4，或者 -1：它的损失成了多少。"""
    if label_for(row).ndim != 1:
        return "—"
    found = [outsider(row, label) for label in (4, -1)]
    return "报错" if found == ["报错"] * 2 else "，".join(found)


def outsider(row: Row, label: int) -> str:
    """标签 ``label`` 不在 0 到 3 之间的那个样本的损失。"""
    prediction = prediction_for(row)
    first = cross_entropies(ONE_HOT, P)[0]
    value = run(row.function, *in_order(row, np.array([0, label]), prediction))
    if value is None:
        return "报错"
    second = value[1] if value.ndim == 1 else 2 * value - first
    if label < 0 and close(second, cross_entropies(np.eye(4)[label], P[1])):
        return "按 3 算"
    return number(round(second, 2) + 0.0)  # 不写成 -0.00


def extremes(row: Row) -> list[str]:
    """表 6.3 的一行：概率为 0 时、logits 差 1000 时、排除一类时、标签超出范围时的损失。"""
    return [*extreme_predictions(row), outside(row)]


def extreme_predictions(row: Row) -> list[str]:
    """概率为 0 时的损失（float64、float32），logits 差 1000 时，排除一类时。"""
    if works_with(row, "logits"):
        far = surprised(row, np.array([[-1000.0, 0.0, -1000.0, -1000.0]]))
        # 四类里排除了一类，其余三类一样：应当是 ln 3
        excluded = np.array([[0.0, 0.0, 0.0, -np.inf]])
        return ["—", "—", far, "—" if row.is_binary else surprised(row, excluded)]
    zeros = np.array([[0.0, 1.0, 0.0, 0.0]])
    if works_with(row, "对数概率"):
        with np.errstate(divide="ignore"):
            zeros = np.log(zeros)
    return [*(surprised(row, zeros.astype(dtype)) for dtype in (np.float64, np.float32)), "—", "—"]


def number(value: float) -> str:
    """表里的写法。"""
    return "∞" if np.isposinf(value) else f"{value:.2f}".removesuffix(".00")


TABLES = {"输入": inputs, "选项": options, "极端": extremes}


def measure(rows: Iterable[Row]) -> dict[str, dict[str, list[str]]]:
    """各张表的各行；“说没有、其实有”的功能，应当都是空的；另有只给正类加权的几行。"""
    found = {table: {row.name: probe(row) for row in rows} for table, probe in TABLES.items()}
    return {
        **found,
        "漏掉": {row.name: sorted(hidden_options(row)) for row in rows},
        "只给正类加权": {row.name: weights_only_positives(row) for row in rows},
    }
