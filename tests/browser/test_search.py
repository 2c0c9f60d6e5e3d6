"""搜索框在真的浏览器里：从磁盘打开书，打字、跳转、键盘、没有结果时的提议。"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

CHAPTER = "chapters/02_cross_entropy.html"
SLOW_PHONE = 4  # 手机的 CPU 慢几倍
LIMIT_MS = 100
MOST_ROUNDS = 12

# 每打一个字，到结果换好、画到屏幕上的时间（毫秒）。
TIME_PER_KEY = """
async (query) => {
  const input = document.getElementById("search-input");
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const times = [];
  for (let length = 1; length <= query.length; length++) {
    const started = performance.now();
    input.value = query.slice(0, length);
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await painted();
    times.push(performance.now() - started);
  }
  return times;
}
"""


def look_up(page: Page, query: str) -> None:
    page.keyboard.press("/")
    page.keyboard.insert_text(query)
    expect(page.locator(".search-status")).not_to_be_empty()


def test_search_from_disk_jumps_to_the_section(open_page):
    visit = open_page(CHAPTER)
    page = visit.page
    look_up(page, "二分类交叉熵的梯度")
    first = page.get_by_role("option").first
    expect(first).to_contain_text("第 3 章")
    expect(first).to_contain_text("3.5 梯度：预测减真实")
    expect(first.locator("mark").first).to_have_text("梯度")
    first.click()
    page.wait_for_url("**/03_binary_cross_entropy.html#*")
    expect(page.locator("section:target > h2")).to_be_in_viewport()
    expect(page.locator("section:target > h2")).to_contain_text("3.5")
    assert visit.messages == []


def test_hit_in_a_folded_solution_unfolds_it(open_page):
    page = open_page(CHAPTER).page
    look_up(page, "外积")
    expect(page.get_by_role("option").first).to_contain_text("解答：")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/05_dog.html#*")
    expect(page.get_by_text("这叫外积")).to_be_visible()
    # 较旧的浏览器不会自己展开，由脚本来做。
    page.evaluate("document.querySelector('details[open]').open = false")
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
    expect(page.get_by_text("这叫外积")).to_be_visible()


def test_jump_within_the_page_closes_the_panel(open_page):
    page = open_page(CHAPTER).page
    look_up(page, "困惑度")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("section:target > h2")).to_contain_text("2.6")
    expect(page.locator("#search-panel")).to_be_hidden()


def test_keyboard_and_aria(open_page):
    page = open_page(CHAPTER).page
    box = page.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("")  # 斜杠只用来聚焦
    page.keyboard.insert_text("softmax")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert page.get_by_role("listbox").get_attribute("id") == box.get_attribute("aria-controls")
    options = page.get_by_role("option")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id"))
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(options.nth(0)).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(page.locator("[aria-live=polite]")).to_contain_text("找到")
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("softmax")
    assert box.get_attribute("aria-activedescendant") is None


def test_nothing_found_proposes_near_terms(open_page):
    page = open_page(CHAPTER).page
    look_up(page, "交差熵")
    expect(page.locator(".search-status")).to_contain_text("没有找到“交差熵”")
    page.get_by_role("button", name="交叉熵", exact=True).click()
    expect(page.get_by_role("combobox")).to_have_value("交叉熵")
    expect(page.get_by_role("option").first).to_contain_text("2.2 定义与分解")


def test_query_is_never_read_as_html(open_page):
    page = open_page(CHAPTER).page
    look_up(page, "<img src=x onerror=alert(1)>")
    expect(page.locator(".search-status")).to_contain_text("<img src=x")
    assert page.locator("#search-panel img").count() == 0


def test_composing_text_is_left_alone(open_page):
    page = open_page(CHAPTER).page
    page.keyboard.press("/")
    session = page.context.new_cdp_session(page)
    session.send(
        "Input.imeSetComposition", {"text": "shang", "selectionStart": 5, "selectionEnd": 5}
    )
    page.wait_for_timeout(300)
    expect(page.locator("#search-panel")).to_be_hidden()
    session.send("Input.insertText", {"text": "熵"})
    expect(page.get_by_role("option").first).to_contain_text("1.2 熵")


def test_enter_leads_to_the_search_page(open_page):
    visit = open_page(CHAPTER)
    page = visit.page
    look_up(page, "交叉熵")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    expect(page.get_by_role("searchbox")).to_have_value("交叉熵")
    results = page.locator("#search-page li a")
    expect(results.first).to_contain_text("2.2 定义与分解")
    assert results.count() > 8
    results.first.click()
    page.wait_for_url("**/02_cross_entropy.html#s2-2")
    assert visit.messages == []


def test_search_page_without_javascript_says_what_to_do(open_page):
    page = open_page("search.html").page
    # Playwright 关掉脚本时 Chromium 仍不显示 noscript，所以看它的内容。
    assert "在页面中查找" in page.locator("noscript").text_content()


@pytest.mark.parametrize(
    "query", ["二分类交叉熵的梯度", "为什么用 softmax", "cross-entropy", "交差熵交差熵"]
)
def test_results_in_time_on_a_slow_phone(open_page, query):
    page = open_page(CHAPTER, viewport={"width": 360, "height": 740}).page
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PHONE})
    look_up(page, "熵")  # 索引取好了
    # 别的进程抢 CPU 只会让时间变长，所以每个字取各遍里最快的一遍；已经够快就不必再试。
    best = [float("inf")] * len(query)
    for _ in range(MOST_ROUNDS):
        best = list(map(min, best, page.evaluate(TIME_PER_KEY, query)))
        if max(best) < LIMIT_MS:
            break
    assert max(best) < LIMIT_MS, [round(time) for time in best]


def test_index_is_fetched_only_when_needed(open_page):
    visit = open_page(CHAPTER)
    visit.page.wait_for_load_state("networkidle")
    assert not any("search-index" in address for address in visit.requests)
    look_up(visit.page, "熵")
    expect(visit.page.get_by_role("option").first).to_be_visible()
    assert sum("search-index" in address for address in visit.requests) == 1


def test_panel_fits_a_phone(open_page):
    page = open_page(CHAPTER, viewport={"width": 360, "height": 740}).page
    look_up(page, "二分类交叉熵的梯度")
    panel = page.locator("#search-panel").bounding_box()
    assert (panel["x"], panel["width"]) == (0, 360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for option in page.get_by_role("option").all():
        assert option.bounding_box()["height"] >= 44
    page.locator("#search-input").fill("交差熵")
    for button in page.locator(".search-suggestion").all():
        assert button.bounding_box()["height"] >= 44
