"""插图的底座：缺字形是错误，同一幅图逐字节相同，每一幅都有人用、有人查。"""

from __future__ import annotations

import re

import pytest

from lib import figures
from lib.figures import _style
from tools import notebooks

MODULES = ("entropy", "cross_entropy", "binary", "softmax")
MODULES += ("dog", "frameworks", "misconceptions", "opening", "report")
NAMES = [name for module in MODULES for name in getattr(figures, module).__all__]


def titled(text: str) -> _style.Illustration:
    fig, ax = _style.canvas()
    ax.set_title(text)
    return _style.Illustration(fig, caption="图注。", alt="替代文字。")


def test_chinese_title_renders():
    assert "<svg" in titled("越罕见，越惊讶：$-\\log_2 p$").svg()


@pytest.mark.parametrize("text", ["缺字形：\U0001f415", r"$p_{\text{狗}}$"], ids=["文字", "公式"])
def test_missing_glyph_is_an_error(text):
    with pytest.raises(ValueError, match="画不出的字符"):
        titled(text).svg()


def test_same_figure_gives_same_bytes():
    assert titled("熵").svg() == titled("熵").svg()


def test_text_output_is_the_alternative_text():
    data, metadata = titled("熵")._repr_mimebundle_()
    assert data["text/plain"] == "〔图〕替代文字。"
    assert metadata["image/svg+xml"] == {"caption": "图注。", "alt": "替代文字。"}


def test_figure_names_are_unique():
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_used_and_tested(name):
    sources = [path.read_text(encoding="utf-8") for path in notebooks.notebook_paths()]
    sources.append((notebooks.ROOT / "tools" / "pictures.py").read_text(encoding="utf-8"))
    used = re.compile(rf"figures\.{name}\b")
    assert any(used.search(source) for source in sources)
    tests = (notebooks.ROOT / "tests" / "figures").glob("test_*.py")
    assert any(re.search(rf"\b{name}\(", path.read_text(encoding="utf-8")) for path in tests)
