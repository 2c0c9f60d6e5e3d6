"""前言的两幅图：画出来的就是给定的预测与各章的依赖。"""

from __future__ import annotations

import numpy as np

from lib import animals, figures


def test_opening_question_shows_the_given_prediction():
    illustration = figures.opening_question()
    picture, answer = illustration.fig.axes
    widths = [bar.get_width() for bar in answer.patches]
    assert widths == [0.775, 0.116, 0.039, 0.070]
    assert [text.get_text() for text in answer.texts] == ["77.5%", "11.6%", "3.9%", "7.0%"]
    assert np.array_equal(picture.images[0].get_array(), animals.draw_animal("狗", size=192))
    assert "77.5% 是狗" in illustration.alt


def test_chapter_roadmap_connects_the_chapters_in_reading_order():
    illustration = figures.chapter_roadmap()
    (ax,) = illustration.fig.axes
    names = [text.get_text() for text in ax.texts if "　" in text.get_text()]
    assert [name.split("　")[0] for name in names] == ["1", "2", "3", "4", "5", "6"]
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 6
