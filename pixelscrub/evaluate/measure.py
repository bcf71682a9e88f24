"""How well text is found: any folder of images, and a file that says what they show.

The truth is JSON: `{name: {"file", "frame", "width", "height", "boxes": [{"box", "text",
"is_phi"}], "ignore": [box, ...]}}`, boxes in stored pixels, end exclusive. Images are DICOM, or
whatever OpenCV reads.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pixelscrub.errors import HeldError, NothingUsableError, UsageError
from pixelscrub.evaluate.gallery import Gallery
from pixelscrub.findings import Box, Finding
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import show
from pixelscrub.recipe import TextSettings
from pixelscrub.text.detectors import detect
from pixelscrub.text.find import find_text

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Finder = Callable[[Path], list[Finding]]
Looked = tuple[Picture, list[Finding], float]

BOX_SHARE: Final = 0.9
"""A text is removed where this share of its box is masked."""
INK_SHARE: Final = 0.95
"""A text is gone where this share of its ink is masked."""
SLACK: Final = 6
"""Pixels around a text that may be masked with it."""


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


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found in one image.

    Attributes:
        name: as the truth names it.
        texts, removed, gone: texts; those whose box is masked; those whose ink is masked.
        identifying, identifying_removed, identifying_gone: the same of identifying texts.
        wrong: share of the picture that is masked and shows no text.
        seconds: time it took, per frame.
    """

    name: str
    texts: int
    removed: int
    gone: int
    identifying: int
    identifying_removed: int
    identifying_gone: int
    wrong: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures over all images; shares are 0 to 1, None where there is nothing to count.

    Attributes:
        images, held: images measured, and images that would be held back (not measured).
        identifying_removed, identifying_gone: of identifying texts, by box and by ink.
        all_removed, all_gone: of all texts, by box and by ink.
        images_clean: of images that identify, those with every identifying text removed.
        wrong_with_text, wrong_without_text: mean share of the picture that is wrongly masked.
        untouched: of images without text, those where nothing is masked.
        seconds: median per image.
    """

    images: int
    held: int
    identifying_removed: float | None
    identifying_gone: float | None
    all_removed: float | None
    all_gone: float | None
    images_clean: float | None
    wrong_with_text: float | None
    wrong_without_text: float | None
    untouched: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures, and what they are made of."""

    figures: Figures
    images: list[Measured]
    held: list[str]

    def to_json(self) -> str:
        """Everything as JSON."""
        return json.dumps(asdict(self), indent=1)

    def render(self) -> str:
        """The figures as lines of text."""
        return "\n".join(f"{k:20} {_shown(k, v)}" for k, v in asdict(self.figures).items())


def evaluate(
    images: Path,
    truth: Path,
    settings: TextSettings | None = None,
    finder: Finder | None = None,
    gallery: Path | None = None,
) -> Evaluation:
    """Measure what is found in a folder of images.

    Args:
        images: the folder that the truth's paths start from.
        truth: the JSON file.
        settings: detectors and padding; the defaults where None.
        finder: finds what is masked in a file, instead of our own detectors.
        gallery: folder for a picture of each image in which something is missed or wrongly
            masked, and a page of them.

    Raises:
        UsageError: the truth cannot be read, or names a file that is not there.
        NothingUsableError: it names no image.
        MissingComponentError: the program of a detector is not installed.
    """
    expected = read_truth(truth)
    measured, held = [], []
    shown = Gallery(gallery) if gallery is not None else None
    for name, one in expected.items():
        try:
            looked = _looked(_found_file(images / one.file), one, settings, finder)
        except HeldError:
            held.append(name)
            continue
        measured.append(_measure(name, one, looked, shown))
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
        if finding.box is not None and finding.action == "mask" and finding.covers(frame):
            _fill(mask, finding.box)
    return mask


def ink(picture: Picture, box: Box) -> Mask:
    """Which pixels of a box are ink: those nearer to its strongest contrast than to its ground."""
    part = picture[box.y0 : box.y1, box.x0 : box.x1].astype(np.float32)
    part = part.reshape(*part.shape[:2], -1)
    rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    distance = np.abs(part - np.median(rim, axis=0)).max(axis=2)
    return np.asarray(distance >= max(distance.max() / 2, 1), np.bool_)


def summarise(measured: Sequence[Measured], held: int = 0) -> Figures:
    """The figures over all images."""
    texts = sum(m.texts for m in measured)
    identifying = sum(m.identifying for m in measured)
    with_text = [m.wrong for m in measured if m.texts]
    without = [m.wrong for m in measured if not m.texts]
    clean = [m.identifying_removed == m.identifying for m in measured if m.identifying]
    return Figures(
        images=len(measured),
        held=held,
        identifying_removed=_share(sum(m.identifying_removed for m in measured), identifying),
        identifying_gone=_share(sum(m.identifying_gone for m in measured), identifying),
        all_removed=_share(sum(m.removed for m in measured), texts),
        all_gone=_share(sum(m.gone for m in measured), texts),
        images_clean=_share(sum(clean), len(clean)),
        wrong_with_text=_share(sum(with_text), len(with_text)),
        wrong_without_text=_share(sum(without), len(without)),
        untouched=_share(without.count(0), len(without)),
        seconds=float(np.median([m.seconds for m in measured])) if measured else None,
    )


def _measure(name: str, truth: Truth, looked: Looked, gallery: Gallery | None) -> Measured:
    picture, findings, seconds = looked
    rows, columns = picture.shape[:2]
    mask, allowed = masked(findings, truth.frame, picture.shape), np.zeros((rows, columns), bool)
    for box in (*truth.ignore, *(t.box for t in truth.boxes)):
        _fill(allowed, box.padded(SLACK).clipped(columns, rows))
    texts = [(t.is_phi, t.box.clipped(columns, rows)) for t in truth.boxes]
    texts = [(is_phi, box) for is_phi, box in texts if box.area]
    boxes = [(is_phi, _covered(mask, box) >= BOX_SHARE) for is_phi, box in texts]
    inks = [(is_phi, _inked(mask, picture, box) >= INK_SHARE) for is_phi, box in texts]
    if gallery is not None:
        missed = [box for (_, box), (_, is_gone) in zip(texts, inks, strict=True) if not is_gone]
        gallery.add(name, picture, missed, mask & ~allowed)
    return Measured(
        name=name,
        texts=len(texts),
        removed=sum(removed for _, removed in boxes),
        gone=sum(gone for _, gone in inks),
        identifying=sum(is_phi for is_phi, _ in texts),
        identifying_removed=sum(is_phi and removed for is_phi, removed in boxes),
        identifying_gone=sum(is_phi and gone for is_phi, gone in inks),
        wrong=float((mask & ~allowed).mean()),
        seconds=round(seconds, 4),
    )


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


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    return f"{value:.2f} s" if name == "seconds" else f"{100 * value:.2f} %"
