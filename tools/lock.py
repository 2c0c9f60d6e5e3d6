"""重新解析依赖：``python -m tools.lock`` 写出两份 requirements 与两份 package-lock.json。"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

from tools.bootstrap import ROOT, SCRIPTS

COMPILE = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--upgrade"]
# 较旧的 pip 要在锁文件里看见 coverage[toml]，才认得 coverage 的那一行管得着它。
COMPILE += ["--no-strip-extras", "--python-version=3.11", "--generate-hashes", "--quiet"]
COMPILE += ["--custom-compile-command=make lock"]
NPM = ["npm", "install", "--package-lock-only"]


def commands(groups: list[str]) -> list[list[str]]:
    """依次要运行的命令；``groups`` 是 pyproject.toml 里各组依赖的名字。"""
    everywhere = [f"--group={name}" for name in groups if name != "frameworks"]
    # 两份锁装进同一个环境，第二份不能要别的版本。
    frameworks = ["--group=frameworks", "--constraints=requirements.lock"]
    return [
        [*COMPILE, *everywhere, "--output-file=requirements.lock"],
        [*COMPILE, *frameworks, "--output-file=requirements-frameworks.lock"],
        NPM,
        [*NPM, "--prefix=tools/lighthouse"],
    ]


def main() -> int:
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        groups = tomllib.load(file)["dependency-groups"]
    environment = {**os.environ, "PATH": SCRIPTS + os.pathsep + os.environ["PATH"]}
    for command in commands(list(groups)):
        finished = subprocess.run(command, cwd=ROOT, env=environment)
        if finished.returncode:
            return finished.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
