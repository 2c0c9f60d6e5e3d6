"""附录《数值报告》的插图；数据来自 benchmarks/results.json。"""

from __future__ import annotations

import numpy as np

from lib.figures._style import INK, LOSS, MUTED, Illustration, canvas, styled

__all__ = ["time_grows_linearly", "tiny_losses_get_lost"]

SAME_LINE = 0.8  # 纵坐标差不到这么多个数量级，就分不出是两条线
EXACT = 1e-17  # 一位不差的误差是 0，对数刻度上画在这里


@styled
def tiny_losses_get_lost(results: dict) -> Illustration:
    """float64 里 ``z = [m, 0, 0, 0]`` 的损失，各家算出的相对误差随 m 怎样变。

    Parameters
    ----------
    results : dict
        results.json 的内容。
    """
    measured = next(row for row in results["tiny_losses"] if row["dtype"] == "float64")
    gaps = np.asarray(measured["gaps"], dtype=float)
    errors = {name: np.asarray(values) for name, values in measured["errors"].items()}
    ours = errors.pop("lib")

    fig, ax = canvas(4.9, 4.2)
    ax.set_yscale("log")
    for (names, values), style in zip(_coinciding(errors), ("--", "-.", ":"), strict=False):
        shown = np.maximum(values, EXACT)
        ax.plot(gaps, shown, color=INK, linewidth=1.6, linestyle=style, label="、".join(names))
    ax.plot(gaps, np.maximum(ours, EXACT), color=LOSS, label="lib")
    ax.axhline(1, color=MUTED, linewidth=0.8)
    ax.text(gaps[0], 1.6, "一位也不剩（算成了 0）", color=MUTED, va="bottom")
    ax.set(
        xlim=(gaps[0], gaps[-1]),
        ylim=(EXACT / 3, 100),
        xlabel="最高得分比其余高出多少",
        ylabel="损失的相对误差（对数刻度）",
    )
    ax.legend(loc="center right", frameon=False)
    ax.set_title("损失越小，别家剩下的位数越少")
    lost = {name: gaps[values >= 1][0] for name, values in errors.items() if (values >= 1).any()}
    listed = "，".join(f"{name} 从 {gap:.0f} 起" for name, gap in lost.items())
    return Illustration(
        fig,
        caption=(
            "float64 里 `z = [m, 0, 0, 0]`、真实是第一类时的损失。横轴是 m，纵轴是相对误差；"
            "到 1 就是一位也不剩。lib 的线一直贴着底：误差不超过一次舍入。"
        ),
        alt=(
            f"lib 的线一直平平地贴在底部，最大 {ours.max():.0e}；其余各家的线一路上升，"
            f"碰到 1，也就是算成了 0：{listed}。"
        ),
    )


def _coinciding(errors: dict[str, np.ndarray]) -> list[tuple[list[str], np.ndarray]]:
    """画出来重合的线合成一条：名字列在一起。"""
    groups: list[tuple[list[str], np.ndarray]] = []
    for name, values in errors.items():
        heights = np.log10(np.maximum(values, EXACT))
        for names, others in groups:
            if np.abs(heights - np.log10(np.maximum(others, EXACT))).max() < SAME_LINE:
                names.append(name)
                break
        else:
            groups.append(([name], values))
    return groups


@styled
def time_grows_linearly(results: dict) -> Illustration:
    """``softmax_cross_entropy`` 的时间随元素个数的增长，双对数坐标。

    Parameters
    ----------
    results : dict
        results.json 的内容。
    """
    elements = np.array([row["elements"] for row in results["growth"]], dtype=float)
    times = np.array([row["milliseconds"] for row in results["growth"]])
    fig, ax = canvas(4.9, 3.8)
    ax.set(xscale="log", yscale="log")
    linear = times[-1] * elements / elements[-1]
    ax.plot(elements, linear, color=MUTED, linewidth=1.2, linestyle="--")
    ax.text(elements[1], linear[1] * 0.6, "正比", color=MUTED, va="top", ha="left")
    ax.plot(elements, times, color=LOSS, marker="o")
    ax.annotate(
        f"{times[-1]:.1f} 毫秒",
        (elements[-1], times[-1]),
        xytext=(-8, 4),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=LOSS,
    )
    ax.annotate(
        f"{times[0]:.2g} 毫秒",
        (elements[0], times[0]),
        xytext=(0, 8),
        textcoords="offset points",
        va="bottom",
        color=LOSS,
    )
    ax.set(xlabel="元素个数 $N K$（对数刻度）", ylabel="时间（毫秒，对数刻度）")
    ax.set_title("数据越多，时间越接近正比")
    per_element = 1e6 * times[-1] / elements[-1]
    return Illustration(
        fig,
        caption=(
            "`softmax_cross_entropy`，float32，每行 100 类。虚线是照最后一点画的正比；"
            "元素越少，一次调用固定的开销摊到每个元素上越多。"
        ),
        alt=(
            f"从 {elements[0]:,.0f} 个元素的 {times[0]:.2g} 毫秒，到 {elements[-1]:,.0f} 个元素的 "
            f"{times[-1]:.1f} 毫秒；越往右，点越贴近正比的虚线，"
            f"最后平均每个元素 {per_element:.2f} 纳秒。"
        ),
    )
