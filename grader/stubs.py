"""学生版里的空白：nbgrader 去掉解答与隐藏测试的两步，留下的样子更干净。"""

from __future__ import annotations

import re

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions


class StubSolutions(ClearSolutions):
    """去掉解答；格子里另有别的语句（例如 ``STUDENT_ID = ""``）时，最外层不再放占位的话。"""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int):
        cell, resources = super().preprocess_cell(cell, resources, index)
        stub = self.code_stub[resources["language"]]
        rest = re.sub(rf"^{re.escape(stub)}$\n?", "", cell.source, flags=re.MULTILINE).rstrip()
        if cell.cell_type == "code" and rest:
            cell.source = rest
        return cell, resources


class CutHiddenTests(ClearHiddenTests):
    """去掉隐藏测试，不留下空行。"""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int):
        cell, resources = super().preprocess_cell(cell, resources, index)
        cell.source = cell.source.rstrip()
        return cell, resources
