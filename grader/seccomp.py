"""系统调用的过滤：沙箱里用不着、却能绕过界限的那几个，一律不许。

写成 bubblewrap ``--seccomp`` 要的 BPF。只认得 x86-64 与 aarch64；别的机器上不过滤。
"""

from __future__ import annotations

import errno
import platform
import struct

# 名字：（x86-64，aarch64）。前几个占的内存不算在进程头上；其余的是越狱常用的。
FORBIDDEN = {
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "add_key": (248, 217),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
}
PRCTL = (157, 167)
PR_SET_PDEATHSIG = 1  # 批改的进程被杀时，沙箱也要跟着死
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, DENY = 0x7FFF0000, 0x00050000 | errno.EPERM
NUMBER, AUDIT, ARGUMENT = 0, 4, 16  # seccomp_data 里的位置
X32 = 0x40000000


def program() -> bytes | None:
    """这台机器上的过滤程序；不认得的机器上是 None。"""
    if platform.machine() not in MACHINES:
        return None
    column, audit = MACHINES[platform.machine()]
    steps = [(LOAD, 0, 0, AUDIT), (EQUAL, 1, 0, audit), (RETURN, 0, 0, DENY)]
    steps += [(LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, X32), (RETURN, 0, 0, DENY)]
    for numbers in FORBIDDEN.values():
        steps += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, DENY)]
    steps += [(EQUAL, 0, 3, PRCTL[column]), (LOAD, 0, 0, ARGUMENT)]
    steps += [(EQUAL, 0, 1, PR_SET_PDEATHSIG), (RETURN, 0, 0, DENY), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
