"""把行内公式写成读得通的纯文本：搜索的摘要里不能有 LaTeX，也不能有排好的公式的重复字。"""

from __future__ import annotations

import re

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

SUBSCRIPTS = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
SUPERSCRIPTS = str.maketrans("0123456789+-in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁱⁿ")
FUNCTIONS = ("ln", "log", "exp", "max", "min", "lim")
RELATIONS = "=<>≤≥≠≈→←⇔∈"


def _converter() -> LatexNodes2Text:
    """库自带的转换会丢掉分式里的括号，函数名两边也不空格；这里补上。"""

    def fraction(node: object, l2tobj: LatexNodes2Text) -> str:
        above, below = (l2tobj.nodelist_to_text([part]) for part in node.nodeargd.argnlist[-2:])
        return f"{_grouped(above)}/{_grouped(below)}"

    def unknown(node: object) -> str:
        raise ValueError(f"搜索的索引不会念 \\{node.macroname}：请在 {__name__} 里教它。")

    replaced = {
        **dict.fromkeys(("frac", "tfrac", "dfrac"), fraction),
        **{name: f" {name} " for name in FUNCTIONS},
        **dict.fromkeys(("|", "Vert", "lVert", "rVert"), "‖"),
        **dict.fromkeys(("ne", "neq"), "≠"),
        **dict.fromkeys(
            (",", " ", "!", "quad", "displaystyle", "left", "right", "bigl", "bigr"), " "
        ),
        # 数学粗体等字母许多手机画不出来，搜索框里也打不出来，一律写成普通字母；
        # 宏的参数是花括号里的一组，花括号最后统一去掉。
        **dict.fromkeys(("mathbf", "mathrm", "mathsf", "mathbb", "text"), "%s"),
        **dict.fromkeys(("boldsymbol", "operatorname"), " "),
        "tilde": "%s\N{COMBINING TILDE}",
        "bar": "%s\N{COMBINING MACRON}",
        "iff": "⇔",
    }
    context = get_default_latex_context_db()
    macros = [MacroTextSpec(name, text) for name, text in replaced.items()]
    context.add_context_category("readable", macros=macros, prepend=True)
    context.set_unknown_macro_spec(MacroTextSpec("", unknown))
    return LatexNodes2Text(
        latex_context=context,
        math_mode="text",
        keep_braced_groups=True,
        keep_braced_groups_minlen=1,
    )


def _grouped(text: str) -> str:
    """不止一项的，加上括号。"""
    text = text.strip("{} ")
    return f"({text})" if re.search(r"[-+=/]|\w \w", text) else text


CONVERTER = _converter()


def readable(latex: str) -> str:
    r"""行内公式的纯文本写法。

    >>> readable(r"H(t,p)=-\sum_k t_k\log_2 p_k")
    'H(t, p) = −∑ₖ tₖ log₂ pₖ'
    >>> readable(r"\frac{p}{1-p}")
    'p/(1 − p)'
    >>> readable(r"D(t\,\|\,p)\ge0")
    'D(t‖p) ≥ 0'
    >>> readable(r"e^{z_{\text{狗}}}")
    'e^(z_狗)'
    """
    # 两个撇在 LaTeX 的正文里是右引号，公式里却是二阶导数。
    text = CONVERTER.latex_to_text("$" + latex.replace("''", "″") + "$")
    argument = r"\s*(\{(?:[^{}]|\{[^{}]*\})*\}|[^\s{}])"
    text = re.sub("_" + argument, lambda found: _script("_", found[1], SUBSCRIPTS), text)
    text = re.sub(r"\^" + argument, lambda found: _script("^", found[1], SUPERSCRIPTS), text)
    return _spaced(re.sub(r"[{}\u200b]", "", text).replace("-", "−"))


def _script(mark: str, argument: str, table: dict[int, int]) -> str:
    """上标或下标：有对应的小字就用小字，否则写成 ``_x`` 或 ``^(…)``。"""
    body = argument.strip("{} ")
    if all(ord(letter) in table for letter in body):
        return body.translate(table)
    return mark + (f"{body} " if re.fullmatch(r"[^\W_]+|\*", body) else f"({body})")


def _spaced(text: str) -> str:
    """空格：关系符与二元的加减两边有，逗号后面有，括号里面没有。"""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ?([×·⋅‖/√⌊⌋⌈⌉]) ?|(?<=[∂∇]) ", lambda found: found[1] or "", text)
    text = re.sub(r"(?<=[(\[]) | (?=[)\],(₀₁₂_^])", "", text)
    text = re.sub(r" ?([+−]) ?", _sign, text)
    text = re.sub(rf" ?([{RELATIONS}]) ?", r" \1 ", text)
    return re.sub(r",(?=\S)", ", ", text).strip()


def _sign(found: re.Match[str]) -> str:
    """前面有一项的加减号是二元的；正负号紧贴后面的数。"""
    before = found.string[: found.start()].rstrip()
    is_sign = not before or before[-1] in "([,/×·^" + RELATIONS
    return found[1] if is_sign else f" {found[1]} "
