"""由结果排出的表格：数对得上，没有达到的标出来，并说差多少。"""

from __future__ import annotations

import math

import pytest

from benchmarks import tables

ROW = {
    "name": "任务",
    "milliseconds": {"lib": 10.0, "PyTorch": 25.0, "读一遍": 2.0, "每个元素求一次 exp": 8.0},
    "ratios": {"PyTorch": 2.5, "读一遍": 0.2, "每个元素求一次 exp": 0.8},
    "targets": {"PyTorch": 3.0},
}
RESULTS = {
    "machine": {"向量指令": "AVX2"},
    "speed": [ROW],
    "accuracy": [
        {
            "function": "softmax",
            "dtype": "float64",
            "library": library,
            "error": error,
            "ratio": ratio,
            "arguments": "[0. 1.]",
        }
        for library, error, ratio in (("lib", 1.25, 0.3), ("SciPy", 4.5e15, 7e14))
    ],
}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, "0.5"),
        (1.234, "1.2"),
        (56.7, "57"),
        (4.5e15, r"$4.5\times 10^{15}$"),
        (math.inf, "∞"),
    ],
)
def test_units(value, shown):
    assert tables.units(value) == shown


def test_missed_target_is_marked_and_explained():
    row = tables.speed(RESULTS).splitlines()[-1]
    assert row == "| 任务 | 10.0 | PyTorch | 25.0 | 2.50 | 3.00 ✗ |"
    assert tables.limits(RESULTS).splitlines()[-1] == "| 任务 | 2.0 | 8.0 | 1.25 |"
    missed = tables.missed(RESULTS)
    assert "- 任务：要 3.00，量得 2.50，只求指数是 3.12" in missed  # 25 毫秒与 8 毫秒之比
    assert tables.MISSED_KINDS["够得着"] in missed


def test_missed_targets_are_sorted_by_what_numpy_could_do():
    slower = {**ROW["milliseconds"], "每个元素求一次 exp": 9.0}
    missed = tables.missed({"speed": [{**ROW, "milliseconds": slower}]})
    assert missed.startswith(tables.MISSED_KINDS["够不着"])
    gradient = {**ROW, "name": "任务_value_and_grad", "milliseconds": {"lib": 20, "PyTorch": 40.0}}
    assert "只求指数是 5.00" in tables.missed({"speed": [ROW, gradient]})
    alone = tables.missed({"speed": [gradient]})
    assert alone.startswith(tables.MISSED_KINDS["没有上限"])


def test_growth_says_how_many_times():
    rows = [{"elements": 1000, "milliseconds": 2.0}, {"elements": 10_000, "milliseconds": 15.0}]
    assert "从 1,000 到 10,000 是 7.5 倍" in tables.growth({"growth": rows})


def test_summary_counts_what_was_exceeded_and_reached():
    text = tables.summary(RESULTS)
    assert "lib 的 1 项里超出的有 0 项" in text
    assert "用掉了界的 30%" in text
    assert "SciPy 1 项里 1 项" in text
    assert "2.5 到 2.5 倍" in text
    assert "对 PyTorch 的 1 项达到 0 项" in text


def test_reached_target_is_not_marked():
    reached = {**RESULTS, "speed": [{**ROW, "targets": {"PyTorch": 2.5}}]}
    assert "✗" not in tables.speed(reached)
    assert tables.missed(reached) == "在这台机器上，每个目标都达到了。"


def test_accuracy_and_worst_inputs():
    table = tables.accuracy(RESULTS, "float64").splitlines()
    assert table[0] == "| 函数 | 用掉 | lib | SciPy |"
    assert table[-1] == r"| `softmax` | 0.30 | 1.2 | $4.5\times 10^{15}$ |"
    worst = tables.worst_inputs(RESULTS, "float64").splitlines()
    assert len(worst) == 3  # 表头两行，只有 SciPy 超出
    assert "| 6.4 | `[0. 1.]` |" in worst[-1]  # 界是误差与比值之商
    assert tables.worst(RESULTS, "softmax", "float64", "lib") == "1.2"
