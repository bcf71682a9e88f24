"""The figures of text detection: of one image, and over all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pixelscrub.evaluate.wrong import WrongArea


@dataclass(frozen=True, slots=True)
class MeasuredText:
    """What became of one text.

    Attributes:
        is_phi: whether it identifies.
        removed: whether its box is masked.
        gone: whether its ink is masked.
        unread: whether no reader reads it in the result; None where there is no reader.
    """

    is_phi: bool
    removed: bool
    gone: bool
    unread: bool | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found in one image.

    Attributes:
        name: as the truth names it.
        texts: what became of each.
        wrong: what is masked and shows no text.
        seconds: time it took, per frame.
    """

    name: str
    texts: list[MeasuredText]
    wrong: WrongArea
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures over all images; shares are 0 to 1, None where there is nothing to count.

    Attributes:
        images, held: images measured, and images that would be held back (not measured).
        identifying_unread, all_unread: of identifying texts, and of all, those of which no reader
            reads two characters in the result.
        identifying_removed, identifying_gone: of identifying texts, by box and by ink.
        all_removed, all_gone: of all texts, by box and by ink.
        images_clean: of images that identify, those with every identifying text removed.
        wrong_with_text, wrong_without_text: mean share of the picture that is wrongly masked.
        wrong_in_empty_boxes, wrong_on_picture: of images with text, the part of it in boxes that
            hold no text, and on picture rather than flat ground.
        untouched: of images without text, those where nothing is masked.
        seconds: median per image.
    """

    images: int
    held: int
    identifying_unread: float | None
    all_unread: float | None
    identifying_removed: float | None
    identifying_gone: float | None
    all_removed: float | None
    all_gone: float | None
    images_clean: float | None
    wrong_with_text: float | None
    wrong_in_empty_boxes: float | None
    wrong_on_picture: float | None
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


def summarise(measured: Sequence[Measured], held: int = 0) -> Figures:
    """The figures over all images."""
    texts = [text for one in measured for text in one.texts]
    identifying = [text for text in texts if text.is_phi]
    with_text = [one.wrong for one in measured if one.texts]
    without = [one.wrong.total for one in measured if not one.texts]
    clean = [
        all(text.removed for text in one.texts if text.is_phi)
        for one in measured
        if any(text.is_phi for text in one.texts)
    ]
    return Figures(
        images=len(measured),
        held=held,
        identifying_unread=_read_share(identifying),
        all_unread=_read_share(texts),
        identifying_removed=_mean(text.removed for text in identifying),
        identifying_gone=_mean(text.gone for text in identifying),
        all_removed=_mean(text.removed for text in texts),
        all_gone=_mean(text.gone for text in texts),
        images_clean=_mean(clean),
        wrong_with_text=_mean(wrong.total for wrong in with_text),
        wrong_in_empty_boxes=_mean(wrong.in_empty_boxes for wrong in with_text),
        wrong_on_picture=_mean(wrong.on_picture for wrong in with_text),
        wrong_without_text=_mean(without),
        untouched=_mean(share == 0 for share in without),
        seconds=float(np.median([m.seconds for m in measured])) if measured else None,
    )


def _read_share(texts: Sequence[MeasuredText]) -> float | None:
    return _mean(text.unread for text in texts if text.unread is not None)


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return float(sum(known) / len(known)) if known else None


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    return f"{value:.2f} s" if name == "seconds" else f"{100 * value:.2f} %"
