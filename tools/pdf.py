"""把整本书做成一个 PDF：``python -m tools.pdf`` 读构建好的页面，写 _build/cross-entropy.pdf。

各页的正文合成一个长页面，由浏览器印成 A4。印两遍：第一遍量出每个标题在第几页，填进目录再印；
两遍的页码不同就失败。字体取自 Python 包，与机器上装了什么无关；同样的页面得到逐字节相同的文件。
"""

from __future__ import annotations

import copy
import importlib.util
import io
import logging
import mimetypes
import os
import re
import string
import sys
import time
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import matplotlib as mpl
import yaml
from bs4 import BeautifulSoup, Tag
from fontTools import subset
from fontTools.ttLib import TTFont
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Browser, Route
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    BooleanObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

import lib
from lib.figures._style import ANIMAL_COLORS
from lib.figures.opening import PREDICTION
from tools import book
from tools.browser import NoBrowserError, launched

HTML = book.BUILD / "html"
TARGET = book.BUILD / "cross-entropy.pdf"
HERE = Path(__file__).resolve().parent
logging.getLogger("pypdf").setLevel(logging.ERROR)  # 浏览器的 PDF 里对象的总数写少了，无妨

SITE = "http://book.invalid/"  # 不存在的网站：页面要的每个文件都由这里给，不碰网络
FONT_FOLDER = "book-fonts/"
IN_CONTENTS = 2  # 目录收章与节
COVER_BAR = 130  # 封面上概率为 1 的横条有多长，毫米
UNPRINTED = ".headerlink, .about-chapter, picture > source"


class PdfError(Exception):
    """做不下去了；消息说出原因与下一步。"""


@dataclass(frozen=True)
class Heading:
    """一个标题：级别（1 是章）、锚点、在书签里的写法、在目录里的写法。"""

    level: int
    anchor: str
    text: str
    html: str


@dataclass(frozen=True)
class Part:
    """前言或一章：名字（也是锚点的前缀）、标题与准备好的正文。"""

    name: str
    title: str
    html: str
    headings: tuple[Heading, ...]


# ---- 读页面 ---------------------------------------------------------------------------------


def parse(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def read_book(html: Path) -> tuple[BeautifulSoup, list[Part]]:
    """首页，以及按目录的次序排好的各部分。"""
    home = html / "index.html"
    if not home.is_file():
        raise PdfError("还没有构建好的书，请先运行 make book。")
    page = parse(home)
    links = page.select("#book-contents li a")
    paths = [html / "index.html", *(html / link["href"] for link in links[1:])]
    names = {path.relative_to(html).as_posix(): f"part-{i}" for i, path in enumerate(paths)}
    parts = []
    for path, name in zip(paths, names.values(), strict=True):
        article = parse(path).article
        if not parts:  # 首页的标题是书名，封面上已经有了；目录里它叫“前言”
            article.h1.string = links[0].get_text()
        address = path.relative_to(html).as_posix()
        prepare(article, address, names)
        headings = tuple(headings_of(article))
        parts.append(Part(name, headings[0].text, article.decode_contents(), headings))
    return page, parts


def prepare(article: Tag, address: str, names: Mapping[str, str]) -> None:
    """让一页的正文能与别的页放在一起：去掉只给屏幕用的，展开解答，锚点加前缀，链接改到书内。"""
    for element in article.select(UNPRINTED):
        element.decompose()
    for details in article.find_all("details"):
        details["open"] = ""
    for image in article.find_all("img"):
        image.attrs.pop("loading", None)
        image["src"] = urljoin(address, image["src"])
    for link in article.find_all("a", href=True):
        target = inside_book(urljoin(address, link["href"]), names)
        if target is None:
            link.unwrap()
        else:
            link["href"] = target
    for element in article.find_all(id=True):
        element["id"] = f"{names[address]}-{element['id']}"
    article.h1["id"] = names[address]


def inside_book(address: str, names: Mapping[str, str]) -> str | None:
    """链接在 PDF 里的目标；书外的网址不变，PDF 里没有的文件（例如 notebook）返回 None。"""
    path, anchor = urldefrag(address)
    if urlsplit(path).scheme:
        return address
    if path not in names:
        return None
    return f"#{names[path]}-{anchor}" if anchor else f"#{names[path]}"


def headings_of(article: Tag) -> Iterator[Heading]:
    """正文里的标题；标题所在的小节有锚点，标题自己没有。"""
    for heading in article.find_all(re.compile("^h[1-6]$")):
        anchor = heading.get("id") or heading.parent["id"]
        yield Heading(int(heading.name[1]), anchor, readable(heading), heading.decode_contents())


def readable(heading: Tag) -> str:
    """标题的文字；公式取排好的那一份，不连 MathML 念两遍。"""
    visible = copy.copy(heading)
    for hidden in visible.select(".katex-mathml"):
        hidden.decompose()
    return visible.get_text().replace("\u200b", "").strip()


# ---- 字体 -----------------------------------------------------------------------------------


def font_sources() -> dict[str, Path]:
    """PDF 用的三种字体：正文、代码，以及正文字体里没有的符号。"""
    zhplot = importlib.util.find_spec("zhplot")
    if zhplot is None:
        raise PdfError("找不到中文字体：请运行 make book 装好环境，或 pip install zhplot。")
    matplotlib = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return {
        "sans": Path(zhplot.origin).parent / "fonts" / "NotoSansSC-Regular.ttf",
        "mono": matplotlib / "DejaVuSansMono.ttf",
        "symbols": matplotlib / "DejaVuSans.ttf",
    }


def subset_fonts(html: Path, document: str) -> dict[str, bytes]:
    """文件名 -> 只含 ``document`` 里的字的字体；有的字哪种字体里都没有就失败。

    只留用到的字，PDF 才查得到、抄得出：在完整的字体里，“文”与部首“⽂”是同一个字形，
    浏览器写进 PDF 的文字会是后者。
    """
    visible = re.sub(r"<math\b.*?</math>", "", document, flags=re.DOTALL)
    wanted = {
        ord(character)
        for character in visible + string.digits
        if not unicodedata.category(character).startswith("C")
    }
    fonts = {}
    missing = wanted - katex_characters(html)
    for name, path in font_sources().items():
        options = subset.Options(layout_features=["*"], drop_tables=["FFTM"])
        font = subset.load_font(str(path), options)
        missing -= font.getBestCmap().keys()
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=wanted & font.getBestCmap().keys())
        subsetter.subset(font)
        font["head"].modified = font["head"].created  # 不记下此刻的时间
        buffer = io.BytesIO()
        font.save(buffer)
        fonts[f"{FONT_FOLDER}{name}.ttf"] = buffer.getvalue()
    if missing:
        listed = "、".join(f"{chr(code)}（U+{code:04X}）" for code in sorted(missing))
        raise PdfError(f"书自带的字体里没有这些字：{listed}。请换一个写法。")
    return fonts


def katex_characters(html: Path) -> set[int]:
    """公式的字体里有的字。"""
    found = set()
    for path in html.glob("_static/fonts/*.woff2"):
        with TTFont(path) as font:
            found |= font.getBestCmap().keys()
    return found


# ---- 排版 -----------------------------------------------------------------------------------


def compose(home: BeautifulSoup, parts: list[Part], pages: Mapping[str, int]) -> str:
    """合成的长页面；``pages`` 是锚点 -> 页码，还不知道时为空。"""
    config = yaml.safe_load((book.ROOT / "_config.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((book.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    contents = [
        {"level": h.level, "anchor": h.anchor, "html": h.html, "page": pages.get(h.anchor, "")}
        for part in parts
        for h in part.headings
        if h.level <= IN_CONTENTS
    ]
    templates = Environment(loader=FileSystemLoader(HERE))
    return templates.get_template("pdf.html").render(
        title=config["title"],
        author=config["author"],
        version=project["version"],
        licence=home.select_one("footer p").get_text(),
        styles=home.style.string + (HERE / "pdf.css").read_text(encoding="utf-8"),
        parts=parts,
        contents=contents,
        bars=cover_bars(),
        loss=f"{lib.cross_entropy([1, 0, 0, 0], PREDICTION):.4f}",
    )


def cover_bars() -> list[dict[str, object]]:
    return [
        {"name": name, "width": COVER_BAR * p, "percent": f"{100 * p:.1f}%", "colour": colour}
        for p, (name, colour) in zip(PREDICTION, ANIMAL_COLORS.items(), strict=True)
    ]


def print_page(browser: Browser, html: Path, document: str, fonts: Mapping[str, bytes]) -> bytes:
    """由浏览器把合成的页面印成 PDF。"""
    missing = []

    def serve(route: Route) -> None:
        name = unquote(urlsplit(route.request.url).path).lstrip("/")
        path = html / name
        kind = mimetypes.guess_type(name)[0]
        if route.request.url == SITE:
            route.fulfill(body=document, content_type="text/html; charset=utf-8")
        elif name in fonts:
            route.fulfill(body=fonts[name], content_type="font/ttf")
        elif path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=kind)
        else:
            missing.append(name)
            route.abort()

    page = browser.new_page(color_scheme="light")
    try:
        page.route("**/*", serve)
        page.goto(SITE)
        if missing:
            raise PdfError(f"书里缺文件：{'、'.join(missing)}。请重新运行 make book。")
        page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
        page.evaluate("document.fonts.ready")
        return page.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
    finally:
        page.close()


# ---- PDF ------------------------------------------------------------------------------------


def flatten(outline: list) -> Iterator[object]:
    for entry in outline:
        if isinstance(entry, list):
            yield from flatten(entry)
        else:
            yield entry


def page_numbers(pdf: bytes, headings: list[Heading]) -> dict[str, int]:
    """锚点 -> 页码；浏览器按标题的次序写好了书签。"""
    reader = PdfReader(io.BytesIO(pdf))
    entries = list(flatten(reader.outline))
    if len(entries) != len(headings):
        raise PdfError(f"书里有 {len(headings)} 个标题，浏览器却写了 {len(entries)} 个书签。")
    return {
        heading.anchor: reader.get_destination_page_number(entry) + 1
        for heading, entry in zip(headings, entries, strict=True)
    }


def finish(pdf: bytes, headings: list[Heading], metadata: Mapping[str, str]) -> bytes:
    """写好书签与元数据，去掉时间与随机的标识。"""
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    writer.pdf_header = "%PDF-1.7"
    outline = writer.root_object["/Outlines"]
    name_bookmarks(outline, iter(headings))
    outline[NameObject("/Count")] = NumberObject(-outline["/Count"])  # 最上一级总是看得见
    writer.metadata = None
    writer.add_metadata(metadata)
    writer.page_mode = "/UseOutlines"
    writer.root_object[NameObject("/ViewerPreferences")] = DictionaryObject(
        {NameObject("/DisplayDocTitle"): BooleanObject(True)}
    )
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def name_bookmarks(parent: DictionaryObject, headings: Iterator[Heading]) -> None:
    """浏览器的书签丢掉标题里的公式，换成我们的写法；每一级先收起来。"""
    count = 0
    entry = parent.get("/First")
    while entry is not None:
        entry = entry.get_object()
        entry[NameObject("/Title")] = TextStringObject(next(headings).text)
        if "/First" in entry:
            name_bookmarks(entry, headings)
        count += 1
        entry = entry.get("/Next")
    parent[NameObject("/Count")] = NumberObject(-count)  # 负数：收起来


def write_atomically(target: Path, content: bytes) -> None:
    """先写在旁边再改名，中途出错也不会留下半个文件。"""
    partial = target.with_suffix(".pdf.partial")
    partial.write_bytes(content)
    os.replace(partial, target)


def make_pdf(html: Path, target: Path) -> int:
    """把 ``html`` 里构建好的书写成 ``target``，返回页数。"""
    print("合成各章……", flush=True)
    home, parts = read_book(html)
    headings = [Heading(1, "contents", "目录", "目录")]
    headings += [heading for part in parts for heading in part.headings]
    document = compose(home, parts, {})
    fonts = subset_fonts(html, document)
    with launched() as browser:
        print("印第一遍，求目录的页码……", flush=True)
        pages = page_numbers(print_page(browser, html, document, fonts), headings)
        print("印第二遍……", flush=True)
        pdf = print_page(browser, html, compose(home, parts, pages), fonts)
    if page_numbers(pdf, headings) != pages:
        raise PdfError("填上页码之后分页变了，目录会错：请给 pdf.css 里的 .page 留够宽度。")
    config = yaml.safe_load((book.ROOT / "_config.yml").read_text(encoding="utf-8"))
    metadata = {"/Title": config["title"], "/Author": config["author"]}
    write_atomically(target, finish(pdf, headings, metadata))
    return len(PdfReader(target).pages)


def main() -> int:
    started = time.monotonic()
    try:
        count = make_pdf(HTML, TARGET)
    except (PdfError, NoBrowserError) as problem:
        print(f"错误：{problem}", file=sys.stderr)
        return 1
    size = TARGET.stat().st_size / 1e6
    seconds = time.monotonic() - started
    print(f"\n印好了：{TARGET}（{count} 页，{size:.1f} MB，用时 {seconds:.0f} 秒）")
    return 0


if __name__ == "__main__":
    sys.exit(main())
