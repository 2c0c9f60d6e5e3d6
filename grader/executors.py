"""在哪里批：本机的一池进程，或者一个 Dask 集群；两者都是 concurrent.futures 的样子。"""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import NamedTuple, TypeVar

from grader.course import CourseError

Task, Result = TypeVar("Task"), TypeVar("Result")
WORKER_MEMORY = 8 * 1024**3  # 测试自己也不该用这么多；学生返回的数据再怪，也只撑破这一个进程
MAX_ATTEMPTS = 3
SECONDS_FOR_WORKERS = 30


class Place(NamedTuple):
    """批改的地方：``fresh`` 给出一池新的工人，``width`` 说出此刻最多交给它几份。"""

    fresh: Callable[[], Executor]
    width: Callable[[], int]


def start_worker() -> None:
    """一个工作进程开始时：限住内存；批改的主进程没了，自己也不留下。"""
    import resource  # Windows 上没有；那里要先走到说明怎么办的那一句

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_MEMORY, hard))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # 按 Ctrl-C 时由主进程收场
    threading.Thread(target=die_with_parent, daemon=True).start()


def die_with_parent() -> None:
    parent_process().join()
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def local(workers: int) -> Iterator[Place]:
    """本机的 ``workers`` 个进程。"""
    pools: list[ProcessPoolExecutor] = []
    context = get_context("forkserver")
    context.set_forkserver_preload(["grader.worker"])

    def fresh() -> Executor:
        pools.append(ProcessPoolExecutor(workers, context, initializer=start_worker))
        return pools[-1]

    try:
        yield Place(fresh, lambda: 2 * workers)
    finally:
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Place]:
    """``address`` 处的 Dask 调度器；死了的工人由它自己重排，后来的工人也用得上。"""
    from distributed import Client

    def width() -> int:
        return 2 * max(1, sum(client.nthreads().values()))

    try:
        client = Client(address, timeout="10s")
    except (OSError, TimeoutError, ValueError) as problem:
        raise CourseError(f"连不上 Dask 调度器 {address}：{problem}。") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=SECONDS_FOR_WORKERS)
        except TimeoutError:
            raise CourseError(
                f"调度器 {address} 那里没有工人：请先在各台机器上运行 "
                f"dask worker {address} --nworkers -1 --nthreads 1。"
            ) from None
        yield Place(lambda: client.get_executor(pure=False), width)


def run_all(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    place: Place,
) -> Iterator[tuple[Task, Result | None]]:
    """对每个任务在 ``place`` 运行 ``function``，做完一个给出一个。

    运行它的进程死了，就换一池，把那时在途的任务一个一个地单独再来；单独来还是死的，
    一共死 ``MAX_ATTEMPTS`` 次，结果是 None。
    """
    waiting = iter(tasks)
    suspects: deque[tuple[Task, int]] = deque()
    running: dict[Future, tuple[Task, int]] = {}
    executor = place.fresh()
    while True:
        if suspects and not running:
            task, deaths = suspects.popleft()
            running[submit(executor, function, task)] = task, deaths
        elif not any(deaths for _, deaths in running.values()) and not suspects:
            for task in itertools.islice(waiting, max(0, place.width() - len(running))):
                running[submit(executor, function, task)] = task, 0
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
            done, _ = wait(running)  # 池坏了，其余的也很快有结果
            executor = place.fresh()
        for future in done:
            task, deaths = running.pop(future)
            if future.exception() is None:
                yield task, future.result()
            elif isinstance(future.exception(), BrokenProcessPool) and deaths + 1 < MAX_ATTEMPTS:
                suspects.append((task, deaths + 1))
            else:
                yield task, None


def submit(executor: Executor, function: Callable[[Task], Result], task: Task) -> Future:
    """交给 ``executor``；它刚好坏了的，与在里面死了一样。"""
    try:
        return executor.submit(function, task)
    except BrokenProcessPool as problem:
        future: Future = Future()
        future.set_exception(problem)
        return future
