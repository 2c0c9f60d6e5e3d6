"""版面不跳：字体来得慢也好，一路滚到底也好，累计布局偏移都不超过 0.01。"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.browser.local_site import serving

LIMIT = 0.01
# 每帧 200 像素，每秒一万多像素：手指猛地一划也没有这么快。
FLING = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 200) {
    scrollTo(0, y);
    await new Promise((done) => requestAnimationFrame(done));
  }
}"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
SHIFTS = """() => new Promise((done) => {
  const shifts = [];
  const what = (entry) =>
    entry.sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 80));
  new PerformanceObserver((list) => {
    shifts.push(...list.getEntries().map((entry) => [entry.value, what(entry)]));
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(shifts), 100);
})"""


@pytest.mark.parametrize("width", [360, 1280])
def test_slow_fonts_do_not_move_anything(name, width, built_html: Path, browser):
    """字体比正文晚到：等正文画出来了再放行。"""
    fonts_may_come = threading.Event()
    with (
        serving(built_html, "/", fonts_may_come) as address,
        browser.new_page(viewport={"width": width, "height": 800}) as page,
    ):
        page.goto(address + name, wait_until="domcontentloaded")
        page.wait_for_function(PAINTED)
        fonts_may_come.set()
        page.wait_for_load_state()
        page.evaluate("() => document.fonts.ready")
        shifts = page.evaluate(SHIFTS)
    assert sum(value for value, _ in shifts) <= LIMIT, shifts


def test_scrolling_does_not_move_anything(chapter, open_page):
    page = open_page(chapter, viewport={"width": 360, "height": 800}).page
    page.evaluate(FLING)
    shifts = page.evaluate(SHIFTS)
    assert sum(value for value, _ in shifts) <= LIMIT, shifts
