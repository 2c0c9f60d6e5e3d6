"""测试自己启动的服务：Dask 的调度器与工人、PostgreSQL；都只听本机，按进程号结束。"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tools import debian

SECONDS_TO_START = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} 没有启动起来")


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def dask_cluster(workers: int, folder: Path) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """一个调度器与 ``workers`` 个单线程的工人；给出地址与各个工人。"""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    common = ["--no-dashboard", "--host", "127.0.0.1"]
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", *common, "--port", str(port)]
    scheduler = subprocess.Popen(command, **quiet)
    started = []
    try:
        wait_for_port(port, scheduler)
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address, *common]
        command += ["--nthreads", "1", "--no-nanny", "--local-directory", str(folder)]
        started = [subprocess.Popen(command, **quiet) for _ in range(workers)]
        yield address, started
    finally:
        for process in (*started, scheduler):
            stop(process)


def postgresql_programs() -> Path:
    """PostgreSQL 的程序所在；没有时，以管理员身份运行在 Debian 系的系统上会先装好它。"""
    if not find_postgresql():
        debian.install("postgresql")
    if found := find_postgresql():
        return found[-1]
    pytest.fail("没有 PostgreSQL：Debian、Ubuntu 请运行 sudo apt install postgresql。")


def find_postgresql() -> list[Path]:
    return sorted(path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres"))


@contextmanager
def postgresql() -> Iterator[str]:
    """一个新的、空的 PostgreSQL；给出成绩簿的地址。"""
    programs, port = postgresql_programs(), free_port()
    run_as = {"user": "postgres"} if os.geteuid() == 0 else {}  # 它不肯以 root 运行
    with TemporaryDirectory(prefix="postgresql") as data:
        if run_as:
            shutil.chown(data, "postgres")
        command = [programs / "initdb", "-D", data, "-U", "grader", "--auth=trust"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(list(map(str, command)), check=True, capture_output=True, cwd=data, **run_as)
        command = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", port, "-k", data]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen(list(map(str, command)), cwd=data, **quiet, **run_as)
        try:
            wait_for_port(port, server)
            wait_until_ready(programs, port)
            yield f"postgresql+psycopg://grader@127.0.0.1:{port}/postgres"
        finally:
            stop(server)


def wait_until_ready(programs: Path, port: int) -> None:
    """端口开了，还要一会儿才接受连接。"""
    command = [str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-t", "30"]
    for _ in range(SECONDS_TO_START * 10):
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL 没有启动起来")
