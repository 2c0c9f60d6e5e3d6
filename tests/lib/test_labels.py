"""one-hot 编码与标签平滑。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import categorical_cross_entropy, one_hot, smooth_labels


def test_one_hot():
    assert np.array_equal(one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])
    assert one_hot([2, 0], 3).dtype == np.float64
    assert np.array_equal(one_hot(1, 3), [0, 1, 0])
    assert one_hot(np.zeros((4, 5), dtype=np.uint8), 3).shape == (4, 5, 3)
    assert np.array_equal(one_hot([0], 1), [[1]])
    assert one_hot(np.array([], dtype=int), 3).shape == (0, 3)


def test_smooth_labels():
    assert smooth_labels([1], 4, 0.1) == pytest.approx(np.array([[0.025, 0.925, 0.025, 0.025]]))
    assert np.array_equal(smooth_labels([1, 2], 3, 0), one_hot([1, 2], 3))
    assert np.array_equal(smooth_labels([1], 4, 1), [[0.25] * 4])


@given(st.integers(1, 1000), st.floats(0, 1), st.data())
def test_smoothed_labels_are_distributions(k, epsilon, data):
    label = data.draw(st.integers(0, k - 1))
    t = smooth_labels([label], k, epsilon)
    assert t.sum() == pytest.approx(1, abs=1e-12)
    assert t.argmax() == label or epsilon > 1 - 1e-12
    assert categorical_cross_entropy(t, np.full((1, k), 1 / k)) == pytest.approx(
        np.log(k), abs=1e-12
    )
