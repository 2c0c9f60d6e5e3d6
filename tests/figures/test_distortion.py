"""核对图的测试自己也要受检查：把画出来的数据放大 3%，每一幅画数据的图都必须有测试失败。"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from lib import figures
from tools.notebooks import ROOT

MODULES = ("entropy", "cross_entropy", "binary", "softmax")
MODULES += ("dog", "frameworks", "misconceptions", "opening", "report")
# 路线图只有方框与箭头，没有数据。
FIGURES_WITH_DATA = {
    module: set(getattr(figures, module).__all__) - {"chapter_roadmap"} for module in MODULES
}


@pytest.mark.parametrize("module", FIGURES_WITH_DATA)
def test_distorted_figures_are_caught(module):
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", f"tests/figures/test_{module}.py"),
            *("-q", "--tb=no", "-p", "no:cacheprovider", "-p", "tests.figures.distorting_plugin"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    failed = re.findall(rf"^FAILED tests/figures/test_{module}\.py::", finished.stdout, re.M)
    assert len(failed) >= len(FIGURES_WITH_DATA[module]), finished.stdout[-1500:]
