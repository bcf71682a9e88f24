"""Which frames of a cine are searched, and by whom."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors import detectors
from pixelscrub.text.frames.cine import Frame, sightings
from pixelscrub.text.frames.views import View

Picture = npt.NDArray[np.uint8]
FRAMES = 11
SHOWN = 4
"""The only frame that shows something; no key frame."""


def stand_in(
    monkeypatch: pytest.MonkeyPatch, name: str, find: Callable[[Picture], list[TextBox]]
) -> None:
    known = detectors()[name]
    monkeypatch.setitem(detectors(), name, replace(known, find=find))


def as_frames(pictures: list[list[Picture]]) -> list[Frame]:
    return [Frame([View(picture) for picture in shown]) for shown in pictures]


def cine() -> list[list[Picture]]:
    frames = [[np.full((64, 96), 7, np.uint8)] for _ in range(FRAMES)]
    for frame in frames:
        frame[0][0, 0] = 0
    frames[SHOWN][0][20:30, 10:60:4] = 255
    return frames


def find_bright(image: Picture) -> list[TextBox]:
    y, x = np.nonzero(image > 128)
    if not x.size:
        return []
    box = Box(int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1)
    return [TextBox(box, 1.0, "stand-in")]


@pytest.mark.parametrize("name", ["tesseract", "ppocr", "strokes"])
def test_text_that_one_frame_shows_is_found(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    stand_in(monkeypatch, name, find_bright)
    seen = list(sightings(as_frames(cine()), FRAMES, [name]))
    first = next(text.box for index, texts in seen for text in texts if index == SHOWN)
    assert first == Box(10, 20, 59, 30)
    assert not any(texts for index, texts in seen if index < SHOWN)


def test_costly_detectors_see_key_frames_where_a_cheap_one_sees_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []

    def count(image: Picture) -> list[TextBox]:
        looked.append(1)
        return []

    stand_in(monkeypatch, "ppocr", count)
    list(sightings(as_frames(cine()), FRAMES, ["strokes", "ppocr"]))
    assert len(looked) == 3


def test_a_cheap_detector_sees_of_later_key_frames_what_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []

    def measure(image: Picture) -> list[TextBox]:
        sizes.append(image.size)
        return find_bright(image)

    stand_in(monkeypatch, "strokes", measure)
    frames = [[np.full((400, 600), 7, np.uint8)] for _ in range(FRAMES)]
    for frame in frames:
        frame[0][0, 0] = 0
    frames[-1][0][20:30, 10:60:4] = 255
    seen = [
        (index, text.box)
        for index, found in sightings(as_frames(frames), FRAMES, ["strokes"])
        for text in found
    ]
    assert (FRAMES - 1, Box(10, 20, 59, 30)) in seen
    assert sizes[0] == 400 * 600
    assert max(sizes[1:]) < 120 * 120
