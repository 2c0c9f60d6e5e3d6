"""认人：从导出的文件的路径认出是谁的，再由名册对到学号。

认得三种样子：一人一个文件或文件夹（名字就是学号）、Moodle 的、Canvas 的。
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from grader.archive import Entry, shown
from grader.course import CourseError

# 张三_1234567_assignsubmission_file/hw1.ipynb；不分文件夹时文件名接在后面。
# 按小组交而没有分组的，没有编号。
MOODLE = re.compile(
    r"(?P<name>.*?)(_(?P<number>\d+))?_assignsubmission_(?P<kind>[a-z]+)_?(?P<rest>.*)", re.DOTALL
)
# zhangsan_LATE_12345_67890_hw1-2.ipynb：人的编号、文件的编号；匿名时名字与编号合成 anon_x1y2z。
CANVAS = re.compile(
    r"((?P<name>.+?)_)?(?P<late>LATE_)?(?P<number>anon_[^\W_]{5}|(?<=_)\d+)"
    r"_(?P<file>\d+)_(?P<title>.+)",
    re.DOTALL,
)
RESUBMITTED = re.compile(r"(?P<stem>.*)-(?P<copy>\d{1,9})", re.DOTALL)
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE | re.DOTALL)
MAX_ID = 100  # 字节：文件夹的名字与成绩簿都装得下
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Upload:
    """一个文件，以及从路径认出来的：谁的，属于哪一次提交，是其中的什么。"""

    entry: Entry
    number: str  # 平台上的编号；没有编号的就是名字
    name: str
    group: str  # 同一次提交的文件相同
    title: str  # 在这次提交里的路径，不算 Canvas 加的 -1、-2
    version: tuple[int, int] = (0, 0)
    late: bool = False
    dated: bool = False  # 文件的时间是不是提交的时间
    is_file: bool = True  # Moodle 还会导出在线文字

    @property
    def newness(self) -> tuple:
        return (self.entry.modified or LONG_AGO, self.version, self.entry.parts)


def recognise(entry: Entry, notebook_name: str) -> Upload:
    """从路径认出是谁的、是什么。"""
    top, *inner = entry.parts
    if match := MOODLE.fullmatch(top):
        number = match["number"] or match["name"]
        path = "/".join([match["rest"], *inner] if match["rest"] else inner)
        is_file = match["kind"] == "file"
        return Upload(entry, number, match["name"], top[: match.end("kind")], path, is_file=is_file)
    if not inner and (match := CANVAS.fullmatch(top)):
        title, copy = split_resubmission(match["title"], notebook_name)
        name, version = match["name"] or match["number"], (copy, int(match["file"][:18]))
        return Upload(
            entry, match["number"], name, match["number"], title, version, bool(match["late"])
        )
    owner = top if inner else PurePosixPath(top).stem
    return Upload(entry, owner, owner, top, "/".join(inner) or top, dated=True)


def split_resubmission(title: str, notebook_name: str) -> tuple[str, int]:
    """``hw1-2.ipynb`` 是 ``hw1.ipynb`` 的第 2 次重交，除非作业本来就叫 hw1-2。"""
    path = PurePosixPath(title)
    match = RESUBMITTED.fullmatch(path.stem)
    if match is None or path.stem == notebook_name:
        return title, 0
    return match["stem"] + path.suffix, int(match["copy"])


def read_roster(path: str) -> dict[str, str]:
    """名册：平台上的编号或名字对到学号。"""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CourseError(f"名册 {path} 不是 UTF-8：在 Excel 里另存为“CSV UTF-8”。") from None
    except OSError as problem:
        raise CourseError(f"读不了名册 {path}（{problem.strerror}）：请看一看路径。") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), restval="", skipinitialspace=True)
    ids: dict[str, str] = {}
    try:
        if not {"platform", "id"} <= set(rows.fieldnames or ()):
            raise CourseError(f"名册 {path} 的第一行要有 platform 与 id 两列。")
        for row in rows:
            add_to_roster(ids, row["platform"].strip(), row["id"].strip())
    except (csv.Error, ValueError) as problem:
        raise CourseError(f"名册 {path} 第 {rows.line_num} 行：{problem}。") from None
    return ids


def add_to_roster(ids: dict[str, str], platform: str, student: str) -> None:
    """记下一行；写得不对时抛出 ValueError。"""
    if not platform and not student:
        return  # Excel 会在末尾留下空行
    if not platform:
        raise ValueError("platform 是空的")
    if normal(platform) in ids:
        raise ValueError(f"{shown(platform)} 出现了两次")
    ids[normal(platform)] = safe_id(student)


def normal(text: str) -> str:
    """头尾没有空白，Unicode 的分写都成了合写。"""
    return unicodedata.normalize("NFC", text).strip()


def folded(text: str) -> str:
    """再不分大小写。"""
    return normal(text.casefold())


def safe_id(text: str) -> str:
    """能作文件夹名的学号；不能时抛出 ValueError，消息是原因。"""
    student = normal(text)
    if not student:
        raise ValueError("学号是空的")
    if student.startswith(".") or student.endswith("."):
        raise ValueError(f"学号 {shown(student)} 的头尾有句点")
    if re.search(r'[/\\<>:"|?*]', student) or not student.isprintable():
        raise ValueError(f"学号 {shown(student)} 里有不能作文件夹名的字符")
    if len(student.encode()) > MAX_ID:
        raise ValueError(f"学号 {shown(student)} 太长")
    if RESERVED.fullmatch(student):
        raise ValueError(f"学号 {shown(student)} 在 Windows 上不能作文件夹名")
    return student


def by_student(
    uploads: list[Upload], ids: dict[str, str], notes: list[str]
) -> dict[str, list[Upload]]:
    """每个学号的文件；认不出学号的写进 ``notes``。"""
    namesakes: dict[str, set[str]] = defaultdict(set)
    for upload in uploads:
        namesakes[normal(upload.name)].add(upload.number)
    known = set(ids.values())
    owned: dict[str, list[Upload]] = defaultdict(list)
    for upload in uploads:
        unique = len(namesakes[normal(upload.name)]) == 1
        try:
            student = student_id(upload, ids, unique)
        except ValueError as problem:
            notes.append(
                f"{shown(upload.entry.parts[0])}：{problem}，没有收：可以用 --roster 对到学号。"
            )
            continue
        if ids and student not in known:
            reason = "名册里没有" if unique else "有同名的人，名册里要写编号"
            notes.append(f"{shown(upload.entry.parts[0])}：{reason}，学号就用 {student}。")
        owned[student].append(upload)
    return owned


def student_id(upload: Upload, ids: dict[str, str], unique: bool) -> str:
    """名册里的学号，编号先于名字（有同名的人就不看名字）；名册里没有的，用平台的编号。"""
    mapped = ids.get(normal(upload.number)) or (unique and ids.get(normal(upload.name)))
    return mapped or safe_id(upload.number)


def drop_lookalikes(owned: dict[str, list[Upload]], existing: list[str], notes: list[str]) -> None:
    """只差大小写的两个学号在有的磁盘上是同一个文件夹：都不收，等老师说清楚。"""
    alike: dict[str, set[str]] = defaultdict(set)
    for student in [*owned, *existing]:
        alike[folded(student)].add(student)
    for students in alike.values():
        for student in sorted(students.intersection(owned)) if len(students) > 1 else ():
            if student not in existing:
                others = "、".join(sorted(students - {student}))
                notes.append(f"{student}：与 {others} 只差大小写，没有收：请用 --roster 对到学号。")
                del owned[student]
