"""没有网络也是整本书：任何一页、做任何事，都没有请求离开本站，控制台没有一句怨言。

从网站打开时，服务器另以响应头给出内容安全策略，也没有什么被它拦下。
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.actions import scroll_through, unfold

# 依次点页面上所有的按钮：目录、深浅色、复制……；弹出的目录再点一下收起。
CLICK_ALL = """async () => {
  for (const button of document.querySelectorAll("button")) {
    button.click();
    await new Promise((done) => setTimeout(done));
    document.querySelector(":popover-open")?.hidePopover();
  }
}"""


def use_everything(page: Page) -> None:
    """读者在一页上能做的一切。"""
    page.evaluate(CLICK_ALL)
    if page.locator("#search-input").count():
        page.locator("#search-input").press_sequentially("交叉熵 softmax")
        page.wait_for_timeout(300)
        page.keyboard.press("Escape")
    unfold(page)
    scroll_through(page)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("over_http", [False, True], ids=["从磁盘", "从网站"])
def test_nothing_leaves_the_site(name, over_http, open_page, built_html, site):
    visit = open_page(name, over_http=over_http, permissions=["clipboard-read", "clipboard-write"])
    use_everything(visit.page)
    home = site if over_http else built_html.as_uri() + "/"
    assert [url for url in visit.requests if not url.startswith((home, "data:"))] == []
    assert len(visit.requests) >= 1
    assert visit.failures == []
    assert visit.messages == []
    assert visit.violations() == []
