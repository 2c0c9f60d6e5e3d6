"""损失函数共用的后半段：逐块求出奈特数，换底，再求平均、求和或者原样返回。"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ._blocks import Workspace, for_each_block
from ._numerics import finish, quiet


class DoubtfulError(Exception):
    """快算法不能保证这一块算得对，要由照公式写的那一份来算。"""


def doubt_unless(condition: bool) -> None:
    if not condition:
        raise DoubtfulError


FAST_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))
FAST_FROM = 2**12  # 元素再少，就不必用快算法
FAST_BASE = 2  # 底再小，换底会把次正规数放大成看得见的误差


class Reduction(NamedTuple):
    """怎样把逐样本的损失（奈特）变成结果。"""

    shape: tuple[int, ...]  # 逐样本损失的形状
    kind: str  # "mean"、"sum" 或 "none"
    base: float
    dtype: np.dtype

    @property
    def samples(self) -> int:
        return math.prod(self.shape)

    @property
    def one_by_one(self) -> bool:
        """要每个样本各自的损失，而不只是总和。"""
        return self.kind == "none"

    @property
    def divisor(self) -> float:
        """梯度要除以它：换底的 ln b，求平均时再乘样本数。"""
        return math.log(self.base) * (self.samples if self.kind == "mean" else 1)

    def suits_fast(self, z: np.ndarray) -> bool:
        """快算法只收大批的 float32、float64，底是 2、e、10 这些。"""
        return z.size >= FAST_FROM and z.dtype in FAST_DTYPES and self.base >= FAST_BASE

    def check_some_samples(self) -> None:
        if self.kind == "mean" and self.samples == 0:
            raise ValueError(
                f"一个样本也没有（逐样本损失的形状是 {self.shape}），"
                "reduction = 'mean' 无法求平均。请检查输入是不是空的。"
            )

    def run(
        self, nats_of: Callable[[slice, Workspace], np.ndarray], sample_bytes: int
    ) -> np.ndarray:
        """归约。`nats_of` 给出一块样本的损失；不必 `one_by_one` 时，只要加起来对就行。

        总和用 float64 累加，再多的 float32 样本也不丢位数；先除后加，平均不会中途溢出。
        """
        losses = np.empty(self.samples if self.one_by_one else 0, dtype=self.dtype)

        def total_of(block: slice, workspace: Workspace) -> float:
            nats = nats_of(block, workspace)
            if self.one_by_one:
                losses[block] = nats / self.divisor
            return np.sum(np.divide(nats, self.divisor, dtype=np.float64))

        totals = for_each_block(total_of, self.samples, sample_bytes)
        if self.one_by_one:
            return finish(losses.reshape(self.shape), self.dtype)
        return finish(_sum(totals), self.dtype)

    def run_with_grad(
        self,
        losses_of: Callable[..., np.ndarray],
        t: np.ndarray,
        z: np.ndarray,
        with_grad: bool,
        sample_bytes: int,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """归约，并在 `with_grad` 时让 `losses_of` 把梯度写好。`t`、`z` 的第一轴是样本。"""
        grad = np.empty(z.shape, self.dtype) if with_grad else None

        def nats_of(block: slice, workspace: Workspace) -> np.ndarray:
            part = None if grad is None else grad[block]
            return losses_of(t[block], z[block], self, part, workspace)

        return self.run(nats_of, sample_bytes), grad


@quiet()
def _sum(totals: list[float]) -> np.ndarray:
    return np.sum(totals, dtype=np.float64)
