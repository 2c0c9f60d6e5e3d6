"""在许多进程里运行：死一个进程，只有害死它的任务没有结果，别的一个也不少。"""

from __future__ import annotations

import os
import random
import threading
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from grader import executors
from grader.executors import MAX_ATTEMPTS, Place, run_all


def work(task: tuple[str, str]) -> str:
    """记下来过一次，再按名字行事；要让工作进程导入得到，所以写在模块里。"""
    folder, name = task
    with (Path(folder) / name).open("a") as file:
        file.write("x")
    if name.startswith("crash"):
        os._exit(1)
    if name.startswith("raise"):
        raise ValueError(name)
    time.sleep(0.02)
    return name.upper()


def results(folder: Path, names: list[str], workers: int) -> dict[str, str | None]:
    tasks = [(str(folder), name) for name in names]
    with executors.local(workers) as place:
        finished = [(task[1], result) for task, result in run_all(work, tasks, place)]
    assert len(finished) == len(dict(finished)), "同一个任务给了两次结果"
    return dict(finished)


def attempts(folder: Path, name: str) -> int:
    return len((folder / name).read_text())


def test_innocents_beside_crashers_all_get_their_results(tmp_path: Path) -> None:
    names = [f"n{number:02}" for number in range(20)]
    # 抛异常的离死掉的远：与它们同时在途的，结果会丢，要再来一次。
    names[3:3], names[10:10], names[18:18] = ["crash-1"], ["raise-1"], ["crash-2"]
    found = results(tmp_path, names, workers=2)
    guilty = {"crash-1", "crash-2", "raise-1"}
    assert found == {name: None if name in guilty else name.upper() for name in names}
    assert attempts(tmp_path, "crash-1") == attempts(tmp_path, "crash-2") == MAX_ATTEMPTS
    assert attempts(tmp_path, "raise-1") == 1, "不是进程死了，不必再来"


def test_nothing_to_do_is_nothing_done(tmp_path: Path) -> None:
    assert results(tmp_path, [], workers=1) == {}


class Fragile:
    """一池假的进程：轮到名字里有 ! 的任务，整池的都死。"""

    def __init__(self):
        self.lock, self.pending, self.broken = threading.Lock(), [], False

    def submit(self, function, task: str) -> Future:
        with self.lock:
            if self.broken:
                raise BrokenProcessPool("坏了")
            future: Future = Future()
            self.pending.append(future)
        threading.Timer(0.001, self.finish, [future, function, task]).start()
        return future

    def finish(self, future: Future, function, task: str) -> None:
        with self.lock:
            if self.broken:
                return
            if "!" not in task:
                self.pending.remove(future)
                future.set_result(function(task))
                return
            self.broken = True
            for each in self.pending:
                each.set_exception(BrokenProcessPool("死了"))


def test_innocents_get_their_results_however_many_crash() -> None:
    chance = random.Random(20261201)
    for _ in range(20):
        tasks = [f"{number}{chance.choice(['', '', '!'])}" for number in range(20)]
        width, pools = chance.randint(1, 6), []

        def fresh(pools: list[Fragile] = pools) -> Fragile:
            pools.append(Fragile())
            return pools[-1]

        found = list(run_all(str.title, tasks, Place(fresh, lambda width=width: width)))
        assert sorted(task for task, _ in found) == sorted(tasks)
        assert all(result == (None if "!" in task else task) for task, result in found)
        assert len(pools) <= MAX_ATTEMPTS * sum("!" in task for task in tasks) + 1


class Here:
    """当场运行的执行者；第 ``breaks`` 次交给它时已经坏了。"""

    def __init__(self, breaks: int | None):
        self.breaks, self.submitted = breaks, 0

    def submit(self, function, task) -> Future:
        self.submitted += 1
        if self.breaks is not None and self.submitted >= self.breaks:
            raise BrokenProcessPool("坏了")
        future = Future()
        future.set_result(function(task))
        return future


def test_a_pool_found_broken_when_handed_a_task_is_replaced() -> None:
    """一个进程可以死在收结果与交下一个任务之间。"""
    pools = [Here(3), Here(1), Here(None)]
    found = dict(run_all(str.upper, "abcdefgh", Place(lambda: pools.pop(0), lambda: 2)))
    assert found == {letter: letter.upper() for letter in "abcdefgh"}
    assert pools == []


def test_no_more_tasks_are_taken_than_can_run() -> None:
    """提交一份一份地读，不一起放在内存里。"""
    taken = []
    tasks = (taken.append(number) or number for number in range(50))
    place = Place(lambda: Here(None), lambda: 3)
    for _, result in run_all(lambda number: number, tasks, place):
        assert len(taken) <= result + 1 + 3
