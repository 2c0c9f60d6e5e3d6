"""关掉 JavaScript：公式、正文、图、目录与解答照样看得到、用得了。"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import unfold

HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SIZES = """() => [...document.querySelectorAll(".katex-html")].map((formula) => {
  const { width, height } = formula.getBoundingClientRect();
  return [formula.textContent, width, height];
})"""


@pytest.fixture
def still(chapter, open_page) -> Page:
    """不运行脚本的一章。"""
    page = open_page(chapter, java_script_enabled=False).page
    assert page.locator("#theme-button").is_hidden()  # 脚本真的没有运行
    unfold(page)
    return page


def fonts_of_formulas(page: Page) -> set[str]:
    """画公式实际用到的字体，汉字除外。"""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": -1})["root"]
    found = set()
    for node_id in leaves(root).values():
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node_id})["fonts"]
        found |= {font["familyName"] for font in fonts}
    return found


def leaves(node: dict, in_formula: bool = False) -> dict[tuple[str, str], int]:
    """公式里直接含有非汉字文字的元素；同样的类、同样的文字只取一个。"""
    attributes = node.get("attributes", [])
    classes = dict(zip(attributes[::2], attributes[1::2], strict=True)).get("class", "")
    in_formula = in_formula or "katex-html" in classes
    children = node.get("children", [])
    text = "".join(child["nodeValue"] for child in children if child["nodeName"] == "#text")
    found = {}
    if in_formula and HAN.sub("", text).strip():
        found[classes, text] = node["nodeId"]
    for child in children:
        found |= leaves(child, in_formula)
    return found


def test_every_formula_shows_in_its_own_font(still):
    sizes = still.evaluate(SIZES)
    assert len(sizes) > 50
    assert [text for text, width, height in sizes if width < 2 or height < 5] == []
    fonts = fonts_of_formulas(still)
    assert fonts
    assert {font for font in fonts if not font.startswith("KaTeX")} == set()


def test_every_formula_has_mathml(chapter, parsed):
    formulas = parsed[chapter].select(".katex")
    assert len(formulas) > 50
    for formula in parsed[chapter].select(".katex"):
        assert formula.select_one(".katex-mathml > math").get_text(strip=True)
        assert formula.select_one(".katex-html")["aria-hidden"] == "true"


def test_text_figures_and_solutions_are_there(still):
    assert still.locator("article h1").is_visible()
    still.wait_for_load_state("networkidle")
    broken = "() => [...document.images].filter((i) => !i.naturalWidth).map((i) => i.alt)"
    assert still.evaluate(broken) == []
    for part in still.locator("article p").all()[:30]:
        assert part.is_visible()


def test_solution_unfolds(chapter, open_page):
    page = open_page(chapter, java_script_enabled=False).page
    solution = page.locator("details.solution").first
    body = solution.locator("p, .cell").first
    expect(body).to_be_hidden()
    solution.locator("summary").click()
    expect(body).to_be_visible()


def test_contents_lead_to_other_pages(chapter, open_page):
    """手机上：按钮弹出目录，点一章就到那一章。"""
    page = open_page(
        chapter, java_script_enabled=False, viewport={"width": 375, "height": 700}
    ).page
    page.locator(".menu-button").click()
    link = page.locator("#book-contents a:not([aria-current])").last
    expect(link).to_be_visible()
    target = link.get_attribute("href")
    link.click()
    page.wait_for_url(f"**/{target.removeprefix('../')}")
    page.locator(".neighbours a").first.click()
    expect(page.locator("h1")).to_be_visible()


def test_search_page_says_what_to_do_instead(open_page):
    page = open_page("search.html", java_script_enabled=False).page
    note = page.locator("noscript")
    assert note.is_visible()
    assert "目录" in note.inner_text()
