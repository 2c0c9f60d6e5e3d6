"""第 5 章插图：画出来的每个数都与传进去的数据或独立的公式一致。"""

import numpy as np
import pytest

import lib
from lib import figures
from lib.animals import ANIMALS, draw_animal, make_animals

Z = np.array([3.2, 1.3, 0.2, 0.8])
P = np.exp(Z) / np.exp(Z).sum()
T = np.array([1.0, 0.0, 0.0, 0.0])
ROUNDS = np.array([1, 10, 100, 1000])


def widths(ax):
    return [bar.get_width() for bar in ax.patches]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def check_words(illustration, *words):
    """能存成 SVG，图注不带图号，替代文字里有关键的数。"""
    assert illustration.svg().startswith("<svg")
    assert illustration.caption and not illustration.caption.startswith("图")
    assert "$" not in illustration.alt
    for word in words:
        assert word in illustration.alt


@pytest.fixture(scope="module")
def pictures():
    return make_animals(np.random.default_rng(0), 40)


def test_prediction_pipeline_shows_scores_probabilities_and_loss():
    loss = float(lib.cross_entropy(T, P))
    drawn = figures.prediction_pipeline(draw_animal("狗", size=32), Z, P, loss)
    flow, picture, bars = drawn.fig.axes
    assert {"3.2", "1.3", "0.2", "0.8", f"损失\n{-np.log2(P[0]):.4f} 比特"} <= set(texts(flow))
    np.testing.assert_array_equal(picture.images[0].get_array(), draw_animal("狗", size=32))
    np.testing.assert_allclose(widths(bars), P)
    check_words(drawn, "0.775", "0.3675")


def test_prediction_beside_truth_puts_prediction_on_the_left():
    drawn = figures.prediction_beside_truth(T, P)
    np.testing.assert_allclose(widths(drawn.fig.axes[0]), P)
    np.testing.assert_allclose(widths(drawn.fig.axes[1]), T)
    low, high = drawn.fig.axes[0].get_ylim()
    assert low > high  # 狗在最上面
    check_words(drawn, "0.225")


def test_adjusted_prediction_pairs_before_and_after():
    after = lib.softmax(Z - (P - T))
    before_loss, after_loss = -np.log2(P[0]), -np.log2(after[0])
    drawn = figures.adjusted_prediction(P, after, before_loss, after_loss)
    np.testing.assert_allclose(widths(drawn.fig.axes[0]), [*P, *after])
    assert f"调整后：损失 {after_loss:.4f} 比特" in texts(drawn.fig.axes[0])
    check_words(drawn, f"{after[0]:.3f}")


def test_logit_descent_draws_losses_and_the_tangent():
    losses = np.array([0.4, 0.3, 0.25, 0.22, 0.2, 0.19])
    drawn = figures.logit_descent(losses, -0.1)
    tangent, curve = (line.get_xydata() for line in drawn.fig.axes[0].lines)
    np.testing.assert_allclose(curve, np.c_[np.arange(6), losses])
    np.testing.assert_allclose(tangent, [[0, 0.4], [4, 0.0]], atol=1e-12)
    check_words(drawn, "0.4000", "0.1900")


def test_animal_samples_shows_the_right_class_in_each_row(pictures):
    images, labels = pictures
    drawn = figures.animal_samples(images, labels, per_class=3)
    for k, ax in enumerate(drawn.fig.axes):
        row = np.asarray(ax.images[0].get_array())
        np.testing.assert_array_equal(row[:, :32], images[labels == k][0])
        np.testing.assert_array_equal(row[:, 68:100], images[labels == k][2])
        assert texts(ax) == [ANIMALS[k]]
    check_words(drawn, "3 张")


def test_softmax_training_curves():
    train, validation = np.array([2, 1, 0.5]), np.array([2, 1.2, 0.7])
    drawn = figures.softmax_training_curves(train, validation, 2.0)
    uniform, dashed, solid = (line.get_ydata() for line in drawn.fig.axes[0].lines)
    assert set(uniform) == {2.0}
    np.testing.assert_array_equal(dashed, validation)
    np.testing.assert_array_equal(solid, train)
    check_words(drawn, "0.500", "0.700")


def test_animal_confusion_matrix_names_the_largest_mistake():
    counts = np.array([[9, 1, 0, 0], [0, 8, 0, 2], [0, 0, 10, 0], [1, 3, 0, 6]])
    drawn = figures.animal_confusion_matrix(counts)
    ax = drawn.fig.axes[0]
    assert texts(ax) == [str(count) for count in counts.ravel()]
    np.testing.assert_allclose(ax.images[0].get_array(), counts / 10)
    assert "把豹认成猫" in ax.get_title(loc="left")
    check_words(drawn, "33/40", "3 张")


def test_animal_weight_pictures_share_one_scale_in_each_row():
    weights = np.random.default_rng(0).normal(size=(4, 8, 8))
    averages = np.random.default_rng(1).uniform(size=(4, 8, 8))
    drawn = figures.animal_weight_pictures(averages, weights)
    high = np.quantile(np.abs(weights), 0.99)
    expected = [(picture, averages.min(), averages.max()) for picture in averages]
    expected += [(picture, -high, high) for picture in weights]
    for ax, (picture, *limits) in zip(drawn.fig.axes, expected, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), picture)
        assert ax.images[0].get_clim() == tuple(limits)
    assert [ax.get_title() for ax in drawn.fig.axes[:4]] == list(ANIMALS)
    check_words(drawn, f"{high:.2f}")


def test_hardest_animals_states_truth_guess_and_loss(pictures):
    images, labels = pictures
    p = np.tile([0.1, 0.2, 0.3, 0.4], (6, 1))
    loss = -np.log2(p[np.arange(6), labels[:6]])
    drawn = figures.hardest_animals(images[:6], labels[:6], p, loss)
    for j, ax in enumerate(drawn.fig.axes):
        truth = p[j, labels[j]]
        assert ax.get_title() == f"损失 {-np.log2(truth):.1f} 比特"
        assert ax.get_xlabel() == f"是{ANIMALS[labels[j]]}：{truth:.3f}\n说是豹：0.400"
        np.testing.assert_array_equal(ax.images[0].get_array(), images[j])
    check_words(drawn, f"{loss[0]:.1f} 比特")


def test_overfitting_curves_mark_the_lowest_validation_loss():
    train, validation = np.array([2, 1, 0.5, 0.1]), np.array([2, 1.3, 1.4, 1.8])
    drawn = figures.overfitting_curves(ROUNDS, train, validation)
    stop, dashed, solid, dot = drawn.fig.axes[0].lines
    assert set(stop.get_xdata()) == {10}
    np.testing.assert_array_equal(dashed.get_xydata(), np.c_[ROUNDS, validation])
    np.testing.assert_array_equal(solid.get_xydata(), np.c_[ROUNDS, train])
    np.testing.assert_array_equal(dot.get_xydata(), [[10, 1.3]])
    check_words(drawn, "第 10 轮", "1.30", "1.80")


def test_label_smoothing_curves():
    hard, smooth = np.array([1.6, 1.3, 1.5, 1.8]), np.array([1.7, 1.4, 1.3, 1.2])
    drawn = figures.label_smoothing_curves(ROUNDS, hard, smooth, 0.1)
    dashed, solid = drawn.fig.axes[0].lines
    np.testing.assert_array_equal(dashed.get_xydata(), np.c_[ROUNDS, hard])
    np.testing.assert_array_equal(solid.get_xydata(), np.c_[ROUNDS, smooth])
    check_words(drawn, "1.80", "1.20")
