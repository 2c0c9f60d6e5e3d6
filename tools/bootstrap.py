"""第一步：只靠 Python 标准库，把构建与测试要用的一切装进 .venv 与 node_modules。

用法：``python3 tools/bootstrap.py``。装好以后再运行只比对一次指纹，不到一秒。
第 6 章要的 Keras 与 JAX 装不上也不算错；``python3 tools/bootstrap.py frameworks`` 再试一次。
本文件要能被很旧的 Python 读懂（才能告诉人版本太旧），所以不写类型注解。
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys

MINIMUM = (3, 11)
NEEDED_BYTES = 2 * 1024**3  # 环境约 1.5 GB，安装途中另要放下载的包
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
SCRIPTS = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(SCRIPTS, "python.exe" if os.name == "nt" else "python")
LOCK = os.path.join(ROOT, "requirements.lock")
FRAMEWORKS_LOCK = os.path.join(ROOT, "requirements-frameworks.lock")
NPM_LOCK = os.path.join(ROOT, "package-lock.json")
PYPROJECT = os.path.join(ROOT, "pyproject.toml")
STAMP = os.path.join(VENV, "installed.sha256")
LOG = os.path.join(VENV, "install.log")
PIP = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]

# 安装日志里的线索 -> 告诉用户做什么；依次匹配，先中先用。
REMEDIES = (
    (r"No space left on device|ENOSPC", "磁盘满了：请腾出至少 2 GB 再运行一次。"),
    (
        r"NameResolutionError|NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError"
        r"|ConnectionError|SSLError|ENOTFOUND|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN|ECONNRESET"
        r"|SELF_SIGNED_CERT|CERTIFICATE_VERIFY_FAILED|UNABLE_TO_[A-Z_]*CERT"
        r"|Temporary failure in name resolution|No matching distribution found",
        "连不上软件源：请检查网络或代理；国内可先用 pip config、npm config 设好镜像，再运行一次。",
    ),
    (
        r"DO NOT MATCH THE HASHES|EINTEGRITY",
        "下载的包与锁定的哈希不符：多半是镜像不同步，请换一个软件源再运行一次。",
    ),
    (r"Permission denied|EACCES|Read-only file system", "没有写权限：请把仓库克隆到自己的目录里。"),
)


class SetupError(Exception):
    """装不下去了；消息是一行中文，说出下一步做什么。"""


def check_python(version=None):
    """Python 太旧时抛出 SetupError。"""
    version = tuple(version or sys.version_info[:3])
    if version < MINIMUM:
        raise SetupError(
            "需要 Python 3.11 或更新的版本，现在的是 {}："
            "请安装后运行 make book PYTHON=python3.11。".format(".".join(map(str, version)))
        )


def check_disk(free=None):
    """剩余空间不够时抛出 SetupError。"""
    free = shutil.disk_usage(ROOT).free if free is None else free
    if free < NEEDED_BYTES:
        raise SetupError(f"磁盘只剩 {free / 1024**3:.1f} GB，安装要 2 GB：请腾出空间再运行一次。")


def fingerprint():
    """由锁文件与 Python 版本决定的指纹：变了才需要重新安装。"""
    digest = hashlib.sha256(repr((sys.version_info[:2], ROOT)).encode())
    for path in (LOCK, FRAMEWORKS_LOCK, NPM_LOCK, PYPROJECT):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def is_installed():
    """上次装完以后锁文件没有变过。"""
    try:
        with open(STAMP) as file:
            return file.read() == fingerprint()
    except OSError:
        return False


def venv_is_usable():
    """.venv 在，且出自同一个版本的 Python。"""
    probe = f"import sys; print(sys.version_info[:2] == {sys.version_info[:2]!r})"
    try:
        return subprocess.check_output([PYTHON, "-c", probe]).strip() == b"True"
    except (OSError, subprocess.CalledProcessError):
        return False


def create_venv():
    """建立 .venv；版本不同的或坏了的先删掉，装到一半的接着用。"""
    if venv_is_usable():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    finished = subprocess.run(
        [sys.executable, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if finished.returncode:
        output = finished.stdout.decode(errors="replace")
        if "ensurepip" in output:
            raise SetupError(
                "这个 Python 缺 venv 模块：Debian、Ubuntu 请先运行 sudo apt install python3-venv。"
            )
        raise SetupError(explain(output) or "建不了 .venv：" + output.strip().splitlines()[-1])


def explain(output):
    """从安装日志里认出原因，返回一行中文；认不出返回 None。"""
    for pattern, remedy in REMEDIES:
        if re.search(pattern, output):
            return remedy
    return None


def run_logged(command, on_line):
    """运行 ``command``，输出追加到日志，每行交给 ``on_line``；失败时抛出 SetupError。"""
    environment = dict(os.environ)
    environment["PATH"] = SCRIPTS + os.pathsep + environment.get("PATH", "")
    environment["PIP_NO_COLOR"] = environment["PYTHONUTF8"] = "1"
    lines = []
    with open(LOG, "a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for raw in process.stdout:
            line = raw.decode("utf-8", errors="replace")
            log.write(line)
            lines.append(line)
            on_line(line)
    if process.wait():
        raise SetupError(explain("".join(lines)) or f"安装失败：原因见 {LOG}。")


class Progress:
    """在终端里用一行显示进度；输出到文件时每 40 个包一行。"""

    def __init__(self, total):
        self.total, self.count = total, 0

    def __call__(self, line):
        match = re.match(r"Collecting ([\w.-]+)", line)
        if match:
            self.count += 1
            self.show(f"正在下载 {self.count}/{self.total}：{match.group(1)}")
        elif line.startswith("Installing collected"):
            self.show("正在安装（一两分钟）……", always=True)

    def show(self, text, always=False):
        if sys.stdout.isatty():
            sys.stdout.write("\r\033[K" + text)
        elif always or self.count % 40 == 1:
            sys.stdout.write(text + "\n")
        sys.stdout.flush()


def install_locked(lock):
    """安装一份锁文件里的 Python 包，逐个核对哈希。"""
    with open(lock, encoding="utf-8") as file:
        total = sum(1 for line in file if re.match(r"[a-z0-9].*==", line))
    run_logged([*PIP, "--require-hashes", "--progress-bar=off", "-r", lock], Progress(total))


def install():
    """按锁文件安装 Python 包、本项目与前端资源。"""
    install_locked(LOCK)
    run_logged([*PIP, "--no-deps", "--no-build-isolation", "-e", ROOT], lambda line: None)
    npm = os.path.join(SCRIPTS, "npm.cmd" if os.name == "nt" else "npm")
    npm = npm if os.path.exists(npm) else os.path.splitext(npm)[0] + ".exe"
    run_logged([npm, "ci", "--ignore-scripts"], lambda line: None)
    # 趁现在建好 matplotlib 的字体缓存，免得第一次画图时在 notebook 里冒出一行提示。
    run_logged([PYTHON, "-c", "import lib.figures"], lambda line: None)


def install_frameworks():
    """安装第 6 章要的 Keras 与 JAX；装不上时说一行，返回 False，别处照常。"""
    try:
        install_locked(FRAMEWORKS_LOCK)
    except SetupError as problem:
        print(
            f"\n第 6 章要的 Keras 与 JAX 没有装上：{problem}"
            "第 6 章改用存下的结果，其余各章不受影响；以后再试用 make frameworks。",
            flush=True,
        )
        return False
    return True


def main(arguments=()):
    try:
        check_python()
        if list(arguments) == ["frameworks"]:
            return 0 if install_frameworks() else 1
        if is_installed():
            return 0
        check_disk()
        print("第一次运行：把要用的包装进 .venv（只装这一次）……", flush=True)
        create_venv()
        install()
        install_frameworks()
        with open(STAMP, "w") as file:
            file.write(fingerprint())
        print("\n环境装好了。", flush=True)
        return 0
    except SetupError as problem:
        print(f"\n错误：{problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        remedy = explain(str(problem)) or f"{problem}。"
        print(f"\n错误：{remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已中断；再运行一次会重新开始。", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
