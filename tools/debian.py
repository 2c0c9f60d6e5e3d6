"""系统里的程序：以管理员身份运行在 Debian 系的系统（例如 CI）上时，缺了就用 apt-get 装好。

``python -m tools.debian 程序=包 …``：缺哪个程序，就装哪个包。
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def install(*packages: str) -> None:
    """装好这些包；不是管理员、没有 apt-get、装不上时什么也不说，由调用者再看有没有。"""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not packages or not is_root or shutil.which("apt-get") is None:
        return
    print(f"缺少 {'、'.join(packages)}，正在用 apt-get 安装……", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with one_at_a_time():
        for command in (["update", "-qq"], ["install", "-y", "-qq", *packages]):
            subprocess.run(
                ["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=False
            )


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """apt-get 遇到另一个 apt-get 就失败；并行的几个测试进程可能同时来装，让后来的等一等。"""
    import fcntl  # Windows 上没有它，也走不到这里

    with (Path(tempfile.gettempdir()) / "cross-entropy-apt.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> None:
    needed = dict(argument.split("=") for argument in sys.argv[1:])
    install(*(package for program, package in needed.items() if shutil.which(program) is None))


if __name__ == "__main__":
    main()
