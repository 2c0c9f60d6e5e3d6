"""检查器自己也要受检查：给一份合格的小章节埋下错误，每一处都必须被抓到。"""

from __future__ import annotations

import copy
from collections.abc import Callable

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.chapters import checks
from tools import notebooks

CHECKER = """def double(x):
    raise NotImplementedError("先写完这个函数")


def check(f):
    assert f(2) == 4, "2 的两倍是 4"
    print("通过")


# check(double)  # 写好后去掉行首的 #"""
DEFINITION = r"""熵（entropy）由式 (1.1) 给出，单位是比特（bit），见图 1.1：

$$
H \tag{1.1}
$$"""
SOLUTION = "def doubled(x):\n    return 2 * x\n\n\ncheck(doubled)"


def markdown(text: str) -> NotebookNode:
    return new_markdown_cell(text)


def code(source: str, printed: str = "") -> NotebookNode:
    outputs = [new_output("stream", name="stdout", text=printed)] if printed else []
    return new_code_cell(source, outputs=outputs)


def figure_cell() -> NotebookNode:
    alt = "曲线从左上降到右下，概率为 1 时损失为 0。"
    output = new_output("execute_result", data={"text/plain": f"〔图〕{alt}"})
    cell = new_code_cell("figures.curve()", outputs=[output])
    cell.metadata["mystnb"] = nbformat.from_dict(
        {"figure": {"caption": "图 1.1　损失曲线。", "name": "fig-1-1"}, "image": {"alt": alt}}
    )
    return cell


@pytest.fixture
def good() -> NotebookNode:
    cells = [
        markdown("# 第 1 章　熵\n\n读 {footcite:p}`shannon1948`。看[第 2 章](other.ipynb)。"),
        code("import math"),
        markdown("## 1.1 定义\n\n" + DEFINITION),
        code("print(f'熵 = {math.log2(5):.4f} 比特')", "熵 = 2.3219 比特\n"),
        markdown("五个等可能的结果，熵是 2.322 比特。\n\n> **容易弄错**　底数不写明。"),
        figure_cell(),
        markdown("## 1.2 练习"),
    ]
    for number in range(1, 6):
        title = "找错" if number == 5 else "翻倍"
        cells += [
            markdown(f"### 练习 1.{number}　{title}\n\n写一个函数。"),
            code(CHECKER),
            markdown("#### 解答\n\n乘以 2。"),
            code(SOLUTION, "通过\n"),
        ]
    cells.append(markdown("## 参考文献\n\n- {footcite:t}`shannon1948`：出处。"))
    notebook = new_notebook(cells=cells)
    notebooks.normalize(notebook, "1")
    return notebook


def all_problems(notebook: NotebookNode, folder) -> list[str]:
    texts = checks.prose(notebook)
    return [
        *checks.unsupported_decimals(notebook),
        *(p for text in texts for p in checks.typography(text)),
        *(p for text in texts for p in checks.broken_paragraphs(text)),
        *(p for text in texts for p in checks.banned_phrases(text)),
        *(p for text in texts for p in checks.variant_terms(text)),
        *checks.terms_without_english([notebook]),
        *checks.headings(notebook),
        *checks.cross_references(notebook),
        *checks.citations(notebook, {"shannon1948"}),
        *(
            p
            for text in checks.markdown_cells(notebook)
            for p in checks.relative_links(text, folder)
        ),
        *checks.storage(notebook, notebooks.serialize(notebook), "1"),
        *checks.figures(notebook),
        *checks.exercises(notebook),
        *checks.accepted_stubs(notebook),
    ]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "other.ipynb").touch()
    return tmp_path


def test_good_chapter_passes(good, folder, monkeypatch):
    figures = type("figures", (), {"curve": staticmethod(lambda: None)})
    monkeypatch.setattr("builtins.figures", figures, raising=False)
    assert all_problems(good, folder) == []


def replace(old: str, new: str) -> Callable[[NotebookNode], None]:
    def plant(notebook: NotebookNode) -> None:
        cell = next(cell for cell in notebook.cells if old in cell.source)
        cell.source = cell.source.replace(old, new, 1)

    return plant


def first_output(**fields: object) -> Callable[[NotebookNode], None]:
    def plant(notebook: NotebookNode) -> None:
        next(cell for cell in notebook.cells if cell.get("outputs")).outputs[0].update(fields)

    return plant


def with_output(output: NotebookNode) -> Callable[[NotebookNode], None]:
    def plant(notebook: NotebookNode) -> None:
        next(cell for cell in notebook.cells if cell.get("outputs")).outputs.append(output)

    return plant


def figure_option(option: str, key: str, value: str) -> Callable[[NotebookNode], None]:
    def plant(notebook: NotebookNode) -> None:
        cell = next(cell for cell in notebook.cells if "mystnb" in cell.metadata)
        cell.metadata["mystnb"][option][key] = value

    return plant


PNG = new_output("display_data", data={"image/png": "AAAA"})
ERROR = new_output("error", ename="ValueError", evalue="", traceback=[])
STDERR = new_output("stream", name="stderr", text="警告\n")

PLANTED = {
    "没有出处的小数": (replace("2.322 比特", "2.323 比特"), "小数 2.323"),
    "截断而不是舍入": (replace("2.322 比特", "2.321 比特"), "小数 2.321"),
    "没有出处的科学记数": (replace("2.322 比特", "$1.5\\times10^{-3}$ 比特"), "小数 1.5e-3"),
    "半角标点": (replace("结果，熵", "结果,熵"), "排版"),
    "中西文之间缺空格": (replace("五个等可能的结果", "三个event的结果"), "排版"),
    "段落中间换行": (replace("结果，熵是", "结果，\n熵是"), "段落中间换行"),
    "套话": (replace("五个等可能", "众所周知，五个等可能"), "套话"),
    "另一种译法": (replace("熵是", "信息熵是"), "应写作"),
    "术语缺英文": (replace("熵（entropy）", "熵"), "术语“熵”"),
    "标题跳级": (replace("## 1.2 练习", "#### 1.2 练习"), "标题跳级"),
    "节号错": (replace("## 1.2 练习", "## 1.3 练习"), "二级标题应依次编号"),
    "没有参考文献": (replace("## 参考文献", "## 1.3 后记"), "参考文献"),
    "引用不存在的公式": (replace("式 (1.1)", "式 (1.1) 与式 (1.2)"), "式 1.2 不存在"),
    "引用不存在的图": (replace("见图 1.1", "见图 1.1 与图 1.4"), "图 1.4 不存在"),
    "引用不存在的节": (replace("五个等可能", "如 1.9 节，五个等可能"), "节 1.9 不存在"),
    "引用不存在的练习": (replace("五个等可能", "见练习 1.8。五个等可能"), "练习 1.8 不存在"),
    "编号而不引用": (replace("由式 (1.1) 给出", "如下"), "没有引用"),
    "不存在的文献": (replace("shannon1948", "nobody1900"), "没有 nobody1900"),
    "断掉的链接": (replace("other.ipynb", "missing.ipynb"), "不存在的文件"),
    "没有规范化": (lambda nb: nb.metadata.update(authors=[]), "没有规范化"),
    "存了图片": (with_output(PNG), "存了图片"),
    "存了报错": (with_output(ERROR), "存了报错"),
    "存了标准错误": (with_output(STDERR), "标准错误"),
    "机器路径": (first_output(text="/home/somebody/lib\n"), "机器的痕迹"),
    "对象地址": (first_output(text="<function f at 0x7f00aa>\n"), "机器的痕迹"),
    "缺图注": (figure_option("figure", "caption", ""), "缺图注"),
    "缺替代文字": (figure_option("image", "alt", "一幅图"), "缺替代文字"),
    "替代文字过时": (
        figure_option("image", "alt", "曲线从左下升到右上，概率为 0 时损失为 0。"),
        "不一致",
    ),
    "练习太少": (replace("### 练习 1.4", "**练习 1.4**"), "练习有 4 题"),
    "没有解答": (replace("#### 解答", "**提示**"), "没有解答"),
    "没有找错题": (replace("　找错", "　翻倍"), "没有“找错”题"),
    "检查器什么都不查": (replace('assert f(2) == 4, "2 的两倍是 4"', "pass"), "还没写就通过了"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_error_is_caught(name, good, folder, monkeypatch):
    figures = type("figures", (), {"curve": staticmethod(lambda: None)})
    monkeypatch.setattr("builtins.figures", figures, raising=False)
    plant, expected = PLANTED[name]
    planted = copy.deepcopy(good)
    plant(planted)
    assert any(expected in problem for problem in all_problems(planted, folder))


def test_solutions_without_assertions_are_caught(good):
    for cell in good.cells:
        if cell.cell_type == "code":
            cell.source = cell.source.replace("check(doubled)", "doubled(2)")
    assert "带断言的练习只有 0 题" in checks.exercises(good)


def test_pitfalls_are_counted(good):
    assert len(checks.pitfalls(good)) == 1
