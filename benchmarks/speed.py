"""速度与内存：同一个进程里轮流计时，取成对之比的中位数；检查输入的时间都算在内。"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import lib
from lib._blocks import Workspace, for_each_block

ROUNDS = 9
REST = 0.25  # 秒；别家的线程池算完以后还要空转一阵，等它停下，免得占着下一家的核
TINY_CALLS = 3000
ROOT = Path(__file__).resolve().parent.parent
SHAPES = ((65536, 1000), (1_000_000, 10), (512, 131072))
SIGMOID_SIZE = 10_000_000
GROWTH = [(n, 100) for n in (10, 100, 1000, 10_000, 100_000)]
SCALE = 3.0  # logits 的标准差


@dataclass(frozen=True)
class Workload:
    """一项任务：lib 与各家怎样做，要快几倍。"""

    name: str
    calls: dict[str, Callable[[], object]]  # 第一个是 lib
    targets: dict[str, float]  # 对谁，至少快几倍


def timed_in_turn(
    calls: dict[str, Callable[[], object]], rounds: int, rest: float = 0.0
) -> dict[str, list[float]]:
    """轮流各做 `rounds` 遍，返回每遍的秒数；先各做一遍热身，每遍之前歇 `rest` 秒。"""
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            time.sleep(rest)
            started = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - started)
    return times


def measure(work: Workload, rounds: int = ROUNDS, rest: float = REST) -> dict:
    """一项任务的结果：各家的中位时间，以及与 lib 成对之比的中位数。"""
    times = timed_in_turn(work.calls, rounds, rest)
    ours = next(iter(times.values()))
    return {
        "name": work.name,
        "milliseconds": {name: 1e3 * float(np.median(t)) for name, t in times.items()},
        "ratios": {
            name: float(np.median(np.divide(t, ours))) for name, t in times.items() if t is not ours
        },
        "targets": work.targets,
    }


def logits(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    z = np.random.default_rng(5).standard_normal(shape, dtype=dtype)
    return np.multiply(z, dtype(SCALE), out=z)


def limit_of(z: np.ndarray) -> dict[str, Callable[[], object]]:
    """NumPy 的写法省不掉的两样：把数据读一遍，把每个元素的指数求一遍；分块与线程和 lib 一样。"""

    def read(block: slice, workspace: Workspace) -> None:
        z[block].max()

    def exponentials(block: slice, workspace: Workspace) -> None:
        part = z[block]
        np.exp(part, out=workspace.empty("e", part.shape, part.dtype))

    row = z[:1].nbytes
    return {
        "读一遍": lambda: for_each_block(read, len(z), row),
        "每个元素求一次 exp": lambda: for_each_block(exponentials, len(z), row),
    }


def softmax_workloads() -> Iterator[Workload]:
    import keras
    import torch
    from scipy import special
    from sklearn.metrics import log_loss

    cross_entropy = torch.nn.functional.cross_entropy
    for samples, classes in SHAPES:
        for dtype in (np.float32, np.float64):
            z = logits((samples, classes), dtype)
            labels = np.random.default_rng(6).integers(0, classes, samples)
            z_torch, labels_torch = torch.from_numpy(z), torch.from_numpy(labels)
            leaf = torch.from_numpy(z).requires_grad_(True)
            title = f"({samples}, {classes}) {np.dtype(dtype).name}"

            def scipy_loss(z: np.ndarray = z, labels: np.ndarray = labels) -> np.ndarray:
                return -special.log_softmax(z, axis=-1)[np.arange(len(labels)), labels].mean()

            def keras_loss(z: np.ndarray = z, labels: np.ndarray = labels) -> np.ndarray:
                loss = keras.losses.sparse_categorical_crossentropy
                return np.asarray(loss(labels, z, from_logits=True)).mean()

            def sklearn_loss(z: np.ndarray = z, labels: np.ndarray = labels) -> float:
                return log_loss(labels, special.softmax(z, axis=-1), labels=np.arange(z.shape[1]))

            def backward(leaf=leaf, labels=labels_torch) -> None:
                leaf.grad = None
                cross_entropy(leaf, labels).backward()

            big_target = 2.0 if classes == 1000 else 3.0
            calls = {
                "lib": lambda z=z, y=labels: lib.softmax_cross_entropy(y, z),
                "PyTorch": lambda z=z_torch, y=labels_torch: cross_entropy(z, y),
                "SciPy": scipy_loss,
                "Keras": keras_loss,
            }
            if classes == 10:  # 类别再多，它要的内存与时间都太大
                calls["scikit-learn"] = sklearn_loss
            targets = {"PyTorch": big_target} | ({"SciPy": 3.0} if classes == 1000 else {})
            yield Workload(f"softmax_cross_entropy {title}", calls | limit_of(z), targets)
            yield Workload(
                f"softmax_cross_entropy_value_and_grad {title}",
                {
                    "lib": lambda z=z, y=labels: lib.softmax_cross_entropy_value_and_grad(y, z),
                    "PyTorch": backward,
                },
                {"PyTorch": 3.0},
            )


def sigmoid_workloads() -> Iterator[Workload]:
    import torch

    loss = torch.nn.functional.binary_cross_entropy_with_logits
    for dtype in (np.float32, np.float64):
        z = logits((SIGMOID_SIZE,), dtype)
        t = np.random.default_rng(7).integers(0, 2, SIGMOID_SIZE).astype(dtype)
        z_torch, t_torch = torch.from_numpy(z), torch.from_numpy(t)
        yield Workload(
            f"sigmoid_cross_entropy (10000000,) {np.dtype(dtype).name}",
            {
                "lib": lambda z=z, t=t: lib.sigmoid_cross_entropy(t, z),
                "PyTorch": lambda z=z_torch, t=t_torch: loss(z, t),
            },
            {"PyTorch": 3.0},
        )


def tiny_workload() -> Workload:
    """四类的一次调用；SciPy 的 log_softmax 不检查输入。目标：不慢于它的 1.5 倍。"""
    from scipy import special

    z = np.array([3.2, 1.3, 0.2, 0.8])

    def repeat(call: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(TINY_CALLS):
                call()

        return run

    return Workload(
        f"四类的一次调用 × {TINY_CALLS}",
        {
            "lib": repeat(lambda: lib.softmax_cross_entropy(0, z)),
            "SciPy": repeat(lambda: special.log_softmax(z)),
        },
        {"SciPy": 1 / 1.5},
    )


def growth() -> list[dict]:
    """时间随 N·K 的增长，跨四个数量级。"""
    rows = []
    for shape in GROWTH:
        z = logits(shape, np.float32)
        labels = np.zeros(shape[0], dtype=int)
        calls = {"lib": lambda z=z, y=labels: lib.softmax_cross_entropy(y, z)}
        times = timed_in_turn(calls, 25)["lib"]
        rows.append({"elements": math.prod(shape), "milliseconds": 1e3 * float(np.median(times))})
    return rows


def extra_memory() -> list[dict]:
    """除输入与输出以外的峰值内存，随样本数怎样变。"""
    rows = []
    for samples in (10_000, 100_000, 1_000_000):
        z = logits((samples, 10), np.float32)
        labels = np.zeros(samples, dtype=int)
        for function in (lib.softmax_cross_entropy, lib.softmax_cross_entropy_value_and_grad):
            tracemalloc.start()
            result = function(labels, z)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            parts = result if isinstance(result, tuple) else (result,)
            outputs = sum(part.nbytes for part in parts)
            rows.append(
                {
                    "function": function.__name__,
                    "samples": samples,
                    "mebibytes": (peak - outputs) / 2**20,
                }
            )
    return rows


def import_time() -> dict:
    """``import lib`` 与 ``import numpy``：各开一个新进程，轮流，取成对之比的中位数。"""

    def start(module: str) -> Callable[[], object]:
        command = [sys.executable, "-c", f"import {module}"]
        # 编译好的字节码要能存下来，与平常使用时一样。
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return lambda: subprocess.run(command, check=True, cwd=ROOT, env=environment)

    work = Workload("import", {"lib": start("lib"), "numpy": start("numpy")}, {})
    result = measure(work, rounds=25, rest=0.0)
    return {"milliseconds": result["milliseconds"], "ratio": 1 / result["ratios"]["numpy"]}
