"""批改的测试共用的东西：一门临时的课。"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.course import Course
from tests.grader import sample


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """已经发放了小作业的课，只做一次；各个测试用它的副本。"""
    return sample.make_course(tmp_path_factory.mktemp("released") / "course").root


@pytest.fixture
def course(released: Path, tmp_path: Path) -> Course:
    """有一份小作业、还没有人交的课。"""
    return Course(shutil.copytree(released, tmp_path / "course"))
