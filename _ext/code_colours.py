"""代码的着色：深浅两套配色；不上色的词不套标签，手机少排几千个元素。"""

from __future__ import annotations

import re

from pygments.formatters import HtmlFormatter

LIGHT, DARK = "a11y-high-contrast-light", "a11y-high-contrast-dark"
RULE = re.compile(r"\.highlight \.(\w+) \{ color: (#\w+)[^}]*\}")
TOKEN = re.compile(r'<span class="(\w+)">([^<]*)</span>')


def rules(style: str) -> dict[str, str]:
    """词的种类（Pygments 的短名）-> 一条 CSS 规则；与普通文字同色的不算。"""
    css = HtmlFormatter(style=style).get_style_defs(".highlight")
    found = {match[1]: match for match in RULE.finditer(css)}
    plain = found["n"][2]  # 普通的名字就是不上色的
    return {name: match[0] for name, match in found.items() if name != "w" and match[2] != plain}


COLOURED = rules(LIGHT).keys() | rules(DARK).keys()


def stylesheet(style: str) -> str:
    return "\n".join(rules(style).values())


def drop_uncoloured(markup: str) -> str:
    """去掉不上色的词外面的标签。"""
    return TOKEN.sub(lambda token: token[0] if token[1] in COLOURED else token[2], markup)
