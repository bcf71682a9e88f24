"""What can still be read: the measure of a text that matters, beside its ink.

A text counts as left where a reader can read two or more of its characters in the result: Tesseract
at three sizes, and PP-OCR where its extra is installed. What no reader can read in the original
either is judged by its ink.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.reading.tesseract import words

if TYPE_CHECKING:
    from rapidocr_onnxruntime import RapidOCR

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Reader = Callable[[Picture], str]
"""Takes dark writing on a light ground, one line, uint8 (rows, columns); returns what it says."""

HEIGHTS: Final = (20, 32, 56)
"""Pixels of a line's height that Tesseract is shown."""
ROOM: Final = 0.4
"""Ground around a line, as a share of its height; readers miss letters at an edge."""
BESIDE: Final = 2
"""Pixels beside a text's box that are shown with it; what lies further is another text's."""
LONGEST: Final = 3000
"""Pixels of the longest line that is shown."""
LINE: Final = 7
"""Tesseract's page segmentation mode for one line."""
LETTER: Final = 10
"""The one for one letter."""
TURNED: Final = 1.5
"""Height of a box, as a multiple of its width, from which its text is read on both sides too."""
LEFT: Final = 2
"""Characters of a text that have to be read for it to count as left; of one letter, that one."""


def installed() -> list[Reader]:
    """The readers of this machine, PP-OCR's last; none where Tesseract is not installed."""
    if shutil.which("tesseract") is None:
        return []
    return [read_with_tesseract, *([read_with_ppocr] if find_spec("rapidocr_onnxruntime") else [])]


def is_left(
    picture: Picture, mask: Mask, box: Box, text: str, readers: Sequence[Reader]
) -> bool | None:
    """Whether a text can be read in the result.

    Args:
        picture: the original, uint8 (rows, columns) or (rows, columns, 3).
        mask: what is masked in it, (rows, columns).
        box: of the text, in pixels, inside the picture.
        text: what it says; any two characters count where this is empty.
        readers: see `installed`.

    Returns:
        None where no reader can read it in the original either.
    """
    if mask[box.y0 : box.y1, box.x0 : box.x1].all():
        return False
    if _is_read(picture, mask, box, text, readers):
        return True
    if _is_read(picture, np.zeros_like(mask), box, text, readers):
        return False
    return None


def _is_read(picture: Picture, mask: Mask, box: Box, text: str, readers: Sequence[Reader]) -> bool:
    """Whether any reader reads enough of a text where it is not masked."""
    lines = list(_lines(picture, mask, box))
    need = min(LEFT, max(len(_characters(text)), 1)) if text else LEFT
    return any(common(reader(line), text) >= need for reader in readers for line in lines)


def common(read: str, text: str) -> int:
    """Characters that were read and are the text's, in its order; all of them where it is empty.

    Letters that are drawn alike count as one, since a reader tells them apart by their words.
    """
    one, other = _characters(read), _characters(text)
    if not other:
        return len(one)
    longest = [0] * (len(other) + 1)
    for character in one:
        before = 0
        for k, wanted in enumerate(other):
            kept = longest[k + 1]
            longest[k + 1] = before + 1 if character == wanted else max(kept, longest[k])
            before = kept
    return longest[-1]


ALIKE: Final = str.maketrans("OQDILJ|!SZBG", "000111115286")
"""Letters and figures of about one shape, in capitals."""


def _characters(text: str) -> str:
    """Letters and figures, those that look alike made one."""
    return "".join(c for c in text.upper().translate(ALIKE) if c.isalnum())


def _lines(picture: Picture, mask: Mask, box: Box) -> Iterator[Picture]:
    """The text alone, dark on light, upright, and on both sides where it may be turned."""
    rows, columns = mask.shape
    x0, y0, x1, y1 = box.padded(BESIDE).clipped(columns, rows)
    part = picture[y0:y1, x0:x1].reshape(y1 - y0, x1 - x0, -1).astype(np.float32)
    seen = ~mask[y0:y1, x0:x1]
    if not seen.any():
        return
    ground = np.median(part[seen], axis=0)
    away = np.abs(part - ground).max(axis=2)
    away[~seen] = 0
    most = float(away.max())
    if most < 1:
        return
    level = (255 - 255 * away / most).astype(np.uint8)
    room = max(round(ROOM * min(level.shape)), 2)
    shown = np.pad(level, room, constant_values=255)
    yield shown
    if box.height >= TURNED * box.width:
        yield np.rot90(shown)
        yield np.rot90(shown, 3)


def read_with_tesseract(line: Picture) -> str:
    """All that Tesseract reads in a line, at three sizes, one after the other.

    Raises:
        MissingComponentError: Tesseract is not installed.
        subprocess.SubprocessError: it fails, or does not answer in time.
    """
    is_letter = line.shape[1] < 1.6 * line.shape[0]
    said = []
    for height in HEIGHTS:
        shown = _sized(line, round(height * (1 + 2 * ROOM)))
        found = words(shown, LETTER if is_letter else LINE)
        said.append("".join(word.text for word in found))
    return max(said, key=len)


def read_with_ppocr(line: Picture) -> str:
    """What PP-OCR's recogniser reads in a line, dark on light and light on dark."""
    coloured = cv2.cvtColor(_sized(line, 48), cv2.COLOR_GRAY2BGR)
    said = []
    for shown in (coloured, 255 - coloured):
        found, _ = _engine()(shown, use_det=False, use_cls=False, use_rec=True)
        said.append("".join(str(text) for text, *_ in found or []))
    return max(said, key=len)


def _sized(line: Picture, height: int) -> Picture:
    width = min(max(round(line.shape[1] * height / line.shape[0]), 1), LONGEST)
    how = cv2.INTER_AREA if height < line.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(line, (width, height), interpolation=how), np.uint8)


@lru_cache(maxsize=1)
def _engine() -> RapidOCR:
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)
