"""第 5 章的图片生成器：确定、形状对、认得出、坏输入说得清。"""

import hashlib

import numpy as np
import pytest

from lib.animals import ANIMALS, draw_animal, make_animals


@pytest.fixture(scope="module")
def animals():
    return make_animals(np.random.default_rng(0), 200)


def test_shapes_ranges_and_balanced_labels(animals):
    images, labels = animals
    assert images.shape == (200, 32, 32) and labels.shape == (200,)
    assert images.min() >= 0 and images.max() <= 1
    assert np.bincount(labels).tolist() == [50, 50, 50, 50]
    assert not np.array_equal(labels, np.sort(labels))


def test_pixels_are_eight_bit_grey_levels(animals):
    levels = animals[0] * 255
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-9)


def test_same_seed_gives_the_same_pictures_everywhere():
    images, labels = make_animals(np.random.default_rng(2021), 12, size=24)
    levels = np.round(images * 255).astype(np.uint8)
    digest = hashlib.sha256(levels.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()
    assert digest[:16] == "249b743d399a55f7"


def test_different_seeds_and_pictures_differ(animals):
    images, _ = animals
    others, _ = make_animals(np.random.default_rng(1), 200)
    assert not np.array_equal(images, others)
    assert len({image.tobytes() for image in images}) == 200


def test_portrait_resembles_the_average_of_its_own_class_most(animals):
    images, labels = animals
    averages = [images[labels == k].mean(axis=0).ravel() for k in range(len(ANIMALS))]
    for label, name in enumerate(ANIMALS):
        portrait = draw_animal(name, size=32).ravel()
        similarity = [np.corrcoef(portrait, average)[0, 1] for average in averages]
        assert np.argmax(similarity) == label


def test_portraits_are_symmetric_where_they_should_be():
    for name, symmetric in zip(ANIMALS, (False, True, False, True), strict=True):
        portrait = draw_animal(name, size=64)
        assert portrait.shape == (64, 64)
        # 恰好压在边界上的采样点会让左右差一级灰度。
        assert np.allclose(portrait, portrait[:, ::-1], atol=1.01 / 255) == symmetric
        assert portrait[0, 0] == 1 and portrait.min() < 0.2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: draw_animal("虎"), ValueError, "狗、猫、马、豹"),
        (lambda: draw_animal("狗", size=4), ValueError, "size 应不小于 8"),
        (lambda: draw_animal("狗", size=9.5), TypeError, "size 应是整数"),
        (lambda: make_animals(0, 8), TypeError, "default_rng"),
        (lambda: make_animals(np.random.default_rng(0), 0), ValueError, "n 应不小于 1"),
        (lambda: make_animals(np.random.default_rng(0), "8"), TypeError, "n 应是整数"),
    ],
)
def test_bad_input_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call()
