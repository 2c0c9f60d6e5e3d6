"""对照用的参考值：照定义用 mpmath 直算，不减最大值，不用 log1p，只靠位数多。

输入是浮点数的精确值。400 位足以让 1 + e^(−745) 与 1 分得开；类别极多时可以少用几位，
logit 的绝对值更大时用得更多。
每个函数只处理一行（一个样本），返回 mpf 或 mpf 的列表；单位都是奈特。
"""

import mpmath
import numpy as np
from mpmath import mp, mpf

DIGITS = 400


def exact(x):
    """浮点数的精确值；数组变成列表。"""
    return [mpf(float(v)) for v in x] if np.ndim(x) else mpf(float(x))


def negative(x):
    """−x；mpmath 的负号会舍入到当前的位数，这里不舍入。"""
    return mpmath.fneg(x, exact=True)


def difference(x, y):
    """x − y，y 是浮点数；不舍入。"""
    return mpmath.fsub(x, exact(y), exact=True)


def relative_error(actual, wanted):
    with mp.workdps(DIGITS):
        return float(abs(mpf(actual) - wanted) / abs(wanted))


def times_log(t, p):
    """t ln p，约定 0 ln 0 = 0。"""
    return mpf(0) if t == 0 else t * mp.log(p) if p != 0 else -mp.inf


def cross_entropy(t, p):
    with mp.workdps(60):
        return -mp.fsum(times_log(a, b) for a, b in zip(exact(t), exact(p), strict=True))


def kl_divergence(t, p):
    with mp.workdps(60):
        return mp.fsum(
            times_log(a, a) - times_log(a, b) for a, b in zip(exact(t), exact(p), strict=True)
        )


def logsumexp(z, digits=DIGITS):
    with mp.workdps(digits):
        return mp.log(mp.fsum(mp.exp(v) for v in exact(z)))


def log_softmax(z, digits=DIGITS):
    with mp.workdps(digits):
        total = logsumexp(z, digits)
        return [v - total for v in exact(z)]


def softmax(z, digits=DIGITS, temperature=1.0):
    with mp.workdps(digits):
        e = [mp.exp(v / mpf(temperature)) for v in exact(z)]
        total = mp.fsum(e)
        return [v / total for v in e]


def softmax_cross_entropy(t, z, digits=DIGITS):
    with mp.workdps(digits):
        pairs = zip(exact(t), log_softmax(z, digits), strict=True)
        return -mp.fsum(a * b for a, b in pairs if a != 0)


def softmax_gradient(t, z, digits=DIGITS):
    with mp.workdps(digits):
        return [p - a for p, a in zip(softmax(z, digits), exact(t), strict=True)]


def digits_for(z):
    """1 与 e^(−|z|) 分得开所要的位数。"""
    return max(DIGITS, 60 + int(abs(float(z)) / np.log(10))) if np.isfinite(z) else DIGITS


def sigmoid(z):
    with mp.workdps(digits_for(z)):
        return 1 / (1 + mp.exp(-exact(z)))


def logit(p):
    with mp.workdps(DIGITS):
        return mp.log(exact(p)) - mp.log(1 - exact(p))


def binary_cross_entropy(t, p):
    with mp.workdps(DIGITS):
        t, p = exact(t), exact(p)
        return -times_log(t, p) - times_log(1 - t, 1 - p)


def sigmoid_cross_entropy(t, z):
    with mp.workdps(digits_for(z)):
        t, p = exact(t), sigmoid(z)
        return -times_log(t, p) - times_log(1 - t, 1 - p)


def sigmoid_gradient(t, z):
    with mp.workdps(digits_for(z)):
        return sigmoid(z) - exact(t)


def ulps(actual, wanted, scale=None):
    """`actual` 离参考值 `wanted` 有几个“末位单位”；单位取自 `scale`（默认就是参考值）。

    单位按 `actual` 的类型算，参考值落在次正规数里时自然变成绝对误差。
    """
    if mpmath.isinf(wanted) or np.isinf(actual):
        return 0.0 if float(actual) == float(wanted) else np.inf
    size = abs(float(wanted if scale is None else scale))
    unit = np.spacing(np.asarray(actual).dtype.type(size))
    with mp.workdps(DIGITS):
        return float(abs(mpf(float(actual)) - wanted) / mpf(float(unit)))
