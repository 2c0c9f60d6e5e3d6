"""``python -m benchmarks``：量精度、速度与内存，打印表格，写 results.json；在同行的环境里运行。"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks import accuracy, libraries, speed, tables
from lib._blocks import available_cpus

RESULTS = Path(__file__).with_name("results.json")
VECTOR_FLAGS = {"avx512f": "AVX-512", "avx2": "AVX2"}


def machine() -> dict[str, str]:
    """量的是什么机器。"""
    described = {"系统": f"{platform.system()} {platform.machine()}"}
    described["Python"] = platform.python_version()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        text = cpuinfo.read_text()
        described["处理器"] = text.split("model name")[1].split(":")[1].split("\n")[0].strip()
        flags = text.split("flags")[1].split("\n")[0].split()
        described["向量指令"] = next(
            (name for flag, name in VECTOR_FLAGS.items() if flag in flags), "没有"
        )
    described["可用的核"] = str(available_cpus())
    return described


def accuracy_rows() -> Iterator[dict]:
    """每个函数、每种精度、每一家的最坏误差。"""
    contestants = {"lib": libraries.LIB, **libraries.peers()}
    for dtype in (np.float64, np.float32):
        cases = list(accuracy.cases(dtype))
        small = [case for case in cases if case.arguments[-1].size < libraries.BATCH]
        batches = libraries.in_batches()
        jobs = [(name, library, cases) for name, library in contestants.items()]
        jobs.insert(1, ("lib（成批）", batches, small))
        for name, library, some in tqdm(jobs, desc=f"精度 {np.dtype(dtype).name}"):
            for function, worst in accuracy.measure(library, some).items():
                yield {
                    "function": function,
                    "dtype": np.dtype(dtype).name,
                    "library": name,
                    "error": worst.error,
                    "ratio": float(worst.ratio),
                    "arguments": worst.arguments,
                }


def tiny_losses() -> list[dict]:
    contestants = {"lib": libraries.LIB, **libraries.peers()}
    return [accuracy.tiny_loss_errors(contestants, dtype) for dtype in (np.float64, np.float32)]


def speed_rows() -> Iterator[dict]:
    """每项任务的时间与比值。"""
    import torch

    torch.set_num_threads(available_cpus())  # 与 lib 一样多
    workloads = [speed.tiny_workload, speed.sigmoid_workloads, speed.softmax_workloads]
    total = 1 + 2 + 2 * 2 * len(speed.SHAPES)
    with tqdm(total=total, desc="速度") as progress:
        for make in workloads:
            made = make()
            for work in [made] if isinstance(made, speed.Workload) else made:
                progress.set_postfix_str(work.name)
                yield speed.measure(work)
                progress.update()


def main() -> int:
    results = {
        "machine": machine(),
        "versions": libraries.versions(),
        "accuracy": list(accuracy_rows()),
        "tiny_losses": tiny_losses(),
        "speed": list(speed_rows()),
        "growth": speed.growth(),
        "memory": speed.extra_memory(),
        "import": speed.import_time(),
    }
    text = json.dumps(results, ensure_ascii=False, indent=1)
    RESULTS.write_text(text + "\n", encoding="utf-8")
    print(tables.everything(results))
    print(f"\n结果写进了 {RESULTS.name}；make book 会由它生成附录《数值报告》。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
