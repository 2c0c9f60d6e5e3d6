"""量的办法本身：误差数得对，时间与内存量得到。"""

from __future__ import annotations

import math
import time

import numpy as np

from benchmarks import accuracy, libraries, reference, speed


def test_ulps_counts_units_in_the_last_place():
    exact = reference.exact(1.0)
    assert reference.ulps(np.float64(1.0), exact) == 0
    assert reference.ulps(np.nextafter(1.0, 2), exact) == 1
    assert reference.ulps(np.nextafter(np.float32(1), np.float32(2)), exact) == 1
    assert reference.ulps(np.float64(0), exact) == 2**52
    assert reference.ulps(np.float64(np.inf), exact) == math.inf


def test_lost_losses_are_seen():
    """常见的写法在标签领先 40 时一位也不剩；lib 一位不丢。"""

    def usual(t, z):
        z = z - z.max()
        return np.log(np.exp(z).sum()) - z[t]

    contestants = {"常见": {"softmax_cross_entropy": usual}, "lib": libraries.LIB}
    measured = accuracy.tiny_loss_errors(contestants, np.float64)
    at = measured["gaps"].index(40)
    assert measured["errors"]["常见"][at] == 1
    assert max(measured["errors"]["lib"]) < 1e-15


def test_ratio_says_how_many_times_faster():
    work = speed.Workload(
        "睡觉", {"lib": lambda: time.sleep(0.002), "别家": lambda: time.sleep(0.008)}, {"别家": 3.0}
    )
    result = speed.measure(work, rounds=5, rest=0.0)
    assert 2 < result["ratios"]["别家"] < 5
    assert result["milliseconds"]["lib"] >= 2


def test_limit_reads_everything_and_computes_every_exponential():
    z = np.ones((300, 1000), np.float32)
    for call in speed.limit_of(z).values():
        call()
