"""行内公式写上的宽度，就是它在浏览器里自己会占的宽度。"""

from __future__ import annotations

from tests.browser.actions import unfold

TOLERANCE = 0.01  # em；浏览器把每段文字的宽进到 1/64 像素，长公式因此差上几个千分之一
COVERAGE = 0.98
# 每一段公式：写上的宽、去掉之后自然的宽（都以 em 计），以及它的文字。
MEASURE = """async () => {
  document.body.getBoundingClientRect(); // 先排出展开的部分，才知道还要哪些字体
  await document.fonts.ready;
  const bases = [...document.querySelectorAll(".base")].filter(
    (base) => !base.closest(".katex-display"));
  const widths = () => bases.map(
    (base) => base.getBoundingClientRect().width / parseFloat(getComputedStyle(base).fontSize));
  const isWritten = bases.map((base) => base.style.width !== "");
  const written = widths();
  bases.forEach((base) => base.style.removeProperty("width"));
  const natural = widths();
  return bases.map((base, i) => [isWritten[i] ? written[i] : null, natural[i], base.textContent]);
}"""


def test_formula_takes_the_width_written_on_it(chapter, open_page):
    page = open_page(chapter, viewport={"width": 1280, "height": 800}).page
    unfold(page)
    measured = page.evaluate(MEASURE)
    written = [parts for parts in measured if parts[0] is not None]
    wrong = [parts for parts in written if abs(parts[0] - parts[1]) >= TOLERANCE]
    assert wrong == []
    assert len(written) >= COVERAGE * len(measured) > 0
