"""``make test`` 的全部：代码风格、lib、章节、图、文字与构建，一项失败也会跑完其余各项。"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tools.notebooks import ROOT

PYTEST = [sys.executable, "-m", "pytest", "-q", "--numprocesses=auto"]

STEPS = {
    "代码风格": [sys.executable, "-m", "ruff", "check"],
    "代码格式": [sys.executable, "-m", "ruff", "format", "--check"],
    "lib：精度、性质、坏输入，分支覆盖率 100%": [
        *PYTEST,
        "tests/lib",
        "--cov=lib",
        "--cov-report=term",
        "--cov-fail-under=100",
    ],
    # 同一个 notebook 的单元格要在同一个进程里依次运行，所以按文件分；费时的构建排在最前。
    "书：构建、章节、图、文字、工具": [
        *PYTEST,
        "--dist=loadfile",
        "--no-loadscope-reorder",
        "--nbval",
        "tests/book",
        "chapters",
        "tests/chapters",
        "tests/figures",
        "tests/tools",
    ],
}


def main() -> int:
    started, failed = time.monotonic(), []
    for name, command in STEPS.items():
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
