"""附录《数值报告》：每一处都由存下的数据填好，填不了的是错误。"""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import ExtensionError

from _ext import numerical_report as report
from benchmarks import accuracy, libraries
from tools.notebooks import ROOT

SOURCE = ROOT / f"{report.PAGE}.md"


def test_every_place_is_filled():
    filled = report.fill(SOURCE.read_text(encoding="utf-8"), report.contents(report.load_results()))
    assert "{{" not in filled
    assert "| `softmax_cross_entropy` |" in filled


@pytest.mark.parametrize("text", ["{{ speed }}", "{{ speed }} {{ no_such_thing }}"])
def test_missing_and_unknown_names_are_errors(text):
    with pytest.raises(ExtensionError, match="对不上"):
        report.fill(text, {"speed": "表", "memory": "表"})


def test_page_shows_the_measured_numbers(built_html):
    page = BeautifulSoup(
        (built_html / f"{report.PAGE}.html").read_text(encoding="utf-8"), "html.parser"
    )
    results = report.load_results()
    assert len(page.select("table")) >= 9
    row = next(row for row in results["speed"] if "1000000, 10) float32" in row["name"])
    assert f"{row['ratios']['PyTorch']:.2f}" in page.get_text()
    assert len(page.select("article img")) == 2


def test_stored_results_cover_every_function_and_library():
    results = report.load_results()
    measured = {(row["function"], row["library"]) for row in results["accuracy"]}
    assert {function for function, library in measured if library == "lib"} == set(libraries.LIB)
    assert {library for _, library in measured} >= {"lib", *libraries.PEERS}
    assert len(results["growth"]) == 5
    assert results["tiny_losses"][0]["gaps"] == list(accuracy.GAPS)


def test_stored_errors_of_lib_are_within_the_bounds():
    for row in report.load_results()["accuracy"]:
        assert row["ratio"] <= 1 or not row["library"].startswith("lib"), row
