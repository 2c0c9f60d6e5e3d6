"""附录《勘误与辨析》：每一条都是同样的五步，有算出来的数，指得出书里细讲的一节。"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from nbformat import NotebookNode

from tools import notebooks

PATH = notebooks.ROOT / "appendix" / "misconceptions.ipynb"
LABEL = re.compile(r"^\*\*(像对的地方|对的说法|证明|算一遍|检查的办法)\*\*　\S", flags=re.M)
PLACE = re.compile(r"(\d+\.\d+ 节|练习 \d+\.\d+)")


def sections() -> Iterator[tuple[str, list[NotebookNode]]]:
    """各条的（标题, 单元格）；不含开头与参考文献。"""
    found: list[tuple[str, list[NotebookNode]]] = []
    for cell in notebooks.read(PATH).cells:
        title = re.match(r"## (.+)", cell.source) if cell.cell_type == "markdown" else None
        if title:
            found.append((title[1], []))
        if found:
            found[-1][1].append(cell)
    return (section for section in found if section[0] != "参考文献")


ITEMS = list(sections())


def test_promised_number_of_items():
    opening = notebooks.read(PATH).cells[0].source
    assert "十五句" in opening
    assert len(ITEMS) == len({title for title, _ in ITEMS}) == 15


@pytest.mark.parametrize(("title", "cells"), ITEMS, ids=[title for title, _ in ITEMS])
def test_item_has_all_five_steps(title, cells):
    assert re.fullmatch(r"“[^“”]+”", title), "标题是听到的说法，要加引号"
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    labels = LABEL.findall(text)
    assert labels[:2] == ["像对的地方", "对的说法"]
    assert labels[-1] == "检查的办法" and len(labels) <= 4
    assert PLACE.search(text.rpartition("**检查的办法**")[2]), "末尾要指出细讲的一节"


@pytest.mark.parametrize(("title", "cells"), ITEMS, ids=[title for title, _ in ITEMS])
def test_item_is_proved_or_computed(title, cells):
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert any(re.search(r"\d", output.get("text", "")) for cell in code for output in cell.outputs)
    assert all(cell.source.count("\n") < 15 for cell in code)
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert ("**证明**" in text) == ("∎" in text)
