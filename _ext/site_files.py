"""网站自己的文件：首页、404 页、sitemap.xml、robots.txt、分享图与图标。"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from sphinx.application import Sphinx

from _ext.pages import canonical, page_name
from lib.figures import sharing

SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{}
</urlset>
"""


def put_preface_at_index(app: Sphinx) -> None:
    """前言就是首页：只有 index.html，没有另一份 intro.html。"""
    builder, root = app.builder, app.config.root_doc
    target_uri, out_filename = builder.get_target_uri, builder.get_outfilename

    def page_of(docname: str) -> str:
        return "index" if docname == root else docname

    builder.get_target_uri = lambda name, typ=None: target_uri(page_of(name), typ)
    builder.get_outfilename = lambda name: out_filename(page_of(name))


def collect_not_found_page(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """404 页：服务器在任何一层目录下都可能给出它，所以它不靠相对地址。"""
    icon = (Path(app.outdir) / "_static" / "favicon.svg").read_text(encoding="utf-8")
    context = {"title": "没有这一页", "icon": f"data:image/svg+xml,{quote(icon)}"}
    yield "404", context, "404.html"


def write_site_files(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None:
        return
    root = Path(app.outdir)
    titles = {page_name(name): title.astext() for name, title in app.env.titles.items()}
    sharing.write_sharing_pictures(root / "_static" / "sharing", titles)
    sharing.write_icons(root / "_static")
    pages = [canonical(app, name) for name in sorted(app.env.found_docs)]
    locations = "\n".join(f"<url><loc>{escape(page)}</loc></url>" for page in pages)
    (root / "sitemap.xml").write_text(SITEMAP.format(locations), encoding="utf-8", newline="\n")
    robots = f"User-agent: *\nAllow: /\nSitemap: {app.config.html_baseurl}sitemap.xml\n"
    (root / ".nojekyll").touch()  # 不然 GitHub Pages 会丢掉下划线开头的文件夹
    (root / "robots.txt").write_text(robots, encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("builder-inited", put_preface_at_index)
    app.connect("html-collect-pages", collect_not_found_page)
    app.connect("build-finished", write_site_files, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
