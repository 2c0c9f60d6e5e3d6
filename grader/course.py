"""一门课在磁盘上的样子：nbgrader 的文件夹与设置，老师的 notebook，成绩簿的地址。"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ComputeChecksums,
    LockCells,
)
from sqlalchemy import text
from traitlets.config import Config, PyFileConfigLoader
from traitlets.log import get_logger

from grader.stubs import StubSolutions

CONFIG_FILE = "nbgrader_config.py"
# nbgrader 生成学生版、记入成绩簿之前的几步：留下隐藏测试，去掉解答。
SKELETON_STEPS = (LockCells, StubSolutions, ClearOutput, CheckCellMetadata, ComputeChecksums)


class CourseError(Exception):
    """做不下去了；消息是一行中文，说出下一步做什么。"""


class Course:
    """``root`` 下的一门课；``db_url`` 不给时用设置里的，再没有就用 ``root`` 下的 SQLite。"""

    def __init__(self, root: Path | str, db_url: str | None = None):
        self.root = Path(root).resolve()
        if not (self.root / CONFIG_FILE).is_file():
            raise CourseError(f"{self.root} 里没有 {CONFIG_FILE}：请用 --course 指出课程的文件夹。")
        get_logger().setLevel(logging.CRITICAL)  # nbgrader 的日志是英文，出错时另有中文
        put_programs_on_path()
        config: Config = PyFileConfigLoader(CONFIG_FILE, path=str(self.root)).load_config()
        config.CourseDirectory.root = str(self.root)
        if db_url:
            config.CourseDirectory.db_url = db_url
        self.config = config
        self.directory = CourseDirectory(config=config)

    @property
    def db_url(self) -> str:
        return self.directory.db_url

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """打开成绩簿；连不上时抛出 CourseError。"""
        try:
            gradebook = Gradebook(self.db_url, self.directory.course_id)
        except Exception as problem:
            reason = str(problem).splitlines()[0]
            raise CourseError(f"打不开成绩簿 {self.db_url}：{reason}。请检查地址与权限。") from None
        with gradebook:
            if gradebook.engine.dialect.name == "sqlite":  # 几千人的成绩簿有上百 MB，缓存大些才快
                gradebook.db.execute(text("PRAGMA cache_size = -262144"))
                gradebook.db.execute(text("PRAGMA mmap_size = 1073741824"))
            yield gradebook

    def folder(self, step: str, assignment: str, student: str = ".") -> Path:
        """某一步（source、release、submitted、autograded、feedback）的文件夹。"""
        kind = getattr(self.directory, f"{step}_directory")
        return Path(self.directory.format_path(kind, student, assignment))

    def assignments(self) -> list[str]:
        """有老师的 notebook 的作业。"""
        return sorted(path.parent.name for path in self.root.glob("source/*/*.ipynb"))

    def assignment(self, name: str) -> Assignment:
        """名为 ``name`` 的作业；没有时抛出 CourseError。"""
        if name not in self.assignments():
            known = "、".join(self.assignments()) or "一份也没有"
            raise CourseError(f"没有作业 {name}（有的是：{known}）。")
        return Assignment(self, name)


def put_programs_on_path() -> None:
    """nbgrader 新建成绩簿时要运行 alembic：它装在这个 Python 旁边，未必在 PATH 里。"""
    here = str(Path(sys.executable).parent)
    if here not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")


class Assignment:
    """一份作业：老师的 notebook 与由它得到的东西。"""

    def __init__(self, course: Course, name: str):
        self.course, self.name = course, name
        (self.path,) = course.folder("source", name).glob("*.ipynb")

    @property
    def notebook_name(self) -> str:
        return self.path.stem

    @cached_property
    def skeleton(self) -> NotebookNode:
        """归位用的 notebook：题目与全部测试都在，解答已去掉，校验和已算好。"""
        notebook = nbformat.read(self.path, as_version=4)
        resources = {"nbgrader": {"notebook": self.notebook_name, "assignment": self.name}}
        for step in SKELETON_STEPS:
            notebook, resources = step(config=self.course.config).preprocess(notebook, resources)
        return notebook

    @cached_property
    def fingerprint(self) -> str:
        """题目、测试与分值的指纹：变了，批过的就要重批。"""
        cells = [(cell.source, dict(cell.metadata.nbgrader)) for cell in self.skeleton.cells]
        text = json.dumps(cells, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
