"""一页连同它一开始要加载的一切，压缩后不超过 250 KiB；图不到看见时不下载。"""

from __future__ import annotations

import pytest

LIMIT = 250 * 1024
PHONE = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 2, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}

# 浏览器自己记下的每一次下载：网址与在线路上的字节数（含响应头，压缩后）。
DOWNLOADS = """() => Object.fromEntries(
  [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map((entry) => [entry.name.split("#")[0], entry.transferSize]))"""


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["手机", "宽屏"])
def test_page_is_light(name, device, open_page):
    visit = open_page(name, over_http=True, **device)
    visit.page.wait_for_load_state("networkidle")
    sizes = visit.page.evaluate(DOWNLOADS)
    assert set(sizes) == set(visit.requests)
    assert min(sizes.values()) > 0  # 没有一个是从缓存里来的
    assert sum(sizes.values()) <= LIMIT, sizes


def test_figures_are_lazy_and_keep_their_place(chapter, open_page):
    visit = open_page(chapter, over_http=True, **PHONE)
    images = visit.page.eval_on_selector_all(
        "article img",
        """images => images.map((image) => ({
          source: image.src,
          top: image.getBoundingClientRect().top,
          lazy: image.loading === "lazy",
          sized: image.width > 0 && image.hasAttribute("width") && image.hasAttribute("height"),
        }))""",
    )
    assert images
    assert all(image["sized"] for image in images)
    below = [image for image in images if image["top"] > 823]
    assert all(image["lazy"] for image in below)
    visit.page.wait_for_load_state("networkidle")
    far = {image["source"] for image in images if image["top"] > 6000}
    assert far and not far & set(visit.requests)
