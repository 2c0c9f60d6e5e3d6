"""两份提交有多像：只看学生写的代码，改了名字、注释与空白也认得出。

每份代码变成词元的序列，取连续几个词元的哈希，再按 winnowing 挑出一部分作指纹
（S. Schleimer, D. Wilkerson, A. Aiken. Winnowing: local algorithms for document
fingerprinting. SIGMOD 2003）。两份的相似度是指纹交集与并集之比。
"""

from __future__ import annotations

import hashlib
import io
import itertools
import keyword
import tokenize
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from nbformat import NotebookNode

GRAM = 12  # 连续几个词元
WINDOW = 8  # 每这么多个哈希里至少留一个
MIN_SHARED = 5  # 相同的指纹少于这么多的，是碰巧
MOST_CHARACTERS = 200_000  # 一份至多看这么多字，一两秒；平常的一份只有几千
COMMON = 0.2  # 超过这一比例的人都有的指纹，是题目带来的，不算
SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def fingerprint(cells: Iterable[NotebookNode], skeleton: NotebookNode) -> list[int]:
    """学生代码的指纹；发下来就有的代码不算在内。"""
    given = tuple(cell.source for cell in skeleton.cells if cell.cell_type == "code")
    own = [cell.source for cell in cells if cell.cell_type == "code" and cell.source not in given]
    return sorted(set().union(*map(marks, shortest(own))) - marks_of_all(given))


def shortest(sources: list[str]) -> list[str]:
    """从短的数起，总共不超过 MOST_CHARACTERS 的几段：塞进一大段，拖不慢，也盖不住答案。"""
    ordered = sorted(sources, key=len)
    totals = itertools.accumulate(map(len, ordered))
    return [
        source for source, total in zip(ordered, totals, strict=True) if total <= MOST_CHARACTERS
    ]


@lru_cache(maxsize=8)
def marks_of_all(sources: tuple[str, ...]) -> frozenset[int]:
    return frozenset().union(*map(marks, sources))


def marks(source: str) -> set[int]:
    hashes = [hash_gram(gram) for gram in grams(list(tokens(source)))]
    windows = range(max(1, len(hashes) - WINDOW + 1)) if hashes else ()
    return {min(hashes[start : start + WINDOW]) for start in windows}


def tokens(source: str) -> Iterator[str]:
    """词元；名字都写成一个样，改名抄不过去。"""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                yield "名"
            elif token.type not in SKIPPED:
                yield token.string
    except (tokenize.TokenError, SyntaxError):
        return  # 写坏了的格子，认到哪里算到哪里


def grams(items: list[str]) -> Iterator[str]:
    for start in range(len(items) - GRAM + 1):
        yield "\0".join(items[start : start + GRAM])


def hash_gram(gram: str) -> int:
    return int.from_bytes(hashlib.blake2b(gram.encode(), digest_size=6).digest(), "big")


def most_similar(prints: dict[str, list[int]], count: int) -> list[tuple[str, str, float]]:
    """最像的 ``count`` 对，相似度从大到小；一样像的，按名字的次序。"""
    students = sorted(prints)
    owner, mark = rare_marks([prints[student] for student in students])
    sizes = np.bincount(owner, minlength=len(students))
    best: list[tuple[float, int, int]] = []
    threshold = 0.0
    for one, shared in shared_with_later(owner, mark, len(students)):
        others = np.flatnonzero(shared >= MIN_SHARED)
        scores = shared[others] / (sizes[one] + sizes[others] - shared[others])
        promising = np.flatnonzero(scores > threshold)
        if len(promising):
            top = promising[np.argsort(-scores[promising], kind="stable")[:count]]
            best += [(-float(scores[k]), one, int(others[k])) for k in top]
            best = sorted(best)[:count]
            threshold = -best[-1][0] if len(best) == count else 0.0
    return [(students[one], students[other], -score) for score, one, other in best]


def shared_with_later(
    owner: np.ndarray, mark: np.ndarray, people: int
) -> Iterator[tuple[int, np.ndarray]]:
    """每个人与排在后面的各人有几个共同的指纹；一个也没有的人略去。"""
    order = np.argsort(mark, kind="stable")  # 同一个指纹的主人排在一起，先后不变
    members = owner[order]
    start = np.empty_like(order)
    start[order] = np.arange(1, len(order) + 1)  # 同一个指纹的下一个主人在哪里
    end = np.searchsorted(mark[order], mark, side="right")
    useful = start < end
    owner, start, end = owner[useful], start[useful].tolist(), end[useful].tolist()
    bounds = np.searchsorted(owner, np.arange(people + 1)).tolist()
    for one, (first, last) in enumerate(itertools.pairwise(bounds)):
        if first < last:
            sharing = [members[start[k] : end[k]] for k in range(first, last)]
            yield one, np.bincount(np.concatenate(sharing), minlength=people)


def rare_marks(prints: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """不太多人有的指纹：每一个的主人，与它自己；按主人排好。"""
    owner = np.repeat(np.arange(len(prints)), [len(marked) for marked in prints])
    mark = np.fromiter(itertools.chain.from_iterable(prints), np.int64, len(owner))
    _, group, frequency = np.unique(mark, return_inverse=True, return_counts=True)
    rare = frequency[group] <= max(2, int(COMMON * len(prints)))
    return owner[rare], mark[rare]
