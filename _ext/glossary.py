"""术语表：每一条有稳定的锚点；各章第一次用到一个术语的地方，链接到它的那一条。

条目只写在 appendix/glossary.md 里，是普通的 Markdown 列表；notebook 里什么也不写，
构建时才连上，所以离开书也读得通。
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from _ext.cross_references import NOT_RUNNING_TEXT, is_inside

PAGE = "appendix/glossary"
LINKED_FROM = "chapters/"
ENTRY = re.compile(r"^- (\*\*[^：\n]+)：(.+)$", re.MULTILINE)
NAME = re.compile(r"\*\*(?P<name>[^*]+)\*\*(?:（(?P<english>[^）]+)）)?")
ENTRY_CLASS = "glossary-entry"
TERM_CLASS = "term"
# 这些字样里的词是平常的意思，不是那个术语。
EVERYDAY_USES = ("换一个步长", "加权，应当用", "加权求和", "大些的权重", "权重是", "平均权重")
NOT_LINKED = (*NOT_RUNNING_TEXT, nodes.table, nodes.math, nodes.math_block, nodes.footnote)


@dataclass(frozen=True)
class Entry:
    """一条：中文名（或不译的英文名）、英文名、定义，都照页面上的次序。"""

    names: tuple[str, ...]
    english: tuple[str, ...]
    definition: str

    @property
    def anchor(self) -> str:
        """由第一个英文名得到的锚点，例如 ``term-cross-entropy``；条目挪动、增减都不变。"""
        first = (*self.english, *self.names)[0]
        return "term-" + re.sub(r"[^a-z0-9]+", "-", first.lower().replace("'", "")).strip("-")


def read_entries(text: str) -> list[Entry]:
    """从 Markdown 里读出各条；同一个名字或锚点出现两次是错误。

    >>> read_entries("- **熵**（entropy），又叫**平均惊讶度**：自信息的期望。")[0].names
    ('熵', '平均惊讶度')
    """
    entries = [_entry(head, definition) for head, definition in ENTRY.findall(text)]
    seen: set[str] = set()
    for entry in entries:
        for key in (*entry.names, entry.anchor):
            if key in seen:
                raise ExtensionError(f"{PAGE}.md 里“{key}”出现了两次：请合并成一条。")
            seen.add(key)
    return entries


def _entry(head: str, definition: str) -> Entry:
    found = list(NAME.finditer(head))
    english = tuple(match["english"] for match in found if match["english"])
    return Entry(tuple(match["name"] for match in found), english, definition)


def pattern_of(names: list[str]) -> re.Pattern[str]:
    """认得出这些名字的正则：长的优先，所以“微分熵”不会认成“熵”；英文名要是整个的词。"""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile("|".join(_whole_word(name) for name in longest_first))


def _whole_word(name: str) -> str:
    before = r"(?<![A-Za-z-])" if name[0].isascii() else ""
    after = r"(?![A-Za-z-])" if name[-1].isascii() else ""
    return before + re.escape(name) + after


def is_entry(node: nodes.Node) -> bool:
    """术语表里的一条。"""
    return isinstance(node, nodes.list_item) and ENTRY_CLASS in node["classes"]


class AnchorEntries(SphinxTransform):
    """给术语表的每一条加上锚点。"""

    default_priority = 416

    def apply(self, **kwargs: object) -> None:
        if self.env.docname != PAGE:
            return
        anchors = {entry.names[0]: entry.anchor for entry in self.env.glossary}
        for item in self.document.findall(nodes.list_item):
            first = next(iter(item.findall(nodes.strong)), None)
            anchor = anchors.pop(first.astext(), None) if first is not None else None
            if anchor is not None:
                item["ids"], item["classes"] = [anchor], [ENTRY_CLASS]
        if anchors:
            listed = "、".join(anchors)
            raise ExtensionError(f"{PAGE}.md 里的这些条目没有排成列表：{listed}。")


class LinkFirstUses(SphinxPostTransform):
    """各章第一次用到一个术语的地方，链接到术语表。标题、公式、代码、表、图注里的不算。"""

    default_priority = 880  # 在号码变成链接、标点与公式包在一起之前

    def run(self, **kwargs: object) -> None:
        docname = self.env.docname
        if not docname.startswith(LINKED_FROM) or not self.env.glossary:
            return
        self.waiting = {name: entry for entry in self.env.glossary for name in entry.names}
        self.pattern = pattern_of([*self.waiting, *EVERYDAY_USES])
        self.page = self.app.builder.get_relative_uri(docname, PAGE)
        for text in list(self.document.findall(nodes.Text)):
            if not is_inside(text, NOT_LINKED):
                pieces = list(self._pieces(str(text)))
                if len(pieces) > 1:
                    text.parent.replace(text, pieces)

    def _pieces(self, text: str) -> Iterator[nodes.Node]:
        """文字与链接交替；链接过的条目不再链接。"""
        end = 0
        for match in self.pattern.finditer(text):
            entry = self.waiting.get(match[0])
            if entry is None:
                continue
            for name in entry.names:
                del self.waiting[name]
            yield nodes.Text(text[end : match.start()])
            target = f"{self.page}#{entry.anchor}"
            yield nodes.reference("", match[0], refuri=target, internal=True, classes=[TERM_CLASS])
            end = match.end()
        yield nodes.Text(text[end:])


def load(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """读入各条；与上次构建的不同时，各章都要重新生成。"""
    source = Path(app.srcdir) / f"{PAGE}.md"
    is_used = PAGE in env.found_docs
    entries = read_entries(source.read_text(encoding="utf-8")) if is_used else []
    is_new = getattr(env, "glossary", None) != entries
    env.glossary = entries
    chapters = [name for name in env.found_docs if name.startswith(LINKED_FROM)]
    return chapters if is_new else []


def setup(app: Sphinx) -> dict[str, object]:
    app.connect("env-get-outdated", load)
    app.add_transform(AnchorEntries)
    app.add_post_transform(LinkFirstUses)
    return {"parallel_read_safe": False}
