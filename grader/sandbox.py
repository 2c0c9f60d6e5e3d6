"""沙箱：用 bubblewrap 把 runner.py 关起来，外面按时间、内存、进程数看住它。

里面看得见的只有系统的 ``/usr``、Python 标准库、NumPy、matplotlib 与 IPython，全部只读；
写得了的只有一块用完就没的内存盘；没有网络，没有环境变量，看不见别的进程。
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import psutil
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader import seccomp, wire

HERE = Path(__file__).resolve().parent
VISIBLE_PACKAGES = ("ipython", "matplotlib", "matplotlib-inline", "numpy")
START_SECONDS = 60.0  # 机器再忙，也该启动好了
GRACE_SECONDS = 1.0  # 打断以后，等它停下来的时间
TICK = 0.05  # 隔多久看一次内存与进程数
MIB = 1024**2


class SandboxUnavailableError(Exception):
    """这台机器上没有沙箱；消息说出装什么。"""


class SandboxError(Exception):
    """沙箱里出了事，消息是给学生看的一句中文。"""


class OutOfTimeError(SandboxError):
    """超过了时间；``alive`` 说打断以后沙箱还能不能接着用。"""

    def __init__(self, seconds: float, alive: bool):
        super().__init__(f"运行超过 {seconds:g} 秒，已停止：检查有没有停不下来的循环。")
        self.alive = alive


class KilledError(SandboxError):
    """沙箱没有了：用了太多的内存或进程，或者自己退出。"""


@dataclass(frozen=True)
class Limits:
    """一份提交可以用多少。"""

    cell_seconds: float = 30.0
    call_seconds: float = 10.0
    test_seconds: float = 60.0
    total_seconds: float = 180.0
    memory: int = 2048 * MIB
    processes: int = 64
    file_size: int = 64 * MIB
    disk: int = 64 * MIB


ORDINARY = Limits()


@cache
def visible_files() -> tuple[Path, ...]:
    """沙箱里看得见的包，连同它们要用的包：site-packages 下的各个文件与文件夹。"""
    pending, seen, paths = list(VISIBLE_PACKAGES), set(), set()
    while pending:
        name = canonicalize_name(pending.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        tops = {file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}
        paths |= {Path(distribution.locate_file(top)) for top in tops - {"__pycache__"}}
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                pending.append(requirement.name)
    return tuple(sorted(path for path in paths if path.exists()))


@cache
def base_python() -> tuple[Path, Path]:
    """不在虚拟环境里的那个 Python，与它的安装目录。"""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    prefix = Path(sys.base_prefix).resolve()
    return prefix / "bin" / f"python{version}", prefix


@cache
def font_cache() -> Path | None:
    """matplotlib 的字体清单；挂进沙箱，免得每份提交都重新找一遍字体。"""
    import matplotlib

    found = sorted(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"))
    return found[-1] if found else None


@cache
def isolation() -> tuple[str, ...]:
    """bubblewrap 的命令行，不含要运行的程序。"""
    _, prefix = base_python()
    command = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--as-pid-1"]
    command += ["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    command += ["--uid", "1000", "--gid", "1000", "--hostname", "sandbox"]
    command += ["--ro-bind", "/usr", "/usr", "--tmpfs", "/usr/local"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            command += ["--ro-bind", str(path), str(path)]
    for path in ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime"):
        command += ["--ro-bind-try", path, path]
    if prefix != Path("/usr"):
        command += ["--ro-bind", str(prefix), str(prefix)]
    # 标准库以外的包只给看得见的那几个：机器上装着的 SciPy 之类不能用来答题。
    libraries = [*Path("/usr/lib").glob("python3*"), *(prefix / "lib").glob("python3*")]
    for library in libraries:
        for name in ("site-packages", "dist-packages"):
            if (library / name).is_dir():
                command += ["--tmpfs", str(library / name), "--remount-ro", str(library / name)]
    for path in (HERE / "runner.py", HERE / "wire.py"):
        command += ["--ro-bind", str(path), f"/sandbox/{path.name}"]
    for path in visible_files():
        command += ["--ro-bind", str(path), f"/sandbox/site-packages/{path.name}"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    return tuple(command)


def environment() -> dict[str, str]:
    """学生代码的全部环境变量。"""
    return {
        "HOME": "/tmp/home",
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": "/tmp/home/matplotlib",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def sandboxed_command(limits: Limits) -> list[str]:
    """把 runner.py 关进去的整条命令，套接字的号与 info-fd 由调用者接在后面。"""
    command = list(isolation())
    for name, value in environment().items():
        command += ["--setenv", name, value]
    for path in ("/tmp", "/dev/shm"):
        command += ["--size", str(limits.disk), "--tmpfs", path]
    command += ["--dir", "/tmp/home"]
    if fonts := font_cache():
        command += ["--ro-bind", str(fonts), f"/tmp/home/matplotlib/{fonts.name}"]
    # /proc 也只读：老师以 root 批改时，里面写得动 /proc/sys，那是整台机器的设置。
    for path in ("/", "/usr/local", "/dev", "/proc"):
        command += ["--remount-ro", path]
    command += ["--chdir", "/tmp/home"]
    return command


def open_filter() -> int | None:
    """系统调用的过滤程序，写在管道里给 bubblewrap 读；不认得的机器上是 None。"""
    program = seccomp.program()
    if program is None:
        return None
    reading, writing = os.pipe()
    os.write(writing, program)
    os.close(writing)
    return reading


def check_available() -> None:
    """没有可用的 bubblewrap 时抛出 SandboxUnavailableError。"""
    remedy = "要运行不隔离的批改，加 --trust-submissions（只用于你信得过的提交）。"
    if sys.platform != "linux":
        raise SandboxUnavailableError(
            f"隔离要用 Linux 的 bubblewrap；Windows 请在 WSL 里批改。{remedy}"
        )
    if shutil.which("bwrap") is None:
        raise SandboxUnavailableError(
            f"没有找到 bubblewrap：Debian、Ubuntu 请运行 sudo apt install bubblewrap。{remedy}"
        )
    probe = subprocess.run(
        [*sandboxed_command(ORDINARY), "/usr/bin/true"], capture_output=True, text=True
    )
    if probe.returncode:
        raise SandboxUnavailableError(
            f"bubblewrap 不能用（{probe.stderr.strip()[-200:]}）：多半是系统不许普通用户建立"
            f"名字空间，请管理员打开 kernel.unprivileged_userns_clone 一类的开关。{remedy}"
        )


class Sandbox:
    """一份提交的沙箱：运行格子、查名字、调用函数，超过界限就打断或结束。"""

    def __init__(self, limits: Limits = ORDINARY, trusted: bool = False):
        self.limits = limits
        ours, theirs = socket.socketpair()
        info_out, info_in = os.pipe()
        filters = None
        runner_limits = [limits.memory, limits.file_size, limits.processes]
        runner_limits.append(int(limits.total_seconds * 2))
        arguments = [str(theirs.fileno()), *map(str, runner_limits)]
        if trusted:
            command = [sys.executable, str(HERE / "runner.py"), *arguments]
            extra = {"env": {**os.environ, **environment(), "HOME": os.environ.get("HOME", "/")}}
        else:
            filters = open_filter()
            command = [*sandboxed_command(limits), "--info-fd", str(info_in)]
            command += ["--seccomp", str(filters)] if filters is not None else []
            command += [str(base_python()[0]), "-I", "-S", "-B", "/sandbox/runner.py", *arguments]
            extra = {"env": {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}}
        passed = [theirs.fileno(), info_in, *([filters] if filters is not None else [])]
        try:
            self.process = subprocess.Popen(
                command,
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **extra,
            )
        except OSError as problem:
            raise SandboxUnavailableError(f"沙箱没有启动起来（{problem}）。") from None
        finally:
            theirs.detach()
            for descriptor in passed:
                os.close(descriptor)
        self.connection = ours
        self.request = 0  # 上一个请求的号
        self.received = bytearray()  # 收到了、还没有读成消息的
        self.next_check = time.monotonic() + TICK
        self.stream = ours.makefile("wb")
        self.pid = self.process.pid if trusted else self._inner_pid(info_out)
        os.close(info_out)
        try:
            self._receive(time.monotonic() + START_SECONDS)
        except (SandboxError, TimeoutError):
            self.close()
            raise SandboxUnavailableError("沙箱没有启动起来：机器太忙，或者内存不够。") from None

    def _inner_pid(self, info: int) -> int:
        """沙箱里的一号进程在外面的号；bubblewrap 没起来时返回它自己的号。"""
        text = b""
        while not text.rstrip().endswith(b"}"):  # 它分几次写，没写完就关上会杀死它
            part = os.read(info, 4096)
            if not part:
                return self.process.pid
            text += part
        return json.loads(text)["child-pid"]

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """结束沙箱里的一切。"""
        for pid in (self.pid, self.process.pid) if self.process.returncode is None else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.connection.close()

    def ask(self, request: dict, seconds: float) -> dict:
        """发一个请求，等到回答；超时先打断，打断不了就结束沙箱。"""
        self.request += 1
        try:
            self._send(request | {"id": self.request}, seconds)
            return self._receive(time.monotonic() + seconds)
        except TimeoutError:
            raise OutOfTimeError(seconds, self._interrupt()) from None
        except OSError:
            self.close()
            raise KilledError("运行你的代码的进程自己退出了。") from None

    def _send(self, request: dict, seconds: float) -> None:
        """发一个请求；里面不收（缓冲区满了）就结束沙箱，不能一直等下去。"""
        self.connection.settimeout(seconds)
        try:
            wire.send(self.stream, request)
        except TimeoutError:
            self._fail("运行你的代码的进程不再接收请求。")

    def _interrupt(self) -> bool:
        """让里面停下来；返回它是不是真的停了、还能接着用。"""
        try:
            os.kill(self.pid, signal.SIGINT)
            self._receive(time.monotonic() + GRACE_SECONDS)
        except (TimeoutError, SandboxError, OSError):
            self.close()
            return False
        return True

    def _receive(self, deadline: float) -> dict:
        """这一次请求的回答；打断得晚了，前一次的回答可能还在路上，跳过它。"""
        while True:
            message = self._receive_any(deadline)
            if message.get("id") == self.request:
                return message

    def _receive_any(self, deadline: float) -> dict:
        """下一条消息；没收完就到了时间的，收到的留着，下次接着收。"""
        start = wire.HEADER.size
        self._fill(start, deadline)
        (length,) = wire.HEADER.unpack_from(self.received)
        if length > wire.MAX_FRAME:
            self._fail("送出的数据太大。")
        self._fill(start + length, deadline)
        body = bytes(self.received[start : start + length])
        del self.received[: start + length]
        try:
            return wire.parse(body)
        except wire.BrokenWireError:
            self._fail("送出的数据不成样子。")

    def _fill(self, size: int, deadline: float) -> None:
        """收到至少有 ``size`` 个字节为止。"""
        while (missing := size - len(self.received)) > 0:
            now = time.monotonic()
            if now > deadline:
                raise TimeoutError
            if now > self.next_check:  # 里面一直在送数据时也要看
                self.next_check = now + TICK
                self._check_usage()
            if select.select([self.connection], [], [], TICK)[0]:
                part = self.connection.recv(min(missing, MIB))
                if not part:
                    self._fail("运行你的代码的进程自己退出了。")
                self.received += part

    def _check_usage(self) -> None:
        """进程数与内存的总和超过界限就结束沙箱；单个进程的界限由 runner.py 自己立下。"""
        try:
            inside = psutil.Process(self.pid)
            everyone = [inside, *inside.children(recursive=True)]
            memory = 0
            for process in everyone:
                try:
                    memory += process.memory_info().rss
                except psutil.Error:
                    continue
        except psutil.Error:
            return
        if len(everyone) > self.limits.processes:
            self._fail(f"开了 {len(everyone)} 个进程，超过 {self.limits.processes} 个。")
        if memory > self.limits.memory:
            self._fail(f"用了超过 {self.limits.memory // MIB} MB 内存。")

    def _fail(self, reason: str) -> None:
        self.close()
        raise KilledError(reason)
