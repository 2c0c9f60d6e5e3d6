"""命令行：帮助是中文的，写错了有一句中文，一份没有批成时退出码是 1。"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.course import Course
from tests.grader.sample import NAME, ROOT, scores, solved, submit

COMMANDS = ("release", "collect", "grade", "report", "feedback")
# 选项、课程与命令的名字、例子里的写法，本来就是英文；别的不该有。
NOT_PROSE = re.compile(r"--?[\w-]+|``.*?``|python -m grader|\S+://\S+|\bhw1\b|grades\.csv")
NAMES = {*COMMANDS, "zip", "CSV", "platform", "id", "Dask", "assignments", "N"}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """在这个进程里运行一条命令，返回退出码。"""
    monkeypatch.setattr(sys, "argv", ["grader", *map(str, arguments)])
    try:
        return main()
    except SystemExit as ended:
        return ended.code


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids="-".join)
def test_help_is_in_chinese(command, monkeypatch, capsys):
    assert run(monkeypatch, *command, "--help") == 0
    text = capsys.readouterr().out
    assert text.startswith(f"用法：{' '.join(['python -m grader', *command])} [-h]")
    assert "用法" not in text[1:], "用法只说一次"
    assert "选项:" in text and "显示这段帮助" in text
    assert set(re.findall(r"[A-Za-z]+", NOT_PROSE.sub("", text))) <= NAMES


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "命令写得不对"),
        (("grade",), "作业"),
        (("correct", "hw"), "命令写得不对"),
        (("grade", "hw", "--workers", "x"), "“x”不是正整数"),
        (("grade", "hw", "--workers", "0"), "“0”不是正整数"),
        (("grade", "hw", "--workers", "-1"), "命令写得不对"),
        (("release", "hw", "--due", "明天"), "“明天”不是时间"),
        (("grade", "hw", "--only"), "命令写得不对"),
    ],
)
def test_a_command_written_wrong_is_told_in_chinese(arguments, told, monkeypatch, capsys):
    assert run(monkeypatch, *arguments) == 2
    usage, *_, line = capsys.readouterr().err.splitlines()
    assert usage.startswith("用法：python -m grader")
    assert line.startswith("错误：") and told in line and "--help" in line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("grade", "hw9"), "没有作业 hw9（有的是：hw）"),
        (("grade", NAME, "--only", "nobody"), f"没有收到 nobody 的 {NAME}"),
        (("collect", NAME, "nowhere"), "没有 nowhere"),
        (("report", NAME, "--db", "sqlite:////nowhere/x.db"), "打不开成绩簿"),
        (("grade", NAME, "--scheduler", "nonsense://x"), "连不上 Dask 调度器"),
    ],
)
def test_a_mistake_is_told_in_one_chinese_line(arguments, told, course, monkeypatch, capsys):
    assert run(monkeypatch, *arguments, "--course", course.root) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "批改 hw" not in line]
    assert line.startswith("错误：") and told in line and line.endswith("。")


def test_a_folder_without_a_course_is_told(tmp_path, monkeypatch, capsys):
    assert run(monkeypatch, "grade", "hw", "--course", tmp_path) == 1
    assert "请用 --course 指出课程的文件夹" in capsys.readouterr().err


FAILS_ONCE = """#!/bin/sh
case "$*" in *--info-fd*) mkdir "$0.once" 2>/dev/null && exit 1 ;; esac
exec /usr/bin/bwrap "$@"
"""


def grade_with(fake: Path, course: Course) -> subprocess.CompletedProcess:
    """用 ``fake`` 文件夹里的 bwrap 批改。"""
    command = [sys.executable, "-m", "grader", "grade", NAME, "--course", str(course.root)]
    environment = os.environ | {"PATH": f"{fake}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [*command, "--workers", "1"], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def test_what_the_machine_failed_is_not_recorded_and_graded_next_time(course, tmp_path):
    for student in "abc":
        submit(course, student, solved(student))
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "bwrap").write_text(FAILS_ONCE)
    (fake / "bwrap").chmod(0o755)
    first = grade_with(fake, course)
    assert first.returncode == 1
    assert "a：没有批成（SandboxUnavailableError：沙箱没有启动起来" in first.stdout
    assert "批了 2 份。" in first.stdout
    last = first.stderr.splitlines()[-1]
    assert last == "错误：有 1 份没有批成，原因见上；排除以后再运行一次，只批这几份。"
    assert set(scores(course)) == {"b", "c"}
    assert not course.folder("autograded", NAME, "a").exists()
    second = grade_with(fake, course)
    assert (second.returncode, second.stdout) == (0, "批了 1 份。\n")
    assert set(scores(course)) == {"a", "b", "c"}
