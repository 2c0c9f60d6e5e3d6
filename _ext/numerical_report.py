"""附录《数值报告》的表格：构建时由 benchmarks/results.json 填进 ``{{ 名字 }}`` 处。

正文在 appendix/numerical_report.md 里，一个数也不手抄；没有同行的环境也能构建。
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from benchmarks import tables
from lib.figures import report

PAGE = "appendix/numerical_report"
RESULTS = Path(tables.__file__).with_name("results.json")
PLACE = re.compile(r"\{\{ (\w+) \}\}")


def load_results() -> dict:
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def contents(results: dict) -> dict[str, str]:
    """每个名字填什么。"""
    tiny, growth = report.tiny_losses_get_lost(results), report.time_grows_linearly(results)
    return {
        "summary": tables.summary(results),
        "environment": tables.environment(results),
        "accuracy_float64": tables.accuracy(results, "float64"),
        "accuracy_float32": tables.accuracy(results, "float32"),
        "worst_float64": tables.worst_inputs(results, "float64"),
        "worst_float32": tables.worst_inputs(results, "float32"),
        "tiny_losses_alt": tiny.alt,
        "tiny_losses_caption": tiny.caption,
        "growth_alt": growth.alt,
        "growth_caption": growth.caption,
        "speed": tables.speed(results),
        "other_libraries": tables.other_libraries(results),
        "limits": tables.limits(results),
        "missed": tables.missed(results),
        "growth_sentence": tables.growth(results),
        "kl_lib": tables.worst(results, "kl_divergence", "float64", "lib"),
        "kl_scipy": tables.worst(results, "kl_divergence", "float64", "SciPy"),
        "gradient_batch": tables.worst(results, "softmax_gradient", "float32", "lib（成批）"),
        "gradient_torch": tables.worst(results, "softmax_gradient", "float32", "PyTorch"),
        "memory": tables.memory(results),
        "import_time": tables.import_time(results),
    }


def fill(text: str, values: dict[str, str], page: str = PAGE) -> str:
    """填好每一处；有填不了的、有没用上的，都是错误。"""
    names = set(PLACE.findall(text))
    if names != values.keys():
        different = "、".join(sorted(names ^ values.keys()))
        own = page.rpartition("/")[2]
        raise ExtensionError(f"{page}.md 与 _ext/{own}.py 里的名字对不上：{different}。")
    return PLACE.sub(lambda match: values[match[1]], text)


def fill_page(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == PAGE:
        app.env.note_dependency(str(RESULTS))
        source[0] = fill(source[0], contents(load_results()))


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("source-read", fill_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
