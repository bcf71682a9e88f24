"""What texts say, many boxes a call; what cannot be read is never certain."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box
from pixelscrub.text.reading import lines as reading
from pixelscrub.text.reading.lines import UNREAD, read_lines

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed"
)


@needs_tesseract
def test_texts_are_read_in_the_order_of_their_boxes() -> None:
    picture = np.zeros((200, 400, 3), np.uint8)
    words = {"PORTABLE": Box(8, 20, 160, 55), "QUIXOTE": Box(200, 120, 340, 155)}
    for word, box in words.items():
        place = (box.x0 + 2, box.y1 - 8)
        cv2.putText(
            picture, word, place, cv2.FONT_HERSHEY_DUPLEX, 0.8, (255, 255, 255), 1, cv2.LINE_AA
        )
    empty = Box(10, 80, 100, 110)
    first, nothing, last = read_lines(picture, [words["PORTABLE"], empty, words["QUIXOTE"]])
    assert (first.text, last.text) == ("PORTABLE", "QUIXOTE")
    assert min(first.confidence, last.confidence) > 0.5
    assert nothing.confidence < 0.8


def test_no_boxes_need_no_call() -> None:
    assert read_lines(np.zeros((9, 9), np.uint8), []) == []


@needs_tesseract
def test_a_text_of_any_length_counts_as_unread() -> None:
    strip = np.random.default_rng(1).integers(0, 255, (8, 20000)).astype(np.uint8)
    assert read_lines(strip, [Box(0, 0, 20000, 8)]) == [UNREAD]


@needs_tesseract
def test_a_reader_that_fails_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*args: object, **kwargs: object) -> None:
        raise RuntimeError("Tesseract process timeout")

    monkeypatch.setattr(reading, "words", hang)
    with pytest.raises(HeldError) as caught:
        read_lines(np.eye(40, dtype=np.uint8), [Box(0, 0, 40, 40)])
    assert caught.value.reason is Reason.DETECTOR_FAILED
