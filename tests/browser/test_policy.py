"""内容安全策略：每一页都声明它，也都遵守它。照它运行时没有什么被拦下，见 test_requests。"""

from __future__ import annotations

import re

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'"
)


def test_the_watch_would_notice(open_page):
    """故意违反一次，确认监听真的有用。"""
    visit = open_page("index.html", over_http=True)
    visit.page.evaluate("""() => new Promise((done) => {
      const image = new Image();
      image.onerror = done;
      image.src = "http://127.0.0.1:9/elsewhere.png";
    })""")
    assert visit.response.headers["content-security-policy"] == POLICY
    assert set(visit.violations()) == {"img-src: http://127.0.0.1:9/elsewhere.png"}


def test_page_declares_the_policy_and_obeys_it(name, parsed):
    page = parsed[name]
    declared = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert declared["content"] == POLICY
    scripts = page.find_all("script")
    assert all(script.get("src") and not script.get_text(strip=True) for script in scripts)
    for tag in page.find_all(True):
        assert not [attribute for attribute in tag.attrs if attribute.startswith("on")], tag
        for address in (tag.get("href"), tag.get("src"), tag.get("action")):
            assert not re.match(r"\s*javascript:", address or "", re.IGNORECASE), tag
