"""行内公式写上的宽度：几个手算得出的例子；有一样不认识，就不写。"""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from _ext.formula_widths import BASE, Ruler
from _ext.local_katex import DIST, NODE

RENDER = """
const katex = require(process.argv[1]);
process.stdout.write(katex.renderToString(process.argv[2], JSON.parse(process.argv[3])));
"""


def written(latex: str, **options: object) -> list[float | None]:
    """KaTeX 排出来的每一段写上的宽（em）；没有写的是 None。"""
    command = [NODE, "-e", RENDER, DIST / "katex.min.js", latex, json.dumps(options)]
    rendered = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    markup = Ruler(DIST).write_widths(rendered)
    assert re.sub(r'(class="base") style="[^"]*"', r"\1", markup) == rendered
    tags = re.findall(rf'{BASE[:-1]}(?: style="width:(.*?)em")?>', markup)
    return [float(width) if width else None for width in tags]


# 字宽取自 KaTeX 的字体：x 0.572，y 0.490（斜出 0.03588），i 0.345，w（粗）0.831（斜出 0.01597），
# 数字 0.5，+ 与 = 0.778，∑ 1.056，大括号 0.597；上下标是七成大，后面空 0.05。
@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("x", [0.572]),
        ("y", [0.490 + 0.03588]),
        (r"\mathbf{w}", [0.831 + 0.01597]),
        ("x+1", [0.572 + 0.2222 + 0.778 + 0.2222, 0.5]),
        (r"\frac{10}{x}", [0.12 + 0.7 * 1.0 + 0.12]),
        ("x_2^y", [0.572 + 0.7 * (0.490 + 0.03588) + 0.05]),
        ("x^{y_1}", [0.572 + 0.7 * (0.490 + 0.0714) + 0.5 * 0.5 + 0.05]),
        (r"\sum_{i=1}x", [1.056 + 0.7 * (0.345 + 0.778 + 0.5) + 0.05 + 0.1667 + 0.572]),
        (r"\sum\limits_{i=1}x", [0.7 * (0.345 + 0.778 + 0.5) + 0.1667 + 0.572]),
        (r"x^{\frac12}", [0.572 + 0.12 + 0.5 * 0.5 + 0.12 + 0.05]),
        (r"\sqrt{x}", [0.833 + 0.572]),
        (r"\sqrt{}", [0.853]),
        (r"\bar{x}", [0.572]),
        (r"\ne", [0.778]),
        (r"\Big(x", [0.597 + 0.572]),
        (r"x_{\text{狗}}", [0.572 + 0.7 * 1.0 + 0.05]),
    ],
)
def test_width_is_what_the_fonts_say(latex, expected):
    assert written(latex) == pytest.approx(expected, abs=0.0006)


@pytest.mark.parametrize(
    "latex",
    [
        r"\underbrace{x}",  # 没见过的类名
        r"\textcolor{red}{x}",  # 没见过的样式
        r"\text{，}",  # 全角标点在行末可能只占半个字
        r"\text{я}",  # KaTeX 的字体里没有的字
        r"\textit{\texttt{x}}",  # KaTeX 没有的字体
    ],
)
def test_unknown_construct_is_left_to_the_browser(latex):
    assert written(latex) == [None]


def test_unknown_construct_spoils_only_its_own_part():
    assert written(r"x=\boxed{y}") == [
        pytest.approx(0.572 + 0.2778 + 0.778 + 0.2778, abs=0.0006),
        None,
    ]


def test_display_formula_is_left_to_the_browser():
    assert written("x", displayMode=True) == [None]
