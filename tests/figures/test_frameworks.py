"""第 6 章插图：画出来的每个数都与传进去的数据或独立的公式一致。"""

import numpy as np
import pytest

from lib import figures
from tests.figures.test_dog import check_words, texts

PROBABILITIES = np.geomspace(1e-20, 1, 41)
EPOCHS = np.arange(5)


def test_clipped_losses_draws_each_library():
    exact = -np.log(PROBABILITIES)
    limits = {"甲": 99, "乙": 16, "丙": 36}
    curves = {name: np.minimum(exact, limit) for name, limit in limits.items()}
    drawn = figures.clipped_losses(PROBABILITIES, curves)
    (ax,) = drawn.fig.axes
    for line, losses in zip(ax.lines, curves.values(), strict=True):
        np.testing.assert_allclose(line.get_xydata(), np.c_[PROBABILITIES, losses])
    assert texts(ax) == ["甲 46.05", "乙 16.00", "丙 36.00"]
    assert ax.get_xlim() == (1, 1e-20)  # 越往右越不可能
    check_words(drawn, "甲 46.05", "乙 16.00", "丙 36.00")


def test_failing_trainings_puts_each_beside_the_right_one():
    right = np.array([1.4, 0.9, 0.6, 0.4, 0.3])
    failures = {"甲": right + 4, "乙": right + 0.5, "丙": np.full(5, 1.386)}
    drawn = figures.failing_trainings(right, failures, 1.386, 0.744)
    for ax, (name, losses) in zip(drawn.fig.axes, failures.items(), strict=True):
        uniform, correct, wrong, *_ = (line.get_xydata() for line in ax.lines)
        np.testing.assert_allclose(uniform[:, 1], 1.386)
        np.testing.assert_allclose(correct, np.c_[EPOCHS, right])
        np.testing.assert_allclose(wrong, np.c_[EPOCHS, losses])
        assert ax.get_title(loc="left") == name
        assert ax.get_ylim()[1] > losses.max()
    np.testing.assert_allclose(drawn.fig.axes[1].lines[-1].get_ydata(), 0.744)
    check_words(drawn, "甲、乙、丙", "1.4", "0.3")


def test_two_trainings_draws_both_and_their_gap():
    by_hand = np.array([1.386, 0.9, 0.5, 0.2, 0.1])
    by_keras = by_hand + np.array([1, -2, 3, -4, 5]) * 1e-8
    drawn = figures.two_trainings(by_hand, by_keras, 1e-6)
    top, bottom = drawn.fig.axes
    thick, dashed = (line.get_xydata() for line in top.lines)
    np.testing.assert_allclose(thick, np.c_[EPOCHS, by_hand])
    np.testing.assert_allclose(dashed, np.c_[EPOCHS, by_keras])
    gap, bound = bottom.lines
    np.testing.assert_allclose(gap.get_ydata(), np.abs(by_keras - by_hand))
    np.testing.assert_allclose(bound.get_ydata(), 1e-6)
    check_words(drawn, "1.386", "0.100", "-6")


def test_two_trainings_that_differ_are_not_drawn():
    by_hand = np.array([1.386, 0.9])
    with pytest.raises(ValueError, match="找出差在哪里"):
        figures.two_trainings(by_hand, by_hand + 1e-3, 1e-6)
