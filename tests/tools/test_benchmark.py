"""make benchmark：装不上、量不完都以一行中文结束，不动存下的结果。"""

from __future__ import annotations

import subprocess

import pytest

from tools import benchmark


@pytest.fixture
def commands(monkeypatch, tmp_path) -> list[list[str]]:
    """记下要运行的命令，一律当作成功。"""
    ran: list[list[str]] = []

    def record(command: list[str], **_: object) -> subprocess.CompletedProcess:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    (tmp_path / "peers").mkdir()
    monkeypatch.setattr(benchmark, "STAMP", tmp_path / "peers" / "installed.txt")
    monkeypatch.setattr(benchmark.subprocess, "run", record)
    monkeypatch.setattr(benchmark.pictures, "main", lambda: 0)
    return ran


def test_peers_are_installed_once(commands):
    assert benchmark.main() == 0
    assert [command[2] for command in commands] == ["venv", "pip", "ignore"]
    assert benchmark.main() == 0
    assert len(commands) == 4  # 第二次只量，不再装


def test_failures_end_in_one_line_of_advice(commands, monkeypatch, capsys):
    def fail(command: list[str], **_: object) -> subprocess.CompletedProcess:
        return subprocess.CompletedProcess(command, 1 if "pip" in command else 0)

    monkeypatch.setattr(benchmark.subprocess, "run", fail)
    assert benchmark.main() == 1
    assert "同行没有装上" in capsys.readouterr().err
    assert not benchmark.STAMP.exists()  # 下次还会再装


def test_unfinished_measurement_is_reported(commands, monkeypatch, capsys):
    benchmark.install_peers()
    monkeypatch.setattr(
        benchmark.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1)
    )
    assert benchmark.main() == 1
    assert "没有量完" in capsys.readouterr().err


def test_every_peer_has_a_pinned_version():
    lines = benchmark.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if not line.startswith("#")]
    assert {line.split("==")[0] for line in pinned} >= {"torch", "keras", "scipy", "scikit-learn"}
    assert all("==" in line for line in pinned)
