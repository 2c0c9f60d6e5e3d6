"""附录《勘误与辨析》的插图：得分同乘一个数，准确率不变，校准变了。"""

from __future__ import annotations

import numpy as np

from lib import softmax
from lib.figures._style import MUTED, PREDICTED, Illustration, canvas, styled

__all__ = ["calibration_of_scaled_scores"]

_BINS = 10
_LOOKS = (("--", "s", 0, (-8, 6)), ("-", "o", 4, (9, -9)), ("-.", "^", 6, (9, -9)))


@styled
def calibration_of_scaled_scores(z, labels, scales) -> Illustration:
    """把同一批得分乘以几个倍数，各画一条校准曲线。

    Parameters
    ----------
    z : array_like, 形状 (N, K)
        得分（logits），无单位。
    labels : array_like of int, 形状 (N,)
        真实的类的下标。
    scales : sequence of float, 长度 3
        得分要乘的倍数，从小到大。
    """
    z, labels = np.asarray(z, dtype=float), np.asarray(labels)
    fig, ax = canvas(5.0, 4.8)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    ax.text(0.99, 0.235, "虚线：说几成，就对几成", color=MUTED, ha="right")
    gaps = []
    for scale, (line, marker, at, shift) in zip(scales, _LOOKS, strict=True):
        sure, right = _binned(softmax(scale * z), labels)
        look = {"marker": marker, "markersize": 6, "markeredgewidth": 0}
        ax.plot(sure, right, line, color=PREDICTED, linewidth=1.6, **look)
        gaps.append(float(np.abs(sure - right).max()))
        ax.annotate(
            f"乘 {scale:g}", (sure[at], right[at]), shift, textcoords="offset points",
            ha="right" if shift[0] < 0 else "left", va="center", color=PREDICTED,
        )  # fmt: skip
    accuracy = float((z.argmax(axis=1) == labels).mean())
    ax.set_title("同样的准确率，校准可以差得很远")
    ax.set_xlabel("自信：最大的那个概率，每组的平均")
    ax.set_ylabel("这一组的准确率")
    ax.set_xlim(0.2, 1.02)
    ax.set_ylim(0.2, 1.02)
    ax.set_xticks([0.25, 0.5, 0.75, 1], ["0.25", "0.5", "0.75", "1"])
    ax.set_yticks([0.25, 0.5, 0.75, 1], ["0.25", "0.5", "0.75", "1"])
    return Illustration(
        fig,
        caption="同一批得分乘以三个倍数，再经过 softmax。样本按自信从低到高分成十组，"
        "每组一个点；点在虚线下方是太自信，在上方是太谨慎。",
        alt=f"三条曲线的准确率都是 {accuracy:.3f}。"
        + "；".join(
            f"得分乘 {scale:g} 的一条离对角线最远 {gap:.3f}"
            for scale, gap in zip(scales, gaps, strict=True)
        )
        + "。倍数小的在对角线上方，倍数大的在下方。",
    )


def _binned(p: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """按自信从低到高分成人数相近的几组，返回各组的平均自信与准确率。"""
    confidence, hit = p.max(axis=1), p.argmax(axis=1) == labels
    groups = np.array_split(np.argsort(confidence, kind="stable"), _BINS)
    return (
        np.array([confidence[group].mean() for group in groups]),
        np.array([hit[group].mean() for group in groups]),
    )
