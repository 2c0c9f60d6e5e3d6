"""量页面的工具：界限判得对，nginx 的配置与页面声明的策略一致，坏情形各有一行中文。"""

from __future__ import annotations

import pytest

from _ext.pages import POLICY
from tools import lighthouse


def result(**changes: float) -> dict:
    """样样合格的一份结果；``changes`` 改掉其中几项。"""
    scores = dict.fromkeys(("performance", "accessibility", "best-practices", "seo"), 1.0)
    numbers = {
        "first-contentful-paint": 900.0,
        "largest-contentful-paint": 1200.0,
        "cumulative-layout-shift": 0.0,
        "total-blocking-time": 10.0,
        "total-byte-weight": 100_000.0,
    }
    for name, value in changes.items():
        (scores if name.replace("_", "-") in scores else numbers)[name.replace("_", "-")] = value
    return {
        "categories": {name: {"score": value} for name, value in scores.items()},
        "audits": {name: {"numericValue": value} for name, value in numbers.items()},
    }


def failing(**changes: float) -> list[str]:
    values = {measure: measure.value(result(**changes)) for measure in lighthouse.MEASURES}
    return [measure.name for measure, value in values.items() if not measure.passes(value)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"performance": 0.99, "largest_contentful_paint": 1500.0}, []),
        ({"performance": 0.98}, ["性能"]),
        ({"accessibility": 0.99}, ["无障碍"]),
        ({"seo": 0.92}, ["SEO"]),
        ({"largest_contentful_paint": 1510.0}, ["LCP（秒）"]),
        ({"cumulative_layout_shift": 0.0101}, ["CLS"]),
        ({"total_blocking_time": 51.0}, ["TBT（毫秒）"]),
        ({"total_byte_weight": 251 * 1024.0}, ["KiB"]),
    ],
)
def test_limits(changes, expected):
    assert failing(**changes) == expected


def test_the_middle_run_counts(monkeypatch):
    runs = iter([result(performance=0.9), result(performance=1.0), result(performance=0.99)])
    monkeypatch.setattr(lighthouse, "measure_once", lambda address, chromium: next(runs))
    assert lighthouse.measure_page("", "")[0] == 99


def test_nginx_sends_the_policy_of_the_pages():
    assert f'add_header Content-Security-Policy "{POLICY}" always;' in (
        lighthouse.CONFIGURATION.read_text(encoding="utf-8")
    )


def test_site_is_served_locally_only():
    configuration = lighthouse.site_configuration(8123)
    assert "listen 127.0.0.1:8123;" in configuration
    assert "listen 80" not in configuration
    assert str(lighthouse.HTML) in configuration


def test_missing_build_is_explained(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(lighthouse, "HTML", tmp_path)
    assert lighthouse.main() == 1
    assert capsys.readouterr().err == "错误：还没有构建：请先运行 make book。\n"


def test_missing_nginx_is_explained(monkeypatch):
    monkeypatch.setattr(lighthouse.shutil, "which", lambda *_, **__: None)
    with pytest.raises(lighthouse.CannotMeasureError, match="apt install nginx"):
        lighthouse.find_nginx()
