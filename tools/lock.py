"""重新解析依赖：``python -m tools.lock`` 写出 requirements.lock 与两份 package-lock.json。"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

from tools.bootstrap import ROOT, SCRIPTS


def main() -> int:
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        groups = tomllib.load(file)["dependency-groups"]
    compile_command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--upgrade"]
    # 较旧的 pip 要在锁文件里看见 coverage[toml]，才认得 coverage 的那一行管得着它。
    compile_command += ["--no-strip-extras"]
    compile_command += ["--python-version=3.11", "--generate-hashes", "--quiet"]
    compile_command += ["--custom-compile-command=make lock", "--output-file=requirements.lock"]
    compile_command += [f"--group={name}" for name in groups]
    environment = {**os.environ, "PATH": SCRIPTS + os.pathsep + os.environ["PATH"]}
    npm = ["npm", "install", "--package-lock-only"]
    for command in (compile_command, npm, [*npm, "--prefix=tools/lighthouse"]):
        finished = subprocess.run(command, cwd=ROOT, env=environment)
        if finished.returncode:
            return finished.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
