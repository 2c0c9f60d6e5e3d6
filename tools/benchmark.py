"""与同行同场比较：``python -m tools.benchmark`` 把同行装进 .venv-peers，量好以后重画报告的图。

同行很大（约 2 GB），书与测试都不靠它们：构建时只读存下的 benchmarks/results.json。
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools import pictures
from tools.notebooks import ROOT

PEERS = ROOT / ".venv-peers"
PYTHON = PEERS / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REQUIREMENTS = ROOT / "benchmarks" / "requirements.txt"
STAMP = PEERS / "installed.txt"


class BenchmarkError(Exception):
    """量不下去了；消息说出下一步做什么。"""


def install_peers() -> None:
    """装好同行；要求没有变过就不再装。"""
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == wanted:
        return
    print("正在把同行装进 .venv-peers（约 2 GB，只装这一次）……", flush=True)
    install = [str(PYTHON), "-m", "pip", "install", "-r", str(REQUIREMENTS)]
    for command in ([sys.executable, "-m", "venv", str(PEERS)], install):
        if subprocess.run(command, cwd=ROOT).returncode:
            raise BenchmarkError(
                "同行没有装上：原因见上面几行，多半是网络或软件源，改好再运行一次。"
            )
    STAMP.write_text(wanted, encoding="utf-8")


def run_benchmarks(python: Path = PYTHON) -> None:
    """在同行的环境里量；别家的警告与 lib 无关，不显示。"""
    command = [str(python), "-W", "ignore", "-m", "benchmarks"]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise BenchmarkError("没有量完：原因见上面几行；benchmarks/results.json 没有改动。")


def main() -> int:
    try:
        install_peers()
        run_benchmarks()
    except BenchmarkError as problem:
        print(f"\n错误：{problem}", file=sys.stderr)
        return 1
    return pictures.main()


if __name__ == "__main__":
    sys.exit(main())
