"""点右侧的小节，那一节的标题就停在顶栏下面，目录里也标出它；直接打开带锚点的地址也一样。"""

from __future__ import annotations

import random

from playwright.sync_api import Page, expect

TOLERANCE = 8
# 标题离它该停的地方差多少像素；已经滚到页尾、上不去的不算差。
OFFSET = """async (id) => {
  for (let i = 0; i < 4; i++) await new Promise((done) => requestAnimationFrame(done));
  const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
  const wanted = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
  const offset = document.getElementById(id).getBoundingClientRect().top - wanted;
  return offset > 0 && scrollTop + clientHeight >= scrollHeight - 1 ? 0 : offset;
}"""
# 标出的是这一节；它的标题下面紧跟着更小的一节时，标出后者也对。
IS_MARKED = """(anchor) => {
  const marked = document.querySelector("#page-contents [aria-current]")?.hash.slice(1);
  return document.getElementById(anchor).contains(document.getElementById(marked));
}"""


def anchors(page: Page) -> list[str]:
    links = page.locator("#page-contents a:visible").all()
    return [link.get_attribute("href").removeprefix("#") for link in links]


def test_every_section_is_reached_exactly(chapter, open_page):
    page = open_page(chapter, viewport={"width": 1280, "height": 800}).page
    found = anchors(page)
    assert len(found) >= 10
    random.Random(0).shuffle(found)  # 忽上忽下：离屏段落的高度还只是估计
    for anchor in found:
        page.locator(f'#page-contents a[href="#{anchor}"]').click()
        assert abs(page.evaluate(OFFSET, anchor)) <= TOLERANCE, anchor


def test_section_being_read_is_marked(chapter, open_page):
    page = open_page(chapter, viewport={"width": 1280, "height": 800}).page
    for anchor in anchors(page)[:-1:4]:
        page.locator(f'#page-contents a[href="#{anchor}"]').click()
        page.wait_for_function(IS_MARKED, arg=anchor)


def test_link_to_a_section_opens_there(chapter, open_page):
    page = open_page(chapter, viewport={"width": 375, "height": 700}).page
    linked = page.eval_on_selector_all("article section[id]", "all => all.map((one) => one.id)")
    for anchor in linked[3::9]:
        fresh = open_page(f"{chapter}#{anchor}", viewport={"width": 375, "height": 700}).page
        assert abs(fresh.evaluate(OFFSET, anchor)) <= TOLERANCE, anchor


def test_link_into_a_folded_solution_unfolds_it(chapter, open_page):
    page = open_page(chapter).page
    anchor = page.locator("details.solution [id]").first.get_attribute("id")
    page.goto(f"{page.url}#{anchor}")
    expect(page.locator("details.solution").first).to_have_attribute("open", "")
