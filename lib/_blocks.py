"""把许多样本分成缓存装得下的小块，由几个线程一起算。

分块只由形状决定，各块的结果按次序合起来，所以结果与线程数无关；
每个线程手里只有一块，所以用的内存与样本数无关。
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from ._arrays import as_float64, as_rows, result_dtype
from ._numerics import finish, quiet

Result = TypeVar("Result")

BLOCK_BYTES = 2**21  # 再小，线程之间交接 Python 的锁就比计算还慢；再大，缓存装不下
MOST_THREADS = 3  # 再多，内存超过 16 MiB，而 Python 的锁也不让它们更快
WORTH_A_THREAD = 2**20  # 一个线程分到的字节再少，开它就不划算
PLAIN_BYTES = 32  # 照公式算时每个元素要的字节：float64，同时约有四份中间结果


class Workspace:
    """一个线程反复使用的中间结果。

    每一块都重新申请的话，系统把新的内存页清零的时间抵得上计算。
    """

    def __init__(self) -> None:
        self._buffers: dict[str, np.ndarray] = {}

    def empty(self, name: str, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        """名为 `name` 的数组，内容不定；下一块还会用同一片内存。"""
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[name] = np.empty(size, dtype)
        return buffer[:size].reshape(shape)


def map_elements(compute: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """逐个元素计算，结果与 `x` 同形。`compute` 拿到的是 float64。"""
    out = np.empty(x.size, result_dtype(x))
    return finish(compute_rows(compute, (x.reshape(-1),), out).reshape(x.shape), out.dtype)


def map_classes(
    compute: Callable[[np.ndarray], np.ndarray], x: np.ndarray, axis: int
) -> np.ndarray:
    """逐行计算，结果与 `x` 同形；`axis` 是类别轴。`compute` 拿到的是 (N, K) 的 float64。"""
    rows, shape = as_rows(x, axis), np.moveaxis(x, axis, -1).shape
    out = compute_rows(compute, (rows,), np.empty(rows.shape, result_dtype(x)))
    return np.moveaxis(out.reshape(shape), -1, axis)


def reduce_classes(
    compute: Callable[..., np.ndarray], arrays: tuple[np.ndarray, ...], axis: int, dtype: np.dtype
) -> np.ndarray:
    """每一行得到一个数；`arrays` 除类别轴 `axis` 外按 NumPy 的规则广播。"""
    arrays = np.broadcast_arrays(*(np.moveaxis(array, axis, -1) for array in arrays))
    shape = arrays[0].shape[:-1]
    out = np.empty(math.prod(shape), dtype)
    rows = tuple(map(as_rows, arrays))
    return finish(compute_rows(compute, rows, out).reshape(shape), dtype)


def compute_rows(
    compute: Callable[..., np.ndarray], rows: tuple[np.ndarray, ...], out: np.ndarray
) -> np.ndarray:
    """``out[j] = compute(rows[0][j], …)``，逐块计算；`compute` 拿到的是 float64。"""

    def fill(block: slice, workspace: Workspace) -> None:
        out[block] = compute(*(as_float64(array[block]) for array in rows))

    for_each_block(fill, len(out), PLAIN_BYTES * rows[0][:1].size)
    return out


def for_each_block(
    compute: Callable[[slice, Workspace], Result], samples: int, sample_bytes: int
) -> list[Result]:
    """对每一块样本调用 `compute`（在 `quiet` 里），结果按块的次序列出。

    `sample_bytes` 是一个样本连同中间结果占的内存。
    """
    step = max(1, BLOCK_BYTES // max(1, sample_bytes))
    blocks = [slice(start, min(start + step, samples)) for start in range(0, samples, step)]
    threads = min(len(blocks), samples * sample_bytes // WORTH_A_THREAD)
    if threads > 1:
        threads = min(threads, available_cpus(), MOST_THREADS)
    if threads <= 1:
        workspace = Workspace()
        with quiet():
            return [compute(block, workspace) for block in blocks]
    return compute_in_threads(compute, blocks, threads)


def compute_in_threads(
    compute: Callable[[slice, Workspace], Result], blocks: list[slice], threads: int
) -> list[Result]:
    """几个线程从同一个队列里取块来算，谁空了谁取。NumPy 计算时放开 Python 的锁。"""
    from concurrent.futures import ThreadPoolExecutor  # 用到才导入，import lib 才快

    results: list = [None] * len(blocks)
    waiting = deque(enumerate(blocks))

    @quiet()  # 每个线程各有一份 NumPy 的警告设置
    def work(_: int) -> None:
        workspace = Workspace()
        while True:
            try:
                place, block = waiting.popleft()
            except IndexError:
                return
            try:
                results[place] = compute(block, workspace)
            except BaseException:
                waiting.clear()  # 一块算不成，其余的也不必算了
                raise

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    return results


def available_cpus() -> int:
    """这个进程可以用的处理器个数。"""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
