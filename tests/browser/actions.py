"""测试里反复要做的动作：把一页全部展开、走到底、数一数。"""

from __future__ import annotations

from playwright.sync_api import Page

UNFOLD = """() => {
  const style = document.createElement("style");
  style.textContent = "* { content-visibility: visible !important; }";
  document.head.append(style);
  document.querySelectorAll("details").forEach((details) => (details.open = true));
  document.querySelectorAll("img").forEach((image) => (image.loading = "eager"));
}"""
SCROLL = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await frame();
  }
}"""


def unfold(page: Page) -> None:
    """打开所有解答，让离屏的段落与图都真的排出来，好量它们。"""
    page.evaluate(UNFOLD)
    # 关掉 JavaScript 时 Promise 不会兑现，只好在外面等字体。
    while page.evaluate("() => document.fonts.status") != "loaded":
        page.wait_for_timeout(20)


def scroll_through(page: Page) -> None:
    """像读者那样一屏一屏走到页尾。"""
    page.evaluate(SCROLL)
