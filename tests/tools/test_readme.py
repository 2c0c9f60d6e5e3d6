"""README 里的例子算得出写着的数，提到的命令都有。"""

from __future__ import annotations

import re

from tools.notebooks import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_examples_give_the_stated_numbers():
    block = re.search(r"```python\n(.*?)```", README, flags=re.S)[1]
    examples = re.findall(r"^(lib\..*?\))\s+# (\d+\.\d+)", block, flags=re.M)
    assert len(examples) == 3
    namespace: dict[str, object] = {}
    exec("import lib", namespace)
    for expression, stated in examples:
        assert f"{eval(expression, namespace):.4f}" == stated


def test_first_screen_names_the_two_commands():
    first_screen = README.split("\n## ")[0]
    assert "make book" in first_screen
    assert "make test" in first_screen
    assert "![" in first_screen


def test_commands_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in set(re.findall(r"make ([a-z-]+)", README)):
        assert re.search(rf"^{command}:", makefile, flags=re.M), command


def test_folders_exist():
    tree = re.search(r"## 仓库的样子\n\n```\n(.*?)```", README, flags=re.S)[1]
    for name in re.findall(r"^(\S+)", tree, flags=re.M):
        assert (ROOT / name).exists(), name


def test_server_configuration_is_the_one_in_deploy():
    shown = re.search(r"```nginx\n(.*?)```", README, flags=re.S)[1]
    assert shown == (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
