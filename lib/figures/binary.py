"""第 3 章的插图：二分类交叉熵的曲线、梯度、训练、校准与加权。"""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from lib import (
    binary_cross_entropy,
    logit,
    sigmoid,
    sigmoid_cross_entropy,
    sigmoid_cross_entropy_value_and_grad,
    softmax,
)
from lib.figures._parts import animal_bars
from lib.figures._style import (
    ANIMALS,
    INK,
    LOSS,
    MUTED,
    PALE,
    PREDICTED,
    TRUE,
    Illustration,
    canvas,
    styled,
)

__all__ = [
    "binary_loss_curves",
    "clipped_binary_loss",
    "logit_gradients",
    "logit_loss_curves",
    "penalty_training_curves",
    "reliability_diagram",
    "sigmoid_and_softmax_bars",
    "weighted_optimum",
]

_LEVEL = {"color": MUTED, "linewidth": 1, "linestyle": (0, (4, 3))}


def _minus(text: str) -> str:
    """把连字符换成真正的减号。"""
    return text.replace("-", "−")


@styled
def binary_loss_curves(p: float) -> Illustration:
    """画标签为 1 与 0 时的两条损失曲线，并标出预测 ``p`` 在两条曲线上的点。

    Parameters
    ----------
    p : float
        要标出的预测：正类的概率，无单位。
    """
    fig, ax = canvas(5.0, 3.8)
    grid = np.linspace(0.01, 0.99, 99)
    for t, style, sign in ((1, "-", 1), (0, "--", -1)):
        ax.plot(grid, binary_cross_entropy(np.full(99, t), grid, reduction="none"), style, c=LOSS)
        where = 0.5 - sign * 0.44
        ax.annotate(
            f"标签 $t={t}$", (where, 3.2), (sign * 12, 0), textcoords="offset points",
            ha="left" if sign > 0 else "right", color=LOSS, fontsize=13,
        )  # fmt: skip
    losses = [float(binary_cross_entropy(t, p)) for t in (1, 0)]
    ax.plot([p, p], [0, max(losses)], **_LEVEL)
    for loss, offset in zip(losses, ((-12, 14), (-12, 8)), strict=True):
        ax.plot(p, loss, "o", color=LOSS, markersize=7)
        ax.annotate(
            f"{loss:.4f}", (p, loss), offset, textcoords="offset points", ha="right", color=INK
        )
    ax.set_title("越自信的错误，罚得越重")
    ax.set_xlabel("预测：正类的概率 $p$")
    ax.set_ylabel("损失（奈特）")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 4.7)
    ax.set_xticks([0, 0.5, p, 1], ["0", "0.5", f"{p:g}", "1"])
    return Illustration(
        fig,
        caption=f"实线是标签为 1 时的 $-\\ln p$，虚线是标签为 0 时的 $-\\ln(1-p)$。"
        f"两个圆点是同一个预测 $p={p:g}$ 在两种标签下的损失。",
        alt="两条左右对称的曲线：标签为 1 的损失随 p 增大降到 0，标签为 0 的随 p 增大升到无穷；"
        f"在 p = {p:g} 处分别是 {losses[0]:.4f} 与 {losses[1]:.4f} 奈特。",
    )


@styled
def logit_loss_curves(z: float) -> Illustration:
    """上图画 sigmoid，下图画两种标签的损失随 logit 的变化，标出 ``z`` 处的值。

    Parameters
    ----------
    z : float
        要标出的 logit，无单位。
    """
    fig, (top, bottom) = canvas(5.0, 5.6, nrows=2, sharex=True)
    grid = np.linspace(-6, 6, 121)
    p = float(sigmoid(z))
    top.plot(grid, sigmoid(grid), color=PREDICTED)
    top.plot([z, z, -6], [0, p, p], **_LEVEL)
    top.plot(z, p, "o", color=PREDICTED, markersize=7)
    top.annotate(
        f"$z={z:.4f}$，$p={p:.3f}$", (z, p), (12, -14), textcoords="offset points", color=INK
    )
    top.set_title("概率变平了，错的一侧损失没有变平")
    top.set_ylabel("概率 $p$")
    top.set_ylim(0, 1.05)
    top.set_yticks([0, 0.5, 1])
    losses = []
    for t, style in ((1, "-"), (0, "--")):
        loss = sigmoid_cross_entropy(np.full(121, t), grid, reduction="none")
        bottom.plot(grid, loss, style, color=LOSS)
        kink = np.maximum(grid if t == 0 else -grid, 0)
        bottom.plot(grid, kink, color=MUTED, linewidth=1, zorder=1)
        losses.append(float(sigmoid_cross_entropy(t, z)))
        bottom.plot(z, losses[-1], "o", color=LOSS, markersize=7)
    bottom.text(-4.3, 5.0, "标签 $t=1$", color=LOSS, fontsize=13)
    bottom.text(4.3, 5.0, "标签 $t=0$", color=LOSS, fontsize=13, ha="right")
    crossing = float(sigmoid_cross_entropy(1, 0.0))
    bottom.annotate(
        f"$z=0$ 处 {crossing:.4f}", (0, crossing), (0, 62), textcoords="offset points",
        ha="center", arrowprops={"arrowstyle": "-", "color": MUTED},
    )  # fmt: skip
    bottom.set_ylabel("损失（奈特）")
    bottom.set_xlabel("logit $z$")
    bottom.set_ylim(0, 6.3)
    bottom.set_xlim(-6, 6)
    return Illustration(
        fig,
        caption="上：sigmoid 把任意实数变成概率。下：同一个 $z$ 的损失；"
        "实线是标签 1，虚线是标签 0；灰色细线是 $\\max(-z,0)$ 与 $\\max(z,0)$，各有一半贴着横轴。"
        "圆点是狗的那次预测。",
        alt=f"上图是从 0 升到 1 的 S 形曲线，在 z = {z:.4f} 处 p = {p:.3f}；"
        f"下图两条损失曲线关于 z = 0 左右对称，"
        "错的一侧贴着斜率 −1（标签 1）或 1（标签 0）的直线，对的一侧降到 0，"
        f"圆点处损失是 {losses[0]:.4f} 与 {losses[1]:.4f} 奈特。",
    )


@styled
def clipped_binary_loss(epsilon: float) -> Illustration:
    """对照裁剪前后的损失与梯度（标签为 1），横轴是 logit。

    Parameters
    ----------
    epsilon : float
        裁剪的界：概率被限制在 ``[epsilon, 1 - epsilon]`` 里，无单位。
    """
    fig, (top, bottom) = canvas(5.0, 5.4, nrows=2, sharex=True)
    edge, cap = float(logit(epsilon)), float(-np.log(epsilon))
    grid = np.union1d(np.linspace(-30, 6, 109), [edge])
    loss, grad = sigmoid_cross_entropy_value_and_grad(np.ones(grid.size), grid, reduction="none")
    outside = grid < edge
    top.plot(grid, loss, color=LOSS)
    top.plot(grid, np.where(outside, cap, loss), "--", color=INK)
    top.text(-29.5, cap - 4.2, f"裁剪后：停在 {cap:.3f}", color=INK)
    top.text(-22.6, 25, "不裁剪", color=LOSS)
    top.text(-11.5, 13.2, "两者重合", color=INK)
    top.set_title("裁剪让错得最远的样本梯度为 0")
    top.set_ylabel("损失（奈特）")
    top.set_ylim(0, 32)
    bottom.plot(grid, grad, color=LOSS)
    bottom.plot(grid[outside], np.zeros(outside.sum()), "--", color=INK)
    bottom.plot(grid[~outside], grad[~outside], "--", color=INK)
    bottom.plot([edge, edge], [0, float(grad[grid == edge][0])], ":", color=INK, linewidth=1.2)
    bottom.text(-29.5, 0.08, "裁剪后：是 0", color=INK)
    bottom.text(-29.5, -0.93, "不裁剪：约为 −1", color=LOSS)
    bottom.set_ylabel("对 $z$ 的梯度")
    bottom.set_xlabel("logit $z$（标签 $t=1$，越往左错得越远）")
    bottom.set_ylim(-1.1, 0.3)
    bottom.set_xlim(-30, 6)
    for ax in (top, bottom):
        ax.axvspan(-30, edge, color=PALE, alpha=0.5, linewidth=0)
    return Illustration(
        fig,
        caption=f"标签为 1。实线是式 (3.4) 的损失与它的梯度，虚线是先把 $p$ 裁剪到"
        f" $[10^{{{np.log10(epsilon):.0f}}},\\ 1-10^{{{np.log10(epsilon):.0f}}}]$ 再算的结果；"
        "灰色区域里 $p$ 被裁剪。",
        alt=f"上图：不裁剪的损失向左一直升高，裁剪后的损失在 z = {_minus(f'{edge:.3f}')} 左边"
        f"停在 {cap:.3f} 奈特；下图：不裁剪的梯度在左边约为 −1，裁剪后的梯度在那里是 0。",
    )


@styled
def logit_gradients() -> Illustration:
    """对照标签为 1 时两种损失对 logit 的梯度：交叉熵与平方误差 ``(p − t)²``。"""
    fig, ax = canvas(5.0, 3.9)
    grid = np.linspace(-8, 8, 129)
    p = sigmoid(grid)
    square = 2 * (p - 1) * p * (1 - p)
    _, cross = sigmoid_cross_entropy_value_and_grad(np.ones(129), grid, reduction="none")
    ax.axvspan(-8, -4, color=PALE, alpha=0.5, linewidth=0)
    ax.axhline(0, color=MUTED, linewidth=1)
    ax.plot(grid, cross, color=LOSS)
    ax.plot(grid, square, "--", color=INK)
    lowest = int(np.argmin(square))
    ax.text(-7.7, -0.91, "交叉熵", color=LOSS)
    ax.text(-7.7, -0.15, "平方误差", color=INK)
    ax.text(-7.7, 0.07, "自信地错了", color=MUTED)
    ax.text(7.8, 0.07, "自信地对了", color=MUTED, ha="right")
    steepest = _minus(f"{square[lowest]:.3f}")
    ax.plot(grid[lowest], square[lowest], "o", color=INK, markersize=6)
    ax.annotate(
        f"最陡处 {steepest}", (grid[lowest], square[lowest]), (0, -20),
        textcoords="offset points", color=INK, ha="right",
    )  # fmt: skip
    ax.set_title("错得最自信时，平方误差几乎没有梯度")
    ax.set_xlabel("logit $z$（标签 $t=1$）")
    ax.set_ylabel("损失对 $z$ 的梯度")
    ax.set_xlim(-8, 8)
    ax.set_ylim(-1.05, 0.2)
    return Illustration(
        fig,
        caption="标签为 1。实线是交叉熵的梯度 $p-t$，虚线是平方误差的 $2(p-t)p(1-p)$。"
        "梯度越负，一步把 $z$ 推得越远。灰色区域里预测错得很自信："
        "交叉熵的梯度接近 −1，平方误差的梯度接近 0。",
        alt=f"实线（交叉熵）在左边接近 −1，向右升到 0；虚线（平方误差）在左右两边都接近 0，"
        f"中间最低约 {steepest}。z = −8 处两者分别是 {_minus(f'{cross[0]:.4f}')} 与"
        f" {_minus(f'{square[0]:.4f}')}。",
    )


@styled
def penalty_training_curves(plain, penalized) -> Illustration:
    """画两次训练的训练、验证损失：加与不加 L2 惩罚。

    Parameters
    ----------
    plain, penalized : array_like, 形状 (n, 3)
        每行是（步数，训练损失，验证损失），步数从 1 起，损失的单位是奈特；
        ``plain`` 不加惩罚，``penalized`` 加惩罚。
    """
    plain, penalized = np.asarray(plain, dtype=float), np.asarray(penalized, dtype=float)
    fig, ax = canvas(5.0, 4.6)
    for history, style, color, name in (
        (plain, "--", INK, "不加惩罚"),
        (penalized, "-", LOSS, "加惩罚"),
    ):
        for column, which in ((2, "验证"), (1, "训练")):
            ax.plot(history[:, 0], history[:, column], style, color=color)
            ax.annotate(
                f"{which}，{name}", history[-1, [0, column]], (6, 0), textcoords="offset points",
                color=color, va="center", fontsize=11.5,
            )  # fmt: skip
    best = plain[np.argmin(plain[:, 2])]
    ax.plot(best[0], best[2], "o", color=INK, markersize=7)
    ax.annotate(
        f"第 {best[0]:.0f} 步附近最低", best[[0, 2]], (-4, 32), textcoords="offset points",
        ha="center", arrowprops={"arrowstyle": "-", "color": MUTED},
    )  # fmt: skip
    ax.set_title("这次不加惩罚，验证损失先降后升")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("梯度下降的步数")
    ax.set_ylabel("平均交叉熵（奈特）")
    ax.set_xlim(1, plain[-1, 0] * 60)
    ax.set_ylim(0.018, 0.45)
    ax.xaxis.set_major_locator(FixedLocator(10.0 ** np.arange(0, np.log10(plain[-1, 0]) + 0.1)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:.0f}"))
    ax.yaxis.set_major_locator(FixedLocator([0.02, 0.05, 0.1, 0.2, 0.3]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
    return Illustration(
        fig,
        caption="横轴与纵轴都是对数刻度。实线加 L2 惩罚，虚线不加；四条曲线画的都是"
        "不含惩罚项的平均交叉熵。圆点是不加惩罚时验证损失的最低处。",
        alt=f"前一百步，加与不加惩罚的曲线两两几乎重合；最后，"
        f"加惩罚的训练、验证损失是 {penalized[-1, 1]:.3f} 与"
        f" {penalized[-1, 2]:.3f} 奈特，"
        f"不加惩罚的是 {plain[-1, 1]:.3f} 与 {plain[-1, 2]:.3f} 奈特，"
        f"后者的验证损失在第 {best[0]:.0f} 步附近降到 {best[2]:.3f} 之后回升。",
    )


@styled
def reliability_diagram(predicted, observed, low, high, counts) -> Illustration:
    """画校准曲线：每一箱的平均预测概率与实际频率，衬着校准完美时频率的范围。

    Parameters
    ----------
    predicted, observed : array_like, 形状 (B,)
        每一箱里平均的预测概率、正类的实际频率，无单位。
    low, high : array_like, 形状 (B,)
        校准完美时，频率的范围的下端、上端。
    counts : array_like of int, 形状 (B,)
        每一箱的样本数。
    """
    predicted, observed, low, high = (
        np.asarray(a, dtype=float) for a in (predicted, observed, low, high)
    )
    fig, ax = canvas(5.0, 4.8)
    ax.plot([0, 1], [0, 1], **_LEVEL)
    ax.text(0.42, 0.32, "完全校准", color=MUTED, rotation=45, rotation_mode="anchor")
    ax.vlines(predicted, low, high, color=PREDICTED, linewidth=7, alpha=0.7)
    ax.scatter(predicted, observed, s=50, color=TRUE, zorder=3)
    for x, y, bar_top, n in zip(predicted, observed, high, counts, strict=True):
        # 两端的箱子贴着坐标轴：左端写在点下，右端写在点右，其余写在最高处的上方。
        at, shift, ha, va = (x, max(y, bar_top)), (0, 7), "center", "bottom"
        if x < 0.05:
            at, shift, ha, va = (x, y), (0, -8), "center", "top"
        elif x > 0.95:
            at, shift, ha, va = (x, y), (8, 0), "left", "center"
        ax.annotate(f"{n} 个", at, shift, textcoords="offset points", ha=ha, va=va, fontsize=11.5)
    outside = int(((observed < low) | (observed > high)).sum())
    ax.set_title(f"{outside} 箱的频率越出范围" if outside else "各箱的频率都没有越出范围")
    ax.set_xlabel("平均预测概率")
    ax.set_ylabel("正类的实际频率")
    ax.set_xlim(-0.09, 1.19)
    ax.set_ylim(-0.11, 1.11)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    return Illustration(
        fig,
        caption="每个圆点是一箱样本：横坐标是平均预测概率，纵坐标是其中正类的频率，"
        "数字是样本数。粗的竖条是校准完美时频率的范围（2.5% 到 97.5%），"
        "点越出竖条，才有理由怀疑校准；校准完美时，每箱也有至多约 5% 的机会越出。",
        alt=f"{predicted.size} 个圆点大致沿对角线分布；中间几箱样本少，竖条很长，"
        f"{f'有 {outside} 箱' if outside else '没有一箱'}的点越出竖条；"
        + "；".join(f"预测 {x:.3f} 频率 {y:.3f}" for x, y in zip(predicted, observed, strict=True))
        + "。",
    )


@styled
def weighted_optimum(rate: float, ratios) -> Illustration:
    """画加权之后的最优预测 ``p*`` 随真实概率变化的曲线，标出真实概率 ``rate`` 处的值。

    Parameters
    ----------
    rate : float
        要标出的真实概率，无单位。
    ratios : sequence of float, 长度 3
        正类与负类的权重之比，从小到大，第一个通常是 1。
    """
    fig, ax = canvas(5.0, 4.3)
    inner = np.linspace(0, 1, 121)[1:-1]
    ax.axvline(rate, **_LEVEL)
    marked = []
    for ratio, style, at, right in zip(
        ratios, ("--", "-.", "-"), (70, 52, 39), (True, True, False), strict=True
    ):
        best = sigmoid(logit(inner) + np.log(ratio))
        ax.plot(np.r_[0, inner, 1], np.r_[0, best, 1], style, color=PREDICTED)
        marked.append(float(sigmoid(logit(rate) + np.log(ratio))))
        ax.plot(rate, marked[-1], "o", color=PREDICTED, markersize=6)
        ax.annotate(
            f"{marked[-1]:.2g}", (rate, marked[-1]), (10, -3), textcoords="offset points",
            va="center", fontsize=11.5,
        )  # fmt: skip
        ax.annotate(
            f"{ratio:g} 倍权重" if ratio != 1 else "不加权", (inner[at], best[at]),
            (6, -6) if right else (-4, 7), textcoords="offset points", color=PREDICTED,
            ha="left" if right else "right", va="top" if right else "bottom",
        )  # fmt: skip
    ax.set_title("加权之后，最优的预测不再是概率")
    ax.set_xlabel("正类的真实概率 $\\pi$")
    ax.set_ylabel("使加权损失最小的 $p^*$")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.03)
    ax.set_xticks([rate, 0.5, 1], [f"{rate:g}", "0.5", "1"])
    ax.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    return Illustration(
        fig,
        caption="每条曲线是一种权重之比 $\\alpha_1/\\alpha_0$ 下的最优预测；"
        "不加权时是对角线 $p^*=\\pi$。"
        f"竖的虚线标出 $\\pi={rate:g}$，圆点旁的数是那里的 $p^*$。",
        alt=f"真实概率 {rate:g} 处，权重之比为 "
        + "、".join(f"{r:g}" for r in ratios)
        + " 时，最优预测分别是 "
        + "、".join(f"{v:.2f}" for v in marked)
        + "；权重之比越大，曲线向左上方弯得越厉害。",
    )


@styled
def sigmoid_and_softmax_bars(z) -> Illustration:
    """对照同一组得分经过 softmax 与经过四个 sigmoid 的结果。

    Parameters
    ----------
    z : array_like, 形状 (4,)
        狗、猫、马、豹的 logits，无单位。
    """
    z = np.asarray(z, dtype=float)
    fig, (top, bottom) = canvas(5.0, 5.2, nrows=2)
    fig.get_layout_engine().set(h_pad=0.14)
    one, many = softmax(z), sigmoid(z)
    for ax, p in ((top, one), (bottom, many)):
        animal_bars(ax, p)
        ax.set_xlim(0, 1.2)
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    top.set_title(f"softmax：互相挤占，和为 {one.sum():.0f}")
    bottom.set_title(f"四个 sigmoid：各算各的，和为 {many.sum():.3f}")
    bottom.set_xlabel("概率")
    return Illustration(
        fig,
        caption="同一组 logits 的两种读法。上：四选一。下：四个分别打分的是非题，"
        "每个各自在 0 与 1 之间。",
        alt="上图 softmax："
        + "、".join(f"{n} {v:.3f}" for n, v in zip(ANIMALS, one, strict=True))
        + f"，和为 {one.sum():.0f}；下图四个 sigmoid："
        + "、".join(f"{n} {v:.3f}" for n, v in zip(ANIMALS, many, strict=True))
        + f"，和为 {many.sum():.3f}。",
    )
