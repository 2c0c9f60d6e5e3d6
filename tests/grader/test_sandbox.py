"""沙箱：没有沙箱时说得出怎么办；一问一答不会错位；超时能打断，打断以后还能接着用。"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import sandbox
from grader.__main__ import main
from grader.course import Course
from grader.execution import SlowTestError
from grader.sandbox import KilledError, Limits, OutOfTimeError, Sandbox, SandboxUnavailableError
from tests.grader.hostile import FIND_SOCKET, STUBBORN
from tests.grader.sample import NAME, ROOT, scores, solved, submit

REMEDY = "要运行不隔离的批改，加 --trust-submissions（只用于你信得过的提交）。"


def not_linux(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")


def no_bwrap(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", str(folder))


def bwrap_not_allowed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    fake = folder / "bwrap"
    fake.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


MISSING = {
    not_linux: "隔离要用 Linux 的 bubblewrap；Windows 请在 WSL 里批改。",
    no_bwrap: "没有找到 bubblewrap：Debian、Ubuntu 请运行 sudo apt install bubblewrap。",
    bwrap_not_allowed: "bubblewrap 不能用（setting up uid map: Permission denied）：多半是系统不许",
}


@pytest.mark.parametrize("break_it", MISSING, ids=lambda how: how.__name__)
def test_no_sandbox_is_told_in_one_line_and_nothing_is_graded(
    break_it, course: Course, tmp_path, monkeypatch, capsys
) -> None:
    submit(course, "a", solved("a"))
    folder = tmp_path / "bin"
    folder.mkdir()
    break_it(monkeypatch, folder)
    monkeypatch.setattr(sys, "argv", ["grader", "grade", NAME, "--course", str(course.root)])
    assert main() == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"错误：{MISSING[break_it]}") and line.endswith(REMEDY)
    assert scores(course) == {}


WITHOUT = """
import psutil, sys
sys.modules["resource"] = None
import grader.grading
from grader.__main__ import main
sys.platform = "win32"
sys.exit(main())
"""


def test_windows_is_told_too(course: Course) -> None:
    """那里没有 resource 模块：要走得到说明怎么办的那一句。"""
    command = [sys.executable, "-c", WITHOUT, "grade", NAME, "--course", str(course.root)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"错误：{MISSING[not_linux]}")


def test_trusted_submissions_need_no_sandbox(course: Course, tmp_path) -> None:
    """连沙箱的影子都没有的机器上，说了信得过也批得成。"""
    submit(course, "a", solved("a"))
    command = [sys.executable, "-m", "grader", "grade", NAME, "--course", str(course.root)]
    finished = subprocess.run(
        [*command, "--workers", "1", "--trust-submissions"],
        cwd=ROOT,
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    assert scores(course)["a"] == {"q1-test-1": 2, "q1-test-2": 3, "q2-test-1": 4, "q3": None}


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(Limits()) as made:
        printed(made, "")  # 第一格要慢些
        yield made


def printed(box: Sandbox, source: str, seconds: float = 20) -> str:
    answer = box.ask({"op": "run", "source": source}, seconds)
    assert answer["error"] is None, answer["error"]
    return "".join(output["text"] for output in answer["outputs"])


def test_an_answer_sent_twice_does_not_shift_the_later_ones(box: Sandbox) -> None:
    """学生的代码先替这一问答了；真的回答来得晚，不能算作下一问的。"""
    reply = "{'outputs': [{'stream': 'stdout', 'text': '假的'}], 'error': None}"
    assert printed(box, f"{FIND_SOCKET}\nforge({reply})\nprint('真的')") == "假的"
    assert [printed(box, f"print({number})") for number in range(5)] == [
        f"{number}\n" for number in range(5)
    ]


def test_an_answer_nobody_waited_for_does_not_shift_the_later_ones(box, monkeypatch) -> None:
    """测试算得太久时，可以断在发出请求与收到回答之间。"""
    receive = box._receive

    def interrupted(deadline: float) -> dict:
        monkeypatch.setattr(box, "_receive", receive)
        raise SlowTestError

    monkeypatch.setattr(box, "_receive", interrupted)
    with pytest.raises(SlowTestError):
        box.ask({"op": "run", "source": "print('前一问')"}, 20)
    assert printed(box, "print('后一问')") == "后一问\n"


def test_an_answer_ready_just_at_the_interrupt_is_not_taken_for_the_next(box: Sandbox) -> None:
    """时间恰好卡在回答前后：不论算不算超时，每一问得到的都是自己的回答。"""
    late = 0
    for number in range(40):
        source = f"import time\ntime.sleep(0.02)\nprint({number})"
        try:
            assert printed(box, source, 0.015 + number * 0.0005) == f"{number}\n"
        except OutOfTimeError as problem:
            assert problem.alive
            late += 1
        assert printed(box, f"print('问 {number}')") == f"问 {number}\n"
    assert late, "一次也没有超时，这个测试没有测到什么"


def test_an_interrupted_sandbox_keeps_what_it_had(box: Sandbox) -> None:
    printed(box, "x = 7")
    with pytest.raises(OutOfTimeError) as caught:
        box.ask({"op": "run", "source": "while True: pass"}, 0.3)
    assert caught.value.alive
    assert printed(box, "print(x)") == "7\n"


def test_a_sandbox_that_does_not_stop_is_ended(box: Sandbox) -> None:
    with pytest.raises(OutOfTimeError) as caught:
        box.ask({"op": "run", "source": STUBBORN}, 0.3)
    assert not caught.value.alive
    assert box.process.returncode is not None


def test_a_sandbox_that_ended_says_so(box: Sandbox) -> None:
    with pytest.raises(KilledError, match="自己退出了"):
        box.ask({"op": "run", "source": "import os\nos._exit(0)"}, 20)


def test_a_sandbox_that_cannot_start_is_not_the_students_fault(tmp_path, monkeypatch) -> None:
    bwrap_not_allowed(monkeypatch, tmp_path)
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(SandboxUnavailableError, match="没有启动起来"):
        Sandbox(Limits())
    assert len(os.listdir("/proc/self/fd")) <= descriptors


def test_a_sandbox_that_never_starts_is_given_up(tmp_path, monkeypatch) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\nexec /bin/sleep 60 3>&- 4>&-\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(sandbox, "START_SECONDS", 0.2)
    monkeypatch.setattr(Sandbox, "_inner_pid", lambda self, info: self.process.pid)
    started = time.monotonic()
    with pytest.raises(SandboxUnavailableError, match="没有启动起来"):
        Sandbox(Limits())
    assert time.monotonic() - started < 10
