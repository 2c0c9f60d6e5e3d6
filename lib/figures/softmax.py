"""第 4 章的插图。"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

import lib
from lib.figures._style import (
    ANIMAL_COLORS,
    ANIMAL_HATCHES,
    ANIMALS,
    FIXED,
    INK,
    LOSS,
    MUTED,
    PAPER,
    PREDICTED,
    TRUE,
    Illustration,
    canvas,
    styled,
)

__all__ = [
    "float32_loss_staircase",
    "jacobian_heatmap",
    "recovery_from_mistake",
    "scores_to_shares",
    "squared_error_gives_up",
    "temperature_curves",
]


@styled
def scores_to_shares(z) -> Illustration:
    """上：四个得分在指数曲线上的高度；下：各高度占总高度的份额，即 softmax。

    Parameters
    ----------
    z : array_like, 形状 (4,)
        狗、猫、马、豹的得分（无单位）。
    """
    z = np.asarray(z, dtype=float)
    heights, shares = np.exp(z), lib.softmax(z)
    fig, (curve, strip) = canvas(4.9, 4.6, 2, 1, height_ratios=[3.4, 1])
    grid = np.linspace(min(z.min(), 0) - 0.4, z.max() + 0.15, 120)
    curve.plot(grid, np.exp(grid), color=MUTED, linewidth=1.6)
    for name, x, y in zip(ANIMALS, z, heights, strict=True):
        curve.plot([x, x], [0, y], color=ANIMAL_COLORS[name], marker="o", markevery=[1])
        tallest = y == heights.max()  # 它的右边是曲线，文字放到左边
        curve.annotate(
            f"{name}\n{y:.2f}",
            (x, y),
            xytext=(-8, 0) if tallest else (0, 8),
            textcoords="offset points",
            ha="right" if tallest else "center",
            va="bottom",
            color=ANIMAL_COLORS[name],
            linespacing=1.25,
        )
    curve.set(ylim=(0, heights.max() * 1.2), xticks=z, xlabel="得分 $z$", ylabel=r"$e^z$")
    first, second = np.argsort(z)[::-1][:2]
    curve.set_title(
        f"{ANIMALS[first]}只比{ANIMALS[second]}高 {z[first] - z[second]:.1f} 分，"
        f"份额却是 {shares[first] / shares[second]:.1f} 倍"
    )

    left = 0.0
    for k, (name, share) in enumerate(zip(ANIMALS, shares, strict=True)):
        strip.barh(
            0,
            share,
            left=left,
            height=0.8,
            color=ANIMAL_COLORS[name],
            hatch=ANIMAL_HATCHES[name],
            edgecolor=PAPER,
        )
        # 后三份都窄：马的文字放到下边，猫的靠右、豹的靠左，免得相撞。
        strip.text(
            left + share * (0.5, 1, 0.5, 0)[k],
            -0.52 if k == 2 else 0.5,
            f"{name} {share:.3f}",
            color=ANIMAL_COLORS[name],
            ha=("center", "right", "center", "left")[k],
            va="top" if k == 2 else "bottom",
        )
        left += share
    strip.set(xlim=(-0.01, 1.09), ylim=(-1.25, 1.1))
    strip.axis("off")
    strip.text(0, -0.52, "四份合起来是 1", color=MUTED, va="top")
    return Illustration(
        fig,
        caption=(
            "上：横轴是得分，四根竖线的高是 $e^{z_k}$，全是正数；"
            "下：每根竖线占总高度的份额，就是四类的概率。"
        ),
        alt=(
            "指数曲线上立着四根竖线，高度依次是"
            + "、".join(f"{n} {h:.2f}" for n, h in zip(ANIMALS, heights, strict=True))
            + "，狗远高于其余三类；下面一根长条按高度分成四段："
            + "、".join(f"{n} {s:.3f}" for n, s in zip(ANIMALS, shares, strict=True))
            + "。"
        ),
    )


@styled
def temperature_curves(z, temperatures) -> Illustration:
    """四类概率随温度的变化：横轴温度（对数刻度，无单位），纵轴概率。

    Parameters
    ----------
    z : array_like, 形状 (4,)
        狗、猫、马、豹的得分。
    temperatures : array_like, 形状 (M,)
        从小到大的正数。
    """
    z, temperatures = np.asarray(z, dtype=float), np.asarray(temperatures, dtype=float)
    p = np.array([lib.softmax(z, temperature=float(T)) for T in temperatures])
    uniform = 1 / len(z)
    fig, ax = canvas(4.9, 4.0)
    ax.set_xscale("log")
    ax.axhline(uniform, color=MUTED, linewidth=1, linestyle=":")
    ax.axvline(1, color=MUTED, linewidth=1, linestyle="--")
    styles = {"狗": "-", "猫": "--", "马": "-.", "豹": (0, (1, 1))}
    for k, name in enumerate(ANIMALS):
        ax.plot(temperatures, p[:, k], color=ANIMAL_COLORS[name], linestyle=styles[name])
    at_one = lib.softmax(z)
    for k, (dy, va) in {0: (7, "bottom"), 1: (5, "bottom"), 2: (-13, "top")}.items():
        ax.annotate(
            f"{ANIMALS[k]} {at_one[k]:.3f}",
            (1, at_one[k]),
            xytext=(8 if k == 0 else -6, dy),
            textcoords="offset points",
            color=ANIMAL_COLORS[ANIMALS[k]],
            va=va,
            ha="left" if k == 0 else "right",
        )
    # 豹夹在猫与马之间，从右边引一条线过来。
    ax.annotate(
        f"豹 {at_one[3]:.3f}",
        (1.04, at_one[3]),
        xytext=(42, -16),
        textcoords="offset points",
        color=ANIMAL_COLORS["豹"],
        va="center",
        arrowprops={"arrowstyle": "-", "color": ANIMAL_COLORS["豹"], "linewidth": 1},
    )
    ax.text(temperatures[-1], uniform + 0.04, f"均匀：{uniform:g}", color=MUTED, ha="right")
    ax.text(temperatures[0] * 1.1, 0.95, "只剩得分\n最高的一类", color=MUTED, va="top")
    ax.set(
        xlim=(temperatures[0], temperatures[-1]),
        ylim=(-0.13, 1.04),
        yticks=[0, 0.25, 0.5, 0.75, 1],
        xlabel="温度 $T$（对数刻度）",
        ylabel="概率",
    )
    ax.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    ax.set_title("温度调自信，不调名次")
    return Illustration(
        fig,
        caption=(
            "同一组得分在不同温度下的四个概率。竖虚线 $T=1$ 是不加温度的 softmax；"
            "四条曲线从不相交。"
        ),
        alt=(
            f"四条曲线。温度 {temperatures[0]:g} 时狗的概率是 {p[0, 0]:.3f}，其余三类几乎为 0；"
            f"温度 1 时狗 {at_one[0]:.3f}、猫 {at_one[1]:.3f}、豹 {at_one[3]:.3f}、"
            f"马 {at_one[2]:.3f}；温度 {temperatures[-1]:g} 时四类都接近 {uniform:g}。"
            "次序始终是狗、猫、豹、马。"
        ),
    )


@styled
def jacobian_heatmap(z) -> Illustration:
    """softmax 在 ``z`` 处的雅可比矩阵（每单位得分的概率变化），格中写数值，右侧与下方写行和、列和。

    Parameters
    ----------
    z : array_like, 形状 (4,)
        狗、猫、马、豹的得分。
    """
    p = lib.softmax(np.asarray(z, dtype=float))
    jacobian = np.diag(p) - np.outer(p, p)
    fig, ax = canvas(4.9, 4.7)
    limit = float(np.abs(jacobian).max())
    shades = [(PREDICTED, 1), (PREDICTED, 0), (TRUE, 0), (TRUE, 1)]  # 0 是透明的
    diverging = LinearSegmentedColormap.from_list(
        "负零正", list(zip((0, 0.5, 0.5, 1), shades, strict=True))
    )
    ax.imshow(jacobian, cmap=diverging, vmin=-limit, vmax=limit)
    for (i, j), value in np.ndenumerate(jacobian):
        ax.text(
            j,
            i,
            f"{value:+.3f}".replace("-", "−"),
            ha="center",
            va="center",
            **({"color": "white", "gid": FIXED} if abs(value) > 0.7 * limit else {"color": INK}),
        )
    for i, total in enumerate(jacobian.sum(axis=1)):
        ax.text(4.05, i, f"{abs(total):.0f}", ha="center", va="center", color=MUTED)
    for j, total in enumerate(jacobian.sum(axis=0)):
        ax.text(j, 3.82, f"{abs(total):.0f}", ha="center", va="center", color=MUTED)
    ax.text(4.05, -0.66, "行和", ha="center", va="center", color=MUTED)
    ax.text(-0.78, 3.82, "列和", ha="center", va="center", color=MUTED)
    ax.set_xticks(range(4), [f"{n}" for n in ANIMALS])
    ax.set_yticks(range(4), [f"{n}" for n in ANIMALS])
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set(xlabel="谁的得分在变（列 $j$）", ylabel="谁的概率跟着变（行 $i$）")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title("一类得分上升，其余概率都下降", pad=14)
    return Illustration(
        fig,
        caption=(
            r"第 $i$ 行第 $j$ 列是 $\partial p_i/\partial z_j$：正数偏蓝，负数偏橙，"
            "颜色越浓绝对值越大。每行、每列之和都是 0。"
        ),
        alt=(
            "4×4 的热力图。对角线都是正数："
            + "、".join(f"{n} {v:.3f}" for n, v in zip(ANIMALS, jacobian.diagonal(), strict=True))
            + f"；其余各格都是负数，离 0 最远的是狗与猫之间的 {jacobian[0, 1]:.3f}"
            "。矩阵对称，每行、每列之和都是 0。"
        ),
    )


def _margin_scores(margins) -> np.ndarray:
    """猫比狗高出 ``margins`` 的四个得分，形状 (M, 4)；马与豹居中。"""
    half = np.asarray(margins, dtype=float) / 2
    zero = np.zeros_like(half)
    return np.stack([-half, half, zero, zero], axis=-1)


@styled
def squared_error_gives_up(margins) -> Illustration:
    """真实是狗：两种损失及其对狗的得分的梯度，横轴是猫的得分高出狗多少。

    Parameters
    ----------
    margins : array_like, 形状 (M,)
        猫与狗的得分之差 d，无单位；得分取 (-d/2, d/2, 0, 0)。
    """
    margins = np.asarray(margins, dtype=float)
    t = np.array([1.0, 0, 0, 0])
    p = lib.softmax(_margin_scores(margins))
    residual = p - t
    # 平方误差 Σ(p−t)² 的梯度 2J(p−t) 的第一个分量。
    inner = (p * residual).sum(axis=1)
    loss_ce = lib.categorical_cross_entropy(np.tile(t, (len(p), 1)), p, reduction="none")
    loss_se = (residual**2).sum(axis=1)
    pull_ce = -residual[:, 0]
    pull_se = -2 * p[:, 0] * (residual[:, 0] - inner)

    fig, (top, bottom) = canvas(4.9, 5.4, 2, 1, sharex=True)
    for ax, ce, se in ((top, loss_ce, loss_se), (bottom, pull_ce, pull_se)):
        ax.plot(margins, ce, color=LOSS)
        ax.plot(margins, se, color=MUTED, linestyle="--")
        ax.axvline(0, color=MUTED, linewidth=0.8, linestyle=":")
        ax.set(xlim=(margins[0], margins[-1]), xticks=np.linspace(margins[0], margins[-1], 5))
    top.set(ylabel="损失", ylim=(0, loss_ce.max() * 1.05))
    bottom.set(
        ylabel="往上推狗的力",
        ylim=(0, 1.12),
        yticks=[0, 0.5, 1],
        xlabel="猫的得分高出狗多少（左边答对，右边答错）",
    )
    at = round(0.9 * (len(margins) - 1))
    top.annotate(
        "交叉熵（奈特）",
        (margins[at], loss_ce[at]),
        xytext=(-8, 4),
        textcoords="offset points",
        ha="right",
        color=LOSS,
    )
    top.text(margins[-1], loss_se[-1] + 0.45, "平方误差", color=MUTED, ha="right")
    bottom.text(margins[-1], 1.035, "交叉熵", color=LOSS, ha="right")
    tail = round(0.8 * (len(margins) - 1))
    bottom.annotate(
        "平方误差",
        (margins[tail], pull_se[tail]),
        xytext=(6, 14),
        textcoords="offset points",
        color=MUTED,
    )
    top.set_title("错得越自信，平方误差越推不动")
    return Illustration(
        fig,
        caption=(
            "真实类别是狗。上：两种损失；下：损失对狗的得分的梯度取负号，"
            "即梯度下降把 $z$ 的这个分量往上推的力。右端是“很自信地认成猫”。"
        ),
        alt=(
            f"猫的得分比狗高 {margins[-1]:g} 时，交叉熵是 {loss_ce[-1]:.2f} 奈特，"
            f"推狗的力是 {pull_ce[-1]:.3f}；平方误差停在 {loss_se[-1]:.2f}，"
            f"推狗的力只剩 {pull_se[-1]:.4f}。交叉熵向右近似直线上升；平方误差向右变平，"
            "它推狗的力中间高、两头趋于 0。"
        ),
    )


@styled
def recovery_from_mistake(cross_entropy_path, squared_error_path) -> Illustration:
    """从同一个错误出发做梯度下降：狗的概率随步数的变化。

    Parameters
    ----------
    cross_entropy_path, squared_error_path : array_like, 形状 (S + 1,)
        第 0 到 S 步狗的概率。
    """
    paths = [np.asarray(path, dtype=float) for path in (cross_entropy_path, squared_error_path)]
    steps = np.arange(len(paths[0]))
    first = [int(np.argmax(path > 0.5)) for path in paths]
    fig, ax = canvas(4.9, 3.6)
    ax.plot(steps, paths[0], color=LOSS)
    ax.plot(steps, paths[1], color=MUTED, linestyle="--")
    ax.axhline(0.5, color=MUTED, linewidth=0.8, linestyle=":")
    ax.annotate(
        f"交叉熵：第 {first[0]} 步过半",
        (first[0], 0.5),
        xytext=(22, 26),
        textcoords="offset points",
        color=LOSS,
        arrowprops={"arrowstyle": "-", "color": LOSS, "linewidth": 1},
    )
    ax.annotate(
        f"平方误差：第 {first[1]} 步过半",
        (first[1], 0.5),
        xytext=(-18, -34),
        textcoords="offset points",
        ha="right",
        color=MUTED,
        arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 1},
    )
    ax.set(
        xlim=(0, steps[-1]),
        ylim=(0, 1.03),
        yticks=[0, 0.5, 1],
        xlabel="梯度下降的步数",
        ylabel="狗的概率",
    )
    ax.set_title(f"同一个错：交叉熵 {first[0]} 步，平方误差 {first[1]} 步")
    return Illustration(
        fig,
        caption=(
            "两条曲线从同一组得分（自信地认成猫）出发，步长都是 1，只是损失不同。点线是 1/2。"
        ),
        alt=(
            f"两条曲线都从 {paths[0][0]:.5f} 出发。用交叉熵，第 {first[0]} 步狗的概率就过半；"
            f"用平方误差，曲线长时间贴着 0，到第 {first[1]} 步才过半。"
        ),
    )


@styled
def float32_loss_staircase(margins) -> Illustration:
    """float32 里 ``z = [m, 0, 0, 0]``（真实是第一类）的损失：两种算法，纵轴对数刻度（奈特）。

    Parameters
    ----------
    margins : array_like, 形状 (M,)
        最高得分比其余三个高出多少，无单位。
    """
    margins = np.asarray(margins, dtype=np.float32)
    z = np.zeros((len(margins), 4), dtype=np.float32)
    z[:, 0] = margins
    exponentials = np.exp(z - z.max(axis=1, keepdims=True))
    usual = np.log(exponentials.sum(axis=1))  # 最大项的惊讶度：ln Σ e^{z−m}
    ours = lib.softmax_cross_entropy(np.zeros(len(z), dtype=int), z, reduction="none")
    visible = usual > 0
    last = int(np.flatnonzero(visible)[-1])

    fig, ax = canvas(4.9, 4.2)
    ax.set_yscale("log")
    ax.plot(margins, ours, color=LOSS)
    ax.plot(
        margins[visible],
        usual[visible],
        color=INK,
        linewidth=1.6,
        linestyle="--",
        drawstyle="steps-mid",
    )
    limit = 3 * np.finfo(np.float32).eps / 2
    ax.axhline(limit, color=MUTED, linewidth=0.8, linestyle=":")
    ax.text(margins[0] + 0.2, limit * 0.7, "$3u$：每项等于 $u$", color=MUTED, va="top")
    ax.annotate(
        f"直接写：过了 {margins[last]:.1f} 就是 0",
        (margins[last], usual[last]),
        xytext=(-30, 46),
        textcoords="offset points",
        ha="left",
        arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 1},
    )
    at = int(np.searchsorted(margins, 20))
    ax.plot(margins[at], ours[at], "o", color=LOSS)
    mantissa, exponent = f"{ours[at]:.2e}".split("e")
    exponent = int(exponent)
    ax.annotate(
        rf"${mantissa}\times10^{{{exponent}}}$",
        (margins[at], ours[at]),
        xytext=(-8, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        color=LOSS,
    )
    ax.annotate(
        "log1p（lib）",
        (margins[-1], ours[-1]),
        xytext=(-2, 74),
        textcoords="offset points",
        ha="right",
        color=LOSS,
    )
    ax.set(
        xlim=(margins[0], margins[-1]),
        xlabel="最高得分比其余高出多少",
        ylabel="损失（奈特，对数刻度）",
    )
    ax.set_title("小损失先变成台阶，再变成 0")
    return Illustration(
        fig,
        caption=(
            "float32 里同一个损失的两种算法。实线用 `log1p`，与真值重合；"
            "虚线先求和再取对数。点线以下，其余三项各自小于单位舍入 $u$，"
            "一项也加不进 1，损失成了 0，对数刻度上画不出来。"
        ),
        alt=(
            f"实线一路直线下降，横轴为 20 处是 {mantissa}×10 的 {exponent} 次方奈特。"
            f"虚线在 13 以前看不出差别，随后变成台阶，到 {margins[last]:.1f} 之后"
            "断掉，因为算出来的损失是 0。"
        ),
    )
