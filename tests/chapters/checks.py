"""逐条检查一个 notebook 的文字与存储：每个函数返回问题清单，空清单表示合格。"""

from __future__ import annotations

import contextlib
import copy
import io
import itertools
import re
import warnings
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path

import autocorrect_py
from nbformat import NotebookNode

from tools import notebooks

IDEOGRAPHIC_SPACE = "　"

# syllabus.md 给定的已知量：预测（小数与百分数）、得分。其余的数都要由代码算出。
GIVEN = {
    *("0.775", "0.116", "0.039", "0.070", "77.5", "11.6", "3.9", "7.0"),
    *("3.2", "1.3", "0.2", "0.8"),
}

# 术语：正文第一次出现时要在括号里给出英文。
TERMS = {
    "自信息": "self-information",
    "惊讶度": "surprisal",
    "熵": "entropy",
    "微分熵": "differential entropy",
    "交叉熵": "cross-entropy",
    "相对熵": "relative entropy",
    "KL 散度": "KL divergence",
    "困惑度": "perplexity",
    "真实分布": "true distribution",
    "预测分布": "predicted distribution",
    "得分": "logits",
    "温度": "temperature",
    "最大似然": "maximum likelihood",
    "标签平滑": "label smoothing",
    "校准": "calibration",
    "损失函数": "loss",
    "代价函数": "cost function",
    "比特": "bit",
    "奈特": "nat",
}

# 同一个概念的其他译法，全书不用。
VARIANTS = {
    "交差熵": "交叉熵",
    "互熵": "交叉熵",
    "信息熵": "熵",
    "KL散度": "KL 散度",
    "K-L 散度": "KL 散度",
    "独热": "one-hot",
    "软最大": "softmax",
    "Softmax": "softmax",
    "Sigmoid": "sigmoid",
    "极大似然": "最大似然",
    "标记平滑": "标签平滑",
    "奈特数": "奈特",
    "纳特": "奈特",
    "迷惑度": "困惑度",
}

BANNED_PHRASES = (
    *("众所周知", "显而易见", "不难看出", "值得注意的是", "需要注意的是", "总而言之", "综上所述"),
    *("通过本章的学习", "让我们一起", "接下来让我们", "不言而喻", "毋庸置疑", "换言之", "简而言之"),
    *("本质上", "深入浅出", "一言以蔽之", "进行了", "在当今", "扮演着", "至关重要", "不仅仅是"),
)

MACHINE_TRACES = re.compile(r"/(?:home|root|tmp|Users)/|[A-Z]:\\\\|site-packages| at 0x[0-9a-f]+")
NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?![\w]|\.\d)")
SCIENTIFIC = re.compile(r"(\d+(?:\.\d+)?)\s*\\times\s*10\^\{?(-?\d+)\}?")


def markdown_cells(notebook: NotebookNode) -> list[str]:
    """各 Markdown 单元格的文字。"""
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def text_outputs(notebook: NotebookNode) -> str:
    """全部文字输出连在一起。"""
    parts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            parts.append(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
    return "\n".join(parts)


def figure_texts(notebook: NotebookNode) -> list[str]:
    """各图的图注与替代文字。"""
    options = [cell.metadata.get("mystnb", {}) for cell in notebook.cells]
    return [
        text
        for option in options
        for text in (
            option.get("figure", {}).get("caption", ""),
            option.get("image", {}).get("alt", ""),
        )
        if text
    ]


def prose(notebook: NotebookNode) -> list[str]:
    """读者读到的每一段文字：Markdown、图注与替代文字。"""
    return markdown_cells(notebook) + figure_texts(notebook)


# ---- 正文里的小数 ------------------------------------------------------------------


def unsupported_decimals(notebook: NotebookNode) -> list[str]:
    """正文里既不是给定的、也不能由本章输出四舍五入得到的小数。"""
    printed = [Decimal(number) for number in _printed_numbers(notebook)]
    problems = []
    for text in prose(notebook):
        visible = _without_labels(text)
        numbers = [f"{mantissa}e{power}" for mantissa, power in SCIENTIFIC.findall(visible)]
        numbers += NUMBER.findall(SCIENTIFIC.sub(" ", visible))
        for number in numbers:
            if number not in GIVEN and not _is_rounding_of_any(number, printed):
                problems.append(f"小数 {number} 没有出处：{_around(text, number.split('e')[0])}")
    return problems


def _printed_numbers(notebook: NotebookNode) -> set[str]:
    """输出里的数；图的替代文字由代码算出，也算输出。"""
    numbers = set(re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", text_outputs(notebook)))
    percents = {str(Decimal(number) * 100) for number in numbers if "." in number}
    return numbers | percents


def _without_labels(text: str) -> str:
    """去掉编号、链接目标与文件名，它们不是数值。"""
    text = re.sub(r"\\tag\{[^}]*\}|\]\([^)]*\)|\{foot\w+:\w\}`[^`]*`", " ", text)
    text = re.sub(r"(式\s*\(|图\s?|表\s?|练习\s?|性质\s?|算法\s?|例\s?)\d+\.\d+", " ", text)
    text = re.sub(r"^#+ \d+\.\d+|\d+\.\d+ ?节", " ", text, flags=re.M)
    return re.sub(r"\d+\.\d+(?=\s*(、|和|与|至|到)\s*\d*\.?\d* ?节)", " ", text)


def _is_rounding_of_any(number: str, printed: list[Decimal]) -> bool:
    value = Decimal(number)
    return any(_rounds_to(abs(candidate), value) for candidate in printed)


def _rounds_to(exact: Decimal, rounded: Decimal) -> bool:
    """``exact`` 至少有 ``rounded`` 那么多位，并且四舍五入（或五成双）之后与它相等。"""
    if exact == rounded:
        return True
    if exact.adjusted() > 20 or exact.as_tuple().exponent > rounded.as_tuple().exponent:
        return False
    modes = (ROUND_HALF_UP, ROUND_HALF_EVEN)
    return rounded in [exact.quantize(rounded, rounding=mode) for mode in modes]


def _around(text: str, needle: str, width: int = 18) -> str:
    start = text.find(needle)
    return text[max(0, start - width) : start + len(needle) + width].replace("\n", " ")


# ---- 排版、用词 --------------------------------------------------------------------


def typography(text: str) -> list[str]:
    """中文排版：全角标点，中西文之间的空格（由 autocorrect 判断）。"""
    # 标题与提示框里的全角空格是本书的约定，autocorrect 不认识，先换成换行。
    result = autocorrect_py.lint_for(text.replace(IDEOGRAPHIC_SPACE, "\n"), "markdown")
    return [f"排版：{line.old.strip()[:60]} → {line.new.strip()[:60]}" for line in result.lines]


def broken_paragraphs(text: str) -> list[str]:
    """两行中文之间的换行会显示成多余的空格，一段应写成一行。"""
    cjk = r"[\u4e00-\u9fff，。；：！？）”、]"
    joined = re.sub(r"```.*?```", "", text, flags=re.S)
    return [
        f"段落中间换行：{match.group(0)!r}"
        for match in re.finditer(rf"{cjk}\n(?![-*>#|\d\s$`])[\u4e00-\u9fff（“]", joined)
    ]


def banned_phrases(text: str) -> list[str]:
    """套话与空话。"""
    return [
        f"套话“{phrase}”：{_around(text, phrase)}" for phrase in BANNED_PHRASES if phrase in text
    ]


def variant_terms(text: str) -> list[str]:
    """术语的其他译法；引文里的英文书名不算。"""
    visible = re.sub(r"`[^`]*`|\*[A-Z][^*]*\*", "", text)
    return [f"“{bad}”应写作“{good}”" for bad, good in VARIANTS.items() if bad in visible]


def terms_without_english(chapters: list[NotebookNode]) -> list[str]:
    """全书里，第一次用到术语的那一章没有写出“术语（英文）”。"""
    bodies = [
        re.sub(r"^#.*$|`[^`]*`", "", "\n".join(markdown_cells(notebook)), flags=re.M)
        for notebook in chapters
    ]
    problems = []
    for term, english in TERMS.items():
        body = next((body for body in bodies if term in body), None)
        if body and not re.search(rf"{term}\**（[^）]*{english}", body):
            problems.append(f"术语“{term}”第一次出现的那一章应写出“{term}（{english}）”")
    return problems


# ---- 结构、链接与引用 --------------------------------------------------------------


def headings(notebook: NotebookNode) -> list[str]:
    """标题的层次、编号与章尾的参考文献。"""
    found = [
        (len(marks), title.strip())
        for text in markdown_cells(notebook)
        for marks, title in re.findall(r"^(#+) (.+)$", _without_code(text), flags=re.M)
    ]
    problems = []
    if [level for level, _ in found].count(1) != 1 or found[0][0] != 1:
        problems.append("每章应以唯一的一级标题开头")
    for (previous, _), (level, title) in itertools.pairwise(found):
        if level > previous + 1:
            problems.append(f"标题跳级：{title}")
    chapter = re.match(r"第 (\d+) 章　\S", found[0][1])
    if not chapter:
        return [*problems, "一级标题应写成“第 N 章　标题”"]
    sections = [title for level, title in found if level == 2]
    numbers = [re.match(r"(\d+)\.(\d+) \S", title) for title in sections[:-1]]
    expected = [(int(chapter[1]), index) for index in range(1, len(sections))]
    if [(int(n[1]), int(n[2])) if n else None for n in numbers] != expected:
        problems.append(f"二级标题应依次编号 {chapter[1]}.1、{chapter[1]}.2……")
    if sections[-1:] != ["参考文献"]:
        problems.append("最后一节应是“参考文献”")
    return problems


def cross_references(notebook: NotebookNode) -> list[str]:
    """“式 (N.i)”“图 N.i”“N.i 节”“练习 N.i”所指的东西要在，公式编号要连续。"""
    text = "\n".join(prose(notebook))
    chapter = re.search(r"^# 第 (\d+) 章", text, flags=re.M)[1]
    tags = re.findall(r"\\tag\{(\d+\.\d+)\}", text)
    targets = {
        "式": (set(tags), r"式\s?\((\d+\.\d+)\)"),
        "图": (set(re.findall(r"^图 (\d+\.\d+)　", text, flags=re.M)), r"图 ?(\d+\.\d+)"),
        "节": (set(re.findall(r"^## (\d+\.\d+) ", text, flags=re.M)), r"(\d+\.\d+) ?节"),
        "练习": (set(re.findall(r"^### 练习 (\d+\.\d+)", text, flags=re.M)), r"练习 ?(\d+\.\d+)"),
    }
    problems = [
        f"{kind} {number} 不存在"
        for kind, (existing, pattern) in targets.items()
        for number in sorted(set(re.findall(pattern, text)))
        if number.split(".")[0] == chapter and number not in existing
    ]
    if tags != [f"{chapter}.{index}" for index in range(1, len(tags) + 1)]:
        problems.append(f"公式编号不连续：{tags}")
    unused = [tag for tag in tags if not re.search(rf"式\s?\({re.escape(tag)}\)", text)]
    return problems + [f"式 ({tag}) 编了号却没有引用" for tag in unused]


def citations(notebook: NotebookNode, known: set[str]) -> list[str]:
    """引用的文献要在 references.bib 里。"""
    text = "\n".join(prose(notebook))
    keys = {
        key.strip()
        for cited in re.findall(r"\{footcite:[pt]\}`([^`]+)`", text)
        for key in cited.split(",")
    }
    problems = [f"references.bib 里没有 {key}" for key in sorted(keys - known)]
    return problems if keys else [*problems, "没有引用任何文献"]


def relative_links(text: str, folder: Path) -> list[str]:
    """相对链接指向的文件要在。"""
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", _without_code(text))
    return [
        f"链接指向不存在的文件：{target}"
        for target in targets
        if not re.match(r"[a-z]+:", target) and not (folder / target).exists()
    ]


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)


# ---- 存储 --------------------------------------------------------------------------


def storage(notebook: NotebookNode, text: str, series: str) -> list[str]:
    """规范化过；不存图片、报错、标准错误与机器路径。"""
    problems = []
    normalized = copy.deepcopy(notebook)
    notebooks.normalize(normalized, series)
    if notebooks.serialize(normalized) != text:
        problems.append("没有规范化：请运行 make format")
    for output in _outputs(notebook):
        kinds = set(output.get("data", {})) & set(notebooks.IMAGE_TYPES)
        if kinds:
            problems.append(f"存了图片 {sorted(kinds)}")
        if output.output_type == "error":
            problems.append(f"存了报错 {output.ename}")
        if output.get("name") == "stderr":
            problems.append(f"存了标准错误输出：{output.text[:60]}")
    problems += [
        f"输出里有机器的痕迹 {trace}" for trace in MACHINE_TRACES.findall(text_outputs(notebook))
    ]
    return problems


def _outputs(notebook: NotebookNode) -> Iterator[NotebookNode]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


# ---- 图 ----------------------------------------------------------------------------


def figures(notebook: NotebookNode) -> list[str]:
    """每幅图要有编号的图注和说得出内容的替代文字。"""
    problems = []
    for cell in notebook.cells:
        drawn = [
            o
            for o in cell.get("outputs", [])
            if "〔图〕" in o.get("data", {}).get("text/plain", "")
        ]
        if not drawn:
            continue
        options = cell.metadata.get("mystnb", {})
        alt = options.get("image", {}).get("alt", "")
        if not re.match(r"图 (\d+|A)\.\d+　\S", options.get("figure", {}).get("caption", "")):
            problems.append(f"缺图注：{cell.source[:40]}")
        if len(alt) < 20:
            problems.append(f"缺替代文字：{cell.source[:40]}")
        if drawn[0].data["text/plain"] != f"〔图〕{alt}":
            problems.append(f"替代文字与画图的代码不一致，请运行 make outputs：{cell.source[:40]}")
    return problems


# ---- 练习 --------------------------------------------------------------------------


def exercises(notebook: NotebookNode) -> list[str]:
    """5–7 题，每题有解答，至少两题带断言，至少一题找错。"""
    blocks = exercise_blocks(notebook)
    problems = [] if 5 <= len(blocks) <= 7 else [f"练习有 {len(blocks)} 题，应为 5–7 题"]
    for title, statement, solution in blocks:
        if not statement:
            problems.append(f"{title} 没有题目")
        if not solution:
            problems.append(f"{title} 没有解答")
    checked = [title for title, _, cells in blocks if any(_runs_check(cell) for cell in cells)]
    if len(checked) < 2:
        problems.append(f"带断言的练习只有 {len(checked)} 题")
    if not any("找错" in title for title, _, _ in blocks):
        problems.append("没有“找错”题")
    return problems


def exercise_blocks(
    notebook: NotebookNode,
) -> list[tuple[str, list[NotebookNode], list[NotebookNode]]]:
    """各题的（标题, 题目的单元格, 解答的单元格）。"""
    blocks: list[tuple[str, list[NotebookNode], list[NotebookNode]]] = []
    part = None
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if title := re.search(r"^### (练习 \d+\.\d+.*)", cell.source, flags=re.M):
                blocks.append((title[1], [], []))
                part = 1
            elif cell.source.startswith(notebooks.SOLUTION_HEADING) and blocks:
                part = 2
            elif re.match(r"#{1,3} ", cell.source):
                part = None
        if part:
            blocks[-1][part].append(cell)
    return blocks


def _runs_check(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(re.search(r"^check\w*\(", cell.source, flags=re.M))


def accepted_stubs(notebook: NotebookNode) -> list[str]:
    """把还没写的函数交给检查器：通过了就说明检查器什么也没查。"""
    statements = {cell.id for _, cells, _ in exercise_blocks(notebook) for cell in cells}
    namespace: dict[str, object] = {"__name__": "__main__"}
    problems = []
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 读者的内核里，别家的弃用警告不是错误
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            exec(cell.source, namespace)
            if cell.id in statements:
                calls = re.findall(r"^# (check\w*\(.*?\))", cell.source, flags=re.M)
                problems += [call for call in calls if not _rejects(call, namespace)]
    return [f"还没写就通过了：{call}" for call in problems]


def _rejects(call: str, namespace: dict[str, object]) -> bool:
    try:
        exec(call, namespace)
    except (AssertionError, NotImplementedError):
        return True
    return False


def pitfalls(notebook: NotebookNode) -> list[str]:
    """“容易弄错”的提示框。"""
    return re.findall(r"^> \*\*容易弄错\*\*　\S.*$", "\n".join(markdown_cells(notebook)), re.M)
