"""页面的样式与脚本；用不到的文件不随书走。

样式直接写进每一页（压缩后 6 KB）：在慢网络上，省下一次往返比缓存一份样式快。
深色单独一段，切换按钮只改它的 media。
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from sphinx.application import Sphinx

from _ext import code_colours, local_katex
from _ext.translator import DARK_MEDIA

STYLES = Path(__file__).resolve().parent.parent / "_static" / "style"
LINKS = re.compile(
    r"""(?:href|src|srcset|data-engine|data-index)="([^"]+)"|content="([^"]+\.png)"|url\(([^)"']+)\)"""
)
KEPT = {"objects.inv", ".buildinfo", ".nojekyll", "robots.txt", "sitemap.xml"}


@cache
def styles() -> dict[str, str]:
    """``light``：KaTeX、代码着色与书自己的样式；``dark``：深色时另加的。"""
    own = {path.stem: path.read_text(encoding="utf-8") for path in sorted(STYLES.glob("*.css"))}
    dark = [own.pop("dark"), code_colours.stylesheet(code_colours.DARK)]
    light = [local_katex.stylesheet(), code_colours.stylesheet(code_colours.LIGHT), *own.values()]
    return {"light": compact("\n".join(light)), "dark": compact("\n".join(dark))}


def compact(css: str) -> str:
    """去掉注释与缩进：它们给改样式的人看，读者不必下载。"""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return "\n".join(line.strip() for line in css.splitlines() if line.strip())


def add_assets(app: Sphinx, pagename: str, template: str, context: dict, doctree) -> None:
    """模板里的 ``styles``，以及 ``asset("reader.js")``：带内容指纹、可以永久缓存的地址。"""
    pathto = context["pathto"]

    def asset(name: str) -> str:
        content = (Path(app.outdir) / "_static" / name).read_bytes()
        return f"{pathto('_static/' + name, 1)}?v={hashlib.sha256(content).hexdigest()[:8]}"

    context["asset"] = asset
    context["dark_media"] = DARK_MEDIA
    context["styles"] = {
        name: css.replace("url(fonts/", f"url({pathto('_static/fonts/', 1)}")
        for name, css in styles().items()
    }


def references(path: Path) -> Iterator[str]:
    """一个页面里指向别的文件的地址。"""
    if path.suffix == ".html":
        for groups in LINKS.findall(path.read_text(encoding="utf-8")):
            yield "".join(groups)


def reachable(root: Path, base_url: str) -> set[Path]:
    """从所有页面出发到得了的文件；写成正式网址的（分享图）也算。"""
    waiting = sorted(root.rglob("*.html"))
    found = set(waiting)
    while waiting:
        page = waiting.pop()
        for address in references(page):
            folder = root if address.startswith(base_url) else page.parent
            parts = urlsplit(urldefrag(address.removeprefix(base_url)).url)
            target = (folder / unquote(parts.path)).resolve()
            if not parts.scheme and target.is_file() and target not in found:
                found.add(target)
                waiting.append(target)
    return found


def remove_unused(app: Sphinx, exception: Exception | None) -> None:
    """删去没有页面用到的文件，例如 Sphinx 自带的搜索脚本与图标。"""
    if exception is not None:
        return
    root = Path(app.outdir)
    used = reachable(root, app.config.html_baseurl)
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in used and path.name not in KEPT:
            path.unlink()


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("html-page-context", add_assets)
    app.connect("build-finished", remove_unused, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
