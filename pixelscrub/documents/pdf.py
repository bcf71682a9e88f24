"""Pages of a PDF as pictures, with and without their text, and the words of the text layer.

pdfium (BSD) draws; scripts are not run, nothing is fetched. Text is switched off object by object,
also inside forms: what is left of a page then is pictures, lines, and letters drawn as shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.findings import Box

if TYPE_CHECKING:
    from types import TracebackType

Picture = npt.NDArray[np.uint8]

DOTS_PER_INCH: Final = 150
"""Letters of 8 points are 17 pixels high: well above the 10 pixels that readers need."""
POINTS_PER_INCH: Final = 72
LONGEST_PX: Final = 6000
"""Pixels of a page's longer side; larger pages are drawn smaller."""
MAX_PAGES: Final = 5000
DEEPEST: Final = 15
"""Forms within forms that are walked."""
MOST_OBJECTS: Final = 500_000
"""Of a page: forms that draw forms multiply."""
LINE_ENDS: Final = frozenset({0x0A, 0x0D})
_WORD: Final = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class PageWord:
    """A word of the text layer: its place in the page's text, and in the page's picture."""

    start: int
    end: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class PageText:
    """The text layer of a page in lines; characters that cannot be printed are spaces."""

    text: str
    words: tuple[PageWord, ...]


class Pdf:
    """An opened PDF; one page is held at a time."""

    def __init__(self, data: bytes) -> None:
        """Open it.

        Raises:
            HeldError: DOCUMENT_ENCRYPTED or DOCUMENT_DAMAGED.
        """
        import pypdfium2
        from pypdfium2 import raw

        with guarded(Reason.DOCUMENT_DAMAGED):
            try:
                self._file = pypdfium2.PdfDocument(data)
            except pypdfium2.PdfiumError as error:
                is_locked = error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}
                reason = Reason.DOCUMENT_ENCRYPTED if is_locked else Reason.DOCUMENT_DAMAGED
                raise HeldError(reason) from None
            self.pages = len(self._file)
            if self._file.get_formtype() != raw.FORMTYPE_NONE:
                self._file.init_forms()
        if not 0 < self.pages <= MAX_PAGES:
            raise HeldError(Reason.DOCUMENT_DAMAGED, "number of pages")

    def __enter__(self) -> Pdf:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def attachments(self) -> int:
        """Files that travel inside it."""
        return int(self._file.count_attachments())

    def picture(self, index: int, *, with_text: bool = True) -> Picture:
        """A page, (rows, columns, 3), on white; without text only what is drawn as shapes.

        Raises:
            HeldError: DOCUMENT_DAMAGED.
        """
        with self._page(index) as page:
            if not with_text:
                _switch_text_off(page)
            drawn = page.render(
                scale=_scale(page), rev_byteorder=True, prefer_bgrx=False, may_draw_forms=True
            )
            pixels = drawn.to_numpy()
            pixels = np.repeat(pixels[..., None], 3, 2) if pixels.ndim == 2 else pixels[..., :3]
            return np.ascontiguousarray(pixels)

    def stored(self, index: int) -> list[Picture]:
        """The pictures of a page that is made of pictures alone; none where it has other things.

        Raises:
            HeldError: DOCUMENT_DAMAGED.
        """
        from pypdfium2 import raw

        with self._page(index) as page:
            objects = list(page.get_objects())
            if any(one.type != raw.FPDF_PAGEOBJ_IMAGE for one in objects):
                return []
            return [_stored(one) for one in objects]

    def text(self, index: int) -> PageText:
        """The text layer of a page.

        Raises:
            HeldError: DOCUMENT_DAMAGED.
        """
        with self._page(index) as page:
            layer = page.get_textpage()
            try:
                count = layer.count_chars()
                codes = [_character(layer, at) for at in range(count)]
                text = "".join(codes)
                words = tuple(
                    PageWord(*found.span(), tuple(_boxes(page, layer, *found.span())))
                    for found in _WORD.finditer(text)
                )
                return PageText(text, words)
            finally:
                layer.close()

    @contextmanager
    def _page(self, index: int) -> Iterator[Any]:
        with guarded(Reason.DOCUMENT_DAMAGED):
            page = self._file[index]
            try:
                yield page
            finally:
                page.close()


def _stored(one: Any) -> Picture:
    """An image object as (rows, columns, 3); pdfium gives colours as blue, green, red."""
    pixels = one.get_bitmap(render=False).to_numpy()
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, 2)
    return np.ascontiguousarray(pixels[..., :1].repeat(3, 2) if pixels.shape[2] == 1 else
                                pixels[..., 2::-1])  # fmt: skip


def _scale(page: Any) -> float:
    """Pixels a point."""
    longest = max(*page.get_size(), 1.0)
    return min(DOTS_PER_INCH / POINTS_PER_INCH, LONGEST_PX / float(longest))


def _character(layer: Any, at: int) -> str:
    """A character of the text layer, one for one: a letter, the end of a line, or a space."""
    from pypdfium2 import raw

    code = raw.FPDFText_GetUnicode(layer.raw, at)
    if code in LINE_ENDS:
        return "\n"
    is_letter = 0x20 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000
    return chr(code) if is_letter and chr(code).isprintable() else " "


def _boxes(page: Any, layer: Any, start: int, end: int) -> Iterator[Box]:
    """Where characters are in the picture, joined where they follow each other in a line."""
    box: Box | None = None
    for at in range(start, end):
        here = _box(page, layer, at)
        if here is None:
            continue
        if box is not None and _is_beside(box, here):
            box = box.union(here)
            continue
        if box is not None:
            yield box
        box = here
    if box is not None:
        yield box


def _box(page: Any, layer: Any, at: int) -> Box | None:
    import pypdfium2

    try:
        left, bottom, right, top = layer.get_charbox(at, loose=True)
    except pypdfium2.PdfiumError:
        return None
    corners = [_to_picture(page, x, y) for x in (left, right) for y in (bottom, top)]
    columns, rows = [x for x, _ in corners], [y for _, y in corners]
    box = Box(min(columns), min(rows), max(columns) + 1, max(rows) + 1)
    return box if box.area else None


def _to_picture(page: Any, x: float, y: float) -> tuple[int, int]:
    """A point of the page in pixels of its picture, whatever way it is turned or cropped."""
    import ctypes
    import math

    from pypdfium2 import raw

    scale = _scale(page)
    width, height = (math.ceil(side * scale) for side in page.get_size())
    column, row = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page.raw, 0, 0, width, height, 0, x, y, column, row)
    return column.value, row.value


def _is_beside(box: Box, other: Box) -> bool:
    """Whether a character goes on in the line or column of those before it."""
    reach = max(box.height, other.height, other.width)
    return box.padded(reach // 2).intersection(other).area > 0


def _switch_text_off(page: Any) -> None:
    from pypdfium2 import raw

    for count, one in enumerate(page.get_objects(max_depth=DEEPEST)):
        if count >= MOST_OBJECTS:
            raise HeldError(Reason.DOCUMENT_DAMAGED, "too many objects")
        if one.type == raw.FPDF_PAGEOBJ_TEXT:
            raw.FPDFPageObj_SetIsActive(one.raw, False)
