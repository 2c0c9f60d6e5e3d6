"""找浏览器：用环境变量指的、系统里有的；没有就装，装不上以一行中文说怎么装，绝不悄悄跳过。"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import browser
from tools.notebooks import ROOT


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path) -> list[list[str]]:
    """没有浏览器也没有字体的机器；返回运行过的 apt-get 命令，装什么就有什么。"""
    commands: list[list[str]] = []
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "PLACES", ())
    run = subprocess.run

    def record(command: list[str], **options: object) -> object:
        if command[0] != "apt-get":
            return run(command, **options)
        commands.append(command)
        if "chromium" in command:
            (tmp_path / "chromium").touch(mode=0o755)
        if "fonts-noto-cjk" in command:
            write_program(tmp_path / "fc-list", "echo Noto Sans CJK SC")
        return None

    monkeypatch.setattr(subprocess, "run", record)
    return commands


def test_environment_variable_comes_first(monkeypatch, tmp_path):
    mine = tmp_path / "my-chromium"
    mine.touch()
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert browser.find_or_install() == str(mine)


def test_missing_browser_is_one_line_of_advice(bare_machine, capsys):
    assert browser.main() == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert message.startswith("错误：")
    assert "apt install chromium" in message
    assert bare_machine == []  # 没有 apt-get，什么也不做


def test_root_on_debian_gets_one_installed(bare_machine, monkeypatch, tmp_path, capsys):
    (tmp_path / "apt-get").touch(mode=0o755)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0, raising=False)

    assert browser.find_or_install() == str(tmp_path / "chromium")
    assert [command[1] for command in bare_machine] == ["update", "install"]
    assert "正在用 apt-get 安装" in capsys.readouterr().out


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="别的系统都自带中文字体")
def test_browser_without_a_chinese_font_is_not_enough(bare_machine, monkeypatch, tmp_path):
    """没有中文字体时，浏览器测试量到的都是方框的宽度。"""
    (tmp_path / "chromium").touch(mode=0o755)
    write_program(tmp_path / "fc-list", "true")
    assert browser.missing_packages() == ["fontconfig", "fonts-noto-cjk"]
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(browser.NoBrowserError, match="中文字体"):
        browser.find_or_install()
    write_program(tmp_path / "fc-list", "echo Noto Sans CJK SC")
    assert browser.find_or_install() == str(tmp_path / "chromium")


def write_program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def test_ordinary_user_is_told_instead(bare_machine, monkeypatch, tmp_path):
    (tmp_path / "apt-get").touch(mode=0o755)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(browser.NoBrowserError):
        browser.find_or_install()
    assert bare_machine == []


def test_browser_tests_fail_without_a_browser(tmp_path):
    """没有浏览器时，浏览器测试失败（不是跳过），并说出怎么装。"""
    probe = tmp_path / "test_probe.py"
    probe.write_text(
        "from tests.browser.conftest import browser\n"
        "from tools import browser as chromium\n"
        "chromium.find = lambda: None\n"
        "chromium.shutil.which = lambda name: None\n"
        "def test_needs_browser(browser): pass\n"
    )
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(probe)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 1
    assert "没有找到 Chromium" in finished.stdout
    assert "skipped" not in finished.stdout
