"""What a reader can still read in the result."""

from __future__ import annotations

import shutil
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from pixelscrub.evaluate import readers
from pixelscrub.evaluate.readers import common, installed, is_left
from pixelscrub.findings import Box

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed"
)
BOX = Box(18, 22, 176, 50)


def page() -> np.ndarray:
    picture = np.full((80, 240, 3), (90, 30, 60), np.uint8)
    cv2.putText(picture, "QUIXOTE", (20, 46), cv2.FONT_HERSHEY_DUPLEX, 1, (250, 250, 90), 2)
    return picture


def mask(*boxes: Box) -> np.ndarray:
    masked = np.zeros((80, 240), bool)
    for x0, y0, x1, y1 in boxes:
        masked[y0:y1, x0:x1] = True
    return masked


@needs_tesseract
def test_a_text_is_left_where_two_of_its_characters_can_be_read() -> None:
    tesseract = [readers.read_with_tesseract]
    assert is_left(page(), mask(), BOX, "QUIXOTE", tesseract)
    assert is_left(page(), mask(Box(70, 20, 240, 60)), BOX, "QUIXOTE", tesseract)
    assert is_left(page(), mask(BOX), BOX, "QUIXOTE", tesseract) is False
    assert is_left(page(), mask(BOX.padded(-3)), BOX, "QUIXOTE", tesseract) is False


@needs_tesseract
def test_a_text_on_its_side_is_read_too() -> None:
    turned = np.ascontiguousarray(np.rot90(page()))
    box = Box(22, 240 - 176, 50, 240 - 18)
    nothing = np.zeros((240, 80), bool)
    assert is_left(turned, nothing, box, "QUIXOTE", [readers.read_with_tesseract])


def test_what_nobody_reads_in_the_original_is_not_judged() -> None:
    assert is_left(page(), mask(), BOX, "QUIXOTE", [lambda line: "#"]) is None
    assert is_left(np.zeros((80, 240), np.uint8), mask(), BOX, "Q", [lambda line: "Q"]) is None


def test_one_character_is_all_of_a_text_of_one() -> None:
    assert is_left(page(), mask(), BOX, "R", [lambda line: "R"])
    assert is_left(page(), mask(), BOX, "RS", [lambda line: "R"]) is None
    assert is_left(page(), mask(), BOX, "", [lambda line: "X"]) is None
    assert is_left(page(), mask(), BOX, "", [lambda line: "XY"])


@pytest.mark.parametrize(
    ("read", "text", "count"),
    [("JOHN", "Johnson", 4), ("7OHN", "JOHN", 3), ("l0", "IO", 2), ("", "A", 0), ("a b", "", 2)],
)
def test_characters_count_in_their_order(read: str, text: str, count: int) -> None:
    assert common(read, text) == count


def test_readers_are_those_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert installed() == []
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/" + name)
    monkeypatch.setattr(readers, "find_spec", lambda name: object())
    assert installed() == [readers.read_with_tesseract, readers.read_with_ppocr]


def test_ppocr_reads_a_line_in_both_tones(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def engine(**kwargs: object) -> object:
        def read(shown: np.ndarray, **asked: object) -> tuple[object, float]:
            seen.append(shown[0, 0, 0])
            return ([["ABC", 0.9]] if len(seen) == 1 else None), 0.1

        return read

    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", SimpleNamespace(RapidOCR=engine))
    readers._engine.cache_clear()
    assert readers.read_with_ppocr(np.full((20, 90), 255, np.uint8)) == "ABC"
    assert seen == [255, 0]
    readers._engine.cache_clear()
