"""第 1 章的插图。"""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from lib.figures._style import (
    ANIMAL_COLORS,
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
from lib.information import entropy, self_information

__all__ = [
    "binary_entropy_curve",
    "block_code_rate",
    "codeword_tree",
    "entropy_as_area",
    "entropy_on_simplex",
    "quantized_entropy",
    "surprise_curve",
    "uniform_densities",
]

_HEIGHT = np.sqrt(3) / 2  # 边长为 1 的正三角形的高


@styled
def surprise_curve(names, probabilities) -> Illustration:
    """自信息曲线 ``-log2 p``，并在曲线上标出几个事件。

    Parameters
    ----------
    names : sequence of str, 长度 n
        事件的名字。
    probabilities : array_like, 形状 (n,)
        事件的概率，在 (0, 1] 里。
    """
    probabilities = np.asarray(probabilities, dtype=float)
    bits = self_information(probabilities)
    fig, ax = canvas(6.4, 3.8)
    grid = np.geomspace(1 / 40, 1, 120)
    ax.plot(grid, self_information(grid), color=LOSS)
    for name, p, value in zip(names, probabilities, bits, strict=True):
        color = ANIMAL_COLORS["狗"] if "狗" in name else INK
        ax.plot([p, p, 0], [0, value, value], color=MUTED, lw=0.9, ls=":")
        ax.plot(p, value, "o", ms=8, color=color, zorder=3)
        ax.annotate(
            f"{name}：{value:.4g} 比特",
            (p, value),
            xytext=(10, 8),
            textcoords="offset points",
            color=color,
        )
    ax.set(xlim=(0, 1.19), ylim=(0, 5.4), xticks=np.linspace(0, 1, 6))
    ax.set_xlabel("事件的概率 $p$")
    ax.set_ylabel("自信息（比特）")
    ax.set_title("越罕见，越惊讶；必然的事，零惊讶")
    marks = "；".join(
        f"{name}，概率 {p:.4g}，{value:.4g} 比特"
        for name, p, value in zip(names, probabilities, bits, strict=True)
    )
    return Illustration(
        fig,
        caption="曲线是 $-\\log_2 p$。顺着虚线往下读概率，往左读自信息。",
        alt=f"自信息随概率下降的曲线，概率趋于 0 时无限升高，概率为 1 时为 0。标出：{marks}。",
    )


@styled
def entropy_as_area(names, probabilities) -> Illustration:
    """熵是面积：每个结果一个矩形，宽是概率，高是自信息。

    Parameters
    ----------
    names : sequence of str, 长度 K
        结果的名字；狗猫马豹用全书固定的颜色。
    probabilities : array_like, 形状 (K,)
        概率分布，各项为正。
    """
    p = np.asarray(probabilities, dtype=float)
    heights = self_information(p)
    mean = float(entropy(p))
    fig, ax = canvas(6.4, 3.9)
    left = 0.0
    for name, width, height in zip(names, p, heights, strict=True):
        color = ANIMAL_COLORS.get(name, MUTED)
        ax.add_patch(
            Rectangle((left, 0), width, height, fc=(color, 0.18), ec=color, lw=1.6, label=name)
        )
        center = left + width / 2
        ax.text(center, height + 0.08, name, ha="center", va="bottom", color=color)
        wide = width > 0.3
        ax.text(
            center,
            min(height, mean) / 2,
            f"{'面积 ' if wide else ''}{width * height:.4f}",
            ha="center",
            va="center",
            rotation=0 if wide else 90,
            fontsize=11,
        )
        left += width
    ax.axhline(mean, color=LOSS, ls="--", lw=1.6)
    ax.text(0.015, mean + 0.07, f"平均高度 = 总面积 = 熵 {mean:.4f} 比特", color=LOSS, va="bottom")
    ax.set(xlim=(0, 1), ylim=(0, heights.max() * 1.12), xticks=np.linspace(0, 1, 6))
    ax.set_xlabel("概率（矩形的宽）")
    ax.set_ylabel("自信息（矩形的高，比特）")
    ax.set_title("常见的低而宽，罕见的高而窄")
    parts = "，".join(
        f"{name}宽 {w:.3f} 高 {h:.4f}" for name, w, h in zip(names, p, heights, strict=True)
    )
    return Illustration(
        fig,
        caption="每个矩形宽是概率、高是自信息，面积是它对熵的贡献；虚线是把四块面积摊平后的高度。",
        alt=f"并排的矩形：{parts}（比特）。总面积等于熵，{mean:.4f} 比特。",
    )


@styled
def codeword_tree(names, probabilities, codes, questions) -> Illustration:
    """前缀码的提问树，以及每个码字占去的份额。

    Parameters
    ----------
    names : sequence of str, 长度 K
        符号的名字。
    probabilities : array_like, 形状 (K,)
        各符号的概率。
    codes : sequence of str, 长度 K
        各符号的码字，由 0、1 组成，构成前缀码。
    questions : dict of str to str
        内部结点（码字的前缀，根是空串）上的是非题；回答“是”走 1。
    """
    depth = max(map(len, codes))
    right = depth + 2.1

    def middle(prefix: str) -> float:
        return (int("0" + prefix, 2) + 0.5) / 2 ** len(prefix)

    fig, ax = canvas(6.4, 3.9)
    for name, p, code in zip(names, probabilities, codes, strict=True):
        size = 2.0 ** -len(code)
        color = ANIMAL_COLORS.get(name, MUTED)
        ax.add_patch(
            Rectangle(
                (len(code), middle(code) - size / 2 + 0.006),
                right - len(code),
                size - 0.012,
                fc=(color, 0.18),
                ec=color,
                lw=1.6,
                label=name,
            )
        )
        ax.text(depth + 0.08, middle(code), f"{name}　码字 {code}", va="center", color=color)
        ax.text(right - 0.08, middle(code), f"概率 {p:.3f}", va="center", ha="right", fontsize=11)
    for prefix, question in questions.items():
        x, y = len(prefix), middle(prefix)
        for digit in "10":
            child = middle(prefix + digit)
            ax.plot([x, x + 1], [y, child], color=INK, lw=1.4, zorder=1)
            ax.text(
                x + 0.62, y + 0.62 * (child - y), digit, ha="center", va="center", fontsize=11,
                bbox={"boxstyle": "circle,pad=0.12", "fc": "white", "ec": "none"},
            )  # fmt: skip
        ax.text(
            x, y, question, ha="center", va="center", fontsize=11,
            bbox={"boxstyle": "round,pad=0.25", "fc": "white", "ec": INK, "lw": 0.9},
        )  # fmt: skip
    ax.set(xlim=(-0.42, right + 0.02), ylim=(-0.01, 1.01), yticks=[])
    ax.set_xticks(range(1, depth + 1), [f"答完第 {i} 题" for i in range(1, depth + 1)])
    ax.tick_params(axis="x", length=0, labelsize=11)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title("越可能的越早问到，码字越短")
    parts = "，".join(
        f"{name}的码字是 {code}，占 1/{2 ** len(code)}"
        for name, code in zip(names, codes, strict=True)
    )
    return Illustration(
        fig,
        caption="提问树：答“是”走 1，答“否”走 0，一路的答案就是码字。"
        "每个码字占住一条横带，带的高度是 $2^{-\\ell}$，全部横带的高度之和不能超过 1。",
        alt=f"从左向右分叉的提问树。{parts}。",
    )


@styled
def block_code_rate(rates, measured, entropy_bits) -> Illustration:
    """分组编码的平均码长随组长下降，趋近熵。

    Parameters
    ----------
    rates : array_like, 形状 (n,)
        组长 1 到 n 时每个符号的理论平均码长，单位比特。
    measured : array_like, 形状 (n,)
        在抽样序列上量出的平均码长，单位比特。
    entropy_bits : float
        单个符号的熵，单位比特。
    """
    rates, measured = np.asarray(rates, dtype=float), np.asarray(measured, dtype=float)
    sizes = np.arange(1, len(rates) + 1)
    fine = np.linspace(1, len(rates), 101)
    top = entropy_bits + 0.56
    fig, ax = canvas(6.4, 3.8)
    ax.fill_between(fine, entropy_bits, np.minimum(entropy_bits + 1 / fine, top), color=PALE, lw=0)
    ax.text(2.1, entropy_bits + 0.17, "理论保证的范围：\n不超过熵 + 1/组长", color=INK, va="center")
    ax.plot(sizes, rates, "o-", color=PREDICTED, ms=6)
    ax.plot(sizes, measured, "x", color=INK, ms=8, mew=1.8)
    ax.annotate(
        f"逐个编码 {rates[0]:.4f}",
        (1, rates[0]),
        xytext=(8, 10),
        textcoords="offset points",
        color=PREDICTED,
    )
    ax.annotate(
        f"{rates[-1]:.4f}",
        (sizes[-1], rates[-1]),
        xytext=(0, 12),
        textcoords="offset points",
        color=PREDICTED,
        ha="center",
    )
    ax.axhline(entropy_bits, color=TRUE, ls="--", lw=1.8)
    ax.text(1, entropy_bits - 0.015, f"熵 {entropy_bits:.4f}", color=TRUE, va="top")
    ax.text(sizes[-1] + 0.2, entropy_bits - 0.02, "× 抽样量得", va="top", ha="right")
    ax.set(xlim=(0.8, len(rates) + 0.25), ylim=(entropy_bits - 0.09, top), xticks=sizes)
    ax.set_xlabel("几个符号编成一组")
    ax.set_ylabel("平均码长（比特 / 符号）")
    ax.set_title("合起来编，平均码长贴近熵")
    return Illustration(
        fig,
        caption="圆点是理论平均码长 $L_n/n$，叉号是在抽样序列上量出的值；"
        "灰色区域是定理保证的范围。",
        alt=f"每个符号的平均码长从组长 1 的 {rates[0]:.4f} 比特降到组长 {sizes[-1]} 的 "
        f"{rates[-1]:.4f} 比特，始终不低于熵 {entropy_bits:.4f} 比特；中途可以略有回升。",
    )


def _binary_entropy(p) -> np.ndarray:
    p = np.asarray(p, dtype=float)
    return entropy(np.stack([p, 1 - p], axis=-1))


@styled
def binary_entropy_curve(marks, chord) -> Illustration:
    """二元熵曲线，标出若干点，并画一条弦表明曲线是凹的。

    Parameters
    ----------
    marks : array_like, 形状 (n,)
        要标出的概率。
    chord : tuple of float, 长度 2
        弦的两个端点的概率。
    """
    marks = np.asarray(marks, dtype=float)
    values = _binary_entropy(marks)
    fig, ax = canvas(6.4, 3.9)
    half = np.linspace(0, np.sqrt(0.5), 61) ** 2  # 两端陡，点取密些
    grid = np.concatenate([half, 1 - half[-2::-1]])
    ax.plot(grid, _binary_entropy(grid), color=TRUE)
    ends = np.asarray(chord, dtype=float)
    ax.plot(ends, _binary_entropy(ends), color=MUTED, ls="--", lw=1.5, marker="s", ms=5)
    center = ends.mean()
    low, high = _binary_entropy(ends).mean(), _binary_entropy(center)
    ax.annotate(
        "", (center, high), xytext=(center, low), arrowprops={"arrowstyle": "->", "color": LOSS}
    )
    ax.text(center + 0.02, low - 0.09, "混合后的熵高于\n两端熵的平均", color=LOSS, va="top")
    for p, value in zip(marks, values, strict=True):
        ax.plot(p, value, "o", color=TRUE, ms=7)
        if np.isclose(p, 0.5):
            place = {"xytext": (0, 8), "ha": "center"}
        else:
            place = {"xytext": (9 if p > 0.5 else -9, 3), "ha": "left" if p > 0.5 else "right"}
        ax.annotate(
            f"$p={p:g}$：{value:.4f}", (p, value), textcoords="offset points", color=TRUE, **place
        )
    ax.set(xlim=(0, 1.16), ylim=(0, 1.16), xticks=np.linspace(0, 1, 6), yticks=[0, 0.5, 1])
    ax.set_xlabel("出现正面的概率 $p$")
    ax.set_ylabel("熵（比特）")
    ax.set_title("越接近一半，越难猜")
    parts = "，".join(f"p={p:g} 时 {v:.4f}" for p, v in zip(marks, values, strict=True))
    return Illustration(
        fig,
        caption="二元熵。虚线是弦，曲线在弦的上方，所以熵是凹函数；两端的切线是竖直的。",
        alt=f"一条左右对称的拱形曲线，两端为 0。熵（比特）：{parts}。"
        f"弦的中点 {low:.4f} 低于曲线上的 {high:.4f}。",
    )


@styled
def entropy_on_simplex(names, resolution: int = 180) -> Illustration:
    """三类分布的熵：三角形里的每一点是一个分布，颜色是熵。

    Parameters
    ----------
    names : sequence of str, 长度 3
        三个类的名字，依左下、右下、上的次序。
    resolution : int
        热力图每边的格数。
    """
    x = (np.arange(resolution) + 0.5) / resolution
    y = x[:, None] * _HEIGHT
    top = np.broadcast_to(y / _HEIGHT, (resolution, resolution))
    right = x - top / 2
    shares = np.clip(np.stack([1 - top - right, right, top], axis=-1), 0, None)
    values = entropy(shares / shares.sum(-1, keepdims=True))
    limit = float(entropy(np.full(3, 1 / 3)))
    fig, ax = canvas(6.2, 4.6)
    corners = np.array([[0, 0], [1, 0], [0.5, _HEIGHT]])
    triangle = Polygon(corners, fc="none", ec=INK, lw=1.2)
    ax.add_patch(triangle)
    image = ax.imshow(
        values, origin="lower", extent=(0, 1, 0, _HEIGHT), cmap="cividis", vmin=0, vmax=limit,
        interpolation="nearest",
    )  # fmt: skip
    image.set_clip_path(triangle)
    step = max(resolution // 60, 1)
    lines = ax.contour(
        x[::step], y[::step, 0], values[::step, ::step], levels=[0.5, 1, 1.5],
        colors=["white", INK, INK], linewidths=1,
    )  # fmt: skip
    lines.set_clip_path(triangle)
    for place, text in zip([(0, -0.03), (1, -0.03), (0.5, _HEIGHT + 0.03)], names, strict=True):
        ax.text(*place, f"全是{text}：0", ha="center", va="top" if place[1] < 0 else "bottom")
    uniform = corners.mean(axis=0)
    ax.plot(*uniform, "o", color=INK, ms=6)
    ax.text(uniform[0], uniform[1] + 0.03, f"均匀\n{limit:.3f}", ha="center", va="bottom")
    half = float(entropy([0.5, 0.5, 0]))
    ax.plot(0.5, 0, "o", color=INK, ms=6, clip_on=False)
    ax.text(0.5, -0.03, f"两类各半：{half:g}", ha="center", va="top")
    bar = fig.colorbar(image, ax=ax, shrink=0.86, pad=0.03)
    bar.add_lines(lines)
    bar.set_label("熵（比特）")
    bar.set_ticks([0, 0.5, 1, 1.5])
    ax.set(xlim=(-0.13, 1.13), ylim=(-0.12, _HEIGHT + 0.1), aspect="equal")
    ax.set_axis_off()
    ax.set_title("越靠近正中，熵越大")
    return Illustration(
        fig,
        caption="三角形里的一点是三类上的一个分布，离哪个角越近，那一类的概率越大；"
        "线是熵为 1/2、1、3/2 比特的等高线。",
        alt=f"三角形热力图：三个角上熵为 0，边的中点为 {half:g} 比特，"
        f"正中最亮，为 {limit:.3f} 比特；等高线一圈套一圈，没有凹进去的地方。",
    )


@styled
def uniform_densities(widths) -> Illustration:
    """几个宽度不同的均匀分布：面积都是 1，微分熵是 ``log2(宽度)``。

    Parameters
    ----------
    widths : array_like, 形状 (n,)
        区间 [0, a] 的长度 a，从小到大。
    """
    widths = np.asarray(widths, dtype=float)
    values = np.log2(widths)
    fig, ax = canvas(6.4, 3.6)
    for a, h in zip(widths[::-1], values[::-1], strict=True):
        negative = h < 0
        color = LOSS if negative else TRUE
        ax.add_patch(
            Rectangle(
                (0, 0), a, 1 / a, fc=(color, 0.12), ec=color, lw=2, ls="--" if negative else "-"
            )
        )
        ax.annotate(
            f"$a={a:g}$：{h:g} 比特".replace("-", "−"),
            (a, 1 / a),
            xytext=(5, 3),
            textcoords="offset points",
            color=color,
        )
    ax.axhline(1, color=MUTED, lw=1, ls=":")
    ax.text(widths[-1] * 1.3, 1.02, "密度 = 1", color=MUTED, ha="right", va="bottom", fontsize=11)
    ax.set(xlim=(0, widths[-1] * 1.3), ylim=(0, 1.18 / widths[0]))
    ax.set_xlabel("变量的取值 $x$")
    ax.set_ylabel("概率密度 $f(x)$")
    ax.set_title("密度高过 1，微分熵就成了负数")
    parts = "，".join(f"a={a:g} 时 {h:g}" for a, h in zip(widths, values, strict=True))
    return Illustration(
        fig,
        caption="区间 $[0,a]$ 上的均匀分布，每个矩形面积都是 1；标出的是微分熵 $\\log_2 a$。",
        alt=f"几个面积为 1 的矩形，越窄越高。微分熵（比特）：{parts}；高过 1 的矩形微分熵为负。",
    )


@styled
def quantized_entropy(widths, entropies, differential) -> Illustration:
    """把连续变量切成宽 Δ 的格子：离散熵不断增大，加上 ``log2 Δ`` 后收敛。

    Parameters
    ----------
    widths : array_like, 形状 (n,)
        格子的宽度 Δ，从大到小。
    entropies : array_like, 形状 (n,)
        离散化以后的熵，单位比特。
    differential : float
        微分熵，单位比特。
    """
    widths, entropies = np.asarray(widths, dtype=float), np.asarray(entropies, dtype=float)
    corrected = entropies + np.log2(widths)
    steps = np.arange(len(widths))
    fig, ax = canvas(6.4, 3.8)
    ax.axhline(differential, color=TRUE, ls="--", lw=1.6)
    ax.plot(steps, entropies, "s-", color=MUTED, ms=5)
    ax.plot(steps, corrected, "o-", color=PREDICTED, ms=6)
    ax.annotate(
        "离散熵：每细一倍，多 1 比特",
        (steps[-2], entropies[-2]),
        xytext=(-10, 0),
        textcoords="offset points",
        color=MUTED,
        ha="right",
    )
    ax.annotate(
        r"离散熵 + $\log_2\Delta$",
        (steps[1], corrected[1]),
        xytext=(8, 6),
        textcoords="offset points",
        color=PREDICTED,
    )
    ax.text(
        steps[-1], differential - 0.14, f"微分熵 {differential:.4f}", color=TRUE, va="top",
        ha="right",
    )  # fmt: skip
    labels = [f"{w:g}" if w >= 1 else f"1/{1 / w:g}" for w in widths]
    ax.set_xticks(steps, labels)
    ax.set(ylim=(0, max(entropies.max(), corrected.max()) * 1.06))
    ax.set_xlabel("格子的宽度 Δ（往右越来越细）")
    ax.set_ylabel("熵（比特）")
    ax.set_title("扣掉格子的精度，剩下微分熵")
    return Illustration(
        fig,
        caption="方块是离散化以后的熵 $H(X^\\Delta)$，它随格子变细无限增大；"
        "圆点加上了 $\\log_2\\Delta$，趋于虚线处的微分熵。",
        alt=f"格宽从 {labels[0]} 缩小到 {labels[-1]}：离散熵从 {entropies[0]:.4f} 比特升到 "
        f"{entropies[-1]:.4f} 比特，加上格宽的对数后从 {corrected[0]:.4f} 降到 "
        f"{corrected[-1]:.4f} 比特，微分熵是 {differential:.4f} 比特。",
    )
