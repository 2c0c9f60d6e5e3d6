"""可下载的 notebook：每页一个文件，另有一个解开就能运行的压缩包，里面带着 lib。"""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from _ext.pages import page_name
from tools.notebooks import NEEDS_FRAMEWORKS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "notebooks"
ARCHIVE = "cross-entropy.zip"
INSTRUCTIONS = """《交叉熵》的 notebook

1. 装好 Python 3.11 或更新的版本，在这个文件夹里打开终端；
2. 运行 python -m pip install -r requirements.txt；
3. 运行 python -m jupyterlab，打开 01_entropy.ipynb。

第 6 章还要 Keras、JAX 与 optax：python -m pip install -r requirements-frameworks.txt。

lib/ 是书里用的小库，要与 notebook 放在同一个文件夹里。
"""


def requirements() -> dict[str, str]:
    """运行 notebook 要装的包：pyproject.toml 里 lib、chapters 与 lab 三组；第 6 章的另放。"""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    everywhere = [*project["project"]["dependencies"], *groups["chapters"], *groups["lab"]]
    return {
        "requirements.txt": "\n".join(everywhere) + "\n",
        "requirements-frameworks.txt": "\n".join(groups["frameworks"]) + "\n",
    }


def notebooks() -> list[Path]:
    """书里的 notebook：先各章，后附录。"""
    return sorted(ROOT.glob("chapters/*.ipynb")) + sorted(ROOT.glob("appendix/*.ipynb"))


def standalone(path: Path, book_url: str) -> bytes:
    """下载的 notebook 都在同一个文件夹里，彼此的链接要跟着改；不是 notebook 的页链到网上。"""
    content = re.sub(rb"\]\(\.\./(?:chapters|appendix)/(\w+\.ipynb)", rb"](\1", path.read_bytes())
    online = rb"](" + book_url.encode() + rb"appendix/\1.html"
    return re.sub(rb"\]\((?:\.\./appendix/)?(\w+)\.md", online, content)


def archive_members(book_url: str) -> dict[str, bytes]:
    """压缩包里的文件名 -> 内容；notebook 与 lib 并排，不必安装就能导入。"""
    members = {
        "README.txt": INSTRUCTIONS.encode(),
        **{name: text.encode() for name, text in requirements().items()},
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
    }
    for path in notebooks():
        members[path.name] = standalone(path, book_url)
    for path in sorted(ROOT.glob("lib/**/*.py")):
        members[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    return members


def write_archive(target: Path, book_url: str) -> None:
    """写压缩包；时间戳固定，同样的内容得到逐字节相同的文件。"""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in archive_members(book_url).items():
            entry = zipfile.ZipInfo(f"cross-entropy/{name}", date_time=(2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def write_downloads(app: Sphinx) -> None:
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for path in notebooks():
        (folder / path.name).write_bytes(standalone(path, app.config.html_baseurl))
    write_archive(folder / ARCHIVE, app.config.html_baseurl)


def add_links(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    pathto = context["pathto"]
    name = f"{page_name(pagename)}.ipynb"
    archive = Path(app.outdir) / FOLDER / ARCHIVE
    context["notebook_name"] = name
    context["needs_frameworks"] = name == f"{NEEDS_FRAMEWORKS}.ipynb"
    context["notebook"] = pathto(f"{FOLDER}/{name}", 1)
    context["archive"] = pathto(f"{FOLDER}/{ARCHIVE}", 1)
    context["archive_kilobytes"] = round(archive.stat().st_size / 1000)


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("builder-inited", write_downloads)
    app.connect("html-page-context", add_links, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
