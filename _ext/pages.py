"""每一页的模板要用的东西：各章的目录、阅读时间、摘要、网址、notebook。"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).resolve().parent.parent
POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data:",
        "style-src 'self' 'unsafe-inline'",
        "script-src 'self'",
    ]
)

# 估计阅读时间用的速度，单位分钟：中文读物的常见速度，公式、代码与图另算。
MINUTES_PER = {"字": 1 / 350, "行内公式": 0.03, "公式": 0.25, "代码行": 0.04, "图": 0.4}
LONGEST_DESCRIPTION = 120
HAN = re.compile(r"[\u4e00-\u9fff]")


def use_base_url(app: Sphinx, config: Config) -> None:
    """环境变量 BOOK_URL 优先于 _config.yml 里的网址。"""
    config.html_baseurl = (os.environ.get("BOOK_URL") or config.html_baseurl).rstrip("/") + "/"


def reading_minutes(doctree: nodes.document) -> int:
    """读完正文（不含练习与参考文献）要多少分钟，凑成 5 的倍数。"""
    amount = dict.fromkeys(MINUTES_PER, 0)
    for node in doctree.findall(lambda node: not _is_left_out(node)):
        if isinstance(node, nodes.literal_block):
            amount["代码行"] += node.astext().count("\n") + 1
        elif isinstance(node, nodes.math):
            amount["行内公式"] += 1
        elif isinstance(node, nodes.math_block):
            amount["公式"] += 1
        elif isinstance(node, nodes.image):
            amount["图"] += 1
        elif isinstance(node, nodes.Text) and not isinstance(node.parent, nodes.literal_block):
            amount["字"] += len(HAN.findall(node))
    minutes = sum(count * MINUTES_PER[kind] for kind, count in amount.items())
    return max(5, 5 * round(minutes / 5))


def _is_left_out(node: nodes.Node) -> bool:
    """在“练习”或“参考文献”一节里。"""
    while node is not None:
        if isinstance(node, nodes.section) and re.search(r"练习$|参考文献$", node[0].astext()):
            return True
        node = node.parent
    return False


def description(doctree: nodes.document) -> str:
    """页面的摘要：开头几段里没有公式的句子，不超过 120 字，断在句末。"""
    text = ""
    for paragraph in doctree.findall(nodes.paragraph):
        if list(paragraph.findall(nodes.math)):
            continue
        for sentence in re.findall(r"[^。？！]+[。？！]", paragraph.astext().replace("\n", "")):
            if len(text) + len(sentence) > LONGEST_DESCRIPTION:
                return text
            text += sentence
    return text


def chapters(app: Sphinx, pagename: str, pathto) -> list[dict[str, object]]:
    """全书各页：编号、名字、链接、是不是当前页。"""
    root = app.config.root_doc
    listed = []
    for name in [root, *app.env.toctree_includes.get(root, [])]:
        title = app.env.titles[name].astext() if name != root else "前言"
        number, _, rest = title.rpartition("\u3000")
        listed.append(
            {
                "number": number,
                "name": rest,
                "link": pathto(name),
                "is_current": name == pagename,
            }
        )
    return listed


def has_notebook(docname: str) -> bool:
    """这一页由 notebook 而来，可以下载运行。"""
    return (ROOT / f"{docname}.ipynb").is_file()


def page_name(docname: str) -> str:
    """不带文件夹的页名，例如 ``01_entropy``。"""
    return docname.rpartition("/")[2]


def canonical(app: Sphinx, pagename: str) -> str:
    """页面在网上的正式地址；前言就是网站的首页。"""
    target = "" if pagename == app.config.root_doc else app.builder.get_target_uri(pagename)
    return app.config.html_baseurl + target


def sharing_picture(app: Sphinx, pagename: str) -> str:
    """分享图的地址；搜索页这样不在目录里的，用全书的那一幅。"""
    name = page_name(pagename if pagename in app.env.titles else app.config.root_doc)
    return f"{app.config.html_baseurl}_static/sharing/{name}.png"


def add_context(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    title = re.sub(r"<[^>]+>", "", context.get("title", "")).replace("\u3000", " ")
    is_root = pagename == app.config.root_doc
    context.update(
        policy=POLICY,
        author=app.config.author,
        page_title=title if is_root else f"{title} · {app.config.project}",
        chapters=chapters(app, pagename, context["pathto"]),
        canonical=canonical(app, pagename),
        site_path=urlsplit(app.config.html_baseurl).path,
        sharing_picture=sharing_picture(app, pagename),
        description=description(doctree) if doctree else "",
        has_notebook=has_notebook(pagename),
        is_chapter=pagename.startswith("chapters/"),
        is_root=is_root,
    )
    if context["has_notebook"]:
        context["minutes"] = reading_minutes(doctree)
        about = app.builder.templates.render("about_chapter.html", context)
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{about}", 1)


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("config-inited", use_base_url)
    app.connect("html-page-context", add_context)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
