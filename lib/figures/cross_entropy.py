"""第 2 章的插图。"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from lib import cross_entropy, entropy, self_information
from lib.figures._style import (
    ANIMAL_COLORS,
    ANIMALS,
    INK,
    LOSS,
    LOSS_PALE,
    MUTED,
    PALE,
    PAPER,
    PREDICTED,
    TRUE,
    Illustration,
    canvas,
    styled,
)

__all__ = [
    "code_length_areas",
    "confident_mistakes",
    "frequencies_from_descent",
    "gibbs_inequality",
    "loss_floor",
    "one_hot_area",
    "smoothing_moves_minimum",
]

_LINE_STYLES = ("-", "--", "-.", (0, (1, 1)))


def _number(value: float) -> str:
    """最多三位小数，去掉末尾的零；负号用真正的减号。"""
    return f"{value:.3f}".rstrip("0").rstrip(".").replace("-", "−")


def _fraction(value: float) -> str:
    """1/8 这样的简单分数照原样写，别的数写成小数。"""
    simple = Fraction(value).limit_denominator(64)
    return str(simple) if abs(float(simple) - value) < 1e-12 else _number(value)


def _columns(ax: Axes, t: np.ndarray, heights: np.ndarray, **style) -> None:
    """在横轴 [0, 1] 上并排画宽 ``t``、高 ``heights`` 的矩形。"""
    left = np.concatenate([[0], np.cumsum(t)[:-1]])
    ax.bar(left, heights, width=t, align="edge", **style)


def _staircase(ax: Axes, t: np.ndarray, heights: np.ndarray, color: str, style="-") -> None:
    """画码长的阶梯线。"""
    edges = np.concatenate([[0], np.cumsum(t)])
    ax.stairs(heights, edges, baseline=0, color=color, linewidth=2.4, linestyle=style)


@styled
def code_length_areas(t, p, names=ANIMALS) -> Illustration:
    """宽是真实概率、高是码长、面积是平均码长：码本做对与做错各一幅，上下对齐。

    Parameters
    ----------
    t, p : array_like, 形状 (K,)
        真实分布、做码本用的分布；都为正，和为 1。
    names : sequence of str
        K 个类名。
    """
    t, p = np.asarray(t, dtype=float), np.asarray(p, dtype=float)
    right, wrong = self_information(t), self_information(p)
    difference = t * (wrong - right)
    least, paid = entropy(t), cross_entropy(t, p)
    extra, saved = difference[difference > 0].sum(), -difference[difference < 0].sum()
    centers = np.cumsum(t) - t / 2

    fig, (upper, lower) = canvas(4.8, 6.6, 2, 1, sharex=True, sharey=True)
    fig.get_layout_engine().set(h_pad=0.12)
    _columns(upper, t, right, color=TRUE, alpha=0.16)
    _staircase(upper, t, right, TRUE)
    for x, width, height in zip(centers, t, right, strict=True):
        upper.text(x, height + 0.08, f"高 {_number(height)}", ha="center", va="bottom", color=TRUE)
        product = f"{_fraction(width)} × {_number(height)}\n" if width > 0.2 else ""
        label = f"{product}= {_number(width * height)}" if product else _number(width * height)
        upper.text(x, height / 2, label, ha="center", va="center")
    upper.set_title(f"码本做对了：面积合计 {_number(least)} 比特")

    _columns(lower, t, np.minimum(right, wrong), color=PREDICTED, alpha=0.13)
    _columns(
        lower,
        t,
        np.maximum(wrong - right, 0),
        bottom=np.minimum(right, wrong),
        facecolor=LOSS_PALE,
        edgecolor=LOSS,
        hatch="//",
        linewidth=0,
    )
    _staircase(lower, t, right, TRUE, (0, (2.5, 1.5)))
    _staircase(lower, t, wrong, PREDICTED)
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 2}
    for x, width, a, b, area in zip(centers, t, right, wrong, difference, strict=True):
        word = "多付" if area > 0 else "省下"
        sum_ = f"{_fraction(width)} × {_number(abs(b - a))} = " if width > 0.3 else ""
        lower.text(
            x,
            (a + b) / 2,
            f"{word}\n{sum_}{_number(abs(area))}",
            ha="center",
            va="center",
            color=LOSS if area > 0 else TRUE,
            bbox=box if area > 0 else None,
            linespacing=1.15,
        )
        above = b > a
        lower.text(
            x,
            b + 0.08 if above else b - 0.1,
            f"高 {_number(b)}",
            ha="center",
            va="bottom" if above else "top",
            color=PREDICTED,
        )
    lower.set_title(f"码本做错了：面积合计 {_number(paid)} 比特")
    lower.text(
        1,
        3.42,
        f"多付 {_number(extra)} − 省下 {_number(saved)} = {_number(extra - saved)}",
        ha="right",
        va="bottom",
        color=LOSS,
    )
    labels = [f"{name}\n{_fraction(width)}" for name, width in zip(names, t, strict=True)]
    lower.set_xticks(centers, labels)
    lower.set_xlabel("宽：这种动物出现的概率")
    for ax in (upper, lower):
        ax.tick_params(axis="x", length=0, labelbottom=True)
        ax.set(xlim=(0, 1), ylim=(0, max(right.max(), wrong.max()) + 0.95))
        ax.set_yticks(range(int(np.ceil(max(right.max(), wrong.max()))) + 1))
        ax.set_ylabel("高：码长（比特）")
    return Illustration(
        fig,
        caption=(
            "宽 × 高 = 面积，面积就是平均码长。上：按真实分布 $t$ 做码本。"
            "下：按另一个分布 $p$ 做码本，橙色实线是它的码长，蓝色虚线是上一幅的码长；"
            "紫色斜纹是多付的面积，虚线之下空着的是省下的面积，两者之差就是相对熵。"
        ),
        alt=(
            f"上下两幅图，每幅都是一排矩形，宽依次是 {'、'.join(_fraction(v) for v in t)}。"
            f"上幅高为 {'、'.join(_number(v) for v in right)}，面积合计 {_number(least)} 比特；"
            f"下幅高为 {'、'.join(_number(v) for v in wrong)}，面积合计 {_number(paid)} 比特。"
            f"下幅与上幅相比，宽的矩形变高，多出面积 {_number(extra)}；"
            f"窄的矩形变矮，省下面积 {_number(saved)}；净多 {_number(extra - saved)} 比特。"
        ),
    )


@styled
def gibbs_inequality() -> Illustration:
    """画 ``ln x`` 与它在 x = 1 处的切线 ``x − 1``。"""
    x = np.geomspace(0.002, 3.2, 140)
    line = np.array([-0.2, 3.2])
    fig, ax = canvas(4.8, 3.6)
    ax.fill_between(x, np.log(x), x - 1, color=PALE, linewidth=0)
    ax.plot(line, line - 1, color=MUTED, linestyle="--")
    ax.plot(x, np.log(x), color=INK)
    ax.plot([1], [0], "o", color=INK, markersize=7)
    ax.axhline(0, color=MUTED, linewidth=0.8)
    ax.text(2.15, 1.62, "$x-1$", color=MUTED, fontsize=14, ha="right")
    ax.text(2.75, 0.62, r"$\ln x$", color=INK, fontsize=14)
    ax.annotate(
        "只在 $x=1$ 处相碰", (1, 0), (1.18, -1.0), arrowprops={"arrowstyle": "->", "color": INK}
    )
    ax.set(xlim=(-0.03, 3.2), ylim=(-3, 2.2), xlabel="$x$", ylabel="函数值")
    ax.set_yticks([-3, -2, -1, 0, 1, 2])
    ax.set_title("对数曲线总在切线下方")
    return Illustration(
        fig,
        caption=r"$\ln x\le x-1$。灰色是两者之差，在 $x=1$ 处为零，往两边都变大。",
        alt=(
            "一条对数曲线和一条斜率为 1 的虚线，两者只在点 (1, 0) 相碰，"
            "别处曲线都在虚线下方；x 趋于 0 时曲线垂直下坠，虚线只降到 −1。"
        ),
    )


@styled
def one_hot_area(p, true=0) -> Illustration:
    """one-hot 标签的面积图：真实类的宽是 1，其余各类的宽是 0，只剩一块面积。

    Parameters
    ----------
    p : array_like, 形状 (4,)
        狗、猫、马、豹的预测概率。
    true : int
        真实类的下标。
    """
    heights = self_information(np.asarray(p, dtype=float))
    loss = heights[true]
    others = [k for k in range(len(heights)) if k != true]
    positions = 1 + 0.15 * np.arange(1, len(heights))
    fig, ax = canvas(4.8, 3.9)
    ax.bar(
        [0],
        [loss],
        width=[1],
        align="edge",
        facecolor=LOSS_PALE,
        edgecolor=LOSS,
        hatch="//",
        linewidth=2,
    )
    ax.annotate(
        f"宽 1 × 高 {loss:.4f} = {loss:.4f} 比特",
        (0.5, loss),
        (0.5, loss + 0.95),
        ha="center",
        color=LOSS,
        fontsize=13,
        arrowprops={"arrowstyle": "-", "color": LOSS},
    )
    for position, k in zip(positions, others, strict=True):
        name = ANIMALS[k]
        ax.plot([position, position], [0, heights[k]], color=ANIMAL_COLORS[name], linewidth=1.6)
        ax.text(
            position, heights[k] + 0.1, f"{heights[k]:.2f}", ha="center", color=ANIMAL_COLORS[name]
        )
    ax.text(0.98, 3.9, "宽是 0：再高，面积也是 0", ha="right", color=MUTED)
    ax.set_xticks(
        [0.5, *positions],
        [f"{ANIMALS[true]}\n宽 1", *(f"{ANIMALS[k]}\n宽 0" for k in others)],
    )
    ax.tick_params(axis="x", length=0)
    ax.set(xlim=(0, positions[-1] + 0.11), ylim=(0, 5.3))
    ax.set_yticks(range(6))
    ax.set_xlabel("宽：真实概率")
    ax.set_ylabel("高：码长（比特）")
    ax.set_title("标签是 one-hot 时，只剩一块面积")
    rest = "、".join(f"{ANIMALS[k]} {heights[k]:.2f}" for k in others)
    return Illustration(
        fig,
        caption=(
            r"高是预测给每一类的码长 $-\log_2 p_k$。真实类占去全部的宽，"
            "其余三类是没有宽度的线。"
        ),
        alt=(
            f"一个宽 1、高 {loss:.4f} 的扁矩形，标着{ANIMALS[true]}；"
            f"右边三条没有宽度的竖线，高分别是{rest} 比特，面积都是 0。"
        ),
    )


@styled
def loss_floor(q) -> Illustration:
    """两类时的损失曲线：one-hot 标签的最低点是 0，软标签的最低点是它的熵。

    Parameters
    ----------
    q : float
        软标签 ``[q, 1 − q]`` 的第一个分量。
    """
    middle = np.linspace(0.11, 0.9, 80)
    x = np.concatenate([np.geomspace(1e-4, 0.1, 50), middle, 1 - np.geomspace(0.09, 1e-15, 60)])
    p = np.stack([x, 1 - x], axis=-1)
    soft = cross_entropy([q, 1 - q], p, base=np.e)
    hard = cross_entropy([1.0, 0.0], p, base=np.e)
    floor = entropy([q, 1 - q], base=np.e)
    fig, ax = canvas(4.8, 4.4)
    ax.plot(x, hard, color=MUTED, linestyle="--")
    ax.plot(x, soft, color=LOSS)
    ax.axhline(floor, color=TRUE, linewidth=1.4, linestyle=(0, (5, 2)))
    ax.plot([q, 1], [floor, 0], "o", color=INK, markersize=7, clip_on=False, zorder=5)
    ax.text(0.02, floor - 0.05, f"$H(t)$ = {floor:.4f}", color=TRUE, va="top")
    ax.annotate(
        f"最低点 {floor:.4f}\n在 $x$ = {_number(q)} 处",
        (q, floor),
        (q - 0.05, 1.25),
        ha="center",
        arrowprops={"arrowstyle": "->", "color": INK, "shrinkB": 5},
    )
    ax.annotate(
        "最低点 0",
        (1, 0),
        (0.5, 0.06),
        va="bottom",
        arrowprops={"arrowstyle": "->", "color": INK, "shrinkB": 5},
    )
    ax.text(0.975, 2.5, f"标签 [{_number(q)}, {_number(1 - q)}]", color=LOSS, ha="right")
    ax.text(0.13, 2.2, "标签 [1, 0]", color=MUTED)
    middle = 0.3
    gap = float(cross_entropy([q, 1 - q], [middle, 1 - middle], base=np.e))
    ax.annotate(
        "",
        (middle, gap),
        (middle, floor),
        arrowprops={"arrowstyle": "<->", "color": LOSS, "shrinkA": 0, "shrinkB": 0},
    )
    ax.text(
        middle - 0.02,
        (gap + floor) / 2,
        "$D(t\\,\\|\\,p)$",
        color=LOSS,
        ha="right",
        va="center",
        fontsize=13,
    )
    ax.set(xlim=(0, 1), ylim=(0, 3.2), xlabel="给第一类的预测概率 $x$", ylabel="损失（奈特）")
    ax.set_title("软标签的损失降不到 0")
    return Illustration(
        fig,
        caption=(
            f"实线是标签 $[{_number(q)},{_number(1 - q)}]$ 的损失，灰色虚线是 one-hot 的损失。"
            "蓝色虚线是标签的熵，模型怎么调都压不下去；实线比它高出的那一段才能训练掉。"
        ),
        alt=(
            f"两条随预测概率变化的损失曲线。one-hot 的曲线一路降到 0；"
            f"软标签的曲线在 {_number(q)} 处降到最低点 {floor:.4f} 奈特，之后急升出图外，"
            "始终不低于标签的熵那条水平线；两者之差标作相对熵。"
        ),
    )


@styled
def confident_mistakes() -> Illustration:
    """两类时，交叉熵、平方误差与“猜错数”随真实类的概率变化的值与斜率。"""
    x = np.concatenate([np.geomspace(0.01, 0.5, 90), 1 - np.geomspace(0.49, 0.001, 60), [1]])
    p = np.stack([x, 1 - x], axis=-1)
    loss = cross_entropy([1.0, 0.0], p, base=np.e)
    squared = np.sum((p - [1.0, 0.0]) ** 2, axis=-1)
    fig, (upper, lower) = canvas(4.8, 6.8, 2, 1, sharex=True)
    fig.get_layout_engine().set(h_pad=0.12)
    upper.plot(x, loss, color=LOSS)
    upper.plot(x, squared, color=INK, linestyle="--")
    upper.plot([0, 0.5, 0.5, 1], [1, 1, 0, 0], color=MUTED, linestyle=(0, (1, 1)))
    upper.text(0.1, 3.0, "交叉熵，没有上限", color=LOSS)
    upper.annotate(
        "平方误差，最多 2",
        (x[70], squared[70]),
        (0.02, 0.4),
        color=INK,
        arrowprops={"arrowstyle": "-", "color": INK},
    )
    upper.text(0.53, 0.82, "猜错数，只有 0 与 1", color=MUTED)
    upper.set(ylim=(0, 4.7), ylabel="损失（交叉熵：奈特）")
    upper.set_title("越自信的错误，罚得越重")
    upper.tick_params(axis="x", labelbottom=True)
    lower.plot(x, 1 / x, color=LOSS)
    lower.plot(x, 4 * (1 - x), color=INK, linestyle="--")
    lower.text(0.1, 14, "交叉熵 $1/x$", color=LOSS)
    lower.text(0.04, 1.45, "平方误差 $4(1-x)$", color=INK)
    lower.text(0.62, 0.13, "猜错数：除跳点外都是 0，\n画不上这根对数轴", color=MUTED, ha="center")
    lower.set_yscale("log")
    lower.set(xlim=(0, 1), ylim=(0.1, 130), ylabel="斜率的大小（对数轴）")
    lower.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    lower.minorticks_off()
    lower.set_xlabel("给真实类的预测概率 $x$")
    lower.set_title("错得越狠，交叉熵的斜率越大")
    return Illustration(
        fig,
        caption=(
            "上：三种打分；下：前两种的斜率大小。靠近左端，模型错得越来越自信："
            "交叉熵和它的斜率都没有上限，平方误差最多到 2，斜率最多到 4。"
        ),
        alt=(
            f"上幅：真实类的概率从 1 降到 {x[0]:.2f}，交叉熵升到 {loss[0]:.2f} 奈特，"
            f"平方误差只升到 {squared[0]:.2f}，最多到 2，猜错数在一半处从 0 跳到 1。"
            f"下幅：交叉熵的斜率升到 {1 / x[0]:.0f}，平方误差的斜率不超过 4。"
        ),
    )


@styled
def frequencies_from_descent(history, frequencies) -> Illustration:
    """梯度下降中四个概率的变化，终点是样本频率。

    Parameters
    ----------
    history : array_like, 形状 (S, 4)
        第 0、1、…、S−1 步的概率，依狗、猫、马、豹的次序。
    frequencies : array_like, 形状 (4,)
        样本频率。
    """
    history, target = np.asarray(history, dtype=float), np.asarray(frequencies, dtype=float)
    steps = np.arange(len(history))
    last = steps[-1]
    heights = target.copy()
    order = np.argsort(target)
    for below, above in pairwise(order):  # 太近的标签往上让
        heights[above] = max(heights[above], heights[below] + 0.045)
    fig, ax = canvas(4.8, 3.9)
    for k, name in enumerate(ANIMALS):
        ax.axhline(target[k], color=ANIMAL_COLORS[name], linewidth=1, alpha=0.75)
        ax.plot(steps, history[:, k], color=ANIMAL_COLORS[name], linestyle=_LINE_STYLES[k])
        ax.annotate(
            f"{name} {_number(target[k])}",
            (last, heights[k]),
            (6, 0),
            va="center",
            textcoords="offset points",
            color=ANIMAL_COLORS[name],
            annotation_clip=False,
        )
    ax.set(xlim=(0, last), ylim=(0, target.max() + 0.08), xlabel="步数", ylabel="概率")
    ax.set_title("把交叉熵降到底，得到的就是频率")
    final = "、".join(f"{n} {_number(v)}" for n, v in zip(ANIMALS, target, strict=True))
    return Illustration(
        fig,
        caption="细横线是样本频率，粗线是梯度下降中的概率，起点都是 1/4。",
        alt=f"四条线从 1/4 出发，几十步内分开，各自贴上代表样本频率的横线：{final}。",
    )


@styled
def smoothing_moves_minimum(epsilons, num_classes=4) -> Illustration:
    """标签平滑后的损失曲线与最低点；其余各类平分剩下的概率。

    Parameters
    ----------
    epsilons : sequence of float
        平滑系数，从小到大；0 就是 one-hot。
    num_classes : int
        类别数 K。
    """
    x = np.concatenate([np.linspace(0.5, 0.95, 90), 1 - np.geomspace(0.049, 1e-12, 60)])
    others = num_classes - 1
    p = np.concatenate([x[:, None], np.repeat((1 - x[:, None]) / others, others, axis=1)], axis=1)
    fig, ax = canvas(4.8, 4.2)
    lowest = []
    for epsilon, style in zip(epsilons, _LINE_STYLES, strict=False):
        t = np.full(num_classes, epsilon / num_classes)
        t[0] += 1 - epsilon
        curve = cross_entropy(t, p, base=np.e)
        floor = entropy(t, base=np.e)
        lowest.append((t[0], floor))
        ax.plot(x, curve, color=LOSS, linestyle=style)
        ax.plot([t[0]], [floor], "o", color=INK, markersize=7, clip_on=False, zorder=5)
        ax.annotate(
            f"$\\varepsilon$ = {_number(epsilon)}：{_number(t[0])}",
            (t[0], floor),
            (0, -8) if epsilon else (-60, 2),
            ha="center" if epsilon else "right",
            va="top" if epsilon else "bottom",
            textcoords="offset points",
            arrowprops=None if epsilon else {"arrowstyle": "->", "color": INK, "shrinkB": 5},
        )
    ax.set(xlim=(0.5, 1), ylim=(0, 1.6))
    ax.set_xticks([0.5, 0.6, 0.7, 0.8, 0.9, 1], ["0.5", "0.6", "0.7", "0.8", "0.9", "1"])
    ax.set_yticks([0, 0.5, 1, 1.5])
    ax.set_xlabel("给真实类的预测概率")
    ax.set_ylabel("损失（奈特）")
    ax.set_title("平滑之后，最低点离开 1")
    listed = "；".join(f"概率 {_number(a)}、损失 {b:.4f}" for a, b in lowest)
    return Illustration(
        fig,
        caption=(
            f"{num_classes} 类，其余 {others} 类平分剩下的概率。圆点是最低点，"
            "旁边冒号后的数是它的横坐标。平滑得越多，最好的预测离 1 越远，能达到的最小损失也越高。"
        ),
        alt=(
            f"几条损失曲线，最低点依次是：{listed} 奈特。"
            "不平滑时曲线一路降到 0；平滑以后先降后升，概率趋于 1 时升出图外。"
        ),
    )
