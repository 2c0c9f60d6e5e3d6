"""沙箱里的一头：在 IPython 里运行学生的格子，替外面的测试调用学生的函数。

用法：``python runner.py FD``。FD 是与外面相连的套接字。本文件与 wire.py 被只读地挂进沙箱，
学生的代码与它同在一个进程里，可以任意破坏它；破坏的只是自己的成绩，因为对错在外面判。
"""

from __future__ import annotations

import base64
import builtins
import os
import resource
import signal
import socket
import sys

MIB = 1024**2
TEXT_LIMIT = 20_000  # 一格的文字输出，字符
PICTURE_LIMIT = 2 * MIB  # 一幅图，字节
PICTURES = 8  # 一格的图


def limit_resources(memory: int, file_size: int, processes: int, cpu_seconds: int) -> None:
    """给自己和以后的子进程立下不能再放宽的界限。"""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: file_size,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_CORE: 0,
    }
    for which, value in limits.items():
        resource.setrlimit(which, (value, value))


def make_shell():
    """一个不写历史、不着色的 IPython。"""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    shell = InteractiveShell.instance(config=config)
    # 错误由 describe、最后一行的值由 run 交给外面，不混在输出里。
    shell.showtraceback = shell.showsyntaxtraceback = lambda *args, **kwargs: None
    display = shell.displayhook
    display.write_output_prompt = display.finish_displayhook = lambda: None
    display.write_format_data = lambda *args: None
    return shell


def run(shell, source: str) -> dict:
    """运行一格，返回它的输出（只留文字与 PNG）和错误。"""
    from IPython.utils.capture import capture_output

    with capture_output() as captured:
        result = shell.run_cell(source, store_history=False)
    outputs = []
    for name, text in (("stdout", captured.stdout), ("stderr", captured.stderr)):
        if text:
            outputs.append({"stream": name, "text": shorten(text)})
    outputs += [show(output.data) for output in captured.outputs[:PICTURES]]
    if result.success and result.result is not None:
        outputs.append({"text": shorten(repr(result.result))})
    error = result.error_before_exec or result.error_in_exec
    return {"outputs": outputs, "error": describe(error) if error else None}


def show(data: dict) -> dict:
    picture = data.get("image/png")
    if isinstance(picture, bytes):
        picture = base64.b64encode(picture).decode()
    if picture and len(picture) <= PICTURE_LIMIT:
        return {"png": picture}
    return {"text": shorten(str(data.get("text/plain", "")))}


def shorten(text: str) -> str:
    if len(text) <= TEXT_LIMIT:
        return text
    return text[:TEXT_LIMIT] + f"\n……（输出共 {len(text)} 个字符，其余略去）"


def describe(error: BaseException) -> dict:
    """异常的类型、消息和学生代码里的行号。"""
    line, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename != __file__:
            line = frame.tb_lineno
        frame = frame.tb_next
    kind = next(base for base in type(error).__mro__ if getattr(builtins, base.__name__, 0) is base)
    return {"type": kind.__name__, "message": str(error)[:500], "line": line}


class Answers:
    """替外面查名字、调用函数；查到过的函数记住是哪一个，以后改了名字也还是它。"""

    def __init__(self, shell, wire):
        self.shell, self.wire = shell, wire
        self.pinned = {}

    def run(self, request: dict) -> dict:
        return run(self.shell, request["source"])

    def names(self, request: dict) -> dict:
        """这些名字各是什么：函数、普通数据、别的东西；没有的略去。"""
        known = self.shell.user_ns
        lookup, names = request["lookup"], request["names"]
        return {"names": {name: self.find(name, lookup) for name in names if name in known}}

    def find(self, name: str, lookup: int) -> dict:
        value = self.shell.user_ns[name]
        try:
            return {"value": self.wire.encode(value)}
        except self.wire.NotPlainError as problem:
            if not callable(value):
                return {"other": str(problem)}
        self.pinned[lookup, name] = value
        return {"function": True}

    def call(self, request: dict) -> dict:
        """调用学生的函数；参数里提到的函数也在学生那里找。"""
        try:
            function = self.pinned[request["lookup"], request["name"]]
            positional = [self.argument(message) for message in request["args"]]
            named = {name: self.argument(message) for name, message in request["kwargs"].items()}
            value = function(*positional, **named)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return {"error": describe(error)}
        return {"value": self.wire.encode(value)}

    def argument(self, message: list):
        value = self.wire.decode(message)
        is_name = type(value) is self.wire.FunctionName
        return self.shell.user_ns[str(value)] if is_name else value


def answer(answers: Answers, request: dict) -> dict:
    """回答一个请求；只有回答它的时候，才容许外面打断。"""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return getattr(answers, request["op"])(request)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:  # 外面等得太久，打断了这一次
        return {"error": {"type": "KeyboardInterrupt", "message": "", "line": None}}
    except answers.wire.NotPlainError as problem:
        return {"not_plain": str(problem)[:200]}
    except Exception as problem:  # 学生的 __repr__、__str__ 之类出了错
        kind = type(problem).__name__
        return {"error": {"type": kind, "message": "显示结果时出错", "line": None}}


def serve(stream, wire) -> None:
    """一问一答，直到外面断开；回答带着请求的号，外面才分得清是哪一问的。"""
    answers = Answers(make_shell(), wire)
    wire.send(stream, {"id": 0})
    while header := stream.read(wire.HEADER.size):
        (length,) = wire.HEADER.unpack(header)
        request = wire.parse(stream.read(length))
        reply = answer(answers, request) | {"id": request["id"]}
        try:
            wire.send(stream, reply)
        except wire.NotPlainError as problem:  # 太长
            wire.send(stream, {"not_plain": str(problem)[:200], "id": request["id"]})


def main() -> None:
    descriptor, memory, file_size, processes, cpu_seconds = map(int, sys.argv[1:6])
    sys.path[:0] = ["/sandbox", "/sandbox/site-packages"]
    limit_resources(memory, file_size, processes, cpu_seconds)
    import wire

    connection = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(connection.makefile("rwb"), wire)


if __name__ == "__main__":
    main()
