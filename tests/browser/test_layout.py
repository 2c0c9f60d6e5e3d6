"""从手机到宽屏：页面从不横向滚动，太宽的东西在自己的框里滚；一行的字数正好读。"""

from __future__ import annotations

import pytest

from tests.browser.actions import unfold

WIDTHS = (360, 375, 768, 1280, 1920)
# 伸出屏幕右边、又不在能横向滚动的框里的元素。
STICKING_OUT = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) =>
    element &&
    (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 0.5)
    .filter((element) => !element.closest("svg *, .katex-mathml, .visually-hidden"))
    .filter((element) => !scrolls(element))
    .map((element) => element.outerHTML.slice(0, 120));
}"""
# 每一段里，完全由汉字与全角标点排成的整行有多少个字；只看纯文字的段落，术语的链接不碍事。
FULL_LINES = r"""() => {
  const counts = [];
  for (const paragraph of document.querySelectorAll("article section > p")) {
    if (![...paragraph.children].every((child) => child.matches("a.term"))) continue;
    const lines = new Map();
    const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (let i = 0; i < node.length; i++) {
        const range = document.createRange();
        range.setStart(node, i);
        range.setEnd(node, i + 1);
        const top = Math.round(range.getBoundingClientRect().top / 4);
        lines.set(top, (lines.get(top) ?? "") + node.data[i]);
      }
    }
    const full = [...lines.values()].slice(0, -1);
    const chinese = full.filter((line) => /^[\u3000-\u9fff\uff00-\uffef“”]+$/.test(line));
    counts.push(...chinese.map((line) => line.length));
  }
  return counts;
}"""


def test_page_never_scrolls_sideways(name, open_page):
    page = open_page(name, viewport={"width": 360, "height": 800}).page
    unfold(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(STICKING_OUT) == [], width
        scrolled, shown = page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert scrolled <= shown == width


@pytest.mark.parametrize("width", [1280, 1920])
def test_lines_are_comfortable_to_read(chapter, width, open_page):
    page = open_page(chapter, viewport={"width": width, "height": 900}).page
    unfold(page)
    counts = page.evaluate(FULL_LINES)
    assert len(counts) >= 3
    assert min(counts) >= 30 and max(counts) <= 42, counts


def test_wide_formulas_scroll_in_their_own_box(chapter, open_page):
    page = open_page(chapter, viewport={"width": 360, "height": 800}).page
    unfold(page)
    wide = page.evaluate("""() =>
      [...document.querySelectorAll("div.math, .table-box, pre")]
        .filter((box) => box.scrollWidth > box.clientWidth)
        .map((box) => {
          box.scrollLeft = 20;
          return [box.scrollLeft, getComputedStyle(box).overflowX];
        })""")
    assert wide  # 每一章都有装不下的公式或代码
    assert all(moved > 0 and overflow == "auto" for moved, overflow in wide)
    # 键盘也滚得动：脚本随后给它们一个焦点。
    page.wait_for_function("""() => [...document.querySelectorAll("div.math, .table-box, pre")]
      .every((box) => box.scrollWidth <= box.clientWidth || box.tabIndex === 0)""")


def test_code_and_output_start_at_the_left(chapter, open_page):
    page = open_page(chapter).page
    sides = page.evaluate(
        "() => [...document.querySelectorAll('pre')].map((pre) => getComputedStyle(pre).textAlign)"
    )
    assert set(sides) <= {"start", "left"}
