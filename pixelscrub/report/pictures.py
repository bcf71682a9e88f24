"""Small pictures of what was changed, written by the workers while they have the pixels at hand.

::

    PRIVATE/report/pictures/<name>.before.jpg   the original, boxes drawn
    PRIVATE/report/pictures/<name>.after.jpg    what was written
    PRIVATE/report/pictures/<name>.strip.jpg    some frames of a cine, originals above
    PRIVATE/report/pictures/<name>.head-before.jpg, <name>.head-after.jpg   shaded views of a head
    PRIVATE/report/pictures/<name>.cuts-before.jpg, <name>.cuts-after.jpg   three planes of it

`<name>` goes into the line of the audit; the report finds the files by it. Pictures of a head are
named after the folder of its series. The JPEG comment of a
picture from before holds the columns and rows of the original, which boxes are counted in, and
the device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture
from PIL import ImageDraw

from pixelscrub.errors import Reason, guarded
from pixelscrub.findings import Box
from pixelscrub.pixels.edit import Edit
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import show
from pixelscrub.report.naming import stem_of
from pixelscrub.untrusted import reserve

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

EDGE = 560
"""Pixels of a picture's longer side."""
SMALL_EDGE = 256
"""The same of a slice in which only a face is masked: there are many, and heads are drawn too."""
LONGEST_DEVICE = 80
STRIP_EDGE = 160
STRIP_FRAMES = 8
OUTLINE = (255, 176, 0)
GAP = 4
QUALITY = 80

Pixels = npt.NDArray[np.uint8]


def save_instance(
    folder: Path, name: str, original: BinaryIO, written: BinaryIO, edit: Edit
) -> str:
    """Write the first frame that has a box, or the middle one; of several frames a filmstrip too.

    Args:
        folder: as of `save`.
        name: as of `save`.
        original: the instance as it came in.
        written: what was written.
        edit: what was changed.

    Returns:
        The name to put into the audit's `pictures`.

    Raises:
        HeldError: a frame cannot be shown.
    """
    before, after = Image(original), Image(written)
    frames = before.known.frames
    told = next((f for f in range(frames) if edit.boxes_of(f)), frames // 2)
    if frames > 1:
        chosen = np.unique(np.linspace(0, frames - 1, min(STRIP_FRAMES, frames)).round())
        save_strip(folder, name, [(show(before, int(f)), show(after, int(f))) for f in chosen])
    boxes, device = edit.boxes_of(told), _device(before.header)
    return save(folder, name, show(before, told), show(after, told), boxes, device)


def _device(header: Dataset) -> str:
    """Maker and model, which images with the same layout of text have in common."""
    with guarded(Reason.DAMAGED_FILE):
        words = [str(header.get(k) or "") for k in ("Manufacturer", "ManufacturerModelName")]
    return " ".join(" ".join(words).split())[:LONGEST_DEVICE]


def save(
    folder: Path,
    name: str,
    before: Pixels,
    after: Pixels,
    boxes: Sequence[Box],
    device: str = "",
) -> str:
    """Write one frame before and after.

    Args:
        folder: the private folder's `report/pictures`, made if it is missing.
        name: of the output (its path will do).
        before: uint8, (rows, columns) or (rows, columns, 3), the original as a viewer shows it.
        after: the same of what was written; smaller where it is cropped.
        boxes: what is masked, in pixels of `before`.
        device: what the original was made with.

    Returns:
        The name to put into the audit's `pictures`.
    """
    stem = _stem(folder, name)
    rows, columns = before.shape[:2]
    edge = EDGE if boxes or before.shape != after.shape else SMALL_EDGE
    small = _small(before, edge)
    _outline(small, boxes, small.width / columns)
    comment = f"{columns} {rows} {device}".strip().encode()
    small.save(reserve(folder / f"{stem}.before.jpg"), quality=QUALITY, comment=comment)
    _small(after, edge).save(reserve(folder / f"{stem}.after.jpg"), quality=QUALITY)
    return stem


def save_strip(folder: Path, name: str, pairs: Sequence[tuple[Pixels, Pixels]]) -> str:
    """Write a filmstrip of a cine: originals above, the same frames as written below.

    Args:
        folder: as of `save`.
        name: as of `save`.
        pairs: frames before and after, uint8.

    Returns:
        The name to put into the audit's `pictures`.
    """
    stem = _stem(folder, name)
    rows = [_row([_small(pair[side], STRIP_EDGE) for pair in pairs]) for side in (0, 1)]
    _stack(rows).save(reserve(folder / f"{stem}.strip.jpg"), quality=QUALITY)
    return stem


def save_views(
    folder: Path, name: str, kind: str, before: Mapping[str, Pixels], after: Mapping[str, Pixels]
) -> str:
    """Write views of a volume side by side, in the order given.

    Args:
        folder: as of `save`.
        name: as of `save`.
        kind: `head` for shaded surfaces, `cuts` for planes.
        before: uint8 pictures by the name of the view.
        after: the same views of what was written; none where nothing was.

    Returns:
        The start of the names of both files.
    """
    stem = _stem(folder, name)
    for side, views in (("before", before), ("after", after)):
        path = folder / f"{stem}.{kind}-{side}.jpg"
        path.unlink(missing_ok=True)  # what an earlier run released may be held now
        if views:
            shown = _row([_small(view, EDGE) for view in views.values()])
            shown.save(reserve(path), quality=QUALITY)
    return stem


def _stem(folder: Path, name: str) -> str:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return stem_of(name)


def _small(pixels: Pixels, edge: int) -> Picture.Image:
    picture = Picture.fromarray(np.ascontiguousarray(pixels)).convert("RGB")
    picture.thumbnail((edge, edge), Picture.Resampling.LANCZOS)
    return picture


def _outline(picture: Picture.Image, boxes: Sequence[Box], scale: float) -> None:
    """Draw boxes after the picture is small, so that the lines stay visible."""
    draw = ImageDraw.Draw(picture)
    for box in boxes:
        x0, y0, x1, y1 = (round(edge * scale) for edge in box)
        corners = (x0 - 1, y0 - 1, max(x0 - 1, x1), max(y0 - 1, y1))
        draw.rectangle(corners, outline=OUTLINE, width=2)


def _row(pictures: Sequence[Picture.Image]) -> Picture.Image:
    height = max(picture.height for picture in pictures)
    width = sum(picture.width + GAP for picture in pictures) - GAP
    row = Picture.new("RGB", (width, height))
    x = 0
    for picture in pictures:
        row.paste(picture, (x, 0))
        x += picture.width + GAP
    return row


def _stack(rows: Sequence[Picture.Image]) -> Picture.Image:
    stack = Picture.new("RGB", (rows[0].width, sum(row.height + GAP for row in rows) - GAP))
    y = 0
    for row in rows:
        stack.paste(row, (0, y))
        y += row.height + GAP
    return stack
