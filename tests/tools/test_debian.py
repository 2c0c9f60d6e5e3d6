"""装系统里的程序：几个测试进程同时来装，也都装上。"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.notebooks import ROOT

# 像真的 apt-get：另一个还在运行时就失败。
APT_GET = """#!/bin/sh
mkdir {busy} || exit 100
sleep 0.2
echo "$@" >> {log}
rmdir {busy}
"""


@pytest.fixture
def apt_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """一个假的 apt-get 排在 PATH 最前；给出它记下的命令。"""
    log = tmp_path / "commands"
    (tmp_path / "apt-get").write_text(APT_GET.format(busy=tmp_path / "busy", log=log))
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return log


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="只有管理员才会去装")
def test_processes_that_install_at_once_wait_for_one_another(apt_get):
    command = [sys.executable, "-m", "tools.debian", "no-such-program=some-package"]
    started = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
    assert apt_get.read_text().count("install -y -qq some-package") == 3


def test_program_that_is_there_is_not_installed(apt_get):
    subprocess.run(
        [sys.executable, "-m", "tools.debian", "sh=some-package"], cwd=ROOT, check=True, timeout=60
    )
    assert not apt_get.exists()
