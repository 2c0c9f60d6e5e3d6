"""只用键盘走一遍：每一样东西都到得了、看得见焦点、用得了，也出得来。"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

PHONE = {"viewport": {"width": 375, "height": 700}}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
# 看得见、应当能用 Tab 走到、却没有走到过的东西。
MISSED = """() => [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
  .filter((stop) => stop.checkVisibility({ visibilityProperty: true }) && stop.tabIndex >= 0)
  .filter((stop) => !("visited" in stop.dataset))
  .map((stop) => stop.outerHTML.slice(0, 120))"""
# 焦点所在；它看不看得见：有轮廓，在屏幕里，没有被顶栏遮住。
FOCUSED = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  element.dataset.visited = "";
  const style = getComputedStyle(element);
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const covering = element.closest(".bar, .skip") ? null : document.querySelector(".bar");
  const bar = covering?.offsetHeight ?? 0;
  return {
    what: element.outerHTML.slice(0, 120),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    inView: bottom > bar && top < innerHeight && right > 0 && left < innerWidth,
  };
}"""
MOST_STOPS = 400
WAITS = 20


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["手机", "宽屏"])
def test_tab_visits_everything_and_comes_out(name, device, open_page):
    page = open_page(name, **device).page
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:  # 走完了，焦点回到浏览器自己的界面
            break
        for _ in range(WAITS):  # 离屏的段落这时才排版，要等两帧；机器忙时一帧也可以很久
            if focused["inView"]:
                break
            page.wait_for_timeout(100)
            focused = page.evaluate(FOCUSED)
        assert focused["outlined"] and focused["inView"], focused
    else:
        pytest.fail(f"走了 {MOST_STOPS} 步还没有走完，焦点被困住了：{focused}")
    missed = page.evaluate(MISSED)
    assert missed == [], missed


def test_skip_to_the_text(name, open_page):
    page = open_page(name).page
    if name == "404.html":
        return  # 这一页没有要跳过的东西
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def tab_to(page: Page, selector: str) -> None:
    """按 Tab 直到焦点落在 ``selector`` 上。"""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"Tab 走不到 {selector}")


@pytest.mark.parametrize("button", [".menu-button", ".here-button"])
def test_drawer_opens_closes_and_gives_focus_back(button, chapter, open_page):
    page = open_page(chapter, **PHONE).page
    drawer = page.locator(f"#{page.locator(button).get_attribute('popovertarget')}")
    tab_to(page, button)
    page.keyboard.press("Enter")
    expect(drawer).to_be_visible()
    page.keyboard.press("Tab")
    assert drawer.evaluate("drawer => drawer.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator(button)).to_be_focused()


def choose_from_drawer(page: Page, button: str, link: str) -> str:
    """用键盘打开抽屉、走到一条链接、按下，返回它的地址。"""
    tab_to(page, button)
    page.keyboard.press("Enter")
    tab_to(page, link)
    address = page.evaluate("() => document.activeElement.href")
    page.keyboard.press("Enter")
    return address


def test_chapter_is_chosen_from_the_drawer(chapter, open_page):
    page = open_page(chapter, **PHONE).page
    page.wait_for_url(
        choose_from_drawer(page, ".menu-button", "#book-contents li a:not([aria-current])")
    )


def test_section_is_chosen_from_the_drawer(chapter, open_page):
    page = open_page(chapter, **PHONE).page
    address = choose_from_drawer(page, ".here-button", "#page-contents li li:nth-child(2) > a")
    page.wait_for_url(address)
    expect(page.locator("#page-contents")).to_be_hidden()


def test_theme_is_switched(open_page):
    page = open_page("index.html", color_scheme="light").page
    tab_to(page, "#theme-button")
    page.keyboard.press("Enter")
    expect(page.locator("#dark-style")).to_have_attribute("media", "screen")


def test_solution_unfolds_and_folds(chapter, open_page):
    page = open_page(chapter).page
    tab_to(page, "details.solution > summary")
    solution = page.locator("details.solution").filter(has=page.locator("summary:focus"))
    page.keyboard.press("Enter")
    expect(solution).to_have_attribute("open", "")
    page.keyboard.press("Enter")
    expect(solution).not_to_have_attribute("open", "")


def test_wide_content_scrolls(chapter, open_page):
    page = open_page(chapter, **PHONE).page
    tab_to(page, "div.math, .table-box, pre")
    before = page.evaluate("() => document.activeElement.scrollLeft")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.activeElement.scrollLeft > before", arg=before)


def test_notebook_is_downloaded(chapter, open_page):
    page = open_page(chapter, over_http=True).page
    tab_to(page, ".about-chapter summary")
    page.keyboard.press("Enter")
    tab_to(page, "a[download][href$='.ipynb']")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".ipynb")
