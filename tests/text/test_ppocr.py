"""PP-OCR as a further detector."""

import sys
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pixelscrub.errors import MissingComponentError
from pixelscrub.findings import Box
from pixelscrub.text import detectors
from pixelscrub.text.detectors import ppocr


class Bright:
    """Stands in for the engine: one box around all that is bright, as corners."""

    def __init__(self, **options: int) -> None:
        assert set(options.values()) == {1}

    def __call__(
        self, tile: npt.NDArray[np.uint8], use_cls: bool, use_rec: bool
    ) -> tuple[list[Any] | None, Any]:
        y, x = np.nonzero(tile[:, :, 2] > 128)
        if not x.size:
            return None, None
        x0, y0, x1, y1 = x.min(), y.min(), x.max() + 1, y.max() + 1
        return [[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], [0.1]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("rapidocr_onnxruntime")
    module.RapidOCR = Bright  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", module)
    monkeypatch.setattr(ppocr, "find_spec", lambda _: module)
    ppocr._engine.cache_clear()


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("colours", [(), (3,)])
def test_boxes_are_in_pixels_of_the_whole_picture(colours: tuple[int, ...]) -> None:
    image = np.zeros((1500, 1300, *colours), np.uint8)
    image[1402:1420, 1200:1260] = 255
    found = detectors.detect(image, ["ppocr"])
    assert [text.source for text in found] == ["ppocr"]
    box = found[0].box
    assert box.intersection(Box(1200, 1402, 1260, 1420)).area == 60 * 18
    assert box.area <= 62 * 20


@pytest.mark.usefixtures("engine")
def test_red_stays_red() -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    image[10:20, 5:50, 0] = 255
    assert ppocr.find_lines(image)


def test_a_missing_engine_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppocr, "find_spec", lambda _: None)
    with pytest.raises(MissingComponentError, match="PP-OCR"):
        detectors.require(["ppocr"])
