"""界面上的字都是中文：按钮、目录、提示框的名字、读屏软件念的标签，没有一个英文词漏网。"""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

# 本来就用英文的词：notebook 是全书的叫法，其余是许可证、语言、系统、按键与单位的名字。
ALLOWED = {"notebook", "CC", "BY", "MIT", "Python", "JavaScript", "KB"}
ALLOWED |= {"Windows", "macOS", "Shift", "Enter", "Ctrl"}
INTERFACE = (
    "body > header, footer, .skip, button, label, summary, nav, .about-chapter, "
    ".admonition-title, .drawer-title, noscript, main > h1"
)
# 公式、代码与搜索结果照录正文，不是界面的文字。
REMOVE_QUOTATIONS = """() =>
  document.querySelectorAll(".katex, pre, code, [role=option]").forEach((one) => one.remove())"""
# 脚本运行之后，界面上看得到、念得出的文字。
LABELS = """(selector) => {
  const texts = [...document.querySelectorAll(selector)].map((element) => element.textContent);
  for (const name of ["aria-label", "title", "placeholder", "aria-description", "value"]) {
    for (const element of document.querySelectorAll(`body [${name}]`)) {
      texts.push(element.getAttribute(name));
    }
  }
  return texts;
}"""


def words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{2,}", text))


@pytest.fixture(scope="module")
def words_of_headings(parsed: dict[str, BeautifulSoup]) -> set[str]:
    """各页标题里的英文词（softmax、KL……）：目录照抄标题，不算界面的文字。"""
    found = set()
    for page in parsed.values():
        for heading in page.select("article h1, article h2, article h3, article h4"):
            found |= words(heading.get_text())
    return found


def test_interface_speaks_chinese(name, open_page, words_of_headings):
    page = open_page(name).page
    if page.locator("#search-input").count():
        page.locator("#search-input").press_sequentially("没有这个词")
        page.wait_for_timeout(200)
    page.evaluate(REMOVE_QUOTATIONS)
    texts = page.evaluate(LABELS, INTERFACE)
    assert len(texts) >= 1
    allowed = ALLOWED | words_of_headings
    english = {text.strip(): words(text) - allowed for text in texts}
    assert {text: found for text, found in english.items() if found} == {}
