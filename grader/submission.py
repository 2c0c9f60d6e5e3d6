"""读一份提交，把它归位：题目、测试与分值用老师的，学生的格子留下，丢了的补上，乱了的排好。

学生的文件可以是任何东西，所以这里不改它，而是从它里面挑出认得的几样
（格子的种类、源码、编号、贴进来的图），在老师的 notebook 上重新搭一份。
"""

from __future__ import annotations

import ast
import base64
import io
import json
import re
from collections.abc import Container
from typing import Any

import nbformat
from nbformat import NotebookNode
from PIL import Image

MIB = 1024**2
MAX_FILE = 32 * MIB
MAX_CELLS = 2000
MAX_SOURCE = 2 * MIB
MAX_PICTURE = 4 * MIB
MAX_PIXELS = 40_000_000
# 不是普通地址的链接；指向贴进来的图时，第一组是图的名字。
UNSAFE_LINK = re.compile(
    r"\]\((?!\s*(?:https?://|#|[\w./~-]*\)))(?=(?:\s*attachment:([A-Za-z0-9._-]+)[\s)])?)"
)
# 一幅图；是贴进来的，第一组是它的名字。
PICTURE = re.compile(r"!\[(?=(?:[^\[\]]*\]\(\s*attachment:([A-Za-z0-9._-]+)[\s)])?)")


class BadSubmissionError(Exception):
    """这份提交没法批；消息是给学生看的一句中文。"""


def read(content: bytes) -> list[NotebookNode]:
    """提交的各个格子，只含种类、源码、``grade_id`` 与图；读不懂时抛出 BadSubmissionError。"""
    if not content.strip():
        raise BadSubmissionError("文件是空的：请重新导出 notebook 再交一次。")
    if len(content) > MAX_FILE:
        raise BadSubmissionError(f"文件超过 {MAX_FILE // MIB} MB：请清除全部输出，再交一次。")
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadSubmissionError("文件不是 notebook（不是 JSON）：请交 .ipynb 文件。") from None
    if type(notebook) is not dict or type(notebook.get("cells")) is not list:
        raise BadSubmissionError("文件不是第 4 版格式的 notebook：请用 JupyterLab 打开，另存再交。")
    if len(notebook["cells"]) > MAX_CELLS:
        raise BadSubmissionError(f"有 {len(notebook['cells'])} 个格子，超过 {MAX_CELLS} 个。")
    cells = [cell for raw in notebook["cells"] if (cell := read_cell(raw)) is not None]
    if sum(len(cell.source) for cell in cells) > MAX_SOURCE:
        raise BadSubmissionError(f"代码与文字超过 {MAX_SOURCE // MIB} MB。")
    return cells


def read_cell(raw: Any) -> NotebookNode | None:
    """一个格子里认得的东西；不成样子的返回 None。"""
    if type(raw) is not dict or raw.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = raw.get("source", "")
    if type(source) is list and all(type(line) is str for line in source):
        source = "".join(source)
    if type(source) is not str:
        return None
    source = writable(source)
    metadata = raw.get("metadata")
    nbgrader = metadata.get("nbgrader") if type(metadata) is dict else None
    grade_id = nbgrader.get("grade_id") if type(nbgrader) is dict else None
    if raw["cell_type"] == "code":
        cell = nbformat.v4.new_code_cell(source)
    else:
        pictures = read_pictures(raw.get("attachments"))
        cell = nbformat.v4.new_markdown_cell(defuse(source, pictures), attachments=pictures)
    cell.metadata.grade_id = grade_id if type(grade_id) is str else None
    return cell


def writable(text: str) -> str:
    """半个代理对写不进文件，换成问号。"""
    return text.encode("utf-8", "replace").decode()


def defuse(text: str, pictures: Container[str] = ()) -> str:
    """拆掉 Markdown 里能在老师的浏览器里运行脚本的写法；看上去只多几个空格。

    指向没有的图的链接也要拆开：nbconvert 遇到它就不肯转成网页。外面的图改成链接：老师的
    浏览器不该一打开就去取它。
    """
    text = re.sub(r"<(?=[A-Za-z/!?])", "< ", text)
    text = UNSAFE_LINK.sub(lambda link: link[0] if link[1] in pictures else "] (", text)
    text = PICTURE.sub(lambda image: image[0] if image[1] in pictures else "! [", text)
    text = re.sub(r"\]:(?!\s*https?://)", "] :", text)
    return re.sub(r"\\(?=href|require)", "", text)  # MathJax 的链接也能带脚本


def read_pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """贴在文字里的图，只留下真的是 PNG 与 JPEG、不太大的。"""
    kept = {}
    for name, formats in attachments.items() if type(attachments) is dict else ():
        for mime in ("image/png", "image/jpeg"):
            data = formats.get(mime) if type(formats) is dict else None
            if type(data) is str and is_modest_picture(data):
                kept[writable(name)] = {mime: data}
    return kept


def is_modest_picture(data: str) -> bool:
    """是一幅能放心打开的图：字节与像素都不太多。"""
    if len(data) > MAX_PICTURE * 4 // 3:
        return False
    try:
        content = io.BytesIO(base64.b64decode(data, validate=True))
        with Image.open(content, formats=("PNG", "JPEG")) as picture:
            return picture.width * picture.height <= MAX_PIXELS
    except Exception:  # 坏图能让解码器抛出任何异常
        return False


def restore(cells: list[NotebookNode], skeleton: NotebookNode) -> NotebookNode:
    """把学生的格子归到老师的 notebook 里；不是这份作业时抛出 BadSubmissionError。

    每个有编号的格子按老师的次序排好，学生自己加的格子跟在原来的前一个后面；锁住的格子
    一律用老师的；同一个编号出现两次，第二个起算学生自己加的；没有了的补上空白的。
    """
    originals = {cell.metadata.nbgrader.grade_id: cell for cell in skeleton.cells}
    check_is_this_assignment(cells, originals)
    answers: dict[str, str] = {}
    followers: dict[str | None, list[NotebookNode]] = {None: []}
    pictures: dict[str, dict] = {}
    anchor = None
    for cell in cells:
        grade_id = cell.metadata.grade_id
        original = originals.get(grade_id)
        if original is not None and grade_id not in answers:
            anchor = grade_id
            answers[grade_id] = cell.source
            pictures[grade_id] = cell.get("attachments", {})
            followers[grade_id] = []
        elif original is None or not is_locked(original):
            followers[anchor].append(without_metadata(cell))
    restored = nbformat.from_dict(skeleton)
    restored.cells = list(followers[None])
    for grade_id, original in originals.items():
        cell = nbformat.from_dict(original)
        if not is_locked(original) and grade_id in answers:
            cell.source = answers[grade_id]
            if cell.cell_type == "markdown":
                cell.attachments = pictures[grade_id]
        restored.cells += [cell, *followers.get(grade_id, [])]
    for number, cell in enumerate(restored.cells):
        cell.id = f"cell-{number}"
    return restored


def without_metadata(cell: NotebookNode) -> NotebookNode:
    plain = nbformat.from_dict(cell)
    plain.metadata = nbformat.from_dict({})
    return plain


def check_is_this_assignment(cells: list[NotebookNode], originals: dict) -> None:
    """题目的文字一格也对不上的，是另一份作业，或者根本不是作业。"""
    locked = {
        grade_id: cell.source
        for grade_id, cell in originals.items()
        if is_locked(cell) and cell.cell_type == "markdown"
    }
    known = [cell for cell in cells if cell.metadata.grade_id in originals]
    if not known:
        raise BadSubmissionError("里面没有这份作业的格子：请在发下来的 notebook 里作答。")
    texts = [cell for cell in known if cell.metadata.grade_id in locked]
    if texts and not any(cell.source == defuse(locked[cell.metadata.grade_id]) for cell in texts):
        raise BadSubmissionError("这是另一份作业：请看清作业的编号，重新交。")


def is_locked(cell: NotebookNode) -> bool:
    """学生改不得的格子：题目、准备与测试。"""
    return cell.metadata.nbgrader.locked and not cell.metadata.nbgrader.solution


def is_test(cell: NotebookNode) -> bool:
    """自动批改的测试格。"""
    nbgrader = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(nbgrader.get("grade")) and not nbgrader.get("solution")


def is_setup(cell: NotebookNode) -> bool:
    """老师的准备格：导入、题目给的数据与函数。"""
    return (
        cell.cell_type == "code"
        and "nbgrader" in cell.metadata
        and is_locked(cell)
        and not is_test(cell)
    )


def student_number(cells: list[NotebookNode]) -> str | None:
    """学生自己填的学号：``STUDENT_ID = "…"`` 里写的；没有填，或者不是直接写出来的，是 None。"""
    for cell in cells:
        if cell.metadata.get("grade_id") == "student-id":
            return written_number(cell.source)
    return None


def written_number(source: str) -> str | None:
    try:
        values = [
            statement.value
            for statement in ast.parse(source).body
            if isinstance(statement, ast.Assign) and any(map(is_number_name, statement.targets))
        ]
        if not values or not isinstance(values[-1], ast.Constant):
            return None
        return writable(str(values[-1].value)).strip()[:64] or None
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # 太长的整数也是 ValueError
        return None


def is_number_name(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "STUDENT_ID"
