"""读学习平台导出的文件夹或 zip：列出里面的文件，用到哪个才读哪个，什么也不解到磁盘上。

里面的东西是学生与平台写的，什么都可能有：跑到外面去的路径、符号链接、压缩炸弹、坏的、加密的、
乱码的名字。不能读的都写进 ``problems``，一个也不悄悄丢掉。
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from grader.course import CourseError
from grader.submission import MAX_FILE, MIB

MAX_ENTRIES = 100_000
MAX_NESTED_ENTRIES = 2_000  # 学生自己打的 zip 里
MAX_TOTAL = 16 * 1024 * MIB  # 一次收取总共读出这么多
MAX_SHOWN = 120
IGNORED = {"__MACOSX", "Thumbs.db", "desktop.ini"}
CENTRAL_SIGNATURE = b"PK\x01\x02"
EXTENDED_TIME = 0x5455
# 只认这两种压缩：zipfile 解别的几种时一次解完一整块，多大都得接着。
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    RuntimeError,  # 包括 NotImplementedError
)


class UnreadableError(Exception):
    """这个文件读不出来；消息是半句中文的原因。"""


@dataclass(frozen=True)
class Entry:
    """一个文件；``read()`` 至多返回 MAX_FILE + 1 字节，读不出来时抛出 UnreadableError。"""

    parts: tuple[str, ...]
    modified: datetime | None
    read: Callable[[], bytes]

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.parts[-1]).suffix.lower()

    def __str__(self) -> str:
        return shown("/".join(self.parts))


@dataclass(frozen=True)
class Found:
    """扫到的一项，还没有检查路径；``problem`` 是读不得的原因。"""

    path: str
    is_folder: bool = False
    modified: datetime | None = None
    read: Callable[[], bytes] | None = None
    problem: str | None = None


class Budget:
    """一次收取总共还能读出多少字节：看实际读出来的，不看文件头里写的。"""

    def __init__(self) -> None:
        self.left = MAX_TOTAL

    def read(self, file: BinaryIO) -> bytes:
        if self.left <= 0:
            raise UnreadableError(f"前面读出来的已经超过 {MAX_TOTAL / 1024 / MIB:g} GB")
        content = file.read(MAX_FILE + 1)
        self.left -= len(content)
        return content


@dataclass(frozen=True)
class Source:
    """一个文件夹或 zip 里有什么。"""

    entries: list[Entry]
    problems: list[str]
    budget: Budget

    def open_nested(self, entry: Entry) -> Source:
        """``entry`` 是学生自己打的 zip；里面的文件以它的时间为准，那是上传的时间。"""
        content = entry.read()
        if len(content) > MAX_FILE:
            raise UnreadableError(f"压缩包超过 {MAX_FILE // MIB} MB")
        if content.count(CENTRAL_SIGNATURE) > MAX_NESTED_ENTRIES:
            raise UnreadableError(f"压缩包里的文件超过 {MAX_NESTED_ENTRIES} 个")
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
            nested = sort_out(scan_zip(archive, self.budget), self.budget)
        except BROKEN:
            raise UnreadableError("不是 zip，或者坏了") from None
        entries = [
            replace(inner, parts=entry.parts + inner.parts, modified=entry.modified)
            for inner in nested.entries
        ]
        return Source(entries, [f"{entry} 里的 {line}" for line in nested.problems], self.budget)


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """打开一个文件夹或 zip；打不开时抛出 CourseError。"""
    budget = Budget()
    if path.is_dir():
        yield sort_out(scan_folder(path, budget), budget)
        return
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise CourseError(f"没有 {path}：请写对导出的文件夹或 zip 的路径。") from None
    except BROKEN:
        raise CourseError(
            f"{path} 不是文件夹，也不是完好的 zip：请重新导出，或者解开再收。"
        ) from None
    with archive:
        yield sort_out(scan_zip(archive, budget), budget)


def sort_out(found: Iterable[Found], budget: Budget) -> Source:
    """分出能读的文件与问题；系统自己放的文件不是谁交的，略过。"""
    entries: dict[tuple[str, ...], Entry] = {}
    problems: list[str] = []
    folders, filled = set(), set()
    for number, item in enumerate(found):
        if number >= MAX_ENTRIES:
            raise CourseError(f"来源里的文件超过 {MAX_ENTRIES} 个：请看一看路径对不对。")
        parts = tuple(part for part in item.path.split("/") if part not in ("", "."))
        if item.path.startswith("/") or ".." in parts:
            problems.append(f"{shown(item.path)}：路径跑到外面去了，没有收。")
            continue
        if not parts or is_ignored(parts[0]):
            continue
        if item.is_folder or len(parts) > 1:
            folders.add(parts[0])
        if item.is_folder or any(is_ignored(part) for part in parts):
            continue
        filled.add(parts[0])
        if item.problem:
            problems.append(f"{shown(item.path)}：{item.problem}，没有收。")
            continue
        if parts in entries:
            problems.append(f"{shown(item.path)}：同名的有几个，取了最后一个。")
        entries[parts] = Entry(parts, item.modified, item.read)
    problems += [f"{shown(name)}：文件夹是空的。" for name in sorted(folders - filled)]
    return Source(list(entries.values()), problems, budget)


def is_ignored(part: str) -> bool:
    return part.startswith(".") or part in IGNORED


def shown(text: str) -> str:
    """可以放心显示的名字：控制字符（能改写终端）写成转义，太长的截短。"""
    safe = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return safe if len(safe) <= MAX_SHOWN else safe[: MAX_SHOWN - 1] + "…"


def scan_folder(root: Path, budget: Budget) -> Iterator[Found]:
    """文件夹里的每一项；符号链接不跟着走，管道之类不去打开。"""
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            names = sorted(os.listdir(folder))
        except OSError as problem:
            if folder == root:
                raise CourseError(f"打不开 {root}（{problem.strerror}）：请看一看权限。") from None
            yield Found(relative(folder, root), problem=f"打不开（{problem.strerror}）")
            continue
        for name in names:
            item = scan_item(folder / name, relative(folder / name, root), budget)
            if item.is_folder:
                waiting.append(folder / name)
            yield item


def scan_item(path: Path, name: str, budget: Budget) -> Found:
    try:
        status = path.lstat()
    except OSError as problem:
        return Found(name, problem=f"打不开（{problem.strerror}）")
    if stat.S_ISDIR(status.st_mode):
        return Found(name, is_folder=True)
    if not stat.S_ISREG(status.st_mode):
        return Found(name, problem="是符号链接或者别的特殊文件")
    return Found(name, False, moment(status.st_mtime), partial(read_file, path, budget))


def relative(path: Path, root: Path) -> str:
    """相对的路径；不是 UTF-8 的名字多半是中文 Windows 上打的 zip 解出来的。"""
    raw = os.fsencode(path.relative_to(root))
    return decode(raw, "utf-8", "gb18030", "latin-1").replace("\\", "/")


def read_file(path: Path, budget: Budget) -> bytes:
    try:
        with path.open("rb") as file:
            return budget.read(file)
    except OSError as problem:
        raise UnreadableError(f"打不开（{problem.strerror}）") from None


def scan_zip(archive: zipfile.ZipFile, budget: Budget) -> Iterator[Found]:
    """zip 里的每一项；路径只用来认人，从不照着它解到磁盘上。"""
    members = archive.infolist()
    for info, name in zip(members, decode_names(members), strict=True):
        path = name.replace("\\", "/")
        read = partial(read_member, archive, info, budget)
        yield Found(path, path.endswith("/"), modified_time(info), read, member_problem(info))


def member_problem(info: zipfile.ZipInfo) -> str | None:
    if stat.S_ISLNK(info.external_attr >> 16):
        return "是符号链接"
    if info.flag_bits & 0x1:
        return "加了密码"
    if info.compress_type not in METHODS:
        return "压缩的方式不认得"
    return None


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    try:
        with archive.open(info) as file:
            return budget.read(file)
    except BROKEN:
        raise UnreadableError("在 zip 里坏了") from None


def decode_names(members: list[zipfile.ZipInfo]) -> list[str]:
    """没有标明 UTF-8 的名字：macOS 打的其实是 UTF-8，中文 Windows 打的是 GBK。

    短的名字两种都读得通，所以整个 zip 一起看：全都是 UTF-8 才当作 UTF-8。
    """
    raw = {
        info: info.orig_filename.encode("cp437") for info in members if not info.flag_bits & 0x800
    }
    try:
        b"\n".join(raw.values()).decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "gb18030"
    return [
        decode(raw[info], encoding, "cp437") if info in raw else info.orig_filename
        for info in members
    ]


def decode(raw: bytes, *encodings: str) -> str:
    """用第一种读得通的编码；最后一种什么都读得通。"""
    for encoding in encodings[:-1]:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode(encodings[-1])


def modified_time(info: zipfile.ZipInfo) -> datetime | None:
    """修改时间；先用带时区的扩展字段，没有时把 zip 里的时间当作本地时间，1980 年是没有写。"""
    if (seconds := extended_time(info.extra)) is not None:
        return moment(seconds)
    try:
        local = datetime(*info.date_time)
        return moment(local.timestamp()) if local.year > 1980 else None
    except (ValueError, OverflowError):
        return None


def moment(seconds: float) -> datetime | None:
    """整秒的 UTC 时间；不像话的返回 None。"""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def extended_time(extra: bytes) -> int | None:
    """Info-ZIP 的扩展字段里的修改时间（Unix 秒）。"""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == EXTENDED_TIME and len(field) >= 5 and field[0] & 1:
            return struct.unpack_from("<i", field, 1)[0]
    return None
