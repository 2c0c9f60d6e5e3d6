"""收取：各种平台的样子都认得，坏的与有意捣乱的都列出来，谁的也不丢，重收不出错。"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import parse_utc

from grader import archive, collect, naming, submission
from grader.course import Course, CourseError

ROOT = Path(__file__).resolve().parents[2]
NAME = "hw1"
MONDAY, TUESDAY = (2026, 10, 12, 12, 0, 0), (2026, 10, 13, 12, 0, 0)
Files = dict[str, bytes]


@pytest.fixture(autouse=True)
def local_time(monkeypatch):
    """zip 里的时间是本地的：让它与 UTC 差 8 小时。"""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """收取只要有老师的 notebook，不必已经发放。"""
    root = tmp_path / "course"
    (root / "source" / NAME).mkdir(parents=True)
    shutil.copy(ROOT / "assignments" / "nbgrader_config.py", root)
    nbformat.write(nbformat.v4.new_notebook(), root / "source" / NAME / f"{NAME}.ipynb")
    return Course(root)


@pytest.fixture
def take(course: Course, tmp_path: Path) -> Callable:
    """把 ``files`` 打成 zip（或写成文件夹）收一次。"""

    def run(files: Files, *, roster: str | None = None, folder=False, when=MONDAY):
        source = tmp_path / "来源"
        shutil.rmtree(source, ignore_errors=True)
        source.unlink() if source.is_file() else None
        if folder:
            write_folder(source, files)
        else:
            source.write_bytes(packed(files, when))
        if roster is not None:
            (tmp_path / "roster.csv").write_text(roster, encoding="utf-8-sig")
        names = None if roster is None else str(tmp_path / "roster.csv")
        return collect.collect(course, NAME, str(source), names)

    return run


def packed(files: Files, when: tuple = MONDAY) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, when)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    return target.getvalue()


def write_folder(root: Path, files: Files) -> None:
    root.mkdir()
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_791_777_600, 1_791_777_600))


def submitted(course: Course) -> Files:
    """每个学生收下的内容。"""
    found = course.root.glob(f"submitted/*/{NAME}/{NAME}.ipynb")
    return {path.parent.parent.name: path.read_bytes() for path in found}


def everything(course: Course) -> dict[str, tuple[bytes, int]]:
    """submitted 下的每个文件：内容与 inode，动过就不同。"""
    files = [path for path in course.root.glob("submitted/**/*") if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_ino) for path in files}


def timestamp(course: Course, student: str) -> str | None:
    path = course.folder("submitted", NAME, student) / "timestamp.txt"
    return str(parse_utc(path.read_text().strip())) if path.exists() else None


def noted(collected: collect.Collected, *words: str) -> bool:
    """打印出来的有一行同时提到这些词。"""
    lines = collected.summary().splitlines()
    return any(all(word in line for word in words) for line in lines)


# 各种平台的样子

LAYOUTS = {
    "一人一个文件": ({"20260001.ipynb": b"a"}, {"20260001": b"a"}),
    "一人一个文件夹": ({"20260001/作业一 final.ipynb": b"a"}, {"20260001": b"a"}),
    "文件夹里再有文件夹": ({"20260001/hw1/hw1.ipynb": b"a"}, {"20260001": b"a"}),
    "一人一个 zip": ({"20260001.zip": packed({"hw1/hw1.ipynb": b"a"})}, {"20260001": b"a"}),
    "文件夹里的 zip": ({"20260001/x.zip": packed({"y.ipynb": b"a"})}, {"20260001": b"a"}),
    "Moodle 的文件夹": (
        {"张三_1234567_assignsubmission_file_/x.ipynb": b"a"},
        {"1234567": b"a"},
    ),
    "新的 Moodle": ({"张 三_1234567_assignsubmission_file/x.ipynb": b"a"}, {"1234567": b"a"}),
    "Moodle 不分文件夹": (
        {
            "张三_1234567_assignsubmission_file_hw1.ipynb": b"a",
            "李四_7654321_assignsubmission_file_hw1.ipynb": b"b",
        },
        {"1234567": b"a", "7654321": b"b"},
    ),
    "Moodle 的 zip": (
        {"张三_1234567_assignsubmission_file_/x.zip": packed({"y.ipynb": b"a"})},
        {"1234567": b"a"},
    ),
    "没有分组的小组": (
        {"Default group_assignsubmission_file/x.ipynb": b"a"},
        {"Default group": b"a"},
    ),
    "Canvas": (
        {"zhangsan_12345_67890_hw1.ipynb": b"a", "li_si_54321_67891_my_hw.ipynb": b"b"},
        {"12345": b"a", "54321": b"b"},
    ),
    "Canvas 迟交": ({"zhangsan_LATE_12345_67890_hw1.ipynb": b"a"}, {"12345": b"a"}),
    "Canvas 匿名": (
        {"anon_x1y2z_678_hw1.ipynb": b"a", "LATE_anon_AbCdE_679_hw1.ipynb": b"b"},
        {"anon_x1y2z": b"a", "anon_AbCdE": b"b"},
    ),
    "Canvas 的 zip": (
        {"zhangsan_12345_67890_hw1-1.zip": packed({"hw1.ipynb": b"a"})},
        {"12345": b"a"},
    ),
    "反斜线的 zip": ({"20260001\\hw1.ipynb": b"a"}, {"20260001": b"a"}),
    "大写的后缀": ({"20260001.IPYNB": b"a"}, {"20260001": b"a"}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("folder", [False, True], ids=["zip", "文件夹"])
def test_layouts(take, course, layout, folder):
    files, expected = LAYOUTS[layout]
    collected = take(files, folder=folder)
    assert submitted(course) == expected
    assert sorted(collected.added) == sorted(expected)


def test_notebook_with_the_assignments_name_is_taken_among_several(take, course):
    collected = take({"20260001/draft.ipynb": b"d", "20260001/HW1.ipynb": b"a"})
    assert submitted(course) == {"20260001": b"a"}
    assert noted(collected, "20260001", "没有收", "draft.ipynb")


def test_several_notebooks_without_it_are_listed_and_left(take, course):
    collected = take({"20260001/a.ipynb": b"a", "20260001/b.ipynb": b"b", "20260002.ipynb": b"c"})
    assert submitted(course) == {"20260002": b"c"}
    assert noted(collected, "20260001", "a.ipynb", "b.ipynb", "没有收")


def test_outer_folder_is_not_taken_for_a_student(take, course):
    collected = take({"导出/20260001/hw1.ipynb": b"a", "导出/20260002/hw1.ipynb": b"b"})
    assert submitted(course) == {}
    assert noted(collected, "导出", "套在外面")


def test_canvas_highest_resubmission_wins(take, course):
    collected = take(
        {
            "zhangsan_12345_900_hw1-9.ipynb": b"9",
            "zhangsan_12345_800_hw1-10.ipynb": b"10",
            "zhangsan_12345_999_hw1.ipynb": b"0",
        }
    )
    assert submitted(course) == {"12345": b"10"}
    assert noted(collected, "hw1-9.ipynb", "hw1.ipynb", "hw1-10.ipynb 更新")


def test_resubmission_suffix_is_not_confused_with_the_name():
    assert naming.split_resubmission("hw-1.ipynb", "hw-1") == ("hw-1.ipynb", 0)
    assert naming.split_resubmission("hw-1-3.ipynb", "hw-1") == ("hw-1.ipynb", 3)


def test_canvas_late_is_told(take):
    assert noted(take({"zhangsan_LATE_12345_67890_hw1.ipynb": b"a"}), "12345", "迟交")
    assert not noted(take({"zhangsan_12345_67890_hw1.ipynb": b"a"}), "12345", "迟交")


def test_moodle_online_text_is_listed(take, course):
    collected = take({"张三_1234567_assignsubmission_onlinetext_/onlinetext.ipynb": b"a"})
    assert submitted(course) == {}
    assert noted(collected, "1234567", "onlinetext.ipynb", "没有收")


@pytest.mark.parametrize("name", ["20260001.pdf", "20260001/hw1.docx", "20260001.zip/hw1.py"])
def test_other_kinds_of_files_are_listed(take, course, name):
    if ".zip/" in name:
        outer, inner = name.split("/")
        collected = take({outer: packed({inner: b"a"})})
    else:
        collected = take({name: b"a"})
    assert submitted(course) == {}
    assert noted(collected, "20260001", name.split("/")[-1], "没有收")


def test_garbage_with_the_right_suffix_is_collected(take, course):
    assert not take({"20260001.ipynb": b"\xff\x00 not json"}).notes
    assert submitted(course) == {"20260001": b"\xff\x00 not json"}


def test_system_files_are_nobodys_submission(take, course):
    collected = take(
        {
            "20260001/hw1.ipynb": b"a",
            "20260001/.ipynb_checkpoints/hw1-checkpoint.ipynb": b"x",
            "20260001/._hw1.ipynb": b"x",
            "__MACOSX/20260001/._hw1.ipynb": b"x",
            ".DS_Store": b"x",
            "desktop.ini": b"x",
        }
    )
    assert submitted(course) == {"20260001": b"a"}
    assert collected.notes == []


@pytest.mark.parametrize("folder", [False, True], ids=["zip", "文件夹"])
def test_empty_folder_is_listed(take, folder):
    collected = take({"20260001/.DS_Store": b"x", "20260002.ipynb": b"b"}, folder=folder)
    assert noted(collected, "20260001", "空")
    assert not noted(collected, "20260002")


# 名册


def test_roster_maps_numbers_then_names(take, course):
    take(
        {
            "张三_1234567_assignsubmission_file_/x.ipynb": b"a",
            "lisi_54321_67890_hw1.ipynb": b"b",
            "wangwu.ipynb": b"c",
        },
        roster="platform,id\n1234567,20260001\nlisi,20260002\nwangwu,20260003\n张三,错的\n",
    )
    assert submitted(course) == {"20260001": b"a", "20260002": b"b", "20260003": b"c"}


def test_numbers_of_the_platform_used_as_ids_are_told(take):
    files = {"张三_1234567_assignsubmission_file_/x.ipynb": b"a"}
    assert not noted(take(files, roster="platform,id\n1234567,20260001\n"), "平台的编号")
    assert noted(take(files), "平台的编号", "--roster")


def test_who_is_not_in_the_roster_is_collected_and_listed(take, course):
    files = {"zhangsan_12345_1_hw1.ipynb": b"a", "20260002.ipynb": b"b"}
    collected = take(files, roster="platform,id\nlisi,20260002\n")
    assert submitted(course) == {"12345": b"a", "20260002": b"b"}
    assert noted(collected, "zhangsan", "名册里没有", "12345")
    assert not noted(collected, "20260002")


def test_namesakes_are_never_merged(take, course):
    files = {
        "张三_1_assignsubmission_file_/x.ipynb": b"a",
        "张三_2_assignsubmission_file_/x.ipynb": b"b",
    }
    collected = take(files, roster="platform,id\n张三,20260001\n")
    assert submitted(course) == {"1": b"a", "2": b"b"}
    assert noted(collected, "同名")


BAD_ROSTERS = {
    "缺一列": ("platform,name\n1,2\n", "platform 与 id"),
    "空的": ("", "platform 与 id"),
    "重复": ("platform,id\n1,2\n1,3\n", "第 3 行"),
    "没有学号": ("platform,id\n1\n", "第 2 行"),
    "没有平台": ("platform,id\n,1\n", "第 2 行"),
    "学号跑到外面": ("platform,id\n1,../2\n", "第 2 行"),
    "太长": (f"platform,id\n1,{'x' * 200_000}\n", "第 2 行|第 1 行"),
}


@pytest.mark.parametrize("case", BAD_ROSTERS)
def test_bad_rosters(take, course, case):
    text, expected = BAD_ROSTERS[case]
    with pytest.raises(CourseError, match=expected):
        take({"20260001.ipynb": b"a"}, roster=text)
    assert submitted(course) == {}


def test_roster_that_cannot_be_read(course, tmp_path):
    (tmp_path / "gbk.csv").write_bytes("platform,id\n张三,1\n".encode("gbk"))
    for name, expected in {"gbk.csv": "UTF-8", "没有.csv": "读不了", ".": "读不了"}.items():
        with pytest.raises(CourseError, match=expected):
            collect.collect(course, NAME, str(tmp_path), str(tmp_path / name))


def test_blank_rows_of_excel_are_skipped(take, course):
    take({"a.ipynb": b"a"}, roster="platform,id\n,\na,20260001\n\n,\n")
    assert submitted(course) == {"20260001": b"a"}


# 时间与重收


def test_timestamp_is_utc_from_the_zip(take, course):
    take({"20260001.ipynb": b"a", "20260002.zip": packed({"hw1.ipynb": b"b"}, TUESDAY)})
    assert timestamp(course, "20260001") == "2026-10-12 04:00:00"
    assert timestamp(course, "20260002") == "2026-10-12 04:00:00"  # 上传的时间，不是学生写的


def test_timestamp_from_the_extended_field_needs_no_time_zone(course, tmp_path):
    info = zipfile.ZipInfo("20260001.ipynb", TUESDAY)
    info.extra = struct.pack("<HH", 1, 0) + struct.pack("<HHBi", 0x5455, 5, 1, 1_791_777_600)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr(info, b"a")
    collect.collect(course, NAME, str(tmp_path / "x.zip"))
    assert timestamp(course, "20260001") == "2026-10-12 04:00:00"


def test_timestamp_from_a_folder(take, course):
    take({"20260001.ipynb": b"a"}, folder=True)
    assert timestamp(course, "20260001") == "2026-10-12 04:00:00"


def test_unknown_time_is_not_made_up(take, course):
    take({"20260001.ipynb": b"a"}, when=(1980, 1, 1, 0, 0, 0))
    assert submitted(course) == {"20260001": b"a"}
    assert timestamp(course, "20260001") is None


def test_platforms_stamp_the_export_not_the_submission(take, course):
    collected = take({"zhangsan_12345_1_hw1.ipynb": b"a", "20260001.ipynb": b"b"})
    assert timestamp(course, "12345") is None
    assert timestamp(course, "20260001")
    assert noted(collected, "timestamp.txt")
    assert not noted(take({"20260001.ipynb": b"b"}), "timestamp.txt")


def test_old_time_does_not_stay_beside_a_new_submission(take, course):
    take({"12345.ipynb": b"a"})
    take({"zhangsan_12345_1_hw1.ipynb": b"b"}, when=TUESDAY)
    assert submitted(course) == {"12345": b"b"}
    assert timestamp(course, "12345") is None


def test_newest_of_several_wins(take, course, tmp_path):
    files = {"20260001.ipynb": b"new", "20260001/hw1.ipynb": b"old"}
    write_folder(tmp_path / "x", files)
    os.utime(tmp_path / "x" / "20260001.ipynb", (1_791_777_700, 1_791_777_700))
    collected = collect.collect(course, NAME, str(tmp_path / "x"))
    assert submitted(course) == {"20260001": b"new"}
    assert noted(collected, "20260001/hw1.ipynb", "20260001.ipynb 更新")


def test_same_content_changes_nothing(take, course):
    files = {"20260001.ipynb": b"a", "zhangsan_12345_1_hw1.ipynb": b"b"}
    take(files)
    before = everything(course)
    collected = take(files, when=TUESDAY)
    assert everything(course) == before
    assert collected.unchanged == ["12345", "20260001"]
    assert not collected.replaced and not collected.notes


@pytest.mark.parametrize("name", ["20260001.ipynb", "zhangsan_20260001_1_hw1.ipynb"])
def test_newer_replaces_and_older_does_not(take, course, name):
    take({name: b"monday"}, when=MONDAY)
    collected = take({name: b"tuesday"}, when=TUESDAY)
    assert submitted(course) == {"20260001": b"tuesday"}
    assert collected.replaced == ["20260001"]
    assert noted(collected, "20260001", "换成了", "2026-10-13 04:00:00")
    before = everything(course)
    collected = take({name: b"monday"}, when=MONDAY)
    assert everything(course) == before
    assert noted(collected, "20260001", "旧", "没有换")


def test_strange_timestamp_does_not_stop_it(take, course):
    take({"20260001.ipynb": b"a"})
    (course.folder("submitted", NAME, "20260001") / "timestamp.txt").write_text("昨天？")
    take({"20260001.ipynb": b"b"}, when=TUESDAY)
    assert submitted(course) == {"20260001": b"b"}
    assert timestamp(course, "20260001") == "2026-10-13 04:00:00"


@pytest.mark.parametrize("step", range(4))
def test_killed_in_the_middle_and_run_again(take, course, monkeypatch, step):
    """在每一次改名之前断掉：看到的总是整份，再收一次就齐了。"""
    old = {"1.ipynb": b"old", "2.ipynb": b"old"}
    new = {"1.ipynb": b"new" * 99, "2.ipynb": b"new" * 99}
    take(old)
    real, count = os.replace, 0

    def dying(*args):
        nonlocal count
        if count == step:
            raise KeyboardInterrupt
        count += 1
        real(*args)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", dying)
        take(new, when=TUESDAY)
    assert all(content in (b"old", b"new" * 99) for content in submitted(course).values())
    take(new, when=TUESDAY)
    assert submitted(course) == {"1": b"new" * 99, "2": b"new" * 99}
    assert {timestamp(course, "1"), timestamp(course, "2")} == {"2026-10-13 04:00:00"}


# 名字


@pytest.mark.parametrize(
    "name", ["张三", "O'Brien 2026", "a b", "{x}", "[1]", "2026.1", "n" * 100, "王" * 33, "$(id)"]
)
def test_odd_but_safe_names_are_collected(take, course, name):
    collected = take({f"{name}/hw1.ipynb": b"a"})
    assert submitted(course) == {name: b"a"}
    assert collected.notes == []


@pytest.mark.parametrize(
    "name",
    [
        "n" * 101,
        "王" * 34,
        "a\x1b[2Jb",
        "a\x00b",
        "a:b",
        'a"b',
        "a?",
        "CON",
        "nul.x",
        "a\u202eb",
        "x.",
    ],
)
def test_unsafe_names_are_listed_without_harm(take, course, name):
    collected = take({f"{name}/hw1.ipynb": b"a", "ok.ipynb": b"b"})
    assert submitted(course) == {"ok": b"b"}
    assert len(collected.notes) == 1 and "没有收" in collected.notes[0]
    assert collected.summary().replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "name",
    ["../evil.ipynb", "a/../../evil.ipynb", "/evil.ipynb", "..\\evil.ipynb", "a/..", "\\x/e.ipynb"],
)
def test_paths_that_escape_are_listed(take, course, name):
    collected = take({name: b"a", "ok.ipynb": b"b"})
    assert submitted(course) == {"ok": b"b"}
    assert noted(collected, "跑到外面")
    assert not list(course.root.parent.rglob("*evil*"))


def test_composed_and_decomposed_names_are_one_student(take, course):
    collected = take({"Jose\u0301.ipynb": b"a", "Jos\u00e9/hw1.ipynb": b"a"})
    assert submitted(course) == {"Jos\u00e9": b"a"}
    assert noted(collected, "更新")


def test_names_that_differ_only_in_case_are_left_to_the_teacher(take, course):
    collected = take({"abc.ipynb": b"a", "ABC.ipynb": b"b", "x.ipynb": b"c"})
    assert submitted(course) == {"x": b"c"}
    assert noted(collected, "abc", "ABC", "大小写")
    take({"abc.ipynb": b"a"})
    assert noted(take({"ABC.ipynb": b"b"}), "ABC", "abc")
    assert submitted(course) == {"x": b"c", "abc": b"a"}
    take({"abc.ipynb": b"a", "ABC.ipynb": b"b"}, roster="platform,id\nABC,20260009\n")
    assert submitted(course)["20260009"] == b"b"


def without_utf8_flag(files: dict[bytes, bytes]) -> bytes:
    """名字是原样字节、没有 UTF-8 标记的 zip。"""
    placeholders = {f"{i:0{len(name)}d}": name for i, name in enumerate(files)}
    content = packed(dict(zip(placeholders, files.values(), strict=True)))
    for placeholder, name in placeholders.items():
        content = content.replace(placeholder.encode(), name)
    return content


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_zip_names_without_the_utf8_flag(course, tmp_path, encoding):
    names = ["模板_1_assignsubmission_file_/a.ipynb", "李四.ipynb", "王五.ipynb", "模.ipynb"]
    files = {name.encode(encoding): b"a" for name in names}
    (tmp_path / "x.zip").write_bytes(without_utf8_flag(files))
    collect.collect(course, NAME, str(tmp_path / "x.zip"))
    assert set(submitted(course)) == {"1", "李四", "王五", "模"}


def test_folder_names_in_gbk(course, tmp_path):
    root = os.fsencode(tmp_path / "x")
    os.mkdir(root)
    with open(root + b"/" + "张三".encode("gbk") + b".ipynb", "wb") as file:
        file.write(b"a")
    collect.collect(course, NAME, str(tmp_path / "x"))
    assert submitted(course) == {"张三": b"a"}


# 有意捣乱的 zip


def test_oversized_notebook_is_kept_so_that_it_gets_zero(take, course, monkeypatch):
    monkeypatch.setattr(archive, "MAX_FILE", 1000)
    monkeypatch.setattr(collect, "MAX_FILE", 1000)
    monkeypatch.setattr(submission, "MAX_FILE", 1000)
    collected = take({"20260001.ipynb": b"x" * 5_000_000})
    assert submitted(course) == {"20260001": b"x" * 1001}
    assert noted(collected, "20260001", "超过")
    with pytest.raises(submission.BadSubmissionError, match="超过"):
        submission.read(submitted(course)["20260001"])
    assert take({"20260001.ipynb": b"x" * 5_000_000}).unchanged == ["20260001"]


def test_bomb_is_read_only_up_to_the_limit(take, course, monkeypatch):
    """解开有 20 MB 的 notebook，读到上限就停：zip 里一共只解出这么多。"""
    monkeypatch.setattr(archive, "MAX_FILE", 100_000)
    monkeypatch.setattr(collect, "MAX_FILE", 100_000)
    asked = []
    real = zipfile.ZipExtFile.read
    monkeypatch.setattr(
        zipfile.ZipExtFile, "read", lambda file, n=-1: asked.append(n) or real(file, n)
    )
    collected = take({"bomb.zip": packed({"hw1.ipynb": bytes(20_000_000)})})
    assert submitted(course) == {"bomb": bytes(100_001)}
    assert noted(collected, "bomb", "超过")
    assert set(asked) == {100_001}


def test_header_that_lies_about_the_size(take, course):
    content = bytearray(packed({"hw1.ipynb": bytes(1_000_000)}))
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = content.find(signature) + offset
        content[at : at + 4] = (1).to_bytes(4, "little")
    collected = take({"bomb.zip": bytes(content), "ok.ipynb": b"b"})
    assert submitted(course) == {"ok": b"b"}
    assert noted(collected, "bomb", "坏了")


def test_total_is_limited(take, course, monkeypatch):
    monkeypatch.setattr(archive, "MAX_TOTAL", 1500)
    collected = take({f"{i}.ipynb": b"x" * 1000 for i in range(4)})
    assert set(submitted(course)) == {"0", "1"}
    assert noted(collected, "2.ipynb", "没有收") and noted(collected, "3.ipynb", "没有收")


def test_too_many_files(take, course, monkeypatch):
    monkeypatch.setattr(archive, "MAX_NESTED_ENTRIES", 10)
    many = packed({f"{i}.txt": b"" for i in range(11)})
    collected = take({"1.zip": many, "2.ipynb": b"b"})
    assert submitted(course) == {"2": b"b"}
    assert noted(collected, "1.zip", "超过 10 个")
    monkeypatch.setattr(archive, "MAX_ENTRIES", 10)
    with pytest.raises(CourseError, match="超过 10 个"):
        take({f"{i}.ipynb": b"" for i in range(11)})


def test_only_one_level_of_nesting_is_opened(take, course):
    collected = take({"1.zip": packed({"a.zip": packed({"hw1.ipynb": b"a"})})})
    assert submitted(course) == {}
    assert noted(collected, "1.zip", "a.zip")


def test_escaping_paths_in_a_nested_zip(take, course):
    nested = packed({"../../2/hw1.ipynb": b"evil", "hw1.ipynb": b"a"})
    collected = take({"1.zip": nested})
    assert submitted(course) == {"1": b"a"}
    assert noted(collected, "1.zip", "跑到外面")


def test_symlinks_in_a_zip(course, tmp_path):
    info = zipfile.ZipInfo("20260001/hw1.ipynb", MONDAY)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr(info, b"/etc/passwd")
    collected = collect.collect(course, NAME, str(tmp_path / "x.zip"))
    assert submitted(course) == {}
    assert noted(collected, "20260001", "符号链接")


@pytest.mark.parametrize(
    ("offsets", "value", "word"), [((8, 6), 1, "密码"), ((10, 8), 12, "压缩的方式")]
)
def test_encrypted_and_unknown_methods(take, course, offsets, value, word):
    content = bytearray(packed({"hw1.ipynb": b"a"}))
    for signature, offset in zip((b"PK\x01\x02", b"PK\x03\x04"), offsets, strict=True):
        content[content.find(signature) + offset] = value
    collected = take({"20260001.zip": bytes(content)})
    assert submitted(course) == {}
    assert noted(collected, "20260001", word)


def test_corrupt_zips(take, course):
    good = packed({"hw1.ipynb": os.urandom(5000)})
    flipped = bytearray(good)
    flipped[1000] ^= 0xFF
    bad = {"1.zip": b"", "2.zip": b"Rar!\x1a\x07", "3.zip": good[:-30], "4.zip": bytes(flipped)}
    collected = take(bad | {"5.zip": good})
    assert set(submitted(course)) == {"5"}
    assert all(noted(collected, f"{i}.zip", "坏了") for i in range(1, 5))


def test_any_damage_is_reported_and_never_raises(take, course):
    """把 zip 的每个字节都改坏一次：不是收下了，就是列出来了。"""
    good = packed({"hw1.ipynb": b"abc"})
    files = {}
    for i in range(len(good)):
        files[f"{i}.zip"] = good[:i] + bytes([good[i] ^ 0xFF]) + good[i + 1 :]
    collected = take(files)
    for name in files:
        student = name.removesuffix(".zip")
        assert student in collected.added or noted(collected, name), name


def test_duplicate_names_in_a_zip(course, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file, pytest.warns(UserWarning):
        file.writestr("1.ipynb", b"a")
        file.writestr("1.ipynb", b"b")
    collected = collect.collect(course, NAME, str(tmp_path / "x.zip"))
    assert submitted(course) == {"1": b"b"}
    assert noted(collected, "1.ipynb", "同名")


# 文件夹


def test_special_files_in_a_folder_are_listed_not_opened(course, tmp_path):
    root = tmp_path / "x"
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(b"secret")
    write_folder(root, {"ok.ipynb": b"b", "1/.keep": b""})
    (root / "1" / "hw1.ipynb").symlink_to(secret)
    (root / "2").symlink_to(tmp_path)
    os.mkfifo(root / "3.ipynb")
    collected = collect.collect(course, NAME, str(root))
    assert submitted(course) == {"ok": b"b"}
    assert all(noted(collected, name, "符号链接") for name in ("1/hw1.ipynb", "2", "3.ipynb"))


def test_unreadable_files_are_listed(course, tmp_path, monkeypatch):
    """root 什么都读得了，所以这里让系统调用来拒绝。"""
    root = tmp_path / "x"
    write_folder(root, {"ok.ipynb": b"b", "1.ipynb": b"a", "2/hw1.ipynb": b"a"})

    def refusing(real):
        def run(path, *args, **kwargs):
            if Path(path).name in ("1.ipynb", "2"):
                raise PermissionError(13, "Permission denied")
            return real(path, *args, **kwargs)

        return run

    monkeypatch.setattr(Path, "open", refusing(Path.open))
    monkeypatch.setattr(os, "listdir", refusing(os.listdir))
    collected = collect.collect(course, NAME, str(root))
    assert submitted(course) == {"ok": b"b"}
    assert noted(collected, "1.ipynb", "打不开") and noted(collected, "2", "打不开")
    with pytest.raises(CourseError, match="打不开"):
        collect.collect(course, NAME, str(root / "2"))


def test_very_deep_folder(course, tmp_path):
    """路径比系统允许的还长。"""
    root = tmp_path / "x"
    write_folder(root, {"ok.ipynb": b"b"})
    here = os.open(root, os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=here)
        deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    collected = collect.collect(course, NAME, str(root))
    assert submitted(course) == {"ok": b"b"}
    assert noted(collected, "打不开")


# 来源与去处


def test_sources_that_cannot_be_opened(course, tmp_path):
    (tmp_path / "x.rar").write_bytes(b"Rar!\x1a\x07")
    for name, expected in {"x.rar": "不是文件夹", "没有": "没有"}.items():
        with pytest.raises(CourseError, match=expected):
            collect.collect(course, NAME, str(tmp_path / name))
    with pytest.raises(CourseError, match="没有作业"):
        collect.collect(course, "hw9", str(tmp_path))


def test_place_that_cannot_be_written(take, course):
    (course.root / "submitted").write_text("是一个文件")
    with pytest.raises(CourseError, match="存不下 20260001"):
        take({"20260001.ipynb": b"a"})


def test_summary_counts_and_lists_each_problem_once(take):
    collected = take({"1/a.pdf": b"", "2.ipynb": b"b", "a:b/x.ipynb": b"", "a:b/y.ipynb": b""})
    first, second, *rest = collected.summary().splitlines()
    assert first == "hw1 收到 1 份：新的 1 份，换了的 0 份，没有变的 0 份。"
    assert "2 处" in second and len(rest) == 2
    assert take({"2.ipynb": b"b"}).summary().count("\n") == 0
