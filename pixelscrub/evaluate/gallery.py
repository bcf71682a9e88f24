"""A page of misses and wrong masks, worst first, each with its cause, for who improves a detector.

Causes are measured, not guessed: how much of a text its mask leaves, how it stands out, and what a
wrong mask has under it.
"""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.evaluate.wrong import SLACK, is_picture
from pixelscrub.findings import Box

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

MISSED: Final = (255, 40, 40)
"""Red: the colour of frames around texts that stay."""
WRONG: Final = (60, 120, 255)
"""Blue: the colour over what is masked and shows no text."""
FRAME: Final = 3
"""Pixels between a text and the frame around it."""
FAINT: Final = 40
"""Grey levels between a text and its ground below which it is faint."""
SMALL: Final = 8
"""Pixels of height below which a text is small."""
SHORT: Final = 1.6
"""Length of a text, as a multiple of its height, below which it is one or two letters."""
MOSTLY: Final = 0.5
"""Share of a wrong mask that has to be on picture for that to be its place."""
COLOURED: Final = 40
"""Levels between colour planes from which a place is coloured."""
PAGE: Final = """<!doctype html><meta charset="utf-8"><title>Misses and wrong masks</title>
<style>body{{font:15px system-ui;margin:2em;max-width:1200px}}img{{max-width:100%}}</style>
<h1>Misses and wrong masks</h1>
<p>Red frames: texts that stay. Blue: masked, though no text is there. These are the original
pictures: this folder identifies patients.</p>
<ul>{causes}</ul>
{figures}
"""
FIGURE: Final = """<figure><img src="{file}" alt=""><figcaption>{name}:
{missed} missed, {wrong:.2f} % wrongly masked ({causes})</figcaption></figure>"""


@dataclass(frozen=True)
class GalleryPicture:
    """An image and its truth.

    Attributes:
        picture: uint8, (rows, columns) or (rows, columns, 3) RGB.
        mask: what is masked, (rows, columns).
        boxes: those that make the mask.
        texts, logos: boxes of the truth.
    """

    picture: Picture
    mask: Mask
    boxes: list[Box]
    texts: list[Box]
    logos: list[Box]

    def wrong(self) -> Mask:
        """What is masked and shows no text."""
        allowed = np.zeros_like(self.mask)
        rows, columns = self.mask.shape
        for box in (*self.texts, *self.logos):
            x0, y0, x1, y1 = box.padded(SLACK).clipped(columns, rows)
            allowed[y0:y1, x0:x1] = True
        return np.asarray(self.mask & ~allowed)


@dataclass
class Gallery:
    """Pictures of what went wrong, in a folder that is made where it is not there."""

    folder: Path
    shown: list[tuple[int, float, str, str, str]] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, shown: GalleryPicture, missed: list[Box]) -> None:
        """Draw one image, where there is something to see.

        Args:
            name: of the image.
            shown: the image, what is masked in it, and its truth.
            missed: texts that stay, in pixels.
        """
        wrong = shown.wrong()
        if not missed and not wrong.any():
            return
        picture = shown.picture
        drawn = picture.copy() if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
        drawn[wrong] = drawn[wrong] // 2 + np.array(WRONG, np.uint8) // 2
        for x0, y0, x1, y1 in (box.padded(FRAME) for box in missed):
            cv2.rectangle(drawn, (x0, y0), (x1, y1), MISSED, 1)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = f"{len(self.shown) + 1:04}.png"
        cv2.imwrite(str(self.folder / file), drawn[..., ::-1])
        causes = Counter(cause_of_miss(shown, box) for box in missed)
        causes.update(cause_of_wrong(shown, box) for box in shown.boxes if _any(wrong, box))
        self.causes.update(causes)
        said = ", ".join(f"{cause} {count}" for cause, count in causes.most_common())
        self.shown.append((len(missed), float(wrong.mean()), name, file, said))

    def write(self) -> None:
        """Write the page."""
        self.folder.mkdir(parents=True, exist_ok=True)
        figures = [
            FIGURE.format(
                file=file, name=html.escape(name), missed=missed, wrong=100 * wrong, causes=said
            )
            for missed, wrong, name, file, said in sorted(self.shown, reverse=True)
        ]
        causes = "".join(f"<li>{c}: {count}</li>" for c, count in self.causes.most_common())
        page = PAGE.format(causes=causes, figures="\n".join(figures) or "<p>Nothing.</p>")
        (self.folder / "index.html").write_text(page, encoding="utf-8")


def cause_of_miss(shown: GalleryPicture, box: Box) -> str:
    """Why a text stays, as far as its place tells.

    Args:
        shown: the image.
        box: of the text.
    """
    x0, y0, x1, y1 = box
    part = shown.picture[y0:y1, x0:x1].astype(np.float32)
    if shown.mask[y0:y1, x0:x1].any():
        return "missed: cut by its mask"
    levels = part.reshape(-1, part.shape[2] if part.ndim == 3 else 1)
    if float(np.abs(levels - np.median(levels, axis=0)).max()) < FAINT:
        return "missed: faint"
    long, high = max(box.width, box.height), min(box.width, box.height)
    if high < SMALL:
        return "missed: small letters"
    if long < SHORT * high:
        return "missed: one or two letters"
    on_picture = is_picture(shown.picture)
    x0, y0, x1, y1 = box.padded(high).clipped(*shown.mask.shape[::-1])
    around = on_picture[y0:y1, x0:x1].mean()
    return "missed: on picture" if around > MOSTLY else "missed: on flat ground"


def cause_of_wrong(shown: GalleryPicture, box: Box) -> str:
    """What a box that masks too much has under it.

    Args:
        shown: the image.
        box: one of those that make the mask.
    """
    x0, y0, x1, y1 = box
    held = [text for text in shown.texts if box.intersection(text).area]
    place = shown.wrong()[y0:y1, x0:x1]
    unrest = is_picture(shown.picture[y0:y1, x0:x1])[place].mean()
    ground = "picture" if unrest > MOSTLY else "flat ground"
    if len(held) > 1:
        return f"wrong: several texts joined, on {ground}"
    if held:
        return f"wrong: beyond its text, on {ground}"
    part = shown.picture[y0:y1, x0:x1]
    is_coloured = part.ndim == 3 and np.percentile(np.ptp(part, axis=2), 90) > COLOURED
    return f"wrong: no text, on {'colours' if is_coloured else ground}"


def _any(wrong: Mask, box: Box) -> bool:
    return bool(wrong[box.y0 : box.y1, box.x0 : box.x1].any())
