"""几章共用的图形零件。"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from lib.figures._style import ANIMAL_COLORS, ANIMAL_HATCHES, ANIMALS, PAPER


def animal_bars(
    ax: Axes, probabilities, *, decimals: int = 3, horizontal: bool = True
) -> BarContainer:
    """在 ``ax`` 上画狗猫马豹四根概率条，条端写出数值；颜色与花纹全书固定。

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    probabilities : array_like, 形状 (4,)
        依狗、猫、马、豹的次序。
    decimals : int
        条端数值的小数位数。
    horizontal : bool
        横条（类名在左边）或竖条（类名在下边）。
    """
    values = np.asarray(probabilities, dtype=float)
    if values.shape != (len(ANIMALS),):
        raise ValueError(f"probabilities 应有形状 (4,)，得到 {values.shape}。")
    if horizontal:
        bars = ax.barh(range(len(ANIMALS)), values, height=0.62, tick_label=ANIMALS)
        ax.invert_yaxis()
        ax.set_xlim(0, 1.12)
        ax.set_xticks([0, 0.5, 1])
    else:
        bars = ax.bar(range(len(ANIMALS)), values, width=0.62, tick_label=ANIMALS)
        ax.set_ylim(0, 1.12)
        ax.set_yticks([0, 0.5, 1])
    for bar, name in zip(bars, ANIMALS, strict=True):
        bar.set_facecolor(ANIMAL_COLORS[name])
        bar.set_edgecolor(PAPER)
        bar.set_hatch(ANIMAL_HATCHES[name])
    ax.bar_label(bars, labels=[f"{v:.{decimals}f}" for v in values], padding=4)
    return bars
