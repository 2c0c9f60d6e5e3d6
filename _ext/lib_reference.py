"""附录《lib 参考》：每个公开的函数一条，构建时由它的签名与文档串生成，不会过时。

appendix/lib_reference.md 里，``{{ softmax }}`` 处填进那个函数的一条，
``{{ overview }}`` 处填进总表。
文档串由 Sphinx 的 napoleon 拆成各节，这里只规定每一节写成什么样、用什么中文名。
"""

from __future__ import annotations

import inspect
import json
import math
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.ext import napoleon
from sphinx.transforms import SphinxTransform

import lib
from _ext.numerical_report import fill

PAGE = "appendix/lib_reference"
WIDEST_SIGNATURE = 60
FORMULA = re.compile(r"^\.\. math::\s+(.+)$", re.MULTILINE)
SECTION = re.compile(r"\d+\.\d+ 节")
UNIT = re.compile(r"(?:单位：|；)(奈特|无单位)")
UNITS = {2: "2，比特", math.e: "e，奈特"}
HEADINGS = ("函数", "公式", "默认的底", "推导")
BREAK_IN_CHINESE = re.compile(
    r"(?<=[，。；：、（])\n|(?<=[\u4e00-\u9fff）])\n(?=[\u4e00-\u9fff，。；：、（])"
)


class ChineseDocstring(napoleon.NumpyDocstring):
    """NumPy 风格的文档串 -> reST：参数、返回值与异常写成定义列表，各节的名字用中文。"""

    def _parse_parameters_section(self, section: str) -> list[str]:
        return self._definitions("参数", self._consume_fields())

    def _parse_returns_section(self, section: str) -> list[str]:
        return self._definitions("返回", self._consume_returns_section())

    def _parse_raises_section(self, section: str) -> list[str]:
        fields = [(names, "", text) for names, _, text in self._consume_fields()]
        return self._definitions("异常", fields)

    def _parse_notes_section(self, section: str) -> list[str]:
        return self._titled("公式")

    def _parse_examples_section(self, section: str) -> list[str]:
        return self._titled("示例")

    def _parse_references_section(self, section: str) -> list[str]:
        return self._titled("文献")

    def _titled(self, title: str) -> list[str]:
        return [*rubric(title), *self._dedent(self._consume_to_next_section()), ""]

    def _definitions(self, title: str, fields: list[tuple[str, str, list[str]]]) -> list[str]:
        """``p : float`` 与缩进的说明：左边的名字是代码，没有名字的（返回值）只写类型。"""
        lines = rubric(title)
        for names, kind, text in fields:
            literals = "、".join(f"``{name}``" for name in names.split(", ") if name)
            lines.append(" : ".join(filter(None, [literals, in_chinese(kind)])))
            lines += [*self._indent(text, 4), ""]
        return lines


def rubric(title: str) -> list[str]:
    return [f".. rubric:: {title}", ""]


def in_chinese(kind: str) -> str:
    """类型后面接着中文时，逗号用全角；花括号里的几种取值写成代码，用“或”连起来。"""
    choices = re.fullmatch(r"\{(.+)\}, 默认 (.+)", kind)
    if choices:
        *others, last = (f"``{choice}``" for choice in choices[1].split(", "))
        return f"{'、'.join(others)} 或 {last}，默认 ``{choices[2]}``"
    return re.sub(r", (?=[\u4e00-\u9fff])", "，", kind)


class Shown:
    """签名里的默认值，照源码的写法。"""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "np.e" if self.value == math.e else json.dumps(self.value)


def signature(name: str) -> str:
    """不带类型的签名；太长的，参数另起一行。"""
    original = inspect.signature(getattr(lib, name))
    shown = []
    for parameter in original.parameters.values():
        default = parameter.default
        if default is not parameter.empty:
            default = Shown(default)
        shown.append(parameter.replace(annotation=parameter.empty, default=default))
    arguments = str(inspect.Signature(shown)).strip("()")
    whole = f"{name}({arguments})"
    return whole if len(whole) <= WIDEST_SIGNATURE else f"{name}(\n    {arguments}\n)"


def docstring(name: str) -> str:
    return inspect.getdoc(getattr(lib, name))


def entry(name: str) -> str:
    """一个函数的一条。"""
    text = docstring(name)
    # reST 不认得紧跟着全角左括号的反引号，要隔一个不显示的空格。
    rest = "\n".join(ChineseDocstring(text, napoleon.Config()).lines()).replace("`（", "`\\ （")
    code = f"```python\n{signature(name)}\n```"
    return f"### `lib.{name}`\n\n{code}\n\n````{{eval-rst}}\n{rest}\n````"


def formula(name: str) -> str:
    """总表里的公式：文档串里第一个公式的第一行，条件与补充的记号不要。"""
    return FORMULA.search(docstring(name))[1].partition(r", \qquad")[0]


def default_base(name: str) -> str:
    """默认的底；底不能改的，写结果的单位。"""
    base = inspect.signature(getattr(lib, name)).parameters.get("base")
    if base is not None:
        return UNITS[base.default]
    return UNIT.search(docstring(name).splitlines()[0])[1]


def overview(names: list[str]) -> str:
    """各函数的公式、默认的底与推导的地方。"""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: auto", "   :class: overview"]
    rows = [HEADINGS]
    for name in names:
        section = SECTION.search(docstring(name))[0]
        rows.append((f"``{name}``", f":math:`{formula(name)}`", default_base(name), section))
    for row in rows:
        cells = [f"{'*' if place == 0 else ' '} - {cell}" for place, cell in enumerate(row)]
        lines += ["", *(f"   {cell}" for cell in cells)]
    return "````{eval-rst}\n" + "\n".join(lines) + "\n````"


def fill_page(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == PAGE:
        names = [name for name in re.findall(r"\{\{ (\w+) \}\}", source[0]) if name in lib.__all__]
        values = {name: entry(name) for name in lib.__all__}
        source[0] = fill(source[0], {"overview": overview(names), **values}, PAGE)


class JoinChineseLines(SphinxTransform):
    """文档串里一段写成几行，中文之间的换行不是空格。"""

    default_priority = 405

    def apply(self, **kwargs: object) -> None:
        if self.env.docname != PAGE:
            return
        for text in list(self.document.findall(nodes.Text)):
            if not isinstance(text.parent, nodes.FixedTextElement):
                text.parent.replace(text, nodes.Text(BREAK_IN_CHINESE.sub("", text)))


def read_backquotes_as_code(app: Sphinx, config: Config) -> None:
    """文档串里的 `p` 就是代码；函数名由 ``lib_links`` 变成链接。"""
    config.default_role = "literal"


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("config-inited", read_backquotes_as_code)
    app.connect("source-read", fill_page)
    app.add_transform(JoinChineseLines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
