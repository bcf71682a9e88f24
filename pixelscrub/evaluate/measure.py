"""How well text is found: any folder of images, and a file that says what they show.

The truth is JSON: `{name: {"file", "frame", "width", "height", "boxes": [{"box", "text",
"is_phi"}], "ignore": [box, ...]}}`, boxes in stored pixels, end exclusive. Images are DICOM, or
whatever OpenCV reads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pixelscrub.errors import HeldError, NothingUsableError, UsageError
from pixelscrub.evaluate.figures import Evaluation, Measured, MeasuredText, summarise
from pixelscrub.evaluate.gallery import Gallery, GalleryPicture
from pixelscrub.evaluate.readers import Reader, installed, is_left
from pixelscrub.evaluate.wrong import wrong_area
from pixelscrub.findings import Box, Finding
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import show
from pixelscrub.recipe import TextSettings
from pixelscrub.text.detectors import detect
from pixelscrub.text.find import find_text
from pixelscrub.text.reading.tesseract import reading_in

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Finder = Callable[[Path], list[Finding]]
Looked = tuple[Picture, list[Finding], float]

BOX_SHARE: Final = 0.9
"""A text is removed where this share of its box is masked."""
INK_SHARE: Final = 0.95
"""A text is gone where this share of its ink is masked."""


class TruthText(BaseModel):
    """One text that an image shows."""

    box: Box
    text: str = ""
    is_phi: bool


class Truth(BaseModel):
    """What one frame of one image shows."""

    model_config = ConfigDict(extra="ignore")

    file: str
    frame: int = Field(default=0, ge=0)
    boxes: list[TruthText]
    ignore: list[Box] = Field(default_factory=list)


def evaluate(
    images: Path,
    truth: Path,
    settings: TextSettings | None = None,
    finder: Finder | None = None,
    gallery: Path | None = None,
    readers: Sequence[Reader] | None = None,
) -> Evaluation:
    """Measure what is found in a folder of images.

    Args:
        images: the folder that the truth's paths start from.
        truth: the JSON file.
        settings: detectors and padding; the defaults where None.
        finder: finds what is masked in a file, instead of our own detectors.
        gallery: folder for a picture of each image in which something is missed or wrongly
            masked, and a page of them.
        readers: what tries to read the result; those that are installed where None.

    Raises:
        UsageError: the truth cannot be read, or names a file that is not there.
        NothingUsableError: it names no image.
        MissingComponentError: the program of a detector is not installed.
    """
    expected = read_truth(truth)
    measured, held = [], []
    shown = Gallery(gallery) if gallery is not None else None
    readers = installed() if readers is None else readers
    for name, one in expected.items():
        try:
            with reading_in((settings or TextSettings()).languages):
                looked = _looked(_found_file(images / one.file), one, settings, finder)
        except HeldError:
            held.append(name)
            continue
        measured.append(_measure(name, one, looked, readers, shown))
    if shown is not None:
        shown.write()
    return Evaluation(summarise(measured, len(held)), measured, held)


def read_truth(path: Path) -> dict[str, Truth]:
    """Read a file of truth.

    Raises:
        UsageError: it cannot be read, or is not as it should be.
        NothingUsableError: it names no image.
    """
    try:
        expected = TypeAdapter(dict[str, Truth]).validate_json(path.read_bytes())
    except OSError:
        raise UsageError("the truth file cannot be read") from None
    except ValidationError as error:
        raise UsageError(f"the truth file has {error.error_count()} errors") from None
    if not expected:
        raise NothingUsableError("the truth file names no image")
    return expected


def masked(findings: Iterable[Finding], frame: int, shape: tuple[int, ...]) -> Mask:
    """Which pixels of `frame` are masked: bool, (rows, columns)."""
    mask = np.zeros(shape[:2], bool)
    for finding in findings:
        if finding.box is not None and _masks(finding, frame):
            _fill(mask, finding.box)
    return mask


def ink(picture: Picture, box: Box) -> Mask:
    """Which pixels of a box are ink: those nearer to its strongest contrast than to its ground."""
    part = picture[box.y0 : box.y1, box.x0 : box.x1].astype(np.float32)
    part = part.reshape(*part.shape[:2], -1)
    rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    distance = np.abs(part - np.median(rim, axis=0)).max(axis=2)
    return np.asarray(distance >= max(distance.max() / 2, 1), np.bool_)


def _measure(
    name: str, truth: Truth, looked: Looked, readers: Sequence[Reader], gallery: Gallery | None
) -> Measured:
    picture, findings, seconds = looked
    rows, columns = picture.shape[:2]
    mask = masked(findings, truth.frame, picture.shape)
    texts = [replace_box(text, text.box.clipped(columns, rows)) for text in truth.boxes]
    texts = [text for text in texts if text.box.area]
    fates = [_fate(picture, mask, text, readers) for text in texts]
    boxes = [f.box for f in findings if f.box is not None and _masks(f, truth.frame)]
    wrong = wrong_area(picture, mask, boxes, [text.box for text in texts], truth.ignore)
    if gallery is not None:
        missed = [t for t, fate in zip(texts, fates, strict=True) if _is_missed(fate)]
        shown = GalleryPicture(picture, mask, boxes, [t.box for t in texts], truth.ignore)
        gallery.add(name, shown, [t.box for t in missed])
    return Measured(name, fates, wrong, round(seconds, 4))


def replace_box(text: TruthText, box: Box) -> TruthText:
    """The text with another box."""
    return text.model_copy(update={"box": box})


def _fate(picture: Picture, mask: Mask, text: TruthText, readers: Sequence[Reader]) -> MeasuredText:
    """What became of a text; by its ink, where no reader reads it in the original either."""
    inked = _inked(mask, picture, text.box)
    gone = inked >= INK_SHARE
    is_shown = inked < 1  # where no ink is left nobody has to try and read it
    left = is_left(picture, mask, text.box, text.text, readers) if readers and is_shown else None
    unread = gone if left is None else not left
    removed = _covered(mask, text.box) >= BOX_SHARE
    return MeasuredText(text.is_phi, bool(removed), bool(gone), unread if readers else None)


def _is_missed(fate: MeasuredText) -> bool:
    return not (fate.gone if fate.unread is None else fate.unread)


def _masks(finding: Finding, frame: int) -> bool:
    return finding.action == "mask" and finding.covers(frame)


def _found_file(path: Path) -> Path:
    if not path.is_file():
        raise UsageError("the truth names a file that is not among the images")
    return path


def _looked(
    path: Path, truth: Truth, settings: TextSettings | None, finder: Finder | None
) -> Looked:
    """The picture, what is found in it, and the seconds that each frame took."""
    settings = settings or TextSettings()
    pixels = None if _is_dicom(path) else cv2.imread(str(path), cv2.IMREAD_COLOR)
    start = time.perf_counter()
    if pixels is not None:
        picture = np.ascontiguousarray(pixels[..., ::-1], np.uint8)
        findings = finder(path) if finder else _found(picture, settings)
        return picture, findings, time.perf_counter() - start
    with path.open("rb") as file:
        image = Image(file)
        findings = finder(path) if finder else find_text(image, settings)
        seconds = (time.perf_counter() - start) / image.known.frames
        return show(image, truth.frame), findings, seconds


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _found(picture: Picture, settings: TextSettings) -> list[Finding]:
    rows, columns = picture.shape[:2]
    return [
        Finding(kind="text", box=text.box.padded(settings.padding).clipped(columns, rows))
        for text in detect(picture, settings.detectors)
        if text.score >= settings.min_score
    ]


def _fill(mask: Mask, box: Box) -> None:
    mask[box.y0 : box.y1, box.x0 : box.x1] = True


def _covered(mask: Mask, box: Box) -> float:
    return float(mask[box.y0 : box.y1, box.x0 : box.x1].mean())


def _inked(mask: Mask, picture: Picture, box: Box) -> float:
    inked = ink(picture, box)
    hidden = mask[box.y0 : box.y1, box.x0 : box.x1]
    return float(hidden[inked].mean()) if inked.any() else float(hidden.mean())
