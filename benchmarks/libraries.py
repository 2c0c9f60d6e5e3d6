"""同一个函数在各家库里怎样调用。没有的不列；装不上的整家不列。

参数与 `accuracy.Case` 一致：标签（整数下标或分布）在前，logits 或概率在后，都是一个样本；
结果以奈特计。
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import version

import numpy as np

import lib

Library = dict[str, Callable[..., np.ndarray]]

BATCH = 2**13  # 成批调用时凑够的元素个数：lib 在这个大小走快算法

LIB: Library = {
    "log_softmax": lib.log_softmax,
    "softmax": lib.softmax,
    "logsumexp": lib.logsumexp,
    "softmax_cross_entropy": lib.softmax_cross_entropy,
    "softmax_gradient": lambda t, z: lib.softmax_cross_entropy_value_and_grad(t, z)[1],
    "sigmoid": lib.sigmoid,
    "log_sigmoid": lib.log_sigmoid,
    "sigmoid_cross_entropy": lib.sigmoid_cross_entropy,
    "sigmoid_gradient": lambda t, z: lib.sigmoid_cross_entropy_value_and_grad(t, z)[1],
    "entropy": lambda p: lib.entropy(p, base=np.e),
    "cross_entropy": lambda t, p: lib.cross_entropy(t, p, base=np.e),
    "categorical_cross_entropy": lib.categorical_cross_entropy,
    "sparse_categorical_cross_entropy": lib.sparse_categorical_cross_entropy,
    "binary_cross_entropy": lib.binary_cross_entropy,
    "kl_divergence": lambda t, p: lib.kl_divergence(t, p, base=np.e),
}


def in_batches() -> Library:
    """lib 的函数，一次算许多个相同的样本，取第一个：由此走快算法。"""

    def batched(call: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        return lambda *arguments: np.atleast_1d(call(*in_a_batch(arguments)))[0]

    each = {"reduction": "none"}
    return {
        "softmax_cross_entropy": batched(lambda t, z: lib.softmax_cross_entropy(t, z, **each)),
        "softmax_gradient": batched(
            lambda t, z: lib.softmax_cross_entropy_value_and_grad(t, z, **each)[1]
        ),
        "sigmoid_cross_entropy": batched(lambda t, z: lib.sigmoid_cross_entropy(t, z, **each)),
        "sigmoid_gradient": batched(
            lambda t, z: lib.sigmoid_cross_entropy_value_and_grad(t, z, **each)[1]
        ),
    }


def in_a_batch(arguments: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """同一个样本重复许多遍。"""
    times = BATCH // arguments[-1].size + 1
    return tuple(np.broadcast_to(a, (times, *np.shape(a))).copy() for a in arguments)


def scipy_library() -> Library:
    from scipy import special

    return {
        "log_softmax": special.log_softmax,
        "softmax": special.softmax,
        "logsumexp": special.logsumexp,
        "softmax_cross_entropy": lambda t, z: _pick(t, -special.log_softmax(z)),
        "sigmoid": special.expit,
        "log_sigmoid": special.log_expit,
        "entropy": lambda p: special.entr(p).sum(),
        "kl_divergence": lambda t, p: special.rel_entr(t, p).sum(),
    }


def _pick(t: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """−Σ t ln p；标签是下标时只取一项。"""
    if t.ndim == 0:
        return costs[int(t)]
    return np.where(t > 0, t * costs, 0).sum(dtype=costs.dtype)


def sklearn_library() -> Library:
    from sklearn.metrics import log_loss

    def multiclass(t: np.ndarray, p: np.ndarray) -> np.ndarray:
        return p.dtype.type(log_loss([int(t)], p[np.newaxis], labels=np.arange(p.size)))

    def binary(t: np.ndarray, p: np.ndarray) -> np.ndarray | None:
        if t not in (0, 1):
            return None  # 它不收软标签
        return p.dtype.type(log_loss([int(t)], p[np.newaxis], labels=[0, 1]))

    return {"sparse_categorical_cross_entropy": multiclass, "binary_cross_entropy": binary}


def torch_library() -> Library:
    import torch
    from torch.nn import functional as F  # noqa: N812

    def on_tensors(call: Callable) -> Callable[..., np.ndarray]:
        return lambda *arguments: call(*map(torch.from_numpy, map(np.array, arguments))).numpy()

    def loss(t: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(z, t)

    def gradient(value: Callable) -> Callable:
        def compute(t: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
            z.requires_grad_(True)
            value(t, z).backward()
            return z.grad

        return compute

    def binary_loss(t: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return F.binary_cross_entropy_with_logits(z, t)

    calls = {
        "log_softmax": lambda z: F.log_softmax(z, -1),
        "softmax": lambda z: F.softmax(z, -1),
        "logsumexp": lambda z: torch.logsumexp(z, -1),
        "softmax_cross_entropy": loss,
        "softmax_gradient": gradient(loss),
        "sigmoid": torch.sigmoid,
        "log_sigmoid": F.logsigmoid,
        "sigmoid_cross_entropy": binary_loss,
        "sigmoid_gradient": gradient(binary_loss),
        "entropy": lambda p: torch.special.entr(p).sum(),
        "binary_cross_entropy": lambda t, p: F.binary_cross_entropy(p, t),
        "kl_divergence": lambda t, p: F.kl_div(p.log(), t, reduction="sum"),
    }
    return {name: on_tensors(call) for name, call in calls.items()}


def keras_library() -> Library:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    os.environ.setdefault("JAX_ENABLE_X64", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from keras import losses, ops

    def rows(call: Callable) -> Callable[..., np.ndarray]:
        """Keras 的损失收一批样本，返回每个样本的损失。"""

        def compute(t: np.ndarray, x: np.ndarray) -> np.ndarray:
            t = t if t.ndim else t.astype(x.dtype if x.ndim == 0 else int)
            return np.asarray(call(t[np.newaxis], np.atleast_1d(x)[np.newaxis]))[0]

        return compute

    def crossentropy(t: np.ndarray, z: np.ndarray, from_logits: bool) -> np.ndarray:
        sparse = losses.sparse_categorical_crossentropy
        dense = losses.categorical_crossentropy
        call = sparse if t.ndim == 1 else dense
        return call(t, z, from_logits=from_logits)

    def binary(t: np.ndarray, x: np.ndarray, from_logits: bool) -> np.ndarray:
        return losses.binary_crossentropy(t[:, np.newaxis], x, from_logits=from_logits)

    def one(call: Callable) -> Callable[..., np.ndarray]:
        return lambda x: np.asarray(call(np.asarray(x)))

    return {
        "log_softmax": one(ops.log_softmax),
        "softmax": one(ops.softmax),
        "logsumexp": one(lambda z: ops.logsumexp(z, axis=-1)),
        "softmax_cross_entropy": rows(lambda t, z: crossentropy(t, z, True)),
        "sigmoid": one(ops.sigmoid),
        "log_sigmoid": one(ops.log_sigmoid),
        "sigmoid_cross_entropy": rows(lambda t, z: binary(t, z, True)),
        "categorical_cross_entropy": rows(lambda t, p: crossentropy(t, p, False)),
        "sparse_categorical_cross_entropy": rows(lambda t, p: crossentropy(t, p, False)),
        "binary_cross_entropy": rows(lambda t, p: binary(t, p, False)),
    }


PEERS: dict[str, tuple[str, Callable[[], Library]]] = {
    "SciPy": ("scipy", scipy_library),
    "scikit-learn": ("scikit-learn", sklearn_library),
    "PyTorch": ("torch", torch_library),
    "Keras": ("keras", keras_library),
}


def peers() -> dict[str, Library]:
    """各家的函数。"""
    return {name: load() for name, (_, load) in PEERS.items()}


def versions() -> dict[str, str]:
    """各家的版本，NumPy 在内。"""
    packages = {"NumPy": "numpy", **{name: package for name, (package, _) in PEERS.items()}}
    packages["JAX（Keras 的后端）"] = "jax"
    return {name: version(package) for name, package in packages.items()}
