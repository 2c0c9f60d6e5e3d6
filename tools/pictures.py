"""画出前言与《数值报告》的图：``python -m tools.pictures`` 写 _static/*.svg。

README 要在没有构建过的地方也看得到图，所以它们存进版本库；测试核对它们与代码画出的一致。
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable

from lib import figures
from tools.notebooks import ROOT

RESULTS = ROOT / "benchmarks" / "results.json"
FOLDER = ROOT / "_static"


def measured(draw: Callable[[dict], figures.Illustration]) -> Callable[[], figures.Illustration]:
    """用存下的测量结果画的图。"""

    @functools.wraps(draw)
    def drawn() -> figures.Illustration:
        return draw(json.loads(RESULTS.read_text(encoding="utf-8")))

    return drawn


PICTURES = (
    figures.opening_question,
    figures.chapter_roadmap,
    measured(figures.tiny_losses_get_lost),
    measured(figures.time_grows_linearly),
)


def main() -> int:
    for draw in PICTURES:
        path = FOLDER / f"{draw.__name__}.svg"
        path.write_text(draw().svg(), encoding="utf-8", newline="\n")
        print(f"已画好 {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
