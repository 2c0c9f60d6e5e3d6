"""行首没有逗号、句号与收尾的括号引号，行尾没有开头的括号引号，公式旁边的也算。"""

from __future__ import annotations

from tests.browser.actions import unfold
from tests.browser.test_layout import WIDTHS

# 逐个标点看它与所在的块的左边、与后一个字的位置。
MISPLACED = """() => {
  const CLOSING = "，。；：、！？）》”’」』】…";
  const OPENING = "（《“‘「『【";
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() && !parent.closest("pre, .katex-mathml, .visually-hidden")) {
      nodes.push(walker.currentNode);
    }
  }
  const rect = (node, start) => {
    const range = document.createRange();
    range.setStart(node, start);
    range.setEnd(node, start + 1);
    return range.getClientRects()[0];
  };
  const blockOf = (element) =>
    getComputedStyle(element).display.startsWith("inline")
      ? blockOf(element.parentElement)
      : element;
  const contentLeft = (block) => {
    const { paddingLeft, borderLeftWidth } = getComputedStyle(block);
    const inset = parseFloat(paddingLeft) + parseFloat(borderLeftWidth);
    return block.getBoundingClientRect().left + inset;
  };
  const found = [];
  nodes.forEach((node, place) => {
    if (node.parentElement.closest(".katex")) return;
    const block = blockOf(node.parentElement);
    const around = (i) => node.data.slice(Math.max(0, i - 12), i + 8);
    for (let i = 0; i < node.length; i++) {
      if (CLOSING.includes(node.data[i])) {
        const box = rect(node, i);
        if (box && Math.abs(box.left - contentLeft(block)) < 3) {
          found.push(`行首 ${node.data[i]}：${nodes[place - 1].data.slice(-12)}|${around(i)}`);
        }
      } else if (OPENING.includes(node.data[i])) {
        const next = i + 1 < node.length ? [node, i + 1] : [nodes[place + 1], 0];
        const box = rect(node, i);
        const after = next[0] && block.contains(next[0]) && rect(...next);
        if (box && after && after.left < box.left) {
          found.push(`行尾 ${node.data[i]}：${around(i)}|${next[0].data.slice(next[1], 12)}`);
        }
      }
    }
  });
  return found;
}"""


def test_punctuation_stays_where_it_belongs(name, open_page):
    page = open_page(name, viewport={"width": 360, "height": 800}).page
    unfold(page)
    misplaced = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        misplaced[width] = page.evaluate(MISPLACED)
    assert {width: found for width, found in misplaced.items() if found} == {}


def test_misplaced_punctuation_would_be_found(open_page):
    page = open_page("index.html").page
    page.evaluate("""() => {
      const main = document.querySelector("main");
      main.innerHTML = '<p>前一行<br>，后一行</p><p>前一行（<br>后一行）</p>';
    }""")
    assert [found[:4] for found in page.evaluate(MISPLACED)] == ["行首 ，", "行尾 （"]
