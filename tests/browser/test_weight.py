"""一页连同它一开始要加载的一切，压缩后不超过 250 KiB；图不到看见时不下载。"""

from __future__ import annotations

import pytest

LIMIT = 250 * 1024
WAITS = 50
PHONE = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 2, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["手机", "宽屏"])
def test_page_is_light(name, device, open_page):
    visit = open_page(name, over_http=True, **device)
    visit.page.wait_for_load_state("networkidle")
    for _ in range(WAITS):  # 忙的时候，最后一个请求完成的消息会晚到一点
        if len(visit.finished) == len(visit.requests):
            break
        visit.page.wait_for_timeout(100)
    sizes = {request.url: request.sizes() for request in visit.finished}
    sent = {url: s["responseBodySize"] + s["responseHeadersSize"] for url, s in sizes.items()}
    assert len(sent) == len(visit.requests)
    assert sum(sent.values()) <= LIMIT, sent


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
