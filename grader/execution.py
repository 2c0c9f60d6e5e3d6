"""运行一份提交：学生的格子进沙箱，测试在外面求值，学生的函数与变量隔着边界取用。"""

from __future__ import annotations

import ast
import builtins
import contextlib
import ctypes
import io
import re
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import nbformat
import numpy as np
from nbformat import NotebookNode

from grader import wire
from grader.sandbox import KilledError, Limits, OutOfTimeError, Sandbox, SandboxError
from grader.submission import is_modest_picture, is_setup, is_test, writable

MAX_RESTARTS = 3
MAX_TIMEOUTS = 2  # 同一个函数停不下来这么多次，就不再调用它
MESSAGE_LIMIT = 1000
OUTPUTS = 12  # 一格留几个输出
OUTPUT_LIMIT = 25_000  # 一个输出留几个字符；图另有界限
ALL_OUTPUT = 16 * 1024**2  # 整份留几个字符
BUILTINS = set(dir(builtins))
HIDDEN_BEGIN, HIDDEN_END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
HIDDEN_NAME = re.compile(r"#\s*隐藏测试：(.+)")


class StudentError(Exception):
    """学生的代码没有给出能用的结果；消息是给学生看的一句中文。"""


class SlowTestError(Exception):
    """测试算得太久。"""

    def __str__(self) -> str:
        return "测试用你的结果计算，太久没有算完：检查返回的数据是不是太大。"


@dataclass(frozen=True)
class Failure:
    """一格测试为什么没过。"""

    kind: str
    message: str
    hidden: str | None = None  # 没过的是隐藏测试时，它的名字


class Session:
    """一份提交从头到尾用的沙箱；被打断或结束了，就重新开一个，把前面的格子再来一遍。"""

    def __init__(self, limits: Limits, trusted: bool):
        self.limits, self.trusted = limits, trusted
        self.deadline = time.monotonic() + limits.total_seconds
        self.sandbox: Sandbox | None = None
        self.history: list[dict] = []  # 重开时要再来一遍的请求
        self.lookups = 0  # 查过几次名字
        self.restarts = -1
        self.timeouts: Counter[str] = Counter()  # 每个函数停不下来的次数
        self.died = False  # 沙箱自己没了：多半是学生的代码，也可能是机器的事

    def close(self) -> None:
        if self.sandbox is not None:
            self.sandbox.close()

    def run(self, source: str) -> dict:
        """运行一格，返回它的输出与错误；停不下来、撑破了的格子，重开时跳过。"""
        try:
            return self._perform({"op": "run", "source": source}, self.limits.cell_seconds)
        except SandboxError as problem:
            return {"outputs": [], "error": {"type": "SandboxError", "message": str(problem)}}

    def names(self, names: list[str]) -> tuple[int, dict[str, dict]]:
        """这些名字在学生那里各是什么；前面的数说是第几次查，其中的函数就此定住。"""
        self.lookups += 1
        request = {"op": "names", "names": names, "lookup": self.lookups}
        found = self._perform(request, self.limits.call_seconds).get("names")
        return self.lookups, found if type(found) is dict else {}

    def call(self, name: str, lookup: int, args: tuple, kwargs: dict) -> Any:
        """调用学生的函数，返回普通数据；它抛出的内置异常在这里仍是同一种。"""
        request = {
            "op": "call",
            "name": name,
            "lookup": lookup,
            "args": [to_wire(value) for value in args],
            "kwargs": {key: to_wire(value) for key, value in kwargs.items()},
        }
        if self.timeouts[name] == MAX_TIMEOUTS:
            raise StudentError(f"{name} 前面 {MAX_TIMEOUTS} 次都停不下来，没有再调用它。")
        try:
            answer = self._ask(request, self.limits.call_seconds)
        except SandboxError as problem:
            self.timeouts[name] += isinstance(problem, OutOfTimeError)
            raise StudentError(f"调用 {name} 时：{problem}") from None
        if type(error := answer.get("error")) is dict:
            raise rebuild_error(name, error)
        if "value" not in answer:
            raise StudentError(
                f"{name} 返回的不是普通数据（{answer.get('not_plain', '')!s:.100}）："
                "应当是数、字符串、列表、元组、字典或 NumPy 数组。"
            )
        try:
            return wire.decode(answer["value"])
        except wire.BrokenWireError as problem:
            raise StudentError(f"{name} 返回了{problem}。") from None

    def _perform(self, request: dict, seconds: float) -> dict:
        """发一个重开时要再来一遍的请求；没有做成的，重开时跳过。"""
        answer = self._ask(request, seconds)
        self.history.append(request)
        return answer

    def _ask(self, request: dict, seconds: float) -> dict:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise KilledError(
                f"整份作业运行超过 {self.limits.total_seconds:g} 秒，后面的没有再运行。"
            )
        while self.sandbox is None:  # 把前面的再来一遍时，也可能又结束了
            self._start()
        try:
            return self.sandbox.ask(request, min(seconds, remaining))
        except OutOfTimeError as problem:
            if not problem.alive:
                self.sandbox = None
            raise
        except KilledError:
            self.sandbox, self.died = None, True
            raise

    def _start(self) -> None:
        if self.restarts == MAX_RESTARTS:
            raise KilledError(f"运行你的代码的进程结束了 {MAX_RESTARTS + 1} 次，后面的没有再运行。")
        self.restarts += 1
        self.sandbox = Sandbox(self.limits, self.trusted)
        history, self.history = self.history, []
        for request in history:
            with contextlib.suppress(SandboxError):
                self._perform(request, self.limits.cell_seconds)


class StudentFunction:
    """学生的一个函数，在测试里用起来像就在眼前；后来同名的另一个函数顶替不了它。"""

    def __init__(self, session: Session, name: str, lookup: int):
        self._session, self.__name__, self._lookup = session, name, lookup

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._session.call(self.__name__, self._lookup, args, kwargs)


def to_wire(value: Any) -> list:
    if type(value) is StudentFunction:
        value = wire.FunctionName(value.__name__)
    return wire.encode(value)


def rebuild_error(name: str, error: dict) -> Exception:
    """学生的函数抛出的异常；不是内置的都算 StudentError。"""
    kind = getattr(builtins, str(error.get("type")), None)
    message = (
        f"调用 {name} 时出错：{error.get('type')}: {str(error.get('message'))[:MESSAGE_LIMIT]}"
    )
    if type(line := error.get("line")) is int:
        message += f"（第 {line} 行）"
    if kind is StopIteration:  # 会让测试里的 map 与 zip 以为已经取完
        kind = None
    if isinstance(kind, type) and issubclass(kind, Exception):
        with contextlib.suppress(Exception):  # UnicodeDecodeError 之类要好几个参数
            return kind(message)
    return StudentError(message)


class Trusted:
    """外面的一头：准备格与测试格在这里求值。

    隐藏测试留到最后：学生的格子都运行完了，再把参数送进去，它们就没有机会写进
    学生看得到的输出与消息里。
    """

    def __init__(self, session: Session, student_number: str | None):
        self.session = session
        self.namespace: dict[str, Any] = {"__builtins__": builtins, "__name__": "__tests__"}
        # 学号只认格子里写的，不问沙箱：不然可以写着自己的、用着别人的。
        self.namespace["STUDENT_ID"] = student_number or ""
        self.blocked: dict[str, Failure] = {}  # 准备格没有做成，因而没有的名字，与原因
        self.scopes: dict[str, dict[str, Any]] = {}  # 看得见的过了、还有隐藏测试要做的格子

    def set_up(self, cell: NotebookNode) -> None:
        """求值一个准备格；它定义的名字以后都用老师的。它用到的学生的变量就此定住。"""
        failure = self._try(cell, cell.source, self.namespace)
        for name in bound_names(cell.source) - self.namespace.keys() if failure else ():
            self.blocked[name] = failure

    def test_visible(self, cell: NotebookNode) -> Failure | None:
        """求值一个测试格里看得见的部分；通过时返回 None。"""
        scope = dict(self.namespace)
        failure = self._try(cell, without_hidden(cell.source), scope, loaded_names(cell.source))
        if failure is None and HIDDEN_BEGIN in cell.source:
            self.scopes[cell.metadata.nbgrader.grade_id] = scope
        return failure

    def test_hidden(self, cell: NotebookNode) -> Failure | None:
        """接着求值一个测试格里隐藏的部分；没过的只说它的名字，消息留给老师。"""
        scope = self.scopes.get(cell.metadata.nbgrader.grade_id)
        if scope is None:
            return None
        return self._try(cell, only_hidden(cell.source), scope, set())

    def _try(
        self, cell: NotebookNode, source: str, scope: dict[str, Any], names: set[str] | None = None
    ) -> Failure | None:
        """在 ``scope`` 里求值，缺的名字（默认是 ``source`` 用到的）向学生要；出错时返回原因。"""
        filename = f"<{cell.metadata.nbgrader.grade_id}>"
        wanted = (loaded_names(source) if names is None else names) - scope.keys()
        if missing := sorted(wanted & self.blocked.keys()):
            return self.blocked[missing[0]]
        try:
            scope.update(self._from_student(wanted))
            with time_limit(self.session.limits.test_seconds):
                self._evaluate(source, filename, scope)
        except Exception as error:
            return explain(error, source, filename)
        return None

    def _evaluate(self, source: str, name: str, scope: dict) -> None:
        quiet = contextlib.redirect_stdout(io.StringIO())
        with quiet, warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            exec(compile(source, name, "exec"), scope)

    def _from_student(self, names: set[str]) -> dict[str, Any]:
        """这些名字在学生那里的值；没有的略去。"""
        if not names:
            return {}
        lookup, found = self.session.names(sorted(names))
        known = sorted(names & found.keys())
        return {name: self._value(name, found[name], lookup) for name in known}

    def _value(self, name: str, description: Any, lookup: int) -> Any:
        if type(description) is dict and "value" in description:
            return wire.decode(description["value"])
        if type(description) is dict and description.get("function") is True:
            return StudentFunction(self.session, name, lookup)
        reason = description.get("other") if type(description) is dict else None
        raise StudentError(f"{name} 应当是数、列表或 NumPy 数组，现在的{str(reason)[:100]}。")


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """里面的 Python 代码至多运行这么久：学生返回的数据再怪，也只拖住自己这一格。"""
    thread = ctypes.c_ulong(threading.get_ident())

    def interrupt() -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(SlowTestError))

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # 正要打断的，让它落在这里面


def without_hidden(source: str) -> str:
    """去掉隐藏测试，行号不变。"""
    return "\n".join("" if hidden else line for line, hidden in marked_lines(source))


def only_hidden(source: str) -> str:
    """只留隐藏测试，行号不变。"""
    return "\n".join(line if hidden else "" for line, hidden in marked_lines(source))


def marked_lines(source: str) -> Iterator[tuple[str, bool]]:
    """每一行，与它在不在隐藏测试里。"""
    hidden = False
    for line in source.splitlines():
        hidden = hidden or HIDDEN_BEGIN in line
        yield line, hidden
        hidden = hidden and HIDDEN_END not in line


def loaded_names(source: str) -> set[str]:
    """``source`` 里用到而没有定义的名字，不算内置的。"""
    nodes = ast.walk(ast.parse(source))
    return (
        {node.id for node in nodes if isinstance(node, ast.Name)} - bound_names(source) - BUILTINS
    )


def bound_names(source: str) -> set[str]:
    """``source`` 里定义的名字：赋值、导入、函数与它的参数。"""
    names = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.ExceptHandler(name=str() as name):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.partition(".")[0])
    return names


def explain(error: Exception, source: str, filename: str) -> Failure:
    """没过的原因；出在隐藏测试里的，查出它的名字。"""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)]
    line = next((frame.lineno for frame in frames if frame.filename == filename), None)
    message = message_of(error)[:MESSAGE_LIMIT] or type(error).__name__
    if isinstance(error, NameError) and getattr(error, "name", None):
        message = f"没有找到 {error.name}：这一题还没有写，或者名字改了。"
    elif isinstance(error, wire.BrokenWireError):
        message = "你的代码送出的数据读不懂。"
    elif (
        not isinstance(error, (AssertionError, StudentError, SandboxError, SlowTestError))
        and "调用" not in message
    ):
        message = f"测试用你的结果计算时出错：{type(error).__name__}: {message}"
    return Failure(type(error).__name__, message, line and hidden_name(source, line))


def message_of(error: Exception) -> str:
    """异常的消息；里面有太大的整数时，Python 不肯写出来。"""
    try:
        return str(error)
    except ValueError:
        return ""


def hidden_name(source: str, line: int) -> str | None:
    """第 ``line`` 行所在的隐藏测试的名字；不在隐藏测试里时返回 None。"""
    name = None
    for text in source.splitlines()[:line]:
        if HIDDEN_BEGIN in text:
            name = "隐藏测试"
        elif HIDDEN_END in text:
            name = None
        elif name is not None and (match := HIDDEN_NAME.search(text)):
            name = match.group(1).strip()
    return name


def execute(
    notebook: NotebookNode, limits: Limits, student_number: str | None, trusted: bool = False
) -> NotebookNode:
    """依次运行归好位的 notebook，填上输出；测试格没过的，输出里是错误，名字记在元数据里。

    沙箱半路没了的，从头再运行一遍，以第二遍为准：若是学生的代码，两遍一样；若是系统内存不够
    之类的事，不该算在学生头上。
    """
    for _ in range(2):
        finished = nbformat.from_dict(notebook)
        session = Session(limits, trusted)
        try:
            run_through(finished, session, student_number)
        finally:
            session.close()
        if not session.died:
            break
    return finished


def run_through(notebook: NotebookNode, session: Session, student_number: str | None) -> None:
    """运行一遍：先是学生的格子与看得见的测试，后是隐藏测试。"""
    tests, room = Trusted(session, student_number), ALL_OUTPUT
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if is_test(cell):
            record_test(cell, tests.test_visible(cell))
        else:
            room = record_run(cell, session.run(cell.source), room)
        if is_setup(cell):
            tests.set_up(cell)
    for cell in notebook.cells:
        if is_test(cell):
            record_test(cell, tests.test_hidden(cell))


def fail_all(skeleton: NotebookNode, reason: str) -> NotebookNode:
    """没法批的提交：每一格测试都因为 ``reason`` 没过。"""
    notebook = nbformat.from_dict(skeleton)
    for cell in notebook.cells:
        if is_test(cell):
            record_test(cell, Failure("BadSubmissionError", reason))
    return notebook


def record_test(cell: NotebookNode, failure: Failure | None) -> None:
    if failure is None:
        return
    cell.outputs = [error_output(failure.kind, failure.message)]
    if failure.hidden:
        cell.metadata["hidden"] = failure.hidden


def record_run(cell: NotebookNode, answer: dict, room: int) -> int:
    """把沙箱的回答写成 notebook 的输出，不超过 ``room`` 个字符；返回还能写多少。

    回答不可信，只取认得的样子。
    """
    outputs = answer.get("outputs")
    for output in outputs[:OUTPUTS] if type(outputs) is list else ():
        if type(output) is not dict:
            continue
        made, size = readable_output(output)
        if size > room:
            cell.outputs.append(text_output("……（整份作业的输出太多，其余略去）"))
            break
        cell.outputs.append(made)
        room -= size
    if type(error := answer.get("error")) is dict:
        message = str(error.get("message"))[:MESSAGE_LIMIT]
        cell.outputs.append(error_output(str(error.get("type"))[:100], message))
    return room


def readable_output(output: dict) -> tuple[NotebookNode, int]:
    """一个输出，与它的字符数。"""
    text, png = writable(str(output.get("text", ""))[:OUTPUT_LIMIT]), output.get("png")
    if output.get("stream") in ("stdout", "stderr"):
        return nbformat.v4.new_output("stream", name=output["stream"], text=text), len(text)
    if type(png) is str and is_modest_picture(png):
        return nbformat.v4.new_output("display_data", data={"image/png": png}), len(png)
    return text_output(text), len(text)


def text_output(text: str) -> NotebookNode:
    return nbformat.v4.new_output("display_data", data={"text/plain": text})


def error_output(kind: str, message: str) -> NotebookNode:
    kind, message = writable(kind), writable(message)
    return nbformat.v4.new_output(
        "error", ename=kind, evalue=message, traceback=[f"{kind}: {message}"]
    )
