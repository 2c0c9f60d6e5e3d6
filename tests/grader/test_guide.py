"""《教师指南》与作业说明里的命令都是真的：认得、写对了参数。"""

from __future__ import annotations

import re
import shlex

import pytest

from grader.__main__ import parser
from tests.grader.sample import ROOT

GUIDE = (ROOT / "appendix" / "instructor_guide.md").read_text(encoding="utf-8")
README = (ROOT / "assignments" / "README.md").read_text(encoding="utf-8")
MAIN = (ROOT / "grader" / "__main__.py").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m grader (.+)$", GUIDE, flags=re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_understood(command):
    assert callable(parser().parse_args(shlex.split(command)).run)


def test_every_command_is_told():
    told = {command.partition(" ")[0] for command in COMMANDS}
    assert told == set(re.findall(r"\badd\(\"(\w+)\"", MAIN))


@pytest.mark.parametrize("text", [GUIDE, README])
def test_options_exist(text):
    known = set(re.findall(r"(?<!-)--[a-z][a-z-]*", MAIN))
    elsewhere = {"--help", "--nworkers", "--nthreads"}  # argparse 自带的；dask worker 的
    assert set(re.findall(r"(?<!-)--[a-z][a-z-]*", text)) - elsewhere <= known


def test_first_grades_take_ten_commands():
    block = re.search(r"## 从零到第一份成绩.*?```bash\n(.*?)```", GUIDE, flags=re.DOTALL)[1]
    assert len(block.strip().splitlines()) == 10
    for target in re.findall(r"make ([a-z-]+)", GUIDE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
