"""A page of misses and wrong masks, worst first, for who improves a detector."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

MISSED: Final = (255, 40, 40)
"""Red: the colour of frames around texts that stay."""
WRONG: Final = (60, 120, 255)
"""Blue: the colour over what is masked and shows no text."""
FRAME: Final = 3
"""Pixels between a text and the frame around it."""
PAGE: Final = """<!doctype html><meta charset="utf-8"><title>Misses and wrong masks</title>
<style>body{{font:15px system-ui;margin:2em;max-width:1200px}}img{{max-width:100%}}</style>
<h1>Misses and wrong masks</h1>
<p>Red frames: texts that stay. Blue: masked, though no text is there. These are the original
pictures: this folder identifies patients.</p>
{figures}
"""
FIGURE: Final = """<figure><img src="{file}" alt=""><figcaption>{name}:
{missed} missed, {wrong:.2f} % wrongly masked</figcaption></figure>"""


@dataclass
class Gallery:
    """Pictures of what went wrong, in a folder that is made where it is not there."""

    folder: Path
    shown: list[tuple[int, float, str, str]] = field(default_factory=list)

    def add(self, name: str, picture: Picture, missed: list[Box], wrong: Mask) -> None:
        """Draw one image, where there is something to see.

        Args:
            name: of the image.
            picture: uint8, (rows, columns) or (rows, columns, 3) RGB.
            missed: texts that stay, in pixels.
            wrong: what is masked and shows no text, (rows, columns).
        """
        if not missed and not wrong.any():
            return
        drawn = picture.copy() if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
        drawn[wrong] = drawn[wrong] // 2 + np.array(WRONG, np.uint8) // 2
        for x0, y0, x1, y1 in (box.padded(FRAME) for box in missed):
            cv2.rectangle(drawn, (x0, y0), (x1, y1), MISSED, 1)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = f"{len(self.shown) + 1:04}.png"
        cv2.imwrite(str(self.folder / file), drawn[..., ::-1])
        self.shown.append((len(missed), float(wrong.mean()), name, file))

    def write(self) -> None:
        """Write the page."""
        self.folder.mkdir(parents=True, exist_ok=True)
        figures = [
            FIGURE.format(file=file, name=html.escape(name), missed=missed, wrong=100 * wrong)
            for missed, wrong, name, file in sorted(self.shown, reverse=True)
        ]
        page = PAGE.format(figures="\n".join(figures) or "<p>Nothing.</p>")
        (self.folder / "index.html").write_text(page, encoding="utf-8")
