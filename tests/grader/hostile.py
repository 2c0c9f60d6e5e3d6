"""有敌意的与坏了的提交：每一种是什么，得几分，学生读到什么。

作业是 sample.py 的那一份：``q1`` 写 ``entropy(p)``（2 分看得见的，3 分隐藏的），``q2`` 用自己的数算
``my_entropy``（4 分）。``python -m tests.grader.hostile`` 打印整张表；test_hostile.py 逐行核对它。
"""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grader.sandbox import MIB, Limits
from tests.grader import sample
from tests.grader.sample import ROOT, cell, solved

LIMITS = Limits(
    cell_seconds=2, call_seconds=2, total_seconds=25, memory=512 * MIB, processes=32, disk=16 * MIB
)
FULL, ZERO = (2, 3, 4), (0, 0, 0)
Q1_LOST, Q2_LOST = (0, 0, 4), (2, 3, 0)
WON, DONE = "得手", "试完"  # 试探的格子打印的：得手的绝不该出现，试完的必须出现
OWN_ANSWER = """q = my_p[my_p > 0]
my_entropy = float(-(q * np.log2(q)).sum())"""
PREPARE = f"""
def attempt(name, action):
    try:
        value = action()
    except BaseException:
        return
    print("{WON}", name, repr(value)[:200])
"""


@dataclass(frozen=True)
class Case:
    """一份提交，与它该得的分（``q1`` 的两格与 ``q2``）。"""

    name: str
    content: Callable[[], bytes]
    scores: tuple[int, int, int]
    reason: str = ""  # 学生读到的话里的一段；空的是没有扣分，也没有出错
    says: str = ""  # 格子的输出里要有的


def find(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.nbgrader.grade_id == grade_id)


def written(notebook: NotebookNode) -> bytes:
    return nbformat.writes(notebook).encode("utf-8", "surrogatepass")


def honest(**sources: str) -> NotebookNode:
    """一份老实的提交；第二题不用第一题的函数，好看出各题互不连累。"""
    return solved(**({"q2": OWN_ANSWER} | sources))


def with_cell(source: str, after: str) -> bytes:
    """老实的提交里，在 ``after`` 后面加一格。"""
    notebook = honest()
    places = [each.metadata.nbgrader.grade_id for each in notebook.cells]
    notebook.cells.insert(places.index(after) + 1, nbformat.v4.new_code_cell(source))
    return written(notebook)


def extra(
    name: str, source: str, scores=FULL, reason: str = "", after: str = "setup", says=""
) -> Case:
    """多出来的一格里的攻击。"""
    return Case(name, lambda: with_cell(source, after), scores, reason, says)


def probe(name: str, source: str) -> Case:
    """一格试探：什么也不该得手，别的照常。"""
    return extra(name, PREPARE + source + f"\nprint('{DONE}')", says=DONE)


def function(name: str, body: str, scores=Q1_LOST, reason: str = "", before: str = "") -> Case:
    """``entropy`` 换成 ``body``；``before`` 写在它前面。"""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    source = f"{before}\ndef entropy(p):\n{lines}"
    return Case(name, lambda: written(honest(q1=source)), scores, reason)


def edited(name: str, edit: Callable[[NotebookNode], object], scores=FULL, reason="") -> Case:
    """改了 notebook 的样子。"""

    def content() -> bytes:
        notebook = honest()
        return written(edit(notebook) or notebook)

    return Case(name, content, scores, reason)


def raw(name: str, content: Callable[[], bytes], reason: str, scores=ZERO) -> Case:
    return Case(name, content, scores, reason)


RIGHT = """q = np.asarray(p, dtype=float)
if (q < 0).any():
    raise ValueError("负")
q = q[q > 0]
"""
SLOW, GONE, MEMORY = "运行超过 2 秒", "进程自己退出了", "MB 内存"
NOT_PLAIN = "返回的不是普通数据"
STUBBORN = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
LOOPS = [
    extra("死循环的一格", "while True: pass", FULL, SLOW),
    extra("死循环，吞掉中断，屏蔽 SIGINT", STUBBORN, FULL, SLOW),
    extra("C 代码里的死循环", "sum(iter(int, 1))", FULL, SLOW),
    extra("回溯不完的正则", "import re\nre.match('(a+)+$', 'a' * 64 + 'b')", FULL, SLOW),
    extra("算不完的大整数", "x = 7 ** (10 ** 9)", FULL, SLOW),
    extra(
        "停不下来的线程，不让进程退出",
        "import threading\nthreading.Thread(target=lambda: sum(iter(int, 1))).start()",
        FULL,
        SLOW,
        says="",
    ),
    function("被测试调用时才死循环", "while True: pass", Q1_LOST, SLOW),
    function("被调用时才在 C 里死循环", "return sum(iter(int, 1))", Q1_LOST, SLOW),
    function("睡觉", "import time\ntime.sleep(3600)", Q1_LOST, SLOW),
    function(
        "隐藏的输入才死循环",
        f"{RIGHT}while len(p) == 5: pass\nreturn float(-(q * np.log2(q)).sum())",
        (2, 0, 4),
        SLOW,
    ),
]
FIND_SOCKET = """
import os, struct, sys, json
def is_socket(name):
    try:
        return "socket" in os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        return False
(fd,) = [int(name) for name in os.listdir("/proc/self/fd") if is_socket(name)]
def request_id():
    # 外面正等着的那个请求的号：runner 的帧里就有。
    frame = sys._getframe()
    while "request" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["request"]["id"]
def forge(message, ahead=0):
    body = json.dumps({**message, "id": request_id() + ahead}).encode()
    os.write(fd, struct.pack(">I", len(body)) + body)
"""
HOG = """
import os, time
for _ in range(16):
    if os.fork() == 0:
        hoard = bytearray(b"x") * (1 << 26)
        time.sleep(60)
"""
TRICKLE = f"""{HOG}{FIND_SOCKET}
os.write(fd, bytes([1, 255, 255, 255]))
while True: os.write(fd, b" ")
"""
FLOODS = [
    extra(
        "一个进程要光内存", "x = []\nwhile True: x.append(bytearray(1 << 24))", FULL, "MemoryError"
    ),
    extra("许多进程一起要内存", f"{HOG}time.sleep(60)", FULL, MEMORY),
    extra("一边送数据，一边要内存", TRICKLE, FULL, MEMORY),
    extra("fork 炸弹", "import os\nwhile True: os.fork()", FULL, "超过"),
    extra(
        "线程炸弹",
        (
            "import threading, time\n"
            "while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
        ),
        FULL,
        "",
    ),
    extra(
        "写满 /tmp 与 /dev/shm",
        (
            "for path in ('/tmp/x', '/dev/shm/x'):\n"
            "    try:\n"
            "        with open(path, 'wb') as file:\n"
            "            for _ in range(64): file.write(bytes(1 << 20))\n"
            f"        print('{WON}', path)\n"
            "    except OSError as error:\n"
            "        print(error)\n"
            f"print('{DONE}')"
        ),
        FULL,
        says="No space left",
    ),
    extra("打印不完", "while True: print('字')", FULL, SLOW),
    extra("打印三万行", "for _ in range(30_000): print('0123456789')", FULL, says="其余略去"),
    extra(
        "绕过 print 往描述符里写",
        "import os\nfor fd in (1, 2):\n    for _ in range(100): os.write(fd, b'x' * (1 << 20))",
        FULL,
    ),
    extra(
        "极长的 repr",
        "class A:\n    def __repr__(self): return 'x' * (1 << 27)\nA()",
        FULL,
        says="其余略去",
    ),
    extra(
        "出错的 repr", "class A:\n    def __repr__(self): raise RuntimeError('x')\nA()", FULL, ""
    ),
    extra(
        "许多幅图",
        (
            "import matplotlib.pyplot as plt\n"
            "for _ in range(12):\n"
            "    plt.figure(figsize=(1, 1)); plt.plot([1]); plt.show()"
        ),
        FULL,
    ),
    extra("半个代理对", "print('\\ud800')\nraise ValueError('\\udfff')", FULL, "ValueError"),
    extra(
        "打印 HTML",
        (
            "print('<script>alert(1)</script>')\n"
            "from IPython.display import HTML, display\n"
            "display(HTML('<script>alert(1)</script>'))"
        ),
        FULL,
    ),
    function("返回 32 MB 以上的数组", "return np.zeros(33 << 20, dtype=bool)", Q1_LOST, NOT_PLAIN),
    function("返回极大的整数", "return 1 << 10 ** 6", Q1_LOST, "读不懂"),
    function("抛出极长的消息", "raise ValueError('x' * (1 << 26))", Q1_LOST, "调用 entropy 时出错"),
]


def dies_again() -> bytes:
    """前一格第一次运行没事，重开以后再运行就退出；后一格让它重开。"""
    notebook = honest()
    fragile = f"import os, time\nif time.time() > {time.time() + 1.5}: os._exit(0)"
    at = notebook.cells.index(find(notebook, "setup")) + 1
    sources = (fragile, "time.sleep(1.6)\nos._exit(0)")
    notebook.cells[at:at] = [nbformat.v4.new_code_cell(source) for source in sources]
    return written(notebook)


CRASHES = [
    extra("无穷递归", "def f(): return f()\nf()", FULL, "RecursionError"),
    extra(
        "C 栈上的递归",
        (
            "import sys\n"
            "sys.setrecursionlimit(10 ** 9)\n"
            "def f(): return [*map(lambda _: f(), [0])]\n"
            "f()"
        ),
        FULL,
        "",
    ),
    extra("段错误", "import ctypes\nctypes.string_at(0)", FULL, GONE),
    extra("os._exit(0)", "import os\nos._exit(0)", FULL, GONE),
    extra(
        "杀自己", "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nos.abort()", FULL, GONE
    ),
    extra("SystemExit", "raise SystemExit(0)", FULL, ""),
    extra("用 execv 换掉进程", "import os\nos.execv('/bin/sleep', ['sleep', '60'])", FULL, GONE),
    extra("关掉所有描述符", "import os\nos.closerange(0, 256)", FULL, GONE),
    function("每次被调用都退出", "import os\nos._exit(0)", Q1_LOST, GONE),
    Case("重新运行时又死一次", dies_again, FULL, GONE),
]
DONE_FRAME = '{"outputs": [], "error": None}'
BROKEN = "不成样子"


def forged(name: str, value: str, reason: str, scores=Q1_LOST) -> Case:
    """被调用时自己在套接字上答话；``value`` 是回答里 value 的 JSON。"""
    body = f"forge({{'value': {value}}})\nos._exit(0)"
    return function(name, body, scores, reason, FIND_SOCKET)


def wire_garbage(name: str, data: str, reason: str) -> Case:
    source = FIND_SOCKET + f"os.write(fd, {data})\nimport time\ntime.sleep(60)"
    return extra(name, source, FULL, reason)


def full_buffer() -> bytes:
    """下一格很长，撑满套接字的缓冲区：发的一方不能一直等下去。"""
    notebook = honest()
    deaf = FIND_SOCKET + f"forge({DONE_FRAME})" + STUBBORN
    at = notebook.cells.index(find(notebook, "setup")) + 1
    long = "#" * MIB
    notebook.cells[at:at] = [nbformat.v4.new_code_cell(source) for source in (deaf, long)]
    return written(notebook)


FORGERIES = [
    wire_garbage("套接字里写垃圾", "b'\\x00\\x00\\x00\\x04abcd'", BROKEN),
    wire_garbage("声称有 4 GiB", "b'\\xff' * 8", "太大"),
    wire_garbage("极深的 JSON", "struct.pack('>I', 200_000) + b'[' * 200_000", BROKEN),
    wire_garbage("消息不是对象", "struct.pack('>I', 2) + b'[]'", BROKEN),
    wire_garbage("只送半条就停", "b'\\x00\\x00'", SLOW),
    Case("先答一声，再也不收", full_buffer, ZERO, "不再接收"),
    extra(
        "抢先替后面的请求答话",
        FIND_SOCKET + "one = ['float', '0x1p+0']\n"
        "names = {'entropy': {'function': True}, 'my_entropy': {'value': one}}\n"
        "for ahead in range(50): forge({'value': one, 'names': names}, ahead)",
        (2, 0, 0),
        "必然的事没有意外",
    ),
    forged("伪造 object 数组", "['array', '|O', [1], 'AAAAAAAAAAA=']", "读不懂"),
    forged("伪造结构数组", "['array', 'i4,i4', [1], 'AAAAAAAAAAA=']", "读不懂"),
    forged(
        "伪造 dtype 的描述",
        "['array', {'names': ['a'], 'formats': ['O']}, [1], 'AAAAAAAAAAA=']",
        "读不懂",
    ),
    forged("伪造负的形状", "['array', '<f8', [-1, -1], 'AAAAAAAAAAA=']", "读不懂"),
    forged("伪造长度不合的数组", "['array', '<f8', [10**12], 'AAAAAAAAAAA=']", "读不懂"),
    forged("伪造一个巨大的空数组", "['array', '<f8', [0, 10**12], '']", ""),
    forged("伪造 dtype 里的语法错误", "['array', 'f8,(2', [1], 'AAAAAAAAAAA=']", ""),
    forged("伪造 nan", "['float', 'nan']", "对数的底"),
    forged("伪造没有的种类", "['pickle', 'gASV']", "读不懂"),
    forged("伪造函数", "['function', 'entropy']", "计算时出错"),
    forged(
        "伪造嵌套很深的列表",
        "__import__('functools').reduce(lambda x, _: ['list', [x]], range(100), ['none'])",
        "读不懂",
    ),
]
LIE = (
    "class Lie(float):\n"
    "    def __eq__(self, other): return True\n"
    "    def __sub__(self, other): return Lie(0)\n"
    "    def __abs__(self): return Lie(0)\n"
    "    def __lt__(self, other): return True\n"
    "    __gt__ = __le__ = __ge__ = __lt__\n"
    "    __hash__ = None\n"
)
LIES = [
    function(
        "总说相等的对象",
        "return Yes()",
        Q1_LOST,
        NOT_PLAIN,
        (
            "class Yes:\n"
            "    def __eq__(self, other): return True\n"
            "    __sub__ = __abs__ = __lt__ = lambda self, *rest: self\n"
            "    __bool__ = lambda self: True\n"
        ),
    ),
    function("float 的子类", "return Lie(1)", Q1_LOST, NOT_PLAIN, LIE),
    function(
        "改了 __class__ 的子类",
        "return Lie(1)",
        Q1_LOST,
        NOT_PLAIN,
        LIE + "    __class__ = property(lambda self: float)\n",
    ),
    function(
        "str 的子类",
        "return S('1')",
        Q1_LOST,
        NOT_PLAIN,
        "class S(str):\n    __sub__ = lambda self, other: 0.0\n",
    ),
    function(
        "dict 的子类",
        "return D()",
        Q1_LOST,
        NOT_PLAIN,
        "class D(dict):\n    __sub__ = lambda self, other: 0.0\n",
    ),
    function(
        "有毒的数组子类",
        "return np.array(1.0).view(Poison)",
        Q1_LOST,
        NOT_PLAIN,
        (
            "class Poison(np.ndarray):\n"
            "    def __array_ufunc__(self, *args, **kwargs): return 0.0\n"
            "    def __lt__(self, other): return True\n"
        ),
    ),
    function("对象数组里的谎", "return np.array([Lie(1)], dtype=object)", Q1_LOST, NOT_PLAIN, LIE),
    function("生成器", "yield 1.0", Q1_LOST, NOT_PLAIN),
    function(
        "惰性地变的对象",
        "return Lazy()",
        Q1_LOST,
        NOT_PLAIN,
        "class Lazy:\n    def __getattribute__(self, name): raise SystemExit\n",
    ),
    function(
        "随调用次数变的值",
        "return next(answers)",
        (2, 0, 4),
        "随机的分布上算错了",
        "import itertools\nanswers = itertools.chain([1.0, 0.0, 0.0], itertools.repeat(1.0))\n",
    ),
    function(
        "伪装成 NumPy 的标量",
        "return Fake(1)",
        (2, 0, 4),
        "必然的事没有意外",
        (
            "class Fake(np.float64):\n"
            "    __lt__ = __eq__ = lambda self, other: True\n"
            "Fake.__module__ = 'numpy'\n"
        ),
    ),
    function("抛出 StopIteration", "raise StopIteration", Q1_LOST, "调用 entropy 时出错"),
    function(
        "抛出自己的异常类",
        "raise Sneaky",
        Q1_LOST,
        GONE,
        "class Sneaky(BaseException):\n    def __str__(self): raise Sneaky\n",
    ),
    function("抛出 AssertionError", "raise AssertionError", Q1_LOST, "调用 entropy 时出错"),
    function("只会抛出测试等着的异常", "raise ValueError", Q1_LOST, "调用 entropy 时出错"),
    function("常数", "return 1.0", (2, 0, 4), "必然的事没有意外"),
    function(
        "改参数来骗测试",
        "p[:] = [1.0] + [0.0] * (len(p) - 1)\nreturn 1.0",
        (2, 0, 4),
        "必然的事没有意外",
    ),
    Case("函数写成数", lambda: written(honest(q1="entropy = 1.0")), Q1_LOST, "计算时出错"),
    Case(
        "数写成函数",
        lambda: written(honest(q2="def my_entropy(): return 1.0")),
        Q2_LOST,
        "计算时出错",
    ),
    Case(
        "数写成总说相等的对象",
        lambda: written(
            honest(
                q2=(
                    "class Yes:\n"
                    "    __rsub__ = __sub__ = __abs__ = lambda self, *rest: self\n"
                    "    __lt__ = lambda self, other: True\n"
                    "my_entropy = Yes()"
                )
            )
        ),
        Q2_LOST,
        "应当是数",
    ),
]
WRONG = "def entropy(p): return None"


def cheat(name: str, source: str) -> Case:
    """先改掉测试会用到的东西，答案是错的：一分也不该多得。"""
    return Case(
        name,
        lambda: written(honest(q1=f"{source}\n{WRONG}", q2="my_entropy = 0.5")),
        ZERO,
        "还没有写",
    )


CHEATS = [
    cheat(
        "改掉内置的函数",
        (
            "import builtins\n"
            "builtins.abs = lambda x: 0\n"
            "builtins.isinstance = lambda *args: True\n"
            "builtins.AssertionError = Exception"
        ),
    ),
    cheat("遮住内置的名字", "abs = len = float = print = lambda *args: 0"),
    cheat(
        "改掉 NumPy 的函数",
        (
            "np.allclose = np.isclose = np.array_equal = lambda *args, **kwargs: True\n"
            "np.log2 = lambda x: np.zeros_like(x)\n"
            "np.testing.assert_allclose = lambda *args, **kwargs: None"
        ),
    ),
    cheat(
        "遮住测试用的名字",
        (
            "class Anything:\n"
            "    __getattr__ = __call__ = lambda self, *args, **kwargs: self\n"
            "expected = value = my_p = personal_rng = Anything()\n"
            "np = Anything()"
        ),
    ),
    cheat(
        "AST 变换去掉断言",
        (
            "import ast\n"
            "class Strip(ast.NodeTransformer):\n"
            "    def visit_Assert(self, node): return ast.Pass()\n"
            "get_ipython().ast_transformers.append(Strip())"
        ),
    ),
    cheat(
        "各种 IPython 钩子",
        (
            "shell = get_ipython()\n"
            "for event in ('pre_run_cell', 'post_run_cell', 'pre_execute', 'post_execute'):\n"
            "    shell.events.register(event, lambda *args: 1 / 0)\n"
            "shell.set_custom_exc((Exception,), lambda *args, **kwargs: None)\n"
            "shell.input_transformers_cleanup.append(lambda lines: ['pass\\n"
            "'] if 'assert' in ''.join(lines) else lines)"
        ),
    ),
    cheat(
        "sys.excepthook 与 settrace",
        "import sys\nsys.excepthook = lambda *args: None\nsys.settrace(lambda *args: None)",
    ),
]
CHEATS += [
    extra(
        "换掉 shell.run_cell",
        "get_ipython().run_cell = lambda *args, **kwargs: None",
        ZERO,
        "没有找到 entropy",
    ),
    Case(
        "把 entropy 换成测试的答案簿",
        lambda: written(
            honest(
                q1=WRONG,
                q2=(
                    "import gc, sys\n"
                    "seen = gc.get_objects()\n"
                    "my_entropy = [o for o in seen if isinstance(o, str) and '隐藏' in o][:1]"
                ),
            )
        ),
        ZERO,
        "还没有写",
    ),
    extra(
        "改写 runner 的函数",
        (
            "import gc\n"
            "dicts = [thing for thing in gc.get_objects() if type(thing) is dict]\n"
            "fake = next(found for found in dicts if 'limit_resources' in found)\n"
            "fake['call'] = lambda *args: {'value': ['float', '0x1p+0']}\n"
            "fake['run'] = lambda *args: {'outputs': [{'text': '假的'}], 'error': None}"
        ),
        (0, 0, 0),
        "没有找到 entropy",
    ),
]
HOME = Path.home()  # 老师的文件夹与这个仓库，沙箱里都不该看见
SPY = f"""
import gc, inspect, os, sys
MARK = "".join(map(chr, [38543, 34255, 27979, 35797]))  # 隐藏测试，不写在源码里
own = os.getpid()
def walk_objects():
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            for value in list(thing.values()):
                if isinstance(value, str) and MARK in value and value != MARK:
                    print("{WON}", value[:50])
def walk_frames():
    frame = sys._getframe()
    while frame:
        for name, value in list(frame.f_locals.items()):
            if isinstance(value, str) and MARK in value and value != MARK:
                print("{WON}", name)
        frame = frame.f_back
def spy():
    walk_objects(); walk_frames()
    inspect.stack()
"""
NETWORK = """
import socket, subprocess, urllib.request
def tcp(host, port):
    with socket.create_connection((host, port), timeout=0.3) as connection:
        return connection.getpeername()
attempt("TCP 外网", lambda: tcp("1.1.1.1", 80))
attempt("TCP 本机", lambda: tcp("127.0.0.1", 22))
attempt("TCP IPv6", lambda: tcp("2606:4700:4700::1111", 80))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
attempt("UDP", lambda: datagrams.sendto(b"x", ("8.8.8.8", 53)))
attempt("DNS", lambda: socket.getaddrinfo("example.com", 80))
attempt("原始套接字", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("链路层", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("HTTP", lambda: urllib.request.urlopen("http://example.com", timeout=0.3))
def unix(path):
    socket.socket(socket.AF_UNIX).connect(path)
for path in ("/run/docker.sock", "/run/dbus/system_bus_socket", "\\0docker"):
    attempt(path, lambda: unix(path))
for command in (["ping", "-c1", "-W1", "1.1.1.1"], ["curl", "-m1", "http://1.1.1.1"]):
    attempt(command[0], lambda: subprocess.run(command, check=True, capture_output=True))
names = [name for _, name in socket.if_nameindex()]
if names != ["lo"]: print("得手", names)
"""
FILES = f"""
import os, pathlib
MARKS = [part.encode() for part in ("HIDDEN TE" + "STS", "BEGIN SOL" + "UTION")]
here = {{"/proc", "/sys", "/usr", "/dev"}}
for root, folders, files in os.walk("/"):
    if root in here:
        folders[:] = []
        continue
    if root.count("/") > 6 or "lib/python3" in root or root.startswith("/sandbox/site-packages"):
        folders[:] = []
        continue
    for name in files:
        path = os.path.join(root, name)
        try:
            data = open(path, "rb").read(1 << 20)
        except OSError:
            continue
        if any(mark in data for mark in MARKS): print("{WON}", path)
for path in ("/etc/passwd", "/etc/shadow", "{HOME}/.ssh", "{ROOT}", "/home", "/var", "/run", "/srv",
             "/opt", "/sys", "/mnt", "/boot"):
    attempt(path, lambda: os.listdir(path) if os.path.isdir(path) else open(path).read())
for path in ("gradebook.db", "source", "submitted", "nbgrader_config.py"):
    attempt(path, lambda: [*pathlib.Path("/").glob(f"*/{{path}}")][0])
"""
WRITES = f"""
import os
for path in ("/x", "/usr/x", "/usr/local/x", "/etc/x", "/bin/x", "/sandbox/x", "/dev/x", "{HOME}/x",
             "/sandbox/site-packages/x.py", "/sandbox/site-packages/numpy/x.py"):
    attempt(path, lambda: open(path, "w"))
for path in ("sys/kernel/core_pattern", "sys/kernel/hostname", "sysrq-trigger",
             "self/oom_score_adj", "1/mem"):
    attempt(path, lambda: os.open("/proc/" + path, os.O_WRONLY))
attempt("runner.py", lambda: open("/sandbox/runner.py", "a"))
attempt("删除", lambda: os.unlink("/sandbox/wire.py"))
attempt("改权限", lambda: os.chmod("/sandbox/runner.py", 0o777))
os.symlink("/sandbox/runner.py", "/tmp/link")
attempt("符号链接", lambda: open("/tmp/link", "w"))
attempt("硬链接", lambda: os.link("/usr/bin/env", "/tmp/hard"))
attempt("设备", lambda: os.mknod("/tmp/disk", 0o60666, os.makedev(254, 0)))
for line in open("/proc/self/mountinfo"):
    root = line.split()[4]
    if root in ("/tmp", "/dev/shm") or not os.path.isdir(root):
        continue
    attempt(root, lambda: open(os.path.join(root, "x"), "w"))
"""
PROC = f"""
import os
pids = [name for name in os.listdir("/proc") if name.isdigit()]
if pids != [str(os.getpid())]: print("{WON}", pids)
environment = open("/proc/1/environ", "rb").read() + repr(os.environ).encode()
for word in (b"SECRET", b"COURSE", b"TOKEN", b"{HOME}/"):
    if word in environment: print("{WON}", word)
attempt("别的进程", lambda: os.kill(2, 0))
for name in os.listdir("/proc/self/fd"):
    target = os.path.realpath(f"/proc/self/fd/{{name}}")
    if os.path.isfile(target): print("{WON}", target)
"""
ESCAPES = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *args):
    if function(*args) < 0:
        raise OSError(ctypes.get_errno())
    return "成功"
for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x02000000):
    attempt(f"unshare {flag:#x}", lambda: call(libc.unshare, flag))
attempt("mount", lambda: call(libc.mount, b"none", b"/tmp", b"tmpfs", 0, None))
attempt("remount", lambda: call(libc.mount, b"none", b"/", None, 32, None))
attempt("umount", lambda: call(libc.umount2, b"/proc", 2))
attempt("chroot", lambda: os.chroot("/tmp"))
attempt("setns", lambda: call(libc.setns, os.open("/proc/1/ns/net", os.O_RDONLY), 0))
attempt("setuid", lambda: os.setuid(0))
attempt("ptrace", lambda: call(libc.ptrace, 16, 2, 0, 0))
attempt("sethostname", lambda: call(libc.sethostname, b"x", 1))
import resource
attempt("放宽界限", lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)))
import subprocess
attempt("su", lambda: subprocess.run(["su", "-c", "id"], check=True, capture_output=True))
"""
UNCOUNTED_MEMORY = """
import ctypes, os
attempt("memfd", lambda: os.memfd_create("x"))
def shared():
    if ctypes.CDLL(None).shmget(0, 1 << 30, 0o1600) < 0:
        raise OSError
    return "1 GiB"
attempt("System V 共享内存", shared)
"""
LET_GO = """
import ctypes
def let_go():
    if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) < 0:
        raise OSError
    return "PR_SET_PDEATHSIG"
attempt("prctl", let_go)
"""
SPYING = [
    probe("看帧、对象、模块", SPY + "spy()"),
    function(
        "被测试调用时看帧与对象",
        f"spy()\n{RIGHT}return float(-(q * np.log2(q)).sum())",
        FULL,
        "",
        SPY,
    ),
    probe("读遍看得见的文件", FILES),
    probe("往外写", WRITES),
    probe("环境、/proc、描述符", PROC),
    probe("各种网络", NETWORK),
    probe("各种越狱", ESCAPES),
    probe("不算在进程头上的内存", UNCOUNTED_MEMORY),
    probe("不随批改的进程一起死", LET_GO),
    extra(
        "留下后台进程",
        (
            "import os, time\n"
            "if os.fork() == 0:\n"
            "    os.setsid()\n"
            "    time.sleep(3600)\n"
            "    os._exit(0)"
        ),
        FULL,
    ),
    extra(
        "不随外面一起死的后台进程",
        (
            "import ctypes, os, signal, time\n"
            "ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n"
            "for sig in range(1, 32):\n"
            "    try: signal.signal(sig, signal.SIG_IGN)\n"
            "    except OSError: pass"
        ),
        FULL,
    ),
]


def is_a_test(each: NotebookNode) -> bool:
    return "-test-" in each.metadata.nbgrader.grade_id


def keep(notebook: NotebookNode, wanted: Callable[[NotebookNode], bool]) -> None:
    notebook.cells = [each for each in notebook.cells if wanted(each)]


def change_tests(notebook: NotebookNode, **fields: object) -> None:
    for each in filter(is_a_test, notebook.cells):
        each.metadata.nbgrader.update(fields)


def change_everything(notebook: NotebookNode, field: str, value: object) -> None:
    for each in notebook.cells:
        each.metadata.nbgrader[field] = value


def empty_tests(notebook: NotebookNode) -> None:
    for each in filter(is_a_test, notebook.cells):
        each.source = "pass"
    find(notebook, "q1").source = WRONG


def tests_as_text(notebook: NotebookNode) -> None:
    for each in filter(is_a_test, notebook.cells):
        each.cell_type = "markdown"
    find(notebook, "q1").source = WRONG


def forged_output(notebook: NotebookNode) -> None:
    find(notebook, "q1").source = WRONG
    for each in filter(is_a_test, notebook.cells):
        each.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "1000"})]


def duplicate(notebook: NotebookNode) -> None:
    """同一个编号的两格：第二格算学生自己加的，照样运行。"""
    at = notebook.cells.index(find(notebook, "q1")) + 1
    notebook.cells.insert(at, cell("code", "q1", "entropy = entropy", solution=True))
    notebook.cells[at].id = "second"


def own_setup(notebook: NotebookNode) -> None:
    find(notebook, "setup").source = "import numpy as np\nmy_p = np.array([1.0])"
    find(notebook, "q2").source = "my_entropy = 0.0"


def picture(width: int, height: int) -> str:
    """头上写着 ``width``×``height`` 的 PNG，压缩以后很小。"""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    data = zlib.compress(bytes(min(width * height // 8, 1 << 20)))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


SCRIPT = "<script>alert(1)</script> [按](javascript:alert(2)) $\\href{javascript:alert(3)}{x}$"
BAD_NAME = '"><img src=x onerror=alert(4)>'


def script_everywhere(notebook: NotebookNode) -> None:
    text = find(notebook, "q3")
    text.source = f"{SCRIPT} ![图](attachment:none.png) ![图](attachment:bad.png)"
    small = picture(8, 8)
    text.attachments = {"bad.png": {"image/png": small + BAD_NAME}, BAD_NAME: {"image/png": small}}
    notebook.cells.append(nbformat.v4.new_markdown_cell(SCRIPT))
    notebook.cells[-1].metadata.nbgrader = {"grade_id": "extra"}


def picture_bombs(notebook: NotebookNode) -> None:
    bomb = picture(50_000, 50_000)
    find(notebook, "q3").attachments = {"bomb.png": {"image/png": bomb}}
    show = nbformat.v4.new_output("display_data", data={"image/png": bomb})
    find(notebook, "q1").outputs = [show]
    source = (
        "from IPython.display import Image, display\n"
        "import base64\n"
        f"display(Image(base64.b64decode({bomb!r})))"
    )
    notebook.cells.append(cell("code", "bomb", source))


CHANGES = [
    edited("删掉全部测试格", lambda n: keep(n, lambda c: not is_a_test(c))),
    edited("测试格清空", empty_tests, Q1_LOST, "还没有写"),
    edited("测试格改成文字", tests_as_text, Q1_LOST, "还没有写"),
    edited("测试格里伪造输出", forged_output, Q1_LOST, "还没有写"),
    edited("分值改成 1000", lambda n: change_tests(n, points=1000)),
    edited("分值改成负的与字", lambda n: change_tests(n, points="nan")),
    edited("全部格子都不锁", lambda n: change_everything(n, "locked", False)),
    edited("全部格子都算解答", lambda n: change_everything(n, "solution", True)),
    edited("测试格不再算分", lambda n: change_tests(n, grade=False)),
    edited(
        "编号不是字符串", lambda n: change_everything(n, "grade_id", 7), ZERO, "没有这份作业的格子"
    ),
    edited(
        "编号极长",
        lambda n: change_everything(n, "grade_id", "x" * 10**6),
        ZERO,
        "没有这份作业的格子",
    ),
    edited(
        "没有 nbgrader 元数据",
        lambda n: [c.metadata.pop("nbgrader") for c in n.cells] and None,
        ZERO,
        "没有这份作业的格子",
    ),
    edited(
        "删掉第二题",
        lambda n: keep(n, lambda c: c.metadata.nbgrader.grade_id != "q2"),
        Q2_LOST,
        "还没有算",
    ),
    edited("删掉准备格", lambda n: keep(n, lambda c: c.metadata.nbgrader.grade_id != "setup")),
    edited("改写准备格", own_setup, Q2_LOST, "与你的学号不符"),
    edited("同一题交了两格", duplicate),
    edited("格子倒过来排", lambda n: n.cells.reverse()),
    edited(
        "学号留空",
        lambda n: find(n, "student-id").update(source='STUDENT_ID = ""'),
        Q2_LOST,
        "学号",
    ),
    edited("文字里的脚本", script_everywhere),
    edited("图片炸弹", picture_bombs),
    edited(
        "抄别人的数",
        lambda n: find(n, "q2").update(source="my_entropy = 1.2345"),
        Q2_LOST,
        "与你的学号不符",
    ),
]


def document(**changes: object) -> bytes:
    """老实的提交的 JSON，换掉顶层的几项。"""
    return json.dumps({**json.loads(written(honest())), **changes}).encode()


def first_cell(**changes: object) -> bytes:
    """老实的提交，在最前面加一个不成样子的格子。"""
    notebook = json.loads(written(honest()))
    notebook["cells"].insert(0, {"cell_type": "code", "metadata": {}, "source": "", **changes})
    return json.dumps(notebook).encode()


def version_3() -> bytes:
    sheet = {"cells": [{"cell_type": "code", "input": "1", "outputs": []}], "metadata": {}}
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "worksheets": [sheet]}).encode()


def other_assignment() -> bytes:
    notebook = honest()
    for each in notebook.cells:
        if each.cell_type == "markdown":
            each.source = "# 作业九\n\n" + each.source
    return written(notebook)


FILES_BROKEN = [
    raw("空文件", lambda: b"", "文件是空的"),
    raw("只有空白", lambda: b" \n\t ", "文件是空的"),
    raw("不是 JSON", lambda: b"%PDF-1.7 \x00\xff", "不是 JSON"),
    raw("JSON 断在半路", lambda: written(honest())[:-100], "不是 JSON"),
    raw("整个文件是极深的 JSON", lambda: b"[" * 10**6, "不是 JSON"),
    raw(
        "极深的格子",
        lambda: first_cell(source="DEEP").replace(b'"DEEP"', b"[" * 10**5 + b"]" * 10**5),
        "不是 JSON",
    ),
    raw("顶层是数", lambda: b"7", "不是第 4 版"),
    raw("第 3 版", version_3, "不是第 4 版"),
    raw("cells 不是列表", lambda: document(cells={"a": 1}), "不是第 4 版"),
    raw("200 MB", lambda: b"{" + b" " * (200 * MIB), "文件超过 32 MB"),
    raw("三万个格子", lambda: document(cells=[{}] * 30_000), "个格子"),
    raw("极长的源码", lambda: first_cell(source="#" * (3 * MIB)), "代码与文字超过"),
    raw("没有这份作业的格子", lambda: document(cells=[]), "没有这份作业的格子"),
    raw("另一份作业", other_assignment, "另一份作业"),
    raw(
        "格子不是字典",
        lambda: document(cells=[*json.loads(written(honest()))["cells"], 7, None, []]),
        "",
        FULL,
    ),
    raw("源码不是字符串", lambda: first_cell(source={"a": 1}), "", FULL),
    raw("元数据不是字典", lambda: first_cell(metadata=[1, 2]), "", FULL),
    raw("没见过的种类", lambda: first_cell(cell_type="evil"), "", FULL),
    raw(
        "顶层的键写两遍",
        lambda: written(honest())[:-2].rstrip() + b', "metadata": {}, "metadata": 7}',
        "",
        FULL,
    ),
    raw("NaN 与无穷", lambda: document(metadata={"a": float("nan"), "b": float("inf")}), "", FULL),
    raw("开头有 BOM", lambda: b"\xef\xbb\xbf" + written(honest()), "", FULL),
    raw("UTF-16", lambda: written(honest()).decode().encode("utf-16"), "不是 JSON"),
    raw("源码里的 NUL 与半个代理对", lambda: first_cell(source="x = 1 # \ud800 \x00"), "", FULL),
]


def whole(name: str, make: Callable[[], NotebookNode], scores, reason="") -> Case:
    return Case(name, lambda: written(make()), scores, reason)


def empty_version() -> NotebookNode:
    """没有作答的：解答的格子都是发下来的样子。"""
    return solved(student_id='STUDENT_ID = "1"', q1=WRONG, q2="my_entropy = None", q3="")


ORDINARY = [
    whole("标准解答", sample.source_notebook, FULL),
    whole("老实的提交", honest, FULL),
    whole("没有作答", empty_version, ZERO, "还没有写"),
    whole(
        "写不对的语法",
        lambda: honest(q1="def entropy(p)\n    return 1"),
        Q1_LOST,
        "没有找到 entropy",
    ),
    whole(
        "改了函数的名字",
        lambda: honest(q1="def entropie(p): return 1.0"),
        Q1_LOST,
        "没有找到 entropy",
    ),
]
CASES = [
    *ORDINARY,
    *LOOPS,
    *FLOODS,
    *CRASHES,
    *FORGERIES,
    *LIES,
    *CHEATS,
    *SPYING,
    *CHANGES,
    *FILES_BROKEN,
]


def table() -> str:
    """整张表：提交、得分、学生读到的。"""
    rows = ["| 提交 | q1 看得见的 | q1 隐藏的 | q2 | 学生读到 |", "|---|---|---|---|---|"]
    for case in CASES:
        points = " | ".join(map(str, case.scores))
        rows.append(f"| {case.name} | {points} | {case.reason or '—'} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
