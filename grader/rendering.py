"""网页怎样写成：用 pages/ 里的模板，样式写在页内，填进去的一律转义。"""

from __future__ import annotations

import base64
import datetime
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


def number(value: float) -> str:
    """分数：至多两位小数，末尾的零不写。"""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def hours(late: datetime.timedelta) -> str:
    """迟了多少小时与分钟，不足一分钟算一分钟；没有迟时是空的。"""
    minutes = -(-late // datetime.timedelta(minutes=1))
    return f"{minutes // 60}:{minutes % 60:02}" if minutes else ""


def render(template: str, **values: Any) -> str:
    """用 pages/ 里的模板写一页；填进去的一律转义。"""
    return PAGES.get_template(template).render(**values)


def load_pages() -> Environment:
    folder = Path(__file__).with_name("pages")
    pages = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = (folder / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    pages.globals |= {"css": Markup(css), "css_hash": digest}
    pages.filters |= {"number": number, "percent": percent, "hours": hours}
    return pages


PAGES = load_pages()
