"""The table of detectors: bounds, faults and what they become."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from pixelscrub.errors import HeldError, MissingComponentError, Reason, RecipeError
from pixelscrub.findings import Box
from pixelscrub.text import detectors as room
from pixelscrub.text.boxes import TextBox, into_lines, unite
from pixelscrub.text.detectors import cheap, detect, detectors, quick, require
from pixelscrub.text.detectors.registry import chosen


def replaced(monkeypatch, engine, name: str = "strokes") -> None:
    monkeypatch.setitem(detectors(), name, replace(detectors()[name], find=engine))


def picture(rows: int = 40, columns: int = 60):
    grey = np.zeros((rows, columns), np.uint8)
    grey[10:20, 10:20] = 255
    return grey


@pytest.mark.parametrize("shape", [(0, 0), (3, 100_000), (1, 100_000), (200, 200), (50, 50, 3)])
def test_constant_and_tiny_pictures_hold_no_text(shape):
    assert detect(np.full(shape, 77, np.uint8)) == []


@pytest.mark.parametrize(("side", "is_searched"), [(23, False), (24, True)])
def test_pictures_without_room_for_letters_are_not_searched(monkeypatch, side, is_searched):
    replaced(monkeypatch, lambda image: [TextBox(Box(0, 0, 9, 9), 0.9, "strokes")])
    assert bool(detect(picture(22, side), ["strokes"])) == is_searched


def test_a_picture_that_is_too_large_is_held():
    huge = np.broadcast_to(np.arange(2**14).astype(np.uint8), (2**14, 2**14))
    with pytest.raises(HeldError) as error:
        detect(huge)
    assert error.value.reason is Reason.TOO_LARGE


def test_a_detector_that_fails_holds_the_instance_and_tells_nothing(monkeypatch):
    def failing(image):
        raise ValueError("DOE^JOHN")

    replaced(monkeypatch, failing)
    with pytest.raises(HeldError) as error:
        detect(picture(), ["strokes"])
    assert error.value.reason is Reason.DETECTOR_FAILED
    assert "DOE" not in str(error.value)


def test_a_costly_detector_looks_only_where_a_cheap_one_sees_something(monkeypatch):
    called = []
    replaced(monkeypatch, lambda image: called.append(1) or [], "tesseract")
    replaced(monkeypatch, lambda image: [])
    detect(picture(), ["tesseract", "strokes"])
    assert not called
    detect(picture(), ["tesseract"])
    replaced(monkeypatch, lambda image: [TextBox(Box(0, 0, 9, 9), 0.1, "strokes")])
    detect(picture(), ["tesseract", "strokes"])
    assert len(called) == 2


def test_text_everywhere_is_one_box(monkeypatch):
    many = [TextBox(Box(x, y, x + 1, y + 1), 0.9, "strokes") for x in range(70) for y in range(60)]
    replaced(monkeypatch, lambda image: many)
    assert [text.box for text in detect(picture(), ["strokes"])] == [Box(0, 0, 60, 40)]


def test_boxes_end_at_the_picture(monkeypatch):
    outside = TextBox(Box(70, 0, 80, 9), 0.9, "strokes")
    over = TextBox(Box(-5, 30, 70, 50), 0.9, "strokes")
    replaced(monkeypatch, lambda image: [outside, over])
    assert [text.box for text in detect(picture(), ["strokes"])] == [Box(0, 30, 60, 40)]


def test_the_network_judges_strokes_and_nothing_else(monkeypatch):
    dark = np.zeros((96, 160), np.uint8)
    dark[40:56, 40:120] = 3  # nothing that the network takes for text
    dark[0, 0] = 255
    seen = TextBox(Box(40, 40, 120, 56), 0.9, "strokes")
    replaced(monkeypatch, lambda image: [seen])
    assert detect(dark, ["strokes"]) == [seen]
    assert detect(dark, ["network", "strokes"]) == []
    code = TextBox(Box(40, 40, 120, 56), 0.9, "barcodes")
    replaced(monkeypatch, lambda image: [code], "barcodes")
    assert detect(dark, ["network", "barcodes"]) == [code]


def test_an_unknown_detector_is_a_wrong_recipe():
    with pytest.raises(RecipeError):
        require(["strokes", "crystal ball"])


def test_what_a_detector_needs_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingComponentError, match="tesseract") as error:
        require(["tesseract"])
    assert error.value.exit_code == 5
    require(["strokes"])


def test_boxes_of_one_place_become_one_and_the_surer_names_it():
    one, other = TextBox(Box(0, 0, 20, 10), 0.5, "a"), TextBox(Box(2, 0, 20, 10), 0.9, "b")
    far = TextBox(Box(50, 0, 60, 10), 0.7, "a")
    assert unite([one, other, far]) == [TextBox(Box(0, 0, 20, 10), 0.9, "b"), far]


def test_words_of_one_line_become_one():
    words = [TextBox(Box(x, 0, x + 20, 10), 0.5, "a") for x in (0, 25, 60)]
    below = TextBox(Box(0, 30, 20, 40), 0.5, "a")
    boxes = [text.box for text in into_lines([*words, below])]
    assert boxes == [Box(0, 0, 45, 10), Box(60, 0, 80, 10), Box(0, 30, 20, 40)]


def test_turned_texts_side_by_side_stay_apart():
    columns = [TextBox(Box(x, 0, x + 12, 90), 0.5, "a") for x in (0, 40)]
    assert into_lines(columns) == columns


def test_the_text_read_is_not_shown():
    assert "SECRET" not in repr(TextBox(Box(0, 0, 1, 1), 1.0, "tesseract", "SECRET"))


ONE_FILE = """
import numpy as np

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors.registry import Cost, Detector


def find_white(image):
    y, x = np.nonzero(image == 255)
    return [TextBox(Box(x.min(), y.min(), x.max() + 1, y.max() + 1), 0.9, "white")]


DETECTOR = Detector("white", Cost.CHEAP, find_white)
"""


@pytest.fixture
def with_one_more(tmp_path):
    """The room with one more file in it."""
    (tmp_path / "white.py").write_text(ONE_FILE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
        detectors.cache_clear()
        yield
    sys.modules.pop(f"{room.__name__}.white", None)
    vars(room).pop("white", None)
    detectors.cache_clear()


@pytest.mark.usefixtures("with_one_more")
def test_a_new_detector_is_one_file():
    require(["white"])
    assert "white" in cheap()
    assert [text.box for text in detect(picture(), ["white"])] == [Box(10, 10, 20, 20)]


def test_the_pair_of_network_and_strokes_is_a_detector_with_a_name():
    alone = [one.name for one in chosen(["network", "barcodes"])]
    paired = [one.name for one in chosen(["strokes", "barcodes", "network", "tesseract"])]
    assert alone == ["network", "barcodes"]
    assert paired == ["network+strokes", "barcodes", "tesseract"]
    assert paired == [one.name for one in chosen(["tesseract", "network+strokes", "barcodes"])]
    assert quick(["network+strokes", "barcodes"]) == ["network"]
    assert quick(["barcodes"]) == ["barcodes"]
    assert cheap() == ["network", "strokes"]
