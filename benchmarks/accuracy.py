"""精度：每个函数在 `grids` 的全部输入上最坏的误差，以“精确结果的末位单位”计，连同造成它的输入。

精确值由 `reference` 用 mpmath 求；允许的误差照第 4 期的约定：u 是末位单位，d 是结果所系的那一项
离最大项的距离，K 是类别数。
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks import grids, reference

DIGITS_FOR_MANY = 60


@dataclass(frozen=True)
class Case:
    """一次调用：参数、每个结果的精确值、各允许几个末位单位。"""

    function: str
    arguments: tuple[np.ndarray, ...]
    exact: list
    allowed: np.ndarray
    scale: list | None = None  # 末位单位取自哪里；默认就是精确值


@dataclass
class Worst:
    """最坏的一次。"""

    error: float = 0.0  # 末位单位
    ratio: float = 0.0  # 与允许的误差之比
    arguments: str = ""

    def update(self, error: float, allowed: float, arguments: tuple) -> None:
        if error / allowed > self.ratio or not self.arguments:
            self.error, self.ratio = error, error / allowed
            self.arguments = describe(arguments)


def describe(arguments: tuple[np.ndarray, ...]) -> str:
    """参数的写法：短的一位不少，可以抄进程序；长的只写头尾。"""
    shown = [
        np.array2string(np.asarray(a), threshold=4, edgeitems=1, separator=", ", floatmode="unique")
        for a in arguments
    ]
    return ", ".join(" ".join(text.split()) for text in shown)


def distances(z: np.ndarray) -> np.ndarray:
    """每个结果所系的那一项离最大项多远。最大项自己系于第二大的项。"""
    z = z.astype(np.float64)
    d = np.where(np.isinf(z), 0.0, z.max() - z)
    if z.size > 1:
        first, second = np.sort(np.where(np.isinf(z), z.max() - 800, z))[-1:-3:-1]
        d[z.argmax()] = min(first - second, 800)
    return d


def label_distance(z: np.ndarray, label: int) -> float:
    """损失所系的那一项离最大项多远；标签不是最大项时损失不小，没有条件数可言。"""
    others = np.delete(z.astype(np.float64), label)
    if others.size and z[label] >= others.max():
        return min(float(z[label]) - others.max(), 800)
    return 0.0


def softmax_cases(dtype: type) -> Iterator[Case]:
    for z in grids.logit_rows(dtype):
        base = 4 + np.log2(z.size)
        allowed = base + distances(z)
        logs = reference.log_softmax(z)
        yield Case("log_softmax", (z,), logs, allowed)
        probabilities = reference.softmax(z)
        yield Case("softmax", (z,), probabilities, allowed)
        for label in sorted({0, z.size - 1, int(z.argmax())}):
            limit = np.array([base + label_distance(z, label)])
            loss = reference.negative(logs[label])
            yield Case("softmax_cross_entropy", (np.array(label), z), [loss], limit)
            hard = np.zeros(z.size, dtype)
            hard[label] = 1
            exact = reference.softmax_gradient(hard, z)
            scale = [max(float(p), t) for p, t in zip(probabilities, hard, strict=True)]
            yield Case("softmax_gradient", (np.array(label), z), exact, allowed, scale)
        if np.isfinite(z).all():
            for t in grids.soft_targets(z):
                exact = [reference.softmax_cross_entropy(t, z)]
                yield Case("softmax_cross_entropy", (t, z), exact, allowed.max(keepdims=True))


def logsumexp_cases(dtype: type) -> Iterator[Case]:
    # 没有扩展精度的平台（Windows、苹果的芯片）上，float64 的相抵修不回来，见 `lib.logsumexp`。
    is_extended = np.finfo(np.longdouble).eps < np.finfo(np.float64).eps
    cancelling = grids.near_normalised_rows(dtype) if is_extended else []
    for z in (*grids.logit_rows(dtype), *cancelling):
        exact = reference.logsumexp(z)
        if abs(exact) > 1e-3:
            yield Case("logsumexp", (z,), [exact], np.array([4 + np.log2(z.size)]))


def many_class_cases(dtype: type) -> Iterator[Case]:
    z = grids.many_classes(dtype)
    allowed = np.array([4 + np.log2(z.size)])
    total = reference.logsumexp(z, digits=DIGITS_FOR_MANY)
    yield Case("logsumexp", (z,), [total], allowed)
    for label in (int(z.argmax()), int(z.argmin()), 0):
        exact = reference.difference(total, z[label])
        yield Case("softmax_cross_entropy", (np.array(label), z), [exact], allowed)


def sigmoid_cases(dtype: type) -> Iterator[Case]:
    four = np.array([4.0])
    for z in grids.scalar_logits(dtype):
        z = np.asarray(z)
        yield Case("sigmoid", (z,), [reference.sigmoid(z)], four)
        log = reference.negative(reference.sigmoid_cross_entropy(1, z))
        yield Case("log_sigmoid", (z,), [log], four)
        for t in (0.0, 1.0, 0.3):
            t = np.asarray(t, dtype)
            exact = reference.sigmoid_cross_entropy(t, z)
            yield Case("sigmoid_cross_entropy", (t, z), [exact], four)
            gradient = reference.sigmoid_gradient(t, z)
            scale = [max(float(reference.sigmoid(z)), float(t))]
            yield Case("sigmoid_gradient", (t, z), [gradient], np.array([5.0]), scale)


def information_cases(dtype: type) -> Iterator[Case]:
    rows = grids.distributions(dtype)
    for p in rows:
        allowed = np.array([4 + np.log2(p.size)])
        yield Case("entropy", (p,), [reference.cross_entropy(p, p)], allowed)
        partners = [t for t in rows if t.size == p.size][-2:]
        for t in partners:
            exact = reference.cross_entropy(t, p)
            yield Case("cross_entropy", (t, p), [exact], allowed)
            yield Case("categorical_cross_entropy", (t, p), [exact], allowed)
        label = np.array(int(p.argmin()))
        exact = reference.cross_entropy([1], [p[label]])
        yield Case("sparse_categorical_cross_entropy", (label, p), [exact], allowed)
    for p in grids.probabilities(dtype):
        for t in (0.0, 1.0, 0.3):
            t, p = np.asarray(t, dtype), np.asarray(p)
            exact = reference.binary_cross_entropy(t, p)
            yield Case("binary_cross_entropy", (t, p), [exact], np.array([5.0]))


def divergence_cases(dtype: type) -> Iterator[Case]:
    """允许相对误差 1e-10（float64），折成末位单位。"""
    for t, p in grids.nearly_equal_pairs(dtype):
        exact = reference.kl_divergence(t, p)
        if exact >= 1e-5:
            units = 1e-10 * float(exact) / np.spacing(float(exact))
            yield Case("kl_divergence", (t, p), [exact], np.array([units]))


def cases(dtype: type) -> Iterator[Case]:
    """全部。float32 的概率加起来只在 1e-7 以内等于 1，相对熵没有那么多位可言，只看 float64。"""
    yield from softmax_cases(dtype)
    yield from logsumexp_cases(dtype)
    yield from many_class_cases(dtype)
    yield from sigmoid_cases(dtype)
    yield from information_cases(dtype)
    if dtype == np.float64:
        yield from divergence_cases(dtype)


def errors(case: Case, call: Callable[..., np.ndarray | None]) -> list[float]:
    """一次调用里每个结果的误差；nan 算作无穷，这一家不收这种输入（None）就不算。"""
    results = call(*case.arguments)
    if results is None:
        return []
    scales = case.scale or [None] * len(case.exact)
    return [
        np.inf if np.isnan(result) else reference.ulps(result, exact, scale)
        for result, exact, scale in zip(np.atleast_1d(results), case.exact, scales, strict=True)
    ]


def measure(library: dict[str, Callable], some: list[Case]) -> dict[str, Worst]:
    """`library` 有的每个函数在这些情形下的最坏误差。"""
    found: dict[str, Worst] = {}
    for case in some:
        if call := library.get(case.function):
            worst = found.setdefault(case.function, Worst())
            allowed = np.broadcast_to(case.allowed, len(case.exact))
            for error, limit in zip(errors(case, call), allowed, strict=False):
                worst.update(error, limit, case.arguments)
    return found


GAPS = tuple(range(0, 101, 4))


def tiny_loss_errors(contestants: dict[str, dict[str, Callable]], dtype: type) -> dict:
    """标签领先 `GAPS` 时，各家算出的损失的相对误差；1 表示一位也不剩，例如算成了 0。"""
    errors_of: dict[str, list[float]] = {}
    for name, library in contestants.items():
        if loss := library.get("softmax_cross_entropy"):
            errors_of[name] = []
            for gap in GAPS:
                z = np.array([gap, 0, 0, 0], dtype=dtype)
                exact = reference.negative(reference.log_softmax(z)[0])
                actual = float(np.squeeze(loss(np.array(0), z)))
                errors_of[name].append(reference.relative_error(actual, exact))
    return {"dtype": np.dtype(dtype).name, "gaps": list(GAPS), "errors": errors_of}
