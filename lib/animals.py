"""第 5 章的图片：狗、猫、马、豹的小头像，由椭圆与多边形画成，可以带随机变化。

坐标：头像画在 ``-1 <= x, y <= 1`` 的方框里，x 向右，y 向下。
只用加减乘除与比较来画，再舍入到 256 级灰度，所以同一个种子在任何平台上给出同样的图片。
"""

from __future__ import annotations

import operator

import numpy as np

ANIMALS = ("狗", "猫", "马", "豹")
_SAMPLES = 3  # 每个像素取 3×3 个点求平均，边缘才不会有锯齿


def _ellipse(x, y, cx, cy, rx, ry, lean=0.0):
    """以 ``(cx, cy)`` 为中心的椭圆；``lean`` 是斜切的程度。"""
    return ((x - cx - lean * (y - cy)) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1


def _polygon(x, y, *corners):
    """顶点依次为 ``corners`` 的多边形：从点向右的射线穿过奇数条边，点就在里面。"""
    inside = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)), dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            inside ^= crosses & (x < x1 + (x2 - x1) * (y - y1) / (y2 - y1))
    return inside


# 下面四个函数依次给出（区域，灰度），后画的盖住先画的。左右对称的部分用 |x| 一次画两只。


def _dog(x, y):
    side = np.abs(x)
    yield _ellipse(x, y, 0, 0.00, 0.60, 0.72), 0.72
    yield _ellipse(x, y, 0.27, -0.16, 0.22, 0.26), 0.42  # 一只眼睛周围的花斑
    yield _ellipse(side, y, 0.66, 0.02, 0.21, 0.56, lean=0.18), 0.30  # 垂下的耳朵
    yield _ellipse(x, y, 0, 0.74, 0.13, 0.20), 0.55  # 舌头
    yield _ellipse(x, y, 0, 0.42, 0.38, 0.30), 0.95  # 口鼻
    yield _ellipse(x, y, 0, 0.26, 0.17, 0.12), 0.04
    yield _polygon(x, y, (-0.025, 0.3), (0.025, 0.3), (0.025, 0.6), (-0.025, 0.6)), 0.15
    yield _ellipse(side, y, 0.25, -0.15, 0.09, 0.11), 0.04
    yield _ellipse(side, y, 0.22, -0.19, 0.03, 0.04), 1.0


def _cat(x, y):
    side = np.abs(x)
    yield _polygon(side, y, (0.12, -0.38), (0.62, -0.95), (0.72, 0.10)), 0.40  # 尖耳朵
    yield _polygon(side, y, (0.32, -0.42), (0.56, -0.70), (0.60, -0.20)), 0.75
    yield _ellipse(x, y, 0, 0.16, 0.76, 0.64), 0.50
    for cx, half, end in ((0.0, 0.05, -0.16), (0.2, 0.04, -0.22)):  # 额头的条纹
        yield _polygon(side, y, (cx - half, -0.6), (cx + half, -0.6), (cx, end)), 0.20
    yield _ellipse(x, y, 0, 0.48, 0.34, 0.24), 0.92
    yield _polygon(x, y, (-0.11, 0.32), (0.11, 0.32), (0.0, 0.44)), 0.20
    yield _ellipse(side, y, 0.33, 0.06, 0.17, 0.14), 0.95
    yield _ellipse(side, y, 0.33, 0.06, 0.06, 0.14), 0.04  # 竖瞳
    for top in (0.38, 0.50):  # 胡须
        yield _polygon(side, y, (0.25, top + 0.04), (0.98, top - 0.08), (0.98, top - 0.03)), 0.1


def _horse(x, y):
    neck = (-0.75, 1.0), (-0.45, -0.30), (-0.15, -0.60), (0.10, 0.30), (0.35, 1.0)
    face = (-0.28, -0.52), (0.10, -0.58), (0.72, 0.28), (0.46, 0.60), (-0.12, 0.24)
    for left in (-0.22, -0.02):
        yield _polygon(x, y, (left, -0.48), (left + 0.08, -1.0), (left + 0.20, -0.48)), 0.50
    yield _polygon(x, y, *neck), 0.50
    yield _ellipse(x, y, 0.02, 0.02, 0.34, 0.36), 0.56  # 腮
    yield _polygon(x, y, *face), 0.56
    yield _ellipse(x, y, 0.62, 0.46, 0.24, 0.22), 0.80  # 长脸的末端是浅色的口鼻
    yield _polygon(x, y, (0.02, -0.56), (0.14, -0.54), (0.64, 0.18), (0.52, 0.24)), 0.95  # 白鼻梁
    yield _ellipse(x, y, 0.70, 0.40, 0.06, 0.05), 0.04
    yield _ellipse(x, y, 0.08, -0.20, 0.09, 0.08), 0.04
    for cx, cy in ((-0.18, -0.52), (-0.42, -0.30), (-0.56, 0.02), (-0.66, 0.36), (-0.76, 0.72)):
        yield _ellipse(x, y, cx, cy, 0.18, 0.28, lean=-0.4), 0.12  # 一绺一绺的鬃毛


_SPOTS = (
    (0.0, -0.62), (0.24, -0.60), (0.12, -0.40), (0.36, -0.38), (0.0, -0.20), (0.56, -0.24),
    (0.60, 0.02), (0.50, 0.24), (0.64, 0.30), (0.52, 0.48),
)  # fmt: skip


def _leopard(x, y):
    side = np.abs(x)
    yield _ellipse(side, y, 0.58, -0.56, 0.26, 0.26), 0.65  # 圆耳朵
    yield _ellipse(side, y, 0.58, -0.54, 0.14, 0.14), 0.15
    yield _ellipse(x, y, 0, 0.06, 0.74, 0.78), 0.75
    for cx, cy in _SPOTS:
        yield _ellipse(side, y, cx, cy, 0.085, 0.085), 0.12
    yield _ellipse(x, y, 0, 0.52, 0.40, 0.30), 0.97
    yield _polygon(x, y, (-0.19, 0.24), (0.19, 0.24), (0.0, 0.46)), 0.04
    yield _polygon(side, y, (0, 0.60), (0.26, 0.54), (0.28, 0.60), (0, 0.68)), 0.15  # 嘴
    yield _ellipse(side, y, 0.30, -0.02, 0.13, 0.12), 0.04
    yield _ellipse(side, y, 0.27, -0.06, 0.04, 0.05), 1.0


_PAINTERS = dict(zip(ANIMALS, (_dog, _cat, _horse, _leopard), strict=True))


def _grid(size):
    """返回像素采样点的坐标 ``(x, y)``，形状 ``(1, m)`` 与 ``(m, 1)``，m = 3 × size。"""
    centers = (2 * np.arange(size * _SAMPLES) + 1) / (size * _SAMPLES) - 1
    return centers[np.newaxis, :], centers[:, np.newaxis]


def _paint(layers, background, size):
    """从后往前一层层涂上去，再把每个像素里的采样点平均。"""
    canvas = np.full((size * _SAMPLES, size * _SAMPLES), background, dtype=float)
    for region, grey in layers:
        canvas[np.broadcast_to(region, canvas.shape)] = grey
    return canvas.reshape(size, _SAMPLES, size, _SAMPLES).mean(axis=(1, 3))


def _to_grey_levels(image):
    return np.round(np.clip(image, 0, 1) * 255) / 255


def draw_animal(name: str, *, size: int = 96) -> np.ndarray:
    """画一幅没有随机变化的标准像。

    Parameters
    ----------
    name : {"狗", "猫", "马", "豹"}
    size : int
        边长（像素），至少 8。

    Returns
    -------
    numpy.ndarray, 形状 (size, size)
        灰度，0 是黑，1 是白。

    Examples
    --------
    >>> draw_animal("狗", size=24).shape
    (24, 24)
    """
    if name not in _PAINTERS:
        raise ValueError(f"name 应是 {'、'.join(ANIMALS)} 之一，得到 {name!r}。")
    size = _checked_integer(size, "size", 8)
    x, y = _grid(size)
    return _to_grey_levels(_paint(_PAINTERS[name](1.06 * x, 1.06 * y), 1.0, size))


def make_animals(
    rng: np.random.Generator, n: int, *, size: int = 32
) -> tuple[np.ndarray, np.ndarray]:
    """随机生成 ``n`` 幅小图片与它们的标签，四类数目尽量相等，次序打乱。

    每一幅的位置、大小、倾斜、明暗、对比度各不相同，有一块被方形挡住，再加上噪声。

    Parameters
    ----------
    rng : numpy.random.Generator
        随机数的来源，例如 ``np.random.default_rng(0)``；同一个种子给出同样的图片。
    n : int
        图片数，至少 1。
    size : int
        边长（像素），至少 8。

    Returns
    -------
    images : numpy.ndarray, 形状 (n, size, size)
        灰度，0 是黑，1 是白。
    labels : numpy.ndarray, 形状 (n,)
        整数标签：0、1、2、3 依次是狗、猫、马、豹。

    Examples
    --------
    >>> images, labels = make_animals(np.random.default_rng(0), 8)
    >>> images.shape, np.bincount(labels).tolist()
    ((8, 32, 32), [2, 2, 2, 2])
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng 应是 np.random.default_rng(种子)，得到 {type(rng).__name__}。")
    n, size = _checked_integer(n, "n", 1), _checked_integer(size, "size", 8)
    labels = rng.permutation(np.arange(n) % len(ANIMALS))
    images = np.stack([_snapshot(rng, ANIMALS[label], size) for label in labels])
    return _to_grey_levels(images), labels


def _snapshot(rng, name, size):
    """同一种动物的一张快照；这些范围使线性模型的验证准确率在九成上下。"""
    x, y = _grid(size)
    shift_x, shift_y, tilt, stretch = rng.uniform(-1, 1, 4) * (0.17, 0.17, 0.17, 0.1)
    zoom = rng.uniform(1.0, 1.35)
    u = zoom * (x - shift_x + tilt * y)
    v = zoom * (1 + stretch) * (y - shift_y - tilt * x)
    left, top, width = rng.uniform((-1, -1, 0.3), (0.7, 0.7, 0.55))
    blot = (left < x) & (x < left + width) & (top < y) & (y < top + width)
    layers = [*_PAINTERS[name](u, v), (blot, rng.uniform(0, 1))]
    clean = _paint(layers, rng.uniform(0.6, 1.0), size)
    contrast, brightness = rng.uniform(0.5, 0.9), rng.uniform(0.4, 0.6)
    return brightness + contrast * (clean - 0.5) + rng.normal(0, 0.08, (size, size))


def _checked_integer(value, name, least):
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} 应是整数，得到 {value!r}。") from None
    if number < least:
        raise ValueError(f"{name} 应不小于 {least}，得到 {number}。")
    return number
