"""第 1 章的插图。"""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from lib.figures._style import (
    ANIMAL_COLORS,
    FIXED,
    INK,
    LOSS,
    MUTED,
    PAPER,
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
    fig, ax = canvas(4.8, 4.4)
    grid = np.geomspace(1 / 40, 1, 120)
    ax.plot(grid, self_information(grid), color=LOSS)
    for name, p, value in zip(names, probabilities, bits, strict=True):
        color = ANIMAL_COLORS["狗"] if "狗" in name else INK
        ax.plot([p, p, 0], [0, value, value], color=MUTED, lw=0.9, ls=":")
        ax.plot(p, value, "o", ms=8, color=color, zorder=3)
        low = value < 0.5  # 贴近横轴的点，文字分成两行，免得与前一个相碰
        ax.annotate(
            f"{name}{chr(10) if low else '：'}{value:.4g} 比特",
            (p, value),
            xytext=(8, 6) if low else (11, 13),
            textcoords="offset points",
            color=color,
            linespacing=1.3,
        )
    ax.set(xlim=(0, 1.08), ylim=(0, 5.4), xticks=np.linspace(0, 1, 6))
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
        alt="曲线向右下降，概率越大自信息越小；概率趋于 0 时无限升高，概率为 1 时为 0。"
        f"标出：{marks}。",
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
    areas = p * heights
    mean = float(entropy(p))
    fig, ax = canvas(4.8, 4.4)
    left = 0.0
    for name, width, height, area in zip(names, p, heights, areas, strict=True):
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
            f"{'面积 ' if wide else ''}{area:.4f}",
            ha="center",
            va="center",
            rotation=0 if wide else 90,
            fontsize=11,
        )
        left += width
    ax.axhline(mean, color=LOSS, ls="--", lw=1.6)
    ax.text(0.015, mean + 0.07, f"总面积 = 熵 {mean:.4f} 比特", color=LOSS, va="bottom")
    ax.set(xlim=(0, 1), ylim=(0, heights.max() * 1.12), xticks=np.linspace(0, 1, 6))
    ax.set_xlabel("概率（矩形的宽）")
    ax.set_ylabel("自信息（矩形的高，比特）")
    rest = 1 - areas[0] / mean
    ax.set_title(f"{names[0]}以外的 {len(p) - 1} 种，占熵的 {rest:.0%}")
    parts = "，".join(
        f"{name}宽 {w:.3f} 高 {h:.4f} 面积 {area:.4f}"
        for name, w, h, area in zip(names, p, heights, areas, strict=True)
    )
    return Illustration(
        fig,
        caption="每个矩形宽是概率、高是自信息，面积是它对熵的贡献；虚线是把各块面积摊平后的高度。",
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

    def middle(prefix: str) -> float:
        return (int("0" + prefix, 2) + 0.5) / 2 ** len(prefix)

    fig, ax = canvas(4.8, 5.0)
    top, bottom = depth + 0.25, depth + 1.3  # 横带的上下边，纵轴朝下
    for name, p, code in zip(names, probabilities, codes, strict=True):
        size = 2.0 ** -len(code)
        color = ANIMAL_COLORS.get(name, MUTED)
        left = middle(code) - size / 2 + 0.006
        ax.add_patch(
            Rectangle(
                (left, top), size - 0.012, bottom - top, fc=(color, 0.18), ec=color, lw=1.6,
                label=name,
            )
        )  # fmt: skip
        ax.plot([middle(code)] * 2, [len(code), top], color=color, lw=1.2, ls=":", zorder=1)
        ax.text(
            middle(code), (top + bottom) / 2, f"{name}\n{code}\n{p:.3f}", ha="center", va="center",
            color=color, linespacing=1.5,
        )  # fmt: skip
    for prefix, question in questions.items():
        x, y = middle(prefix), len(prefix)
        for digit in "10":
            child = middle(prefix + digit)
            ax.plot([x, child], [y, y + 1], color=INK, lw=1.4, zorder=1)
            ax.text(
                x + 0.66 * (child - x), y + 0.66, digit, ha="center", va="center_baseline",
                fontsize=11, bbox={"boxstyle": "circle,pad=0.12", "fc": PAPER, "ec": "none"},
            )  # fmt: skip
        ax.text(
            x, y, question, ha="center", va="center", fontsize=11,
            bbox={"boxstyle": "round,pad=0.25", "fc": PAPER, "ec": INK, "lw": 0.9},
        )  # fmt: skip
    ax.set(xlim=(-0.005, 1.005), ylim=(bottom + 0.02, -0.3), xticks=[])
    ax.set_yticks(
        [*range(1, depth + 1), (top + bottom) / 2],
        [*(f"{i} 题" for i in range(1, depth + 1)), "动物\n码字\n概率"],
        linespacing=1.5,
    )
    ax.tick_params(axis="y", length=0, labelsize=11)
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
        "每个码字在底下占住一格，宽 $2^{-\\ell}$，全部格子的总宽不能超过 1。",
        alt=f"从上向下分叉的提问树。{parts}。",
    )


@styled
def block_code_rate(rates, entropy_bits) -> Illustration:
    """分组编码比熵多花的比特，随组长减少。

    Parameters
    ----------
    rates : array_like, 形状 (n,)
        组长 1 到 n 时每个符号的理论平均码长，单位比特。
    entropy_bits : float
        单个符号的熵，单位比特。
    """
    excess = np.asarray(rates, dtype=float) - entropy_bits
    sizes = np.arange(1, len(excess) + 1)
    fig, ax = canvas(4.8, 3.9)
    fine = np.geomspace(1, sizes[-1], 61)
    ax.plot(fine, 1 / fine, color=MUTED, ls="--", lw=1.6)
    ax.text(sizes[-1], 1.35 / sizes[-1], "上界 1/组长", color=MUTED, ha="right", va="bottom")
    ax.plot(sizes, excess, "o-", color=LOSS, ms=7)
    for i, (size, value) in enumerate(zip(sizes, excess, strict=True)):
        rises = i > 0 and value > excess[i - 1]
        falls_next = i + 1 < len(excess) and value > excess[i + 1]
        if rises:
            place = {"xytext": (0, 9), "ha": "center"}
        elif falls_next:
            place = {"xytext": (7, 5), "ha": "left"}
        else:
            place = {"xytext": (0, -20), "ha": "center"}
        ax.annotate(f"{value:.4f}", (size, value), textcoords="offset points", color=LOSS, **place)
    ax.set(
        yscale="log", xlim=(0.75, sizes[-1] + 0.45), ylim=(excess.min() / 2.7, 1.6), xticks=sizes
    )
    decades = np.arange(np.floor(np.log10(excess.min())), 1)
    shown = [10.0**d for d in decades if 10.0**d >= excess.min() / 2.7]
    ax.set_yticks(shown, [f"{value:g}" for value in shown])
    ax.minorticks_off()
    ax.set_xlabel("几个符号编成一组")
    ax.set_ylabel("每个符号比熵多花的比特")
    ax.set_title(f"合起来编，多花的从 {excess[0]:.2f} 降到 {excess[-1]:.3f}")
    listed = "、".join(f"{value:.4f}" for value in excess)
    return Illustration(
        fig,
        caption="最短前缀码平均每个符号比熵多花的比特 $L_n/n-H$，纵轴是对数刻度；"
        "虚线是式 (1.6) 保证的上界 $1/n$。",
        alt=f"组长从 1 到 {sizes[-1]}，每个符号比熵多花的比特依次是 {listed}，"
        "总的趋势向下，都远低于上界。",
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
    fig, ax = canvas(4.8, 4.1)
    half = np.linspace(0, np.sqrt(0.5), 61) ** 2  # 两端陡，点取密些
    grid = np.concatenate([half, 1 - half[-2::-1]])
    ax.plot(grid, _binary_entropy(grid), color=LOSS)
    ends = np.asarray(chord, dtype=float)
    ax.plot(ends, _binary_entropy(ends), color=MUTED, ls="--", lw=1.5, marker="s", ms=5)
    center = ends.mean()
    low, high = _binary_entropy(ends).mean(), _binary_entropy(center)
    ax.annotate(
        "", (center, high), xytext=(center, low), arrowprops={"arrowstyle": "->", "color": INK}
    )
    ax.text(
        center + 0.02, low - 0.08, f"混合后 {high:.4f}，\n高于平均 {low:.4f}", va="top",
        linespacing=1.4,
    )  # fmt: skip
    for p, value in zip(marks, values, strict=True):
        ax.plot(p, value, "o", color=LOSS, ms=7)
        if np.isclose(p, 0.5):
            place = {"xytext": (0, 8), "ha": "center"}
        else:
            place = {"xytext": (9 if p > 0.5 else -9, 3), "ha": "left" if p > 0.5 else "right"}
        label = f"$p={p:g}$" + ("\n" if p > 0.5 else "：") + f"{value:.4f}"
        ax.annotate(
            label, (p, value), textcoords="offset points", color=LOSS, linespacing=1.3, **place
        )
    ax.set(xlim=(0, 1.12), ylim=(0, 1.16), xticks=np.linspace(0, 1, 6), yticks=[0, 0.5, 1])
    ax.set_xlabel("出现正面的概率 $p$")
    ax.set_ylabel("熵（比特）")
    ax.set_title("越接近一半，越难猜")
    parts = "，".join(f"p={p:g} 时 {v:.4f}" for p, v in zip(marks, values, strict=True))
    return Illustration(
        fig,
        caption="二元熵。虚线是弦，箭头从弦的中点（两枚硬币的熵的平均）指到曲线（混合后的熵）；"
        "曲线在 $p=0$ 与 $p=1$ 处的切线是竖直的。",
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
    fig, ax = canvas(4.8, 4.9)
    corners = np.array([[0, 0], [1, 0], [0.5, _HEIGHT]])
    triangle = Polygon(corners, fc="none", ec=INK, lw=1.2)
    ax.add_patch(triangle)
    image = ax.imshow(
        values, origin="lower", extent=(0, 1, 0, _HEIGHT), cmap="cividis", vmin=0, vmax=limit,
    )  # fmt: skip
    image.set_clip_path(triangle)
    step = max(resolution // 60, 1)
    lines = ax.contour(
        x[::step], y[::step, 0], values[::step, ::step], levels=[0.5, 1, 1.5],
        colors=["white", INK, INK], linewidths=1.2,
    )  # fmt: skip
    lines.set_gid(FIXED)
    lines.set_clip_path(triangle)
    for place, text in zip([(0, -0.03), (1, -0.03), (0.5, _HEIGHT + 0.03)], names, strict=True):
        ax.text(*place, f"全是{text}：0", ha="center", va="top" if place[1] < 0 else "bottom")
    on_picture = {"color": INK, "gid": FIXED}
    uniform = corners.mean(axis=0)
    ax.plot(*uniform, "o", ms=6, **on_picture)
    for shift, text, va in ((0.02, "均匀", "bottom"), (-0.03, f"{limit:.3f}", "top")):
        ax.text(uniform[0], uniform[1] + shift, text, ha="center", va=va, **on_picture)
    half = float(entropy([0.5, 0.5, 0]))
    ax.plot(0.5, 0, "o", color=INK, ms=6, clip_on=False)
    ax.text(0.5, -0.03, f"两类各半：{half:g}", ha="center", va="top")
    bar = fig.colorbar(image, ax=ax, orientation="horizontal", shrink=0.8, aspect=28, pad=0.02)
    bar.add_lines(lines)
    bar.lines[0].set_gid(FIXED)
    bar.set_label("熵（比特）")
    bar.set_ticks([0, 0.5, 1, 1.5])
    ax.set(xlim=(-0.13, 1.13), ylim=(-0.12, _HEIGHT + 0.1), aspect="equal")
    ax.set_axis_off()
    ax.set_title("角上为 0，正中最大")
    return Illustration(
        fig,
        caption="三角形里的一点是三类上的一个分布，到某个角的对边越远，那一类的概率越大。"
        "三种等高线由外到内是熵为 1/2（白线）、1、3/2 比特。",
        alt=f"三角形热力图：三个角上熵为 0，正中最亮，为 {limit:.3f} 比特。3/2 比特的等高线是"
        f"绕正中的一圈；{half:g} 比特的碰到三条边的中点；1/2 比特的分成三段，各切去一个角；"
        "每条线靠正中的一侧都没有凹进去的地方。",
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
    fig, ax = canvas(4.8, 3.7)
    for a, h in zip(widths[::-1], values[::-1], strict=True):
        ax.add_patch(
            Rectangle((0, 0), a, 1 / a, fc=(MUTED, 0.1), ec=INK, lw=2, ls="--" if h < 0 else "-")
        )
        ax.annotate(
            f"$a={a:g}$：{h:g} 比特".replace("-", "−"),
            (a, 1 / a),
            xytext=(5, 4),
            textcoords="offset points",
            color=LOSS,
        )
    ax.axhline(1, color=MUTED, lw=1, ls=":")
    right = widths[-1] * 1.45
    ax.text(right, 1.03, "密度 = 1", color=MUTED, ha="right", va="bottom", fontsize=11)
    ax.set(xlim=(0, right), ylim=(0, 1.18 / widths[0]))
    ax.set_xlabel("变量的取值 $x$")
    ax.set_ylabel("概率密度 $f(x)$")
    ax.set_title("均匀分布窄于 1，微分熵为负")
    parts = "，".join(f"a={a:g} 时 {h:g}" for a, h in zip(widths, values, strict=True))
    return Illustration(
        fig,
        caption="区间 $[0,a]$ 上的均匀分布，每个矩形面积都是 1；标出的是微分熵 $\\log_2 a$。",
        alt=f"几个面积为 1 的矩形，越窄越高。微分熵（比特）：{parts}；"
        "窄于 1 的矩形密度高过 1，微分熵为负。",
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
    fig, ax = canvas(4.8, 4.2)
    ax.axhline(differential, color=INK, ls="--", lw=1.4)
    ax.plot(steps, entropies, "s-", color=MUTED, ms=5)
    ax.plot(steps, corrected, "o-", color=LOSS, ms=6)
    ax.annotate(
        "离散熵：格子够细后，\n每细一倍约多 1 比特",
        (steps[-2], entropies[-2]),
        xytext=(-10, 2),
        textcoords="offset points",
        color=MUTED,
        ha="right",
        multialignment="left",
        linespacing=1.4,
    )
    ax.annotate(
        r"离散熵 + $\log_2\Delta$",
        (steps[1], corrected[1]),
        xytext=(8, 6),
        textcoords="offset points",
        color=LOSS,
    )
    ax.text(
        steps[-1], differential - 0.18, f"微分熵 {differential:.4f}", va="top", ha="right",
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
