"""装环境：每一种会出的差错都以一行中文结束，说出下一步做什么。"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools import bootstrap

FAILURES = {
    "磁盘满了": "ERROR: Could not install packages: [Errno 28] No space left on device",
    "连不上软件源": "NewConnectionError: Failed to establish a new connection",
    "域名解析": "npm error code EAI_AGAIN",
    "哈希": "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE",
    "没有写权限": "[Errno 13] Permission denied: '/opt/book'",
}
REMEDIES = {
    "磁盘满了": "腾出至少 3 GB",
    "连不上软件源": "检查网络",
    "域名解析": "检查网络",
    "哈希": "换一个软件源",
    "没有写权限": "克隆到自己的目录",
}


def fail_with(message: str):
    def fail():
        raise bootstrap.SetupError(message)

    return fail


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 18), (3, 10, 13)])
def test_old_python_is_told_what_to_install(version):
    with pytest.raises(bootstrap.SetupError, match=r"需要 Python 3\.11"):
        bootstrap.check_python(version)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 1)])
def test_new_python_is_accepted(version):
    bootstrap.check_python(version)


def test_full_disk_is_noticed_before_installing():
    with pytest.raises(bootstrap.SetupError, match="腾出空间"):
        bootstrap.check_disk(free=10**8)
    bootstrap.check_disk(free=10**11)


@pytest.mark.parametrize("name", FAILURES)
def test_install_log_is_explained(name):
    assert REMEDIES[name] in bootstrap.explain(FAILURES[name])


def test_unknown_failure_points_to_the_log(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "LOG", str(tmp_path / "install.log"))
    command = [sys.executable, "-c", "print('奇怪的错误'); raise SystemExit(3)"]
    with pytest.raises(bootstrap.SetupError, match=r"install\.log"):
        bootstrap.run_logged(command, lambda line: None)
    assert "奇怪的错误" in (tmp_path / "install.log").read_text(encoding="utf-8")


def test_failure_is_one_line_and_not_a_traceback(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "is_installed", fail_with("磁盘满了：请腾出空间。"))
    assert bootstrap.main() == 1
    assert capsys.readouterr().err.strip() == "错误：磁盘满了：请腾出空间。"


@pytest.fixture
def fresh_machine(monkeypatch, tmp_path):
    """什么都还没有装；除第 6 章的包以外都装得上。"""

    def install_locked(lock):
        raise bootstrap.SetupError("连不上软件源：请检查网络。")

    for name in ("check_disk", "create_venv", "install"):
        monkeypatch.setattr(bootstrap, name, lambda: None)
    monkeypatch.setattr(bootstrap, "STAMP", str(tmp_path / "installed.sha256"))
    monkeypatch.setattr(bootstrap, "install_locked", install_locked)


def test_book_can_do_without_the_frameworks(fresh_machine, capsys):
    assert bootstrap.main() == 0
    printed = capsys.readouterr().out
    assert "连不上软件源" in printed and "第 6 章改用存下的结果" in printed
    assert bootstrap.is_installed()  # 不会每次都再试
    assert bootstrap.main(["frameworks"]) == 1


def test_nothing_is_installed_twice(monkeypatch):
    monkeypatch.setattr(bootstrap, "is_installed", lambda: True)
    monkeypatch.setattr(bootstrap, "install", fail_with("不该再装"))
    assert bootstrap.main() == 0


def test_fingerprint_follows_the_lock(tmp_path, monkeypatch):
    before = bootstrap.fingerprint()
    changed = tmp_path / "requirements.lock"
    changed.write_text("numpy==1.0\n")
    monkeypatch.setattr(bootstrap, "LOCK", str(changed))
    assert bootstrap.fingerprint() != before


def test_make_without_python_says_so():
    finished = subprocess.run(
        ["make", "setup", "PYTHON=no-such-python"],
        cwd=bootstrap.ROOT,
        capture_output=True,
        text=True,
    )
    assert finished.returncode != 0
    assert "找不到 no-such-python" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_make_lists_the_commands():
    listed = subprocess.check_output(["make"], cwd=bootstrap.ROOT, text=True)
    for command in ("book", "test", "lab", "serve", "lint", "format", "lock", "clean"):
        assert f"make {command} " in listed
