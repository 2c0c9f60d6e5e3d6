"""第 5 章的插图。"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import FancyBboxPatch

from lib.figures._parts import animal_bars
from lib.figures._style import (
    ANIMAL_COLORS,
    ANIMALS,
    FIXED,
    INK,
    LOSS,
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
    "adjusted_prediction",
    "animal_confusion_matrix",
    "animal_samples",
    "animal_weight_pictures",
    "hardest_animals",
    "label_smoothing_curves",
    "logit_descent",
    "overfitting_curves",
    "prediction_beside_truth",
    "prediction_pipeline",
    "softmax_training_curves",
]


def _named(values, pattern: str = "{:.3f}") -> str:
    """把依狗猫马豹次序的四个数写成一句话。"""
    pairs = zip(ANIMALS, values, strict=True)
    return "、".join(f"{name} {pattern.format(value)}" for name, value in pairs)


def _show_picture(ax, image) -> None:
    ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set(visible=True, color=MUTED, linewidth=0.8)


def _box(ax, center, width, height, text, color, *, size=12) -> None:
    x, y = center[0] - width / 2, center[1] - height / 2
    style = "round,pad=0,rounding_size=0.12"
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, fc=PAPER, ec=color, lw=1.6))
    ax.text(*center, text, ha="center", va="center", color=color, fontsize=size, linespacing=1.5)


def _arrow(ax, start, end, text="", *, offset=(0, 0.2), color=INK) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": color, "lw": 1.6})
    if text:
        middle = (np.add(start, end) / 2) + offset
        ax.text(*middle, text, ha="center", va="center", color=color, fontsize=11.5)


@styled
def prediction_pipeline(image, logits, probabilities, loss) -> Illustration:
    """流程图：图片 → 模型 → logits → softmax → 概率 → 损失（标签从另一侧进来）。

    Parameters
    ----------
    image : array_like, 形状 (H, W)
        灰度图片，0 黑 1 白；真实类别是狗。
    logits, probabilities : array_like, 形状 (4,)
        依狗、猫、马、豹的次序。
    loss : float
        损失，单位比特。
    """
    width, height = 5.0, 5.0
    fig, ax = canvas(width, height)
    fig.set_layout_engine("none")
    ax.set(position=(0, 0, 1, 1), xlim=(0, width), ylim=(0, height))  # 坐标就是英寸
    ax.axis("off")
    ax.text(0.05, 4.85, "损失只读标签指明的那一个概率", va="center", fontsize=13.5)

    def inset(left, bottom, wide, high):
        return fig.add_axes((left / width, bottom / height, wide / width, high / height))

    picture = inset(0.05, 2.95, 1.4, 1.4)
    _show_picture(picture, image)
    _arrow(ax, (1.5, 3.65), (1.92, 3.65))
    _box(ax, (2.34, 3.65), 0.8, 0.76, "模型", INK, size=13)
    _arrow(ax, (2.78, 3.65), (3.2, 3.65))
    ax.text(4.1, 4.46, "得分 $z$（logits）", ha="center", va="center", color=INK)
    for row, (name, value) in enumerate(zip(ANIMALS, logits, strict=True)):
        y = 4.12 - 0.34 * row
        color = ANIMAL_COLORS[name]
        ax.text(3.7, y, name, ha="center", va="center", color=color)
        ax.text(4.5, y, f"{value:.1f}", ha="right", va="center", color=color)
    _arrow(ax, (4.1, 2.84), (4.1, 2.22), "softmax", offset=(0.46, 0.04))
    ax.text(3.85, 2.02, "预测分布 $p$", ha="center", va="center", color=PREDICTED)
    bars = inset(2.95, 0.1, 2.0, 1.75)
    animal_bars(bars, probabilities)
    bars.set(xlim=(0, 1.42), ylim=(3.5, -0.5), xticks=[])
    bars.spines["bottom"].set_visible(False)
    dog = 0.1 + 1.75 * 3.5 / 4  # “狗”那根条的高度：箭头从它出发
    _arrow(ax, (0.8, 2.9), (0.8, dog + 0.52), "标签：狗", offset=(0.5, 0.0), color=TRUE)
    _arrow(ax, (2.58, dog), (1.66, dog), r"$-\log_2$", offset=(0, 0.2), color=LOSS)
    _box(ax, (0.82, dog), 1.56, 0.96, f"损失\n{loss:.4f} 比特", LOSS, size=13)
    note = {"ha": "center", "va": "center", "color": MUTED, "linespacing": 1.4}
    ax.text(0.82, 0.7, "另外三个概率\n怎样分，不计分", **note)
    return Illustration(
        fig,
        caption="一次预测的全过程。上排：图片经过模型得到四个得分。"
        "右侧向下：softmax 把得分变成概率。下排：标签指明该看哪一个概率，取负对数就是损失。",
        alt=f"流程图：狗的图片进入模型，得到得分 {_named(logits, '{:.1f}')}；"
        f"softmax 之后概率为 {_named(probabilities)}；标签是狗，损失 {loss:.4f} 比特。",
    )


@styled
def prediction_beside_truth(t, p) -> Illustration:
    """真实分布与预测分布并列的条形图。

    Parameters
    ----------
    t, p : array_like, 形状 (4,)
        真实分布与预测分布，依狗、猫、马、豹的次序。
    """
    t, p = np.asarray(t, dtype=float), np.asarray(p, dtype=float)
    dog = int(np.argmax(t))
    fig, axes = canvas(4.9, 3.1, 1, 2, sharey=True)
    fig.get_layout_engine().set(h_pad=0.1)
    for ax, values, color, name in zip(
        axes, (p, t), (PREDICTED, TRUE), ("预测分布 $p$", "真实分布 $t$"), strict=True
    ):
        animal_bars(ax, values)
        ax.set_title(name, color=color, fontsize=12.5)
        ax.set(xlim=(0, 1.45), xlabel="概率")
        ax.tick_params(left=False)
    axes[0].set_ylim(3.5, -0.5)  # 两幅图共用纵轴，animal_bars 倒了两次
    fig.suptitle(f"离答案还差 {t[dog] - p[dog]:.3f}", x=0.01, ha="left", fontsize=13.5)
    return Illustration(
        fig,
        caption="同一张图片的两个分布，左边是模型说的，右边是标签说的。"
        "交叉熵只读右边不为零的那一行，再到左边找它的概率。",
        alt=f"两组条形图并列。预测分布：{_named(p)}。真实分布：{_named(t, '{:.0f}')}。"
        f"狗的概率离 1 还差 {t[dog] - p[dog]:.3f}，这部分被错分给了另外三类。",
    )


@styled
def adjusted_prediction(before, after, loss_before, loss_after) -> Illustration:
    """调整前后的预测分布，每一类上下两根条。

    Parameters
    ----------
    before, after : array_like, 形状 (4,)
        调整前、后的预测分布，依狗、猫、马、豹的次序；真实类别是狗。
    loss_before, loss_after : float
        相应的损失，单位比特。
    """
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    fig, ax = canvas(4.9, 4.2)
    rows = np.arange(len(ANIMALS))
    old = ax.barh(rows - 0.19, before, height=0.34, color=PALE, edgecolor=MUTED, hatch="///")
    new = ax.barh(rows + 0.19, after, height=0.34, color=PREDICTED)
    ax.bar_label(old, labels=[f"{v:.3f}" for v in before], padding=4, color=MUTED)
    ax.bar_label(new, labels=[f"{v:.3f}" for v in after], padding=4, color=PREDICTED)
    ax.set(yticks=rows, yticklabels=ANIMALS, xlim=(0, 1.22), xlabel="预测概率")
    ax.set_xticks([0, 0.5, 1])
    ax.invert_yaxis()
    ax.tick_params(left=False)
    ax.text(0.36, 1.81, f"调整前：损失 {loss_before:.4f} 比特", color=MUTED)
    ax.text(0.36, 2.19, f"调整后：损失 {loss_after:.4f} 比特", color=PREDICTED)
    ax.set_title("另外三类让出的概率都给了狗")
    return Illustration(
        fig,
        caption="调整前（上，灰色斜纹）与调整后（下，实心）的预测分布；损失只由“狗”这一行决定。",
        alt=f"成对的条形图。调整前：{_named(before)}，损失 {loss_before:.4f} 比特；"
        f"调整后：{_named(after)}，损失 {loss_after:.4f} 比特。狗变长，其余三类都变短。",
    )


@styled
def logit_descent(losses, slope) -> Illustration:
    """在 logits 上一步步走，损失随步数下降；虚线是起点处的切线。

    Parameters
    ----------
    losses : array_like, 形状 (n + 1,)
        第 0 步到第 n 步的损失，单位比特。
    slope : float
        起点处一阶近似预言的每步变化，单位比特（负数）。
    """
    losses = np.asarray(losses, dtype=float)
    steps = np.arange(len(losses))
    fig, ax = canvas(4.9, 3.6)
    reach = np.array([0.0, min(len(losses) - 1, -losses[0] / slope)])
    ax.plot(reach, losses[0] + slope * reach, "--", color=MUTED, lw=1.6)
    ax.plot(steps, losses, "o-", color=LOSS, ms=4)
    ax.set(xlabel="步数", ylabel="损失（比特）", xlim=(-0.5, steps[-1] * 1.06))
    ax.set_ylim(0, losses[0] * 1.16)
    ax.annotate(f"{losses[0]:.4f}", (0, losses[0]), (8, 4), textcoords="offset points", color=LOSS)
    ax.annotate(
        f"{losses[-1]:.4f}",
        (steps[-1], losses[-1]),
        (2, 10),
        textcoords="offset points",
        ha="right",
        color=LOSS,
    )
    ax.annotate(
        "照起点的斜率一直降",
        (0.92 * reach[1], losses[0] + 0.92 * slope * reach[1]),
        (10, 0),
        textcoords="offset points",
        va="center",
        color=MUTED,
        fontsize=11,
    )
    ax.set_title("越接近答案，每一步降得越少")
    return Illustration(
        fig,
        caption="每一步都沿 $-(p-t)$ 走。圆点是实际的损失；虚线是起点的一阶近似。"
        "$p$ 越靠近 $t$，梯度越短，曲线越平。",
        alt=f"损失随步数下降：第 0 步 {losses[0]:.4f} 比特，第 {steps[-1]} 步 "
        f"{losses[-1]:.4f} 比特，先陡后平；从第 1 步起，起点的切线（虚线）都在实际曲线下方。",
    )


@styled
def animal_samples(images, labels, per_class: int = 6) -> Illustration:
    """每一类取前若干张，排成四行。

    Parameters
    ----------
    images : array_like, 形状 (N, H, W)
        灰度图片，0 黑 1 白。
    labels : array_like, 形状 (N,)
        整数标签。
    per_class : int
        每一行的张数。
    """
    images, labels = np.asarray(images, dtype=float), np.asarray(labels)
    fig, axes = canvas(4.9, 3.7, len(ANIMALS), 1)
    for k, (ax, name) in enumerate(zip(axes, ANIMALS, strict=True)):
        chosen = images[np.flatnonzero(labels == k)[:per_class]]
        framed = np.pad(chosen, ((0, 0), (0, 0), (0, 2)), constant_values=np.nan)  # 缝是透明的
        ax.imshow(np.hstack(framed), cmap="gray", vmin=0, vmax=1)
        ax.axis("off")
        ax.text(
            -0.02,
            0.5,
            name,
            transform=ax.transAxes,
            ha="right",
            va="center",
            color=ANIMAL_COLORS[name],
            fontsize=15,
        )
    axes[0].set_title("同一类的图片，没有两张相同")
    height, width = images.shape[1:]
    return Illustration(
        fig,
        caption="训练集里每类的前几张，每张 "
        f"${height}\\times{width}$ 像素。位置、大小、倾斜、明暗、遮挡与噪声都是随机的。",
        alt=f"四行小头像，依次是狗、猫、马、豹，每行 {per_class} 张。狗垂着耳朵，猫的耳朵是尖的，"
        "马是侧脸、有深色的鬃毛，豹满脸斑点；有的偏左，有的偏暗，有的被方块挡住一角。",
    )


def _label_end(ax, x, y, text, color, *, shift=(6, 0)) -> None:
    ax.annotate(text, (x, y), shift, textcoords="offset points", color=color, va="center")


@styled
def softmax_training_curves(train, validation, uniform) -> Illustration:
    """训练与验证损失随训练轮数的变化。

    Parameters
    ----------
    train, validation : array_like, 形状 (E + 1,)
        第 0 轮（还没训练）到第 E 轮的平均损失，单位比特。
    uniform : float
        四类各猜 1/4 时的损失，单位比特。
    """
    train, validation = np.asarray(train, dtype=float), np.asarray(validation, dtype=float)
    epochs = np.arange(len(train))
    last = epochs[-1]
    fig, ax = canvas(4.9, 3.7)
    ax.axhline(uniform, color=MUTED, lw=1.2, ls=":")
    ax.text(last, uniform + 0.03, f"四类各猜 1/4：{uniform:g} 比特", ha="right", color=MUTED)
    ax.plot(epochs, validation, color=LOSS, ls="--")
    ax.plot(epochs, train, color=INK)
    _label_end(ax, last, validation[-1], f"验证 {validation[-1]:.3f}", LOSS, shift=(6, 5))
    _label_end(ax, last, train[-1], f"训练 {train[-1]:.3f}", INK, shift=(6, -5))
    ax.set(xlabel="训练轮数", ylabel="平均损失（比特）", xlim=(0, last * 1.36), ylim=(0, 2.25))
    ax.set(xticks=np.linspace(0, last, 4), yticks=[0, 0.5, 1, 1.5, 2])
    ax.set_title("验证损失也在降，只是降得少些")
    return Illustration(
        fig,
        caption="训练损失（实线）与验证损失（虚线）。开头几轮降得最快；"
        "之后验证损失高一些，因为权重是照着训练集调的。",
        alt=f"两条下降的曲线都从 {train[0]:.0f} 比特开始，渐渐分开；第 {last} 轮时训练损失 "
        f"{train[-1]:.3f} 比特，验证损失 {validation[-1]:.3f} 比特。",
    )


@styled
def animal_confusion_matrix(counts) -> Illustration:
    """混淆矩阵：行是真实类别，列是预测类别。

    Parameters
    ----------
    counts : array_like of int, 形状 (4, 4)
        ``counts[i, k]`` 是真实为第 i 类而预测为第 k 类的图片数。
    """
    counts = np.asarray(counts)
    mistakes = counts - np.diag(np.diag(counts))
    true, predicted = np.unravel_index(np.argmax(mistakes), counts.shape)
    share = counts / counts.sum(axis=1, keepdims=True)
    fig, ax = canvas(4.9, 4.3)
    blues = LinearSegmentedColormap.from_list("truth", [(TRUE, 0), (TRUE, 1)])  # 由透明到蓝
    ax.imshow(share, cmap=blues, vmin=0, vmax=1)
    for i in range(len(ANIMALS)):
        for k in range(len(ANIMALS)):
            style = {"color": "white", "gid": FIXED} if share[i, k] > 0.6 else {"color": INK}
            ax.text(k, i, str(counts[i, k]), ha="center", va="center", fontsize=14, **style)
    ax.set(xticks=range(4), yticks=range(4), xlabel="预测类别", ylabel="真实类别")
    ax.set_xticklabels(ANIMALS, fontsize=14)
    ax.set_yticklabels(ANIMALS, fontsize=14)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(f"错得最多的是把{ANIMALS[true]}认成{ANIMALS[predicted]}")
    return Illustration(
        fig,
        caption="验证集上的混淆矩阵：每一格是图片数，颜色浓淡是占这一行的比例。"
        "对角线是答对的，其余都是错的。",
        alt=f"4×4 的表，对角线 {_named(np.diag(counts), '{}')} 张答对，共 "
        f"{int(np.trace(counts))}/{int(counts.sum())}；最多的错误是"
        f"把{ANIMALS[true]}认成{ANIMALS[predicted]}，{counts[true, predicted]} 张。",
    )


@styled
def animal_weight_pictures(averages, weights) -> Illustration:
    """每一类两张图：上面是平均的样子，下面是权重（中灰为 0，白为正，黑为负）。

    Parameters
    ----------
    averages : array_like, 形状 (4, H, W)
        每一类训练图片的平均，灰度，0 黑 1 白。
    weights : array_like, 形状 (4, H, W)
        每一类对每个像素的权重。
    """
    averages, weights = np.asarray(averages, dtype=float), np.asarray(weights, dtype=float)
    limit = np.quantile(np.abs(weights), 0.99)
    fig, axes = canvas(4.9, 3.2, 2, len(ANIMALS))
    fig.get_layout_engine().set(h_pad=0.06)
    ranges = ((averages, averages.min(), averages.max()), (weights, -limit, limit))
    for row, (pictures, low, high) in zip(axes, ranges, strict=True):
        for ax, picture in zip(row, pictures, strict=True):
            _show_picture(ax, picture)
            ax.images[0].set_clim(low, high)
    for ax, name in zip(axes[0], ANIMALS, strict=True):
        ax.set_title(name, color=ANIMAL_COLORS[name], fontsize=14, loc="center", pad=4)
    for ax, text in zip(axes[:, 0], ("平均图", "权重"), strict=True):
        ax.set_ylabel(text, fontsize=12)
    fig.suptitle("权重里认得出垂耳与鬃毛", x=0.01, ha="left", fontsize=13.5)
    return Illustration(
        fig,
        caption="上排是每一类训练图片的平均，下排是权重。权重图里，白：这个像素越亮，"
        "这一类的得分越高；黑：越暗得分越高；中灰：不起作用。"
        f"最黑与最白是 $\\pm{limit:.2f}$，超出的 1% 也画成这两种颜色。",
        alt="两行灰度图。平均图：四个模糊的头像。权重：狗的左右两侧各有一条竖的黑影，正是垂耳；"
        "马有一道从左下到中上的黑影，正是鬃毛；猫和豹杂乱，上方的耳朵附近有几块黑。"
        f"黑与白相当于 ±{limit:.2f}。",
    )


@styled
def hardest_animals(images, labels, probabilities, losses) -> Illustration:
    """损失最大的几张图片，每张写明真实类别、预测类别、两者的概率与损失。

    Parameters
    ----------
    images : array_like, 形状 (n, H, W)
    labels : array_like, 形状 (n,)
        真实类别。
    probabilities : array_like, 形状 (n, 4)
        预测概率。
    losses : array_like, 形状 (n,)
        损失，单位比特。
    """
    probabilities = np.asarray(probabilities, dtype=float)
    columns = 3
    rows = -(-len(images) // columns)
    fig, axes = canvas(4.9, 2.75 * rows, rows, columns)
    fig.get_layout_engine().set(h_pad=0.13, hspace=0.06)
    for ax, image, label, p, loss in zip(
        np.ravel(axes), images, labels, probabilities, losses, strict=True
    ):
        _show_picture(ax, image)
        guess = int(np.argmax(p))
        ax.set_title(f"损失 {loss:.1f} 比特", color=LOSS, fontsize=12, loc="center", pad=5)
        ax.set_xlabel(
            f"是{ANIMALS[label]}：{p[label]:.3f}\n说是{ANIMALS[guess]}：{p[guess]:.3f}",
            fontsize=12,
            linespacing=1.4,
        )
    fig.suptitle("给真实类别的概率越小，罚得越重", x=0.01, ha="left", fontsize=13.5)
    worst, guess = labels[0], int(np.argmax(probabilities[0]))
    return Illustration(
        fig,
        caption="验证集里损失最大的几张，从大到小。每张下面两行："
        "真实类别得到的概率，模型最看好的类别与它的概率。",
        alt=f"{len(images)} 张损失最大的图片。最大的一张是{ANIMALS[worst]}，"
        f"模型给它的概率只有 {probabilities[0][worst]:.3f}，却以 "
        f"{probabilities[0][guess]:.3f} 的概率说是{ANIMALS[guess]}，损失 {losses[0]:.1f} 比特。",
    )


@styled
def overfitting_curves(epochs, train, validation) -> Illustration:
    """训练损失一路下降，验证损失先降后升；横轴是对数刻度。

    Parameters
    ----------
    epochs : array_like, 形状 (m,)
        记录损失的轮数，从 1 开始递增。
    train, validation : array_like, 形状 (m,)
        训练与验证的平均损失，单位比特。
    """
    epochs, train, validation = (np.asarray(a, dtype=float) for a in (epochs, train, validation))
    best = int(np.argmin(validation))
    fig, ax = canvas(4.9, 3.9)
    ax.axvline(epochs[best], color=MUTED, lw=1.2, ls=":")
    ax.semilogx(epochs, validation, color=LOSS, ls="--")
    ax.semilogx(epochs, train, color=INK)
    ax.plot(epochs[best], validation[best], "o", color=LOSS, ms=7)
    _label_end(ax, epochs[-1], validation[-1], f"验证\n{validation[-1]:.2f}", LOSS)
    _label_end(ax, epochs[-1], train[-1], f"训练\n{train[-1]:.4f}", INK, shift=(6, 12))
    ax.annotate(
        f"第 {epochs[best]:.0f} 轮最低：{validation[best]:.2f}",
        (epochs[best], validation[best]),
        (8, -20),
        textcoords="offset points",
        color=LOSS,
    )
    ax.set(xlabel="训练轮数（对数刻度）", ylabel="平均损失（比特）")
    ax.set(xlim=(1, epochs[-1] * 9), ylim=(-0.03, max(validation.max(), train.max()) * 1.08))
    ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    ax.minorticks_off()
    ax.set_title("训练损失还在降，验证损失已回升")
    return Illustration(
        fig,
        caption="每类只有几张训练图片。圆点与竖点线标出验证损失的最低处；"
        "再往后，训练损失（实线）还在降，验证损失（虚线）回升。",
        alt=f"训练损失一路降到 {train[-1]:.4f} 比特；验证损失在第 {epochs[best]:.0f} 轮降到最低 "
        f"{validation[best]:.2f} 比特，之后回升，"
        f"第 {epochs[-1]:.0f} 轮时 {validation[-1]:.2f} 比特。",
    )


@styled
def label_smoothing_curves(epochs, hard, smooth, epsilon) -> Illustration:
    """用与不用标签平滑，验证损失各自怎样变化；横轴是对数刻度。

    Parameters
    ----------
    epochs : array_like, 形状 (m,)
        记录损失的轮数，从 1 开始递增。
    hard, smooth : array_like, 形状 (m,)
        用 one-hot 标签、用平滑标签训练时的验证损失（都用 one-hot 标签计算），单位比特。
    epsilon : float
        平滑系数。
    """
    epochs, hard, smooth = (np.asarray(a, dtype=float) for a in (epochs, hard, smooth))
    fig, ax = canvas(4.9, 3.7)
    ax.semilogx(epochs, hard, color=LOSS, ls="--")
    ax.semilogx(epochs, smooth, color=INK)
    _label_end(ax, epochs[-1], hard[-1], f"one-hot\n{hard[-1]:.2f}", LOSS)
    _label_end(ax, epochs[-1], smooth[-1], f"$\\varepsilon={epsilon:g}$\n{smooth[-1]:.2f}", INK)
    ax.set(xlabel="训练轮数（对数刻度）", ylabel="验证损失（比特）")
    ax.set(xlim=(1, epochs[-1] * 10), ylim=(0.9, max(hard.max(), smooth.max()) * 1.05))
    ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    ax.minorticks_off()
    ax.set_title("标签平滑了，验证损失不再回升")
    return Illustration(
        fig,
        caption="同样的少量训练图片，两种标签。虚线：one-hot 标签，验证损失先降后升；"
        "实线：平滑标签，验证损失降下来之后几乎不动。纵轴不从 0 开始。",
        alt=f"one-hot 标签的验证损失最低 {hard.min():.2f} 比特，最后升到 {hard[-1]:.2f} 比特；"
        f"平滑系数 {epsilon:g} 的验证损失最后为 {smooth[-1]:.2f} 比特，几乎没有回升。",
    )
