"""前言的两幅图：开篇的问题与各章的路线。"""

from __future__ import annotations

from matplotlib.patches import FancyBboxPatch

from lib.animals import draw_animal
from lib.figures._parts import animal_bars
from lib.figures._style import (
    ANIMALS,
    INK,
    MUTED,
    PAPER,
    PREDICTED,
    TRUE,
    Illustration,
    canvas,
    styled,
)

__all__ = ["chapter_roadmap", "opening_question"]

PREDICTION = (0.775, 0.116, 0.039, 0.070)

# 每章：名称、它回答的问题、在图上的位置（列、行，从上往下数）
_CHAPTERS = {
    1: ("熵", "一个消息含多少信息？", (0, 0)),
    2: ("交叉熵", "用错了分布要多付多少？", (1, 0)),
    3: ("二分类交叉熵", "两类时为什么只写一个 $p$？", (0, 1)),
    4: ("softmax", "为什么总和交叉熵一起出现？", (1, 1)),
    5: ("狗的例子", "怎样把损失亲手训练小？", (1, 2)),
    6: ("框架", "换一个库，还是同一个数吗？", (0, 2)),
}
_ARROWS = ((1, 2), (2, 3), (2, 4), (3, 4), (4, 5), (5, 6))
_BOX = (2.5, 0.86)  # 方框的宽与高，英寸
_STEP = (2.9, 1.34)


@styled
def opening_question() -> Illustration:
    """开篇：左边是图片，右边是模型的回答，下面是问题。"""
    fig, (picture, answer) = canvas(6.4, 3.0, ncols=2, width_ratios=(1, 1.7))
    picture.imshow(draw_animal("狗", size=192), cmap="gray", vmin=0, vmax=1)
    picture.set(xticks=[], yticks=[])
    picture.set_title("图上确实是狗", color=TRUE, loc="center")
    for spine in picture.spines.values():
        spine.set(visible=True, color=TRUE, linewidth=1.6)
    bars = animal_bars(answer, PREDICTION)
    for text in list(answer.texts):
        text.remove()
    answer.bar_label(bars, labels=[f"{100 * p:.1f}%" for p in PREDICTION], padding=4)
    answer.set(xticks=[])
    answer.spines["bottom"].set_visible(False)
    answer.tick_params(left=False, labelsize=13)
    answer.set_title("模型的回答，得多少分？", color=PREDICTED)
    listed = "、".join(
        f"{100 * p:.1f}% 是{name}" for p, name in zip(PREDICTION, ANIMALS, strict=True)
    )
    return Illustration(
        fig,
        caption="一张图片和模型对它的回答。这本书要给这样的回答打分。",
        alt=f"左边是一只狗的图片；右边四根横条是模型的回答：{listed}，狗的一条远比其余的长。",
    )


@styled
def chapter_roadmap() -> Illustration:
    """各章的依赖关系：箭头从先读的一章指向用到它的一章。"""
    (width, height), (step_x, step_y) = _BOX, _STEP
    fig, ax = canvas(step_x + width + 0.2, 2 * step_y + height + 0.2)
    ax.set(xlim=(-width / 2 - 0.1, step_x + width / 2 + 0.1))
    ax.set(ylim=(2 * step_y + height / 2 + 0.1, -height / 2 - 0.1))  # 行从上往下数
    ax.axis("off")
    centers = {n: (col * step_x, row * step_y) for n, (_, _, (col, row)) in _CHAPTERS.items()}
    for before, after in _ARROWS:
        _connect(ax, centers[before], centers[after])
    for number, (name, question, _) in _CHAPTERS.items():
        _chapter_box(ax, centers[number], f"{number}　{name}", question)
    return Illustration(
        fig,
        caption="六章的路线。箭头从先读的一章指向用到它的一章；灰字是那一章回答的问题。",
        alt="路线图：第 1 章熵，通向第 2 章交叉熵；从第 2 章分别通向第 3 章二分类交叉熵和第 4 章 "
        "softmax，第 3 章也通向第 4 章；第 4 章通向第 5 章狗的例子，再到第 6 章框架。",
    )


def _chapter_box(ax, center, name, question) -> None:
    (x, y), (width, height) = center, _BOX
    corner = (x - width / 2, y - height / 2)
    rounded = "round,pad=0,rounding_size=0.1"
    ax.add_patch(FancyBboxPatch(corner, width, height, boxstyle=rounded, fc=PAPER, ec=INK, lw=1.6))
    ax.text(x, y - 0.17, name, ha="center", va="center", size=14)
    ax.text(x, y + 0.2, question, ha="center", va="center", color=MUTED, size=11.5)


def _connect(ax, start, end) -> None:
    """同一行的从近的边缘连到近的边缘，不同行的从下边缘连到上边缘。"""
    (x1, y1), (x2, y2), (width, height) = start, end, _BOX
    if y1 == y2:
        side = width / 2 if x1 < x2 else -width / 2
        tail, head = (x1 + side, y1), (x2 - side, y2)
    else:
        tail, head = (x1 + (x2 - x1) / 4, y1 + height / 2), (x2, y2 - height / 2)
    ax.annotate("", head, tail, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.4})
