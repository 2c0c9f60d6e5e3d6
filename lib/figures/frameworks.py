"""第 6 章的插图：各家的裁剪，训练不动的样子，框架与手写的循环。"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from lib.figures._style import INK, LOSS, MUTED, PREDICTED, TRUE, Illustration, canvas, styled

CORNER = {"textcoords": "offset points", "ha": "right"}

__all__ = ["clipped_losses", "failing_trainings", "two_trainings"]


@styled
def clipped_losses(probabilities, curves: Mapping[str, np.ndarray]) -> Illustration:
    """真实类别的概率趋于 0 时，各家给出的损失；横轴是对数刻度。

    Parameters
    ----------
    probabilities : array_like, 形状 (m,)
        真实类别得到的概率，递增，大于 0。
    curves : mapping
        库的名字到各概率处的损失（奈特，形状 ``(m,)``）；第一条是不裁剪的。
    """
    probabilities = np.asarray(probabilities, dtype=float)
    fig, ax = canvas(4.9, 3.7)
    looks = ((MUTED, ":", 1.6), (PREDICTED, "-", 2.6), (LOSS, "--", 2.2))
    for (name, losses), (color, style, width) in zip(curves.items(), looks, strict=True):
        losses = np.asarray(losses, dtype=float)
        ax.plot(probabilities, losses, color=color, ls=style, lw=width)
        label_end(ax, probabilities[0], losses[0], f"{name} {losses[0]:.2f}", color)
    ax.set_xscale("log")
    ax.set(xlim=(1, probabilities[0]), ylim=(0, None))
    ax.set(xlabel="真实类别的概率（越往右越小）", ylabel="损失（奈特）")
    ax.set_xticks([1, 1e-5, 1e-10, 1e-15, 1e-20])
    ax.minorticks_off()
    ax.set_title("过了裁剪的界，错多少都一样")
    ends = "，".join(f"{name} {np.max(losses):.2f}" for name, losses in curves.items())
    return Illustration(
        fig,
        caption="同一个概率，各家给出的损失。点线不裁剪，一直升；实线（Keras）与虚线"
        "（scikit-learn，float64）到了各自的上限就成了水平线，斜率为 0。",
        alt=f"概率从 1 减到 {probabilities[0]:.0e}，三条曲线起初重合，Keras 与 scikit-learn "
        f"先后变平；最右边是{ends} 奈特。",
    )


def label_end(ax: Axes, x: float, y: float, text: str, color: str, *, rise: float = 0) -> None:
    """在曲线的右端写字。"""
    ax.annotate(text, (x, y), (6, rise), textcoords="offset points", color=color, va="center")


@styled
def failing_trainings(
    right, failures: Mapping[str, np.ndarray], uniform: float, floor: float
) -> Illustration:
    """几次不对的训练，各与对的那一次并排。

    Parameters
    ----------
    right : array_like, 形状 (E,)
        交法都对时每一轮的损失，单位奈特。
    failures : mapping
        错误的名字到每一轮的损失，形状都是 ``(E,)``；共三个。
    uniform : float
        每类各猜 ``1/K`` 时的损失。
    floor : float
        softmax 做两次时降不破的损失，画在第二格里。
    """
    right = np.asarray(right, dtype=float)
    epochs = np.arange(len(right))
    fig, axes = canvas(4.9, 6.6, nrows=3, sharex=True)
    for ax, (name, losses) in zip(axes, failures.items(), strict=True):
        losses = np.asarray(losses, dtype=float)
        ax.axhline(uniform, color=MUTED, lw=1.2, ls=":")
        ax.plot(epochs, right, color=INK, lw=1.6)
        ax.plot(epochs, losses, color=LOSS, ls="--")
        label_end(ax, epochs[-1], right[-1], f"对照 {right[-1]:.1f}", INK)
        ax.set(ylabel="损失（奈特）", xlim=(0, epochs[-1]), ylim=(0, max(losses.max(), 2) * 1.08))
        ax.set_title(name)
    axes[1].axhline(floor, color=MUTED, lw=1.2, ls="-.")
    axes[-1].set_xlabel("训练轮数")
    return Illustration(
        fig,
        caption="错误一与错误二的损失也在降，只看“在降”看不出错。虚线是犯了错的训练，实线是对照。"
        f"点线是起点应有的 $\\ln K={uniform:.3f}$；"
        f"中间一格的点划线是降不破的底 {floor:.3f}。",
        alt=f"三格训练损失曲线：{'、'.join(failures)}。"
        f"对照从 {right[0]:.1f} 降到 {right[-1]:.1f} 奈特，三条虚线最后都在它上面。",
    )


@styled
def two_trainings(by_hand, by_keras, bound: float) -> Illustration:
    """手写的循环与 Keras 的训练：上面是两条损失曲线，下面是它们的差。

    Parameters
    ----------
    by_hand, by_keras : array_like, 形状 (E,)
        每一轮更新之前的损失，单位奈特。
    bound : float
        两者之差的界，画成点线。

    Raises
    ------
    ValueError
        差超过 ``bound``。
    """
    by_hand, by_keras = np.asarray(by_hand, dtype=float), np.asarray(by_keras, dtype=float)
    gap = np.abs(by_hand - by_keras)
    if gap.max() > bound:
        raise ValueError(f"两次训练相差 {gap.max():.1e}，超过了 {bound:.0e}：先找出差在哪里再画。")
    epochs = np.arange(len(by_hand))
    fig, (top, bottom) = canvas(4.9, 5.0, nrows=2, sharex=True, height_ratios=(3, 2))
    top.plot(epochs, by_hand, color=TRUE, lw=5)
    top.plot(epochs, by_keras, color=PREDICTED, lw=1.6, ls="--")
    top.annotate("粗线：手写", (epochs[-1], by_hand[-1]), (-4, 46), color=TRUE, **CORNER)
    top.annotate("虚线：Keras", (epochs[-1], by_keras[-1]), (-4, 28), color=PREDICTED, **CORNER)
    top.set(ylabel="损失（奈特）", xlim=(0, epochs[-1]), ylim=(0, by_hand.max() * 1.08))
    top.set_title("框架走的就是手写的那条路")
    bottom.plot(epochs, gap, color=LOSS, lw=1.2)
    bottom.axhline(bound, color=MUTED, lw=1.2, ls=":")
    bottom.set_yscale("log")
    bottom.set(xlabel="训练轮数", ylabel="相差（奈特）", ylim=(1e-10, bound * 10))
    power = round(np.log10(bound))
    return Illustration(
        fig,
        caption="上：两次训练的损失，虚线压在粗线上。下：两者之差的绝对值（对数刻度），"
        f"始终在点线 $10^{{{power}}}$ 以下，是 float32 舍入的大小。",
        alt=f"手写的与 Keras 的损失曲线重合，都从 {by_hand[0]:.3f} 降到 {by_hand[-1]:.3f} 奈特；"
        f"每一轮相差都不到 10 的 {power} 次方。",
    )
