"""手机上点得准：能点的东西都不小于 44×44 像素。

正文句子里的链接除外：它们的大小由行高决定，WCAG 2.5.5 与 2.5.8 都不要求。
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.actions import unfold

SMALLEST = 44
PHONE = {"viewport": {"width": 375, "height": 700}, "has_touch": True, "is_mobile": True}
TOO_SMALL = """(smallest) => {
  const inSentence = (target) =>
    target.matches("a") && getComputedStyle(target).display === "inline" &&
    target.parentElement.closest("p, li, h1, h2, h3, h4, td, dd, span")
      ?.textContent.trim() !== target.textContent.trim();
  return [...document.querySelectorAll("a[href], button, input, summary, [role=option]")]
    .filter((target) => target.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((target) => !target.matches(".skip") && !inSentence(target))
    .map((target) => [target, target.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < smallest - 0.01 || height < smallest - 0.01)
    .map(([target, { width, height }]) => `${width}×${height} ${target.outerHTML.slice(0, 120)}`);
}"""


def too_small(page: Page) -> list[str]:
    """看得见的、太小的目标；先展开页面，离屏的段落才有大小。"""
    unfold(page)
    return page.evaluate(TOO_SMALL, SMALLEST)


def test_everything_on_the_page(name, open_page):
    assert too_small(open_page(name, **PHONE).page) == []


def test_both_drawers(chapter, open_page):
    page = open_page(chapter, **PHONE).page
    for button, drawer in ((".menu-button", "#book-contents"), (".here-button", "#page-contents")):
        page.locator(button).tap()
        expect(page.locator(f"{drawer} a:visible").nth(4)).to_be_visible()
        assert too_small(page) == []
        page.keyboard.press("Escape")


def test_search_results(open_page):
    page = open_page("index.html", **PHONE).page
    page.locator("#search-input").tap()
    page.keyboard.type("交叉熵")
    page.locator("#search-panel [role=option]").first.wait_for()
    assert too_small(page) == []
