"""深浅色：跟随系统，可以切换，翻页与重开都记得；浏览器不让记的时候也不出错。"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

NO_STORAGE = """
Object.defineProperty(globalThis, "localStorage", {
  get() { throw new DOMException("denied", "SecurityError"); },
});"""


def looks(page: Page) -> str:
    """页面是深是浅：看左下角一小块的亮度。"""
    corner = page.screenshot(clip={"x": 2, "y": 690, "width": 4, "height": 4})
    return "深" if mean_brightness(page, corner) < 64 else "浅"


@pytest.mark.parametrize(("scheme", "expected"), [("light", "浅"), ("dark", "深")])
def test_follows_the_system(name, scheme, expected, open_page):
    assert looks(open_page(name, color_scheme=scheme).page) == expected


@pytest.mark.parametrize("over_http", [False, True], ids=["从磁盘", "从网站"])
def test_choice_is_remembered(over_http, open_page):
    first = open_page("index.html", over_http=over_http, color_scheme="dark").page
    button = first.locator("#theme-button")
    seen = [(looks(first), button.get_attribute("aria-label"))]
    for _ in range(3):
        button.click()
        seen.append((looks(first), button.get_attribute("aria-label")))
    assert [look for look, _ in seen] == ["深", "浅", "深", "深"]  # 自动、浅、深、自动
    assert ["跟随系统" in seen[0][1], "浅色" in seen[1][1], "深色" in seen[2][1]] == [True] * 3
    assert seen[3] == seen[0]

    button.click()
    assert looks(first) == "浅"
    with first.expect_navigation():
        first.locator("#book-contents a").last.click()  # 翻到别的页
    assert looks(first) == "浅"
    again = first.context.new_page()  # 关掉重开
    again.goto(first.url)
    assert looks(again) == "浅"


@pytest.mark.parametrize(("scheme", "expected"), [("light", "深"), ("dark", "浅")])
def test_first_click_changes_what_one_sees(scheme, expected, open_page):
    page = open_page("index.html", color_scheme=scheme).page
    page.locator("#theme-button").click()
    assert looks(page) == expected


def test_forbidden_storage_is_no_trouble(open_page):
    visit = open_page("index.html", prepare=NO_STORAGE, color_scheme="light")
    visit.page.locator("#theme-button").click()
    assert looks(visit.page) == "深"
    assert visit.messages == []


def test_figures_follow_the_theme(chapter, open_page):
    """深色里图也是深底：截下一幅图，看它的平均亮度。"""
    page = open_page(chapter, color_scheme="dark").page
    figure = page.locator("article figure img").first
    figure.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('article figure img').complete")
    assert mean_brightness(page, figure.screenshot()) < 96


def mean_brightness(page: Page, png: bytes) -> float:
    """图片的平均亮度，由浏览器自己来数。"""
    return page.evaluate(
        """async (bytes) => {
          const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
          canvas.drawImage(bitmap, 0, 0);
          const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
          let total = 0;
          for (let i = 0; i < data.length; i += 4) total += data[i] + data[i + 1] + data[i + 2];
          return total / (data.length / 4) / 3;
        }""",
        list(png),
    )
