"""各处测试共用的：构建好的书。"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import book


@pytest.fixture(scope="session")
def built_html() -> Path:
    """构建好的 ``_build/html``；没有，或者源头后来改过，就失败。"""
    if not book.is_up_to_date():
        pytest.fail("没有构建，或者上次构建之后改过：请先运行 make book。", pytrace=False)
    return book.BUILD / "html"
