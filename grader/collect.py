"""收取：从学习平台导出的文件夹或 zip 里选出每人的提交，放到 nbgrader 收作业的地方。"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from nbgrader.utils import parse_utc

from grader.archive import Source, UnreadableError, open_source
from grader.course import Assignment, Course, CourseError
from grader.naming import Upload, by_student, drop_lookalikes, folded, read_roster, recognise
from grader.recording import (
    TIMESTAMP,
    students_with_submissions,
    submission_file,
    write_atomically,
)
from grader.submission import MAX_FILE, MIB

MANY = 5
UNMAPPED = (
    "Moodle 与 Canvas 导出的名字里没有学号，用了平台的编号：要换成学号，"
    "请删去 submitted 里刚收下的，写好名册，加上 --roster 再收一次。"
)
UNDATED = (
    "Moodle 与 Canvas 导出的文件上只有导出的时间，没有提交的时间：没有记 timestamp.txt，"
    "迟交要自己看。"
)


@dataclass
class Collected:
    """一次收取的结果：各个学生，以及每一处要看一看的。"""

    assignment: str
    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def summary(self) -> str:
        total = len(self.added) + len(self.replaced) + len(self.unchanged)
        first = (
            f"{self.assignment} 收到 {total} 份：新的 {len(self.added)} 份，"
            f"换了的 {len(self.replaced)} 份，没有变的 {len(self.unchanged)} 份。"
        )
        notes = list(dict.fromkeys(self.notes))
        listing = [f"请看一看下面 {len(notes)} 处：", *(f"- {note}" for note in notes)]
        return "\n".join([first, *(listing if notes else ())])


def collect(course: Course, name: str, source: str, roster: str | None = None) -> Collected:
    """从 ``source`` 收取作业 ``name``；``roster`` 是把平台上的编号或名字对到学号的 CSV。"""
    assignment = course.assignment(name)
    ids = read_roster(roster) if roster else {}
    collected = Collected(name)
    with open_source(Path(source)) as opened:
        collected.notes += opened.problems
        uploads = [recognise(entry, assignment.notebook_name) for entry in opened.entries]
        owned = by_student(uploads, ids, collected.notes)
        drop_lookalikes(owned, students_with_submissions(assignment), collected.notes)
        for student, theirs in sorted(owned.items()):
            upload = choose(student, theirs, assignment.notebook_name, opened, collected.notes)
            if upload:
                take(assignment, student, upload, collected)
    return collected


def choose(
    student: str, uploads: list[Upload], notebook_name: str, source: Source, notes: list[str]
) -> Upload | None:
    """一个学生要收的那一个 notebook；交了几次的取最新的。"""
    groups: dict[str, list[Upload]] = defaultdict(list)
    for upload in uploads:
        groups[upload.group].append(upload)
    candidates = [
        chosen
        for group in groups.values()
        if (chosen := choose_in_group(student, group, notebook_name, source, notes))
    ]
    if not candidates:
        return None
    newest = max(candidates, key=lambda upload: upload.newness)
    note_superseded(student, newest, candidates, notes)
    return newest


def choose_in_group(
    student: str, group: list[Upload], notebook_name: str, source: Source, notes: list[str]
) -> Upload | None:
    """一次提交里要收的那一个：有 notebook 就取 notebook，没有再看 zip。"""
    if notebooks := with_suffix(group, ".ipynb"):
        return pick(student, notebooks, group, notebook_name, notes)
    if zips := with_suffix(group, ".zip"):
        archive = pick(student, zips, group, notebook_name, notes)
        return archive and open_archive(student, archive, notebook_name, source, notes)
    notes.append(f"{student}：{listed(group)} 不是 notebook，没有收。")
    return None


def open_archive(
    student: str, archive: Upload, notebook_name: str, source: Source, notes: list[str]
) -> Upload | None:
    """学生自己打的 zip 里要收的那一个。"""
    try:
        nested = source.open_nested(archive.entry)
    except UnreadableError as problem:
        notes.append(f"{student}：{archive.entry} {problem}，没有收。")
        return None
    notes += nested.problems
    depth = len(archive.entry.parts)
    inside = [
        replace(archive, entry=entry, title="/".join(entry.parts[depth:]))
        for entry in nested.entries
    ]
    if notebooks := with_suffix(inside, ".ipynb"):
        return pick(student, notebooks, inside, notebook_name, notes)
    content = f"只有 {listed(inside)}" if inside else "什么也没有"
    notes.append(f"{student}：{archive.entry} 里没有 notebook，{content}，没有收。")
    return None


def with_suffix(uploads: list[Upload], suffix: str) -> list[Upload]:
    return [upload for upload in uploads if upload.entry.suffix == suffix and upload.is_file]


def pick(
    student: str, same: list[Upload], group: list[Upload], notebook_name: str, notes: list[str]
) -> Upload | None:
    """几个同类的文件里取与作业同名的；都不同名时只有一个才取。重交的取最后一次。"""
    wanted = folded(notebook_name)
    named = [u for u in same if folded(PurePosixPath(u.title).stem) == wanted] or same
    if len({upload.title for upload in named}) > 1:
        notes.append(
            f"{student}：有几个，不知道要哪一个，没有收：{listed(named)}。请只留下一个；"
            f"要是 {student} 不是学生，而是套在外面的一层，请解开，把里面那一层作为来源。"
        )
        return None
    chosen = max(named, key=lambda upload: upload.version)
    note_superseded(student, chosen, named, notes)
    if others := [upload for upload in group if upload not in named]:
        notes.append(f"{student}：收的是 {chosen.entry}，没有收 {listed(others)}。")
    return chosen


def note_superseded(student: str, newest: Upload, uploads: list[Upload], notes: list[str]) -> None:
    if older := [upload for upload in uploads if upload is not newest]:
        notes.append(f"{student}：{listed(older)} 不收，{newest.entry} 更新。")


def listed(items: Iterable[Upload | str]) -> str:
    names = sorted(str(item.entry) if isinstance(item, Upload) else item for item in items)
    more = f" 等 {len(names)} 个" if len(names) > MANY else ""
    return "、".join(names[:MANY]) + more


def take(assignment: Assignment, student: str, upload: Upload, collected: Collected) -> None:
    """读出来存好；读不出来、写不进去的都说出来。"""
    try:
        content = upload.entry.read()
    except UnreadableError as problem:
        collected.notes.append(f"{student}：{upload.entry} {problem}，没有收。")
        return
    if upload.late:
        collected.notes.append(f"{student}：Canvas 标了迟交（LATE）。")
    if len(content) > MAX_FILE:
        collected.notes.append(
            f"{student}：{upload.entry} 超过 {MAX_FILE // MIB} MB，只存了开头，批改时会记零分。"
        )
    try:
        store(submission_file(assignment, student), student, upload, content, collected)
    except OSError as problem:
        raise CourseError(
            f"存不下 {student} 的提交（{problem.strerror}）：请看一看磁盘与权限，再收一次。"
        ) from None


def store(path: Path, student: str, upload: Upload, content: bytes, collected: Collected) -> None:
    """放到 ``path``；与那里的一样就什么也不动，比那里的旧就不换。"""
    modified = upload.entry.modified
    if path.is_file():
        if path.read_bytes() == content:
            collected.unchanged.append(student)
            return
        if modified and modified < stored_time(path):
            collected.unchanged.append(student)
            collected.notes.append(f"{student}：{upload.entry} 比已经收下的旧，没有换。")
            return
        collected.replaced.append(student)
        collected.notes.append(f"{student}：换成了 {upload.entry}{when(upload)}。")
    else:
        collected.added.append(student)
    if not upload.dated:
        collected.notes += [UNDATED, *([UNMAPPED] if student == upload.number else [])]
    write(path, content, modified, upload.dated)


def stored_time(path: Path) -> datetime:
    """收下的那一份的时间；没有 timestamp.txt 时是文件自己的，收的时候照来源设好了。"""
    try:
        text = path.with_name(TIMESTAMP).read_text(encoding="utf-8").strip()
        return parse_utc(text).replace(tzinfo=UTC)
    except (OSError, ValueError, OverflowError):
        return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


def when(upload: Upload) -> str:
    return f"（{upload.entry.modified:%Y-%m-%d %H:%M:%S} UTC）" if upload.entry.modified else ""


def write(path: Path, content: bytes, modified: datetime | None, dated: bool) -> None:
    """先时间后内容：中途被杀，再收一次时内容还不同，就会接着写完。"""
    timestamp = path.with_name(TIMESTAMP)
    if modified and dated:
        write_atomically(timestamp, f"{modified:%Y-%m-%d %H:%M:%S} UTC\n")
    else:
        timestamp.unlink(missing_ok=True)
    write_atomically(path, content, modified.timestamp() if modified else None)
