"""发放：由老师的 notebook 生成学生版，记进成绩簿，打成一个 zip。"""

from __future__ import annotations

import datetime
import logging
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from traitlets.log import get_logger

from grader.course import Course, CourseError

EPOCH = (1980, 1, 1, 0, 0, 0)  # zip 里的时间固定，同样的内容得到同样的文件


def release(course: Course, name: str, due: datetime.datetime | None = None) -> Path:
    """生成学生版，返回它的 zip；``due`` 是截止时间（带时区）。"""
    assignment = course.assignment(name)
    course.directory.assignment_id = name
    converter = GenerateAssignment(coursedir=course.directory, config=course.config)
    converter.force = True
    with course.gradebook(), logged_errors() as errors:
        try:
            converter.start()
        except NbGraderException:
            reason = errors[0].strip().splitlines()[-1]
            raise CourseError(
                f"{name} 的学生版没有生成（{reason}）。已经有人交了的作业，格子只能改、不能增减："
                "要增减请另开一份作业。"
            ) from None
    if due is not None:
        set_due(course, name, due)
    return pack(course.folder("release", assignment.name))


@contextmanager
def logged_errors() -> Iterator[list[str]]:
    """nbgrader 把真正的原因写进日志，这里收下来。"""
    messages: list[str] = []
    logger, handler = get_logger(), logging.Handler(logging.ERROR)
    handler.emit = lambda entry: messages.append(entry.getMessage())
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    try:
        yield messages
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def set_due(course: Course, name: str, due: datetime.datetime) -> None:
    with course.gradebook() as gradebook:
        utc = due.astimezone(datetime.UTC).replace(tzinfo=None)
        gradebook.update_or_create_assignment(name, duedate=utc)


def pack(folder: Path) -> Path:
    """把文件夹打成旁边的 zip，里面的文件夹与它同名。"""
    archive = folder.with_name(folder.name + ".zip")
    partial = archive.with_name(archive.name + ".tmp")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder.parent).as_posix()
                file.writestr(zipfile.ZipInfo(name, EPOCH), path.read_bytes())
    os.replace(partial, archive)
    return archive
