"""``make test`` 与 ``make test-grader`` 的全部；一项失败也会跑完其余各项。"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tools.notebooks import ROOT

ALONE = [sys.executable, "-m", "pytest", "-q"]
PYTEST = [*ALONE, "--numprocesses=auto"]
# 真的浏览器、真的沙箱与集群，机器忙时偶尔慢半拍：失败的再跑一遍，两遍都失败才算；
# 重跑过的会列出来。
PATIENTLY = [*PYTEST, "--dist=loadfile", "--reruns=1", "-raR"]

BOOK = {
    "代码风格": [sys.executable, "-m", "ruff", "check"],
    "代码格式": [sys.executable, "-m", "ruff", "format", "--check"],
    "lib：精度、性质、坏输入，分支覆盖率 100%": [
        *PYTEST,
        "tests/lib",
        "--cov=lib",
        "--cov-report=term",
        "--cov-fail-under=100",
    ],
    "构建：浏览器要打开的就是这一份": [sys.executable, "-m", "tools.book"],
    # Playwright 的同步接口占住进程的事件循环，不能与 nbval 同在一个进程里。
    "浏览器：在真的 Chromium 里打开每一页": [*PATIENTLY, "tests/browser"],
    # 同一个 notebook 的单元格要在同一个进程里依次运行，所以按文件分；费时的构建排在最前。
    "书：页面、搜索、章节、图、文字、工具": [
        *PYTEST,
        "--dist=loadfile",
        "--no-loadscope-reorder",
        "--nbval",
        "tests/book",
        "tests/search",
        "tests/frameworks",
        "tests/benchmarks",
        "chapters",
        "appendix",
        "tests/chapters",
        "tests/figures",
        "tests/tools",
    ],
}


GRADER = {
    "作业：格式、解答、学生版、常数过不了": [*PYTEST, "tests/assignments"],
    "批改：沙箱、恶意的提交、随时被杀、集群、PostgreSQL": [
        *PATIENTLY,
        "tests/grader",
        "--ignore=tests/grader/test_speed.py",
    ],
    # 与 nbgrader 比快慢时不能有别的测试在旁边：我们用全部的核，它只用一个，别人抢核对我们不公平。
    "批改的速度，独占机器": [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "tests/grader/test_speed.py",
    ],
}


def main() -> int:
    started, failed = time.monotonic(), []
    steps = GRADER if sys.argv[1:] == ["grader"] else BOOK
    for name, command in steps.items():
        print(f"\n── {name} ──", flush=True)
        if subprocess.run(command, cwd=ROOT, env={**os.environ, "TQDM_DISABLE": "1"}).returncode:
            failed.append(name)
    minutes = (time.monotonic() - started) / 60
    if failed:
        print(f"\n没有通过：{'；'.join(failed)}。用时 {minutes:.1f} 分钟。", file=sys.stderr)
        return 1
    print(f"\n全部通过，用时 {minutes:.1f} 分钟。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
