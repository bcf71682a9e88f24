"""QR codes and bar codes are found; stripes that code nothing are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pixelscrub.findings import Box
from pixelscrub.text.detectors.barcodes import find_codes


@pytest.mark.parametrize("module", [2, 3, 5, 9])
@pytest.mark.parametrize("look", ["plain", "colour", "light on dark", "faint", "tilted"])
def test_a_qr_code_is_covered(module: int, look: str) -> None:
    code = cv2.QRCodeEncoder.create().encode("PLANTED-4711 QUIXOTE^ALONSO 15470929")
    large = cv2.resize(code, None, fx=module, fy=module, interpolation=cv2.INTER_NEAREST)
    picture = np.full((500, 600), 255, np.uint8)
    picture[100 : 100 + large.shape[0], 150 : 150 + large.shape[1]] = large
    if look == "tilted":
        move = cv2.getRotationMatrix2D((300, 250), 8, 1)
        picture = cv2.warpAffine(picture, move, (600, 500), borderValue=255)
    dark = np.argwhere(picture < 128)
    (y0, x0), (y1, x1) = dark.min(axis=0), dark.max(axis=0) + 1
    code_box = Box(int(x0), int(y0), int(x1), int(y1))
    shown = {
        "colour": np.dstack([picture] * 3), "light on dark": 255 - picture,
        "faint": (80 + picture / 4).astype(np.uint8),
    }.get(look, picture)  # fmt: skip
    found = find_codes(shown)
    assert any(text.box.intersection(code_box).area >= 0.95 * code_box.area for text in found)


def test_even_stripes_are_no_code() -> None:
    picture = np.full((300, 300), 128, np.uint8)
    picture[100:180, 100:180] = np.where(np.arange(80) // 2 % 2, 255, 0)
    assert find_codes(picture) == []


def test_an_empty_picture_has_no_code() -> None:
    assert find_codes(np.zeros((100, 100), np.uint8)) == []
