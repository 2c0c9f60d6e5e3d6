"""画出前言与 README 用的两幅图：``python -m tools.pictures`` 写 _static/*.svg。

README 要在没有构建过的地方也看得到图，所以这两幅存进版本库；测试核对它们与代码画出的一致。
"""

from __future__ import annotations

import sys

from lib import figures
from tools.notebooks import ROOT

PICTURES = (figures.opening_question, figures.chapter_roadmap)
FOLDER = ROOT / "_static"


def main() -> int:
    for draw in PICTURES:
        path = FOLDER / f"{draw.__name__}.svg"
        path.write_text(draw().svg(), encoding="utf-8", newline="\n")
        print(f"已画好 {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
