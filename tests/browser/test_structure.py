"""页面的骨架与名片：语言、标题、地标、替代文字、摘要、分享卡片、sitemap 与 404 页。"""

from __future__ import annotations

import re
import struct
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup


@pytest.fixture
def page(name: str, parsed: dict[str, BeautifulSoup]) -> BeautifulSoup:
    return parsed[name]


def content(page: BeautifulSoup, key: str) -> str:
    """``<meta name=key>`` 或 ``<meta property=key>`` 的内容。"""
    tag = page.find("meta", attrs={"name": key}) or page.find("meta", property=key)
    assert tag, f"没有 {key}"
    return tag["content"]


def test_language_headings_and_landmarks(name, page):
    assert page.html["lang"] == "zh-CN"
    levels = [int(heading.name[1]) for heading in page.find_all(re.compile(r"^h[1-6]$"))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(page.find_all("main")) == 1
    if name != "404.html":
        assert page.body.header and page.body.footer
        labels = [nav.get("aria-label") for nav in page.find_all("nav")]
        assert all(labels) and len(set(labels)) == len(labels)
        assert page.select_one("[role=search]")


def test_every_figure_says_what_to_see(page):
    for image in page.find_all("img"):
        assert len(image["alt"]) >= 15, image["src"]


def test_titles_differ(parsed):
    titles = [page.title.get_text() for page in parsed.values()]
    assert len(set(titles)) == len(titles)
    assert all("交叉熵" in title for title in titles)


def test_descriptions_say_something_of_their_own(parsed):
    descriptions = {name: content(page, "description") for name, page in parsed.items()}
    assert len(set(descriptions.values())) == len(descriptions)
    lengths = {name: len(text) for name, text in descriptions.items()}
    assert {name: n for name, n in lengths.items() if not 50 <= n <= 160} == {}


def test_shared_links_have_a_card(name, page, parsed, built_html):
    if name == "404.html":
        return  # 没有人会分享它
    home = parsed["index.html"].find(rel="canonical")["href"]
    canonical = page.find(rel="canonical")["href"]
    assert canonical == home + ("" if name == "index.html" else name)
    assert content(page, "og:url") == canonical
    assert content(page, "og:title") in page.title.get_text()
    assert content(page, "og:description") == content(page, "description")
    assert content(page, "og:site_name") == "交叉熵"
    assert content(page, "og:type") in ("book", "article", "website")
    assert content(page, "og:image:alt")
    image = built_html / content(page, "og:image").removeprefix(home)
    header = image.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert struct.unpack(">II", header[16:]) == (1200, 630)


def test_icon_exists(name, page, built_html):
    icons = page.find_all("link", rel="icon")
    assert icons
    for icon in icons:
        if name == "404.html":  # 它不靠别的文件
            assert icon["href"].startswith("data:image/svg+xml,")
            continue
        path = (built_html / name).parent / urlsplit(icon["href"]).path
        assert path.resolve().is_file()


def test_sitemap_lists_every_page_once(parsed, built_html):
    listed = re.findall(r"<loc>([^<]+)</loc>", (built_html / "sitemap.xml").read_text())
    worth_finding = [
        page for name, page in parsed.items() if name not in ("404.html", "search.html")
    ]
    assert sorted(listed) == sorted(page.find(rel="canonical")["href"] for page in worth_finding)
    home = parsed["index.html"].find(rel="canonical")["href"]
    robots = (built_html / "robots.txt").read_text(encoding="utf-8")
    assert f"Sitemap: {home}sitemap.xml" in robots
    assert not re.search(r"Disallow: ?\S", robots)


@pytest.mark.parametrize("address", ["missing.html", "chapters/missing.html", "a/b/c/d"])
def test_missing_page_is_helpful_at_any_depth(address, open_page, site):
    visit = open_page(address, over_http=True)
    assert visit.response.status == 404
    assert visit.requests == [site + address]  # 自己就是完整的，不再要别的文件
    links = visit.page.locator("a")
    assert links.count() >= 6
    targets = links.evaluate_all("links => links.map((link) => link.href)")
    for target in targets:
        assert visit.page.request.get(target).status == 200, target
    links.last.click()
    visit.page.locator("article h1").wait_for()
