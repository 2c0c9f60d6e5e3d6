"""浏览器测试共用的东西：构建好的书、本机的网站、打开一页并记下它的一举一动。"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from tests.browser.local_site import serving
from tools import browser as chromium
from tools.book import BUILD

HTML = BUILD / "html"

WATCH_POLICY = """
globalThis.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.effectiveDirective}: ${event.blockedURI || event.sourceFile}`));
"""


def page_names() -> list[str]:
    """书里每一页相对于 _build/html 的路径。"""
    return sorted(path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """要 ``name`` 的测试每页跑一遍，要 ``chapter`` 的每章跑一遍。"""
    names = page_names() or ["index.html"]
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", names)
    if "chapter" in metafunc.fixturenames:
        chapters = [name for name in names if name.startswith("chapters/")]
        metafunc.parametrize("chapter", chapters or names)


@pytest.fixture(scope="session")
def parsed(built_html: Path) -> dict[str, BeautifulSoup]:
    """每一页解析好的 HTML。"""
    return {
        name: BeautifulSoup((built_html / name).read_text(encoding="utf-8"), "html.parser")
        for name in page_names()
    }


@pytest.fixture(scope="session")
def site(built_html: Path) -> Iterator[str]:
    """本机网站的首页地址；路径的开头与书的正式地址相同。"""
    index = BeautifulSoup((built_html / "index.html").read_text(encoding="utf-8"), "html.parser")
    with serving(built_html, urlsplit(index.find(rel="canonical")["href"]).path) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """每个测试进程一个浏览器；找不到时以一行中文失败，从不跳过。"""
    try:
        chromium.find_or_install()
    except chromium.NoBrowserError as problem:
        pytest.fail(str(problem), pytrace=False)
    with chromium.launched() as opened:
        yield opened


class Visit:
    """打开的一页，以及它发出的请求、控制台的错误与警告、失败的请求。"""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.response: Response | None = None
        self.requests: list[str] = []
        self.finished: list[Request] = []
        self.messages: list[str] = []
        self.failures: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfinished", lambda request: self.finished.append(request))
        page.on("console", self._record_message)
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("requestfailed", lambda request: self.failures.append(request.url))
        page.on("response", self._record_response)

    def _record_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.messages.append(f"{message.type}: {message.text}")

    def _record_response(self, response: Response) -> None:
        if response.status >= 400:
            self.failures.append(f"{response.status} {response.url}")

    def violations(self) -> list[str]:
        """被内容安全策略拦下的东西。"""
        return self.page.evaluate("globalThis.violations")


@pytest.fixture
def open_page(browser: Browser, built_html: Path, site: str) -> Iterator[Callable[..., Visit]]:
    """``open_page("chapters/01_entropy.html", viewport=…)``：在新的上下文里打开一页。

    默认从磁盘打开；``over_http=True`` 时经本机网站。其余参数原样交给 Playwright。
    ``prepare`` 是打开之前先在页面里运行的脚本。
    """
    contexts = []

    def open_in_new_context(
        name: str,
        *,
        over_http: bool = False,
        prepare: str = "",
        **options: object,
    ) -> Visit:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_init_script(WATCH_POLICY + prepare)
        visit = Visit(context.new_page())
        visit.response = visit.page.goto((site if over_http else f"{built_html.as_uri()}/") + name)
        return visit

    yield open_in_new_context
    for context in contexts:
        context.close()
