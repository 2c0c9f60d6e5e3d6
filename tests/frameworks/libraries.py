"""第 6 章三张表的各行：每个库的每个函数一行。"""

from __future__ import annotations

import inspect
import os

import numpy as np

from tests.frameworks.probes import ELEMENT_WEIGHTS, LABELS, Row

os.environ.setdefault("KERAS_BACKEND", "jax")


def parameters(*functions: object) -> frozenset[str]:
    """这些函数的全部参数名。"""
    return frozenset(name for f in functions for name in inspect.signature(f).parameters)


def lib_rows() -> list[Row]:
    import lib

    def row(function, **options):
        return Row(
            f"`lib.{function.__name__}`",
            function,
            parameters(function),
            each=lambda t, p: function(t, p, reduction="none"),
            **options,
        )

    def smooth(t, epsilon):
        labels = t if t.ndim == 1 else t.argmax(axis=-1)
        return lib.smooth_labels(labels, 4, epsilon)

    def smoothed(function):
        return lambda t, p, e: function(smooth(t, e), p)

    dense, fused = lib.categorical_cross_entropy, lib.softmax_cross_entropy
    return [
        row(dense, smoothed=smoothed(dense)),
        row(lib.sparse_categorical_cross_entropy),
        row(lib.binary_cross_entropy, is_binary=True),
        row(fused, smoothed=smoothed(fused)),
        row(lib.sigmoid_cross_entropy, is_binary=True),
    ]


def keras_rows() -> list[Row]:
    rows = [row for from_logits in (False, True) for row in keras_rows_from(from_logits)]
    return sorted(rows, key=lambda row: row.name.partition("(")[0])


def keras_rows_from(from_logits: bool) -> list[Row]:
    """Keras 的三个损失；由概率算，或由 logits 算。"""
    from keras.losses import (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
    )

    def row(loss, **options):
        def make(**extra):
            return loss(from_logits=from_logits, **extra)

        return Row(
            f"`{loss.__name__}(from_logits={from_logits})`",
            make(),
            parameters(loss, loss.__call__),
            each=lambda t, p: make(reduction=None)(t, p),
            weighted=lambda t, p, w: make()(t, p, sample_weight=w),
            **options,
        )

    def smoothed(loss):
        return lambda t, p, e: loss(from_logits=from_logits, label_smoothing=e)(t, p)

    def ignoring(t, p):
        loss = SparseCategoricalCrossentropy(from_logits=from_logits, ignore_class=-1)
        return loss(np.array([t[0], -1]), p)

    return [
        row(CategoricalCrossentropy, smoothed=smoothed(CategoricalCrossentropy)),
        row(SparseCategoricalCrossentropy, ignoring=ignoring),
        row(BinaryCrossentropy, is_binary=True, smoothed=smoothed(BinaryCrossentropy)),
    ]


def sklearn_rows() -> list[Row]:
    from sklearn.metrics import log_loss

    classes = range(4)
    return [
        Row(
            "`log_loss` 整数标签",
            lambda t, p: log_loss(t, p, labels=classes),
            parameters(log_loss),
            labels="整数",
            weighted=lambda t, p, w: log_loss(t, p, labels=classes, sample_weight=w),
        ),
        Row(
            "`log_loss` one-hot 标签",
            log_loss,
            parameters(log_loss),
            labels="(N, K)",
            weighted=lambda t, p, w: log_loss(t, p, sample_weight=w),
        ),
    ]


def scipy_rows() -> list[Row]:
    from scipy.special import entr, rel_entr

    def cross_entropies(t, p):
        return (entr(t) + rel_entr(t, p)).sum(axis=-1)

    return [
        Row(
            "`entr(t) + rel_entr(t, p)` 再求和",
            cross_entropies,
            frozenset(),
            each=cross_entropies,
        )
    ]


def optax_rows() -> list[Row]:
    import optax

    dense, sparse = optax.softmax_cross_entropy, optax.softmax_cross_entropy_with_integer_labels
    binary = optax.sigmoid_binary_cross_entropy
    kept = np.array([True, False])  # 第二个样本不要
    return [
        Row(
            "`softmax_cross_entropy`",
            dense,
            parameters(dense),
            each=lambda t, z: dense(z, t),
            smoothed=lambda t, z, e: dense(z, optax.smooth_labels(t, e)).mean(),
            ignoring=lambda t, z: dense(z, t, where=kept).mean(),
        ),
        Row(
            "`softmax_cross_entropy_with_integer_labels`",
            sparse,
            parameters(sparse),
            each=lambda t, z: sparse(z, t),
            ignoring=lambda t, z: sparse(z, t, where=kept).mean(),
        ),
        Row(
            "`sigmoid_binary_cross_entropy`",
            binary,
            parameters(binary),
            is_binary=True,
            each=lambda t, z: binary(z, t),
        ),
    ]


def torch_rows() -> list[Row]:
    import torch
    from torch.nn import functional as F  # noqa: N812

    tensor = torch.as_tensor
    dense, nll = F.cross_entropy, F.nll_loss

    def each(function):
        return lambda t, p: function(tensor(p), tensor(t), reduction="none")

    def class_weighted(function):
        weight = torch.ones(4, dtype=torch.float64)

        def call(t, p, w):
            weight[LABELS] = tensor(w)
            return function(tensor(p), tensor(t), weight=weight)

        return call

    def ignoring(function):
        def call(t, p):
            labels = tensor(np.array([t[0], -100])) if t.ndim == 1 else tensor(t)
            return function(tensor(p), labels, ignore_index=-100 if t.ndim == 1 else 1)

        return call

    def element_weighted(function):
        return lambda t, p, w: function(tensor(p), tensor(t), weight=tensor(w))

    def positively_weighted(t, z, weight):
        options = {"pos_weight": tensor(weight)}
        return F.binary_cross_entropy_with_logits(tensor(z), tensor(t), **options)

    def binary(function, **options):
        return Row(
            f"`{function.__name__}`",
            function,
            parameters(function),
            tensor,
            is_binary=True,
            each=each(function),
            weighted=element_weighted(function),
            weights=ELEMENT_WEIGHTS,
            **options,
        )

    def many(name, function, labels, **options):
        return Row(
            name,
            function,
            parameters(function),
            tensor,
            labels=labels,
            each=each(function),
            weighted=class_weighted(function),
            ignoring=ignoring(function),
            **options,
        )

    def smoothed(t, p, e):
        return dense(tensor(p), tensor(t), label_smoothing=e)

    return [
        many("`cross_entropy` 整数标签", dense, "整数", smoothed=smoothed),
        many("`cross_entropy` 分布标签", dense, "(N, K)", smoothed=smoothed),
        many("`nll_loss`", nll, ""),
        binary(F.binary_cross_entropy),
        binary(F.binary_cross_entropy_with_logits, positively_weighted=positively_weighted),
    ]


LIBRARIES = {
    "lib": lib_rows,
    "Keras": keras_rows,
    "scikit-learn": sklearn_rows,
    "SciPy": scipy_rows,
    "optax": optax_rows,
    "PyTorch": torch_rows,
}
