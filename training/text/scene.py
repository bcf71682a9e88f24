"""One picture to learn from: ground, decoys, text, and what screens, windows and JPEG do to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from training.text.decoys import decorate
from training.text.fonts import Font
from training.text.lettering import Corners
from training.text.sheet import LAYOUTS, SHARES, Sheet
from training.text.shelf import Shelf
from training.text.sonography import flow

Random = np.random.Generator
Picture = npt.NDArray[np.uint8]

FLOWING: Final = 0.06
"""How often a scene is colour flow without any text, where real pictures without any are shown."""
LEAST: Final = 16
"""Grey levels; what stands out by less is not seen as text."""
QUARTERS: Final = (0.64, 0.17, 0.02, 0.17)
"""How often a whole screen is turned by so many quarters, as are the films and prints of some."""
INVERTED, RELIT, NOISY = 0.15, 0.6, 0.25
"""How often a scene that is shown again has its levels turned round, moved, and noise put on."""


@dataclass(frozen=True)
class Scene:
    """A picture and the text in it.

    Attributes:
        picture: uint8, (size, size, 3).
        boxes: x0, y0, x1, y1 of the ink of each text, end exclusive.
        cores: (4, 2) corners, x and y, of the middle of each text: tilted as the text is.
        contrasts: grey levels between each text and its ground.
    """

    picture: Picture
    boxes: list[tuple[int, int, int, int]]
    cores: list[Corners]
    contrasts: list[float]


def scene(size: int, random: Random, kinds: list[list[Font]], shelf: Shelf) -> Scene:
    """Draw a picture of `size` pixels square.

    Args:
        size: pixels of each side.
        random: where chance comes from.
        kinds: fonts by kind, as `training.text.fonts.fonts` returns them.
        shelf: real pictures to draw on.
    """
    if random.random() < shelf.bare:
        return Scene(_degraded(shelf.piece(size, random), random), [], [], [])
    if shelf.bare and random.random() < FLOWING:
        return Scene(_degraded(np.clip(flow(size, random), 0, 255), random), [], [], [])
    sheet = Sheet(size, random, kinds, shelf)
    if random.random() < 0.9:
        decorate(sheet.picture, random)
    layout = random.random()
    if layout > 0.2:
        for _ in range(int(random.integers(1, 5))):
            LAYOUTS[random.choice(len(LAYOUTS), p=SHARES)](sheet)
    quarters = int(random.choice(4, p=QUARTERS))
    picture = _degraded(np.ascontiguousarray(np.rot90(sheet.picture, quarters)), random)
    for _ in range(quarters):
        sheet.cores = [_turned(corners, size) for corners in sheet.cores]
        sheet.boxes = [(y0, size - x1, y1, size - x0) for x0, y0, x1, y1 in sheet.boxes]
    seen = [k for k, box in enumerate(sheet.boxes) if _stands_out(picture, box)]
    boxes = [sheet.boxes[k] for k in seen]
    return Scene(picture, boxes, [sheet.cores[k] for k in seen], [sheet.contrasts[k] for k in seen])


def _turned(corners: Corners, size: int) -> Corners:
    """Where points come to lie by a quarter turn against the clock, as `np.rot90` turns."""
    return np.stack([corners[:, 1], size - 1 - corners[:, 0]], axis=1)


def _stands_out(picture: Picture, box: tuple[int, int, int, int]) -> bool:
    """Whether anyone can see that something is there: gamma and range may have swallowed it."""
    x0, y0, x1, y1 = box
    part = picture[y0:y1, x0:x1].reshape(-1, 3).astype(np.int16)
    return bool(np.ptp(part, axis=0).max() >= LEAST)


def target(scene: Scene) -> npt.NDArray[np.float32]:
    """The core of each text at half the size: (size // 2, size // 2), 0 to 1."""
    mask = np.zeros(scene.picture.shape[:2], np.float32)
    for core in scene.cores:
        cv2.fillPoly(mask, [np.rint(core).astype(np.int32)], 1.0)
    return np.asarray(cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def again(
    picture: Picture, wanted: npt.NDArray[np.float32], random: Random
) -> tuple[Picture, npt.NDArray[np.float32]]:
    """A scene as another screen would show it: turned, recoloured, inverted, relit, noisier.

    Args:
        picture: uint8, (size, size, 3).
        wanted: the target of the scene, (size // 2, size // 2).
        random: where chance comes from.

    Returns:
        Both, changed, with the same shapes.
    """
    quarters = int(random.choice(4, p=QUARTERS))
    picture, wanted = np.rot90(picture, quarters), np.rot90(wanted, quarters)
    level = picture[:, :, random.permutation(3)].astype(np.float32)
    if random.random() < INVERTED:
        level = 255 - level
    if random.random() < RELIT:
        level = level * random.uniform(0.5, 1.15) + random.uniform(-10, 40)
    if random.random() < NOISY:
        level += random.normal(0, random.uniform(1, 8), (*level.shape[:2], 1))
    return np.clip(level, 0, 255).astype(np.uint8), wanted


def _degraded(picture: npt.NDArray[np.floating], random: Random) -> Picture:
    """What lies between a screen and a file."""
    size = picture.shape[0]
    if random.random() < 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 0.9))
    if random.random() < 0.1:
        less = int(size * random.uniform(0.6, 0.95))
        picture = cv2.resize(picture, (less, less), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)
    if random.random() < 0.3:
        picture = 255 * (np.clip(picture, 0, 255) / 255) ** random.uniform(0.5, 1.8)
    if random.random() < 0.15:
        picture = picture + random.normal(0, random.uniform(2, 12), picture.shape)
    if random.random() < 0.1:
        picture = 255 - picture
    if random.random() < 0.6:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    whole = np.clip(picture, 0, 255).astype(np.uint8)
    if random.random() < 0.35:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 96))]
        whole = np.asarray(cv2.imdecode(cv2.imencode(".jpg", whole, quality)[1], 1), np.uint8)
    return whole
