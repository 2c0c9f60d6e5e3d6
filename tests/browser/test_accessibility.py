"""axe-core 在深浅两色里都挑不出毛病；代码的每种颜色都看得清。"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.actions import unfold
from tools.notebooks import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# 公式的颜色是继承来的，一个字就量得出；上千个叠放的小方块却会让 axe 量上几分钟。
SIMPLIFY_FORMULAS = """() =>
  document.querySelectorAll(".katex-html").forEach((formula) => formula.replaceChildren("x"))"""
RUN_AXE = """async () => {
  const results = await axe.run(document, { resultTypes: ["violations", "incomplete"] });
  const list = (found) => found.flatMap((rule) =>
    rule.nodes
      .filter((node) => node.any[0]?.data?.messageKey !== "nonBmp")  // 只有箭头之类，不是文字
      .map((node) => `${rule.id}: ${node.target} ${node.any[0]?.message ?? rule.help}`));
  return { violations: list(results.violations), incomplete: list(results.incomplete) };
}"""
CODE_CONTRASTS = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    const colour = channels(getComputedStyle(element).backgroundColor);
    return colour[3] === 0 ? background(element.parentElement) : colour.slice(0, 3);
  };
  const contrasts = {};
  const tokens = ".highlight pre, .highlight pre span, :not(pre) > code";
  for (const token of document.querySelectorAll(tokens)) {
    const pair = [channels(getComputedStyle(token).color).slice(0, 3), background(token)];
    const [light, dark] = pair.map(luminance).sort((a, b) => b - a);
    contrasts[`${token.className} ${pair.join(" / ")}`] = (light + 0.05) / (dark + 0.05);
  }
  return contrasts;
}"""


# 滚动的影子是渐变，axe 遇到渐变就不量了；影子底下另有底色。
HIDE_SHADOWS = "pre, div.math, .table-box { background-image: none !important; }"


def audit(page: Page) -> dict[str, list[str]]:
    unfold(page)
    page.add_style_tag(content=HIDE_SHADOWS)
    page.evaluate(SIMPLIFY_FORMULAS)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(RUN_AXE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(name, scheme, open_page):
    found = audit(open_page(name, color_scheme=scheme).page)
    assert not found["violations"], "\n".join(found["violations"])
    assert not found["incomplete"], "\n".join(found["incomplete"])


def test_axe_would_find_something(open_page):
    page = open_page("index.html").page
    page.evaluate("() => document.querySelector('article img').removeAttribute('alt')")
    page.evaluate("() => (document.querySelector('article p').style.color = '#bbb')")
    found = " ".join(audit(page)["violations"])
    assert "image-alt" in found
    assert "color-contrast" in found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_colours_are_legible(chapter, scheme, open_page):
    contrasts = open_page(chapter, color_scheme=scheme).page.evaluate(CODE_CONTRASTS)
    assert len(contrasts) >= 8  # 关键字、数、字符串、注释……
    assert {token: ratio for token, ratio in contrasts.items() if ratio < 4.5} == {}
