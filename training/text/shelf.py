"""Real pictures without text, to draw on: what packages carry, and folders of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from training.text.fields import Ground, Random

Picture = npt.NDArray[np.uint8]

PHOTOGRAPHS: Final = (
    *("brick.png", "grass.png", "gravel.png", "chelsea.png", "coffee.png", "cell.png"),
    *("hubble_deep_field.jpg", "ihc.png", "microaneurysms.png", "moon.png", "retina.jpg"),
)
"""Pictures without text that scikit-image carries."""
SLICES: Final = ("CT_small.dcm", "MR_small.dcm", "693_J2KI.dcm")
"""Images without text that pydicom carries."""
MOST_FRAMES: Final = 60
"""Frames that are taken of one file, evenly spread."""
SHARES: Final = (0.58, 0.34, 0.08)
"""How often a crop, a slice and a photograph is the ground, where there are all."""
SMALLEST: Final = 40
"""Pixels of the side of a part that is taken out of a picture."""


@dataclass(frozen=True)
class Shelf:
    """Real pictures without text, uint8 (rows, columns) or (rows, columns, 3) RGB.

    Attributes:
        crops: out of pictures in a folder that was given.
        slices: out of DICOM files in such a folder, and pydicom's.
        photographs: scikit-image's.
        ground: how often a scene is drawn on one of them.
        bare: how often a scene is one of them, without anything drawn.
    """

    crops: list[Picture] = field(default_factory=list, repr=False)
    slices: list[Picture] = field(default_factory=list, repr=False)
    photographs: list[Picture] = field(default_factory=list, repr=False)
    ground: float = 0.06
    bare: float = 0.0

    def piece(self, size: int, random: Random) -> Ground:
        """A part of one: at its own scale or another, turned, mirrored, recoloured, relit."""
        kinds = [kind for kind in (self.crops, self.slices, self.photographs) if kind]
        shares = [
            share
            for share, kind in zip(SHARES, (self.crops, self.slices, self.photographs), strict=True)
            if kind
        ]
        kind = kinds[random.choice(len(kinds), p=np.array(shares) / sum(shares))]
        part = _part(kind[random.integers(len(kind))], size, random)
        return np.ascontiguousarray(np.clip(_recoloured(_laid(part, random), random), 0, 255))


@lru_cache(maxsize=1)
def packaged() -> Shelf:
    """What scikit-image and pydicom carry."""
    import pydicom.data
    import skimage

    photographs = Path(skimage.__file__).parent / "data"
    found = [cv2.imread(str(photographs / name)) for name in PHOTOGRAPHS]
    tests = Path(pydicom.data.__file__).parent / "test_files"
    return Shelf(
        slices=[shown for name in SLICES for shown in _frames(tests / name)],
        photographs=[_rgb(picture) for picture in found if picture is not None],
    )


def with_folders(folders: Sequence[Path]) -> Shelf:
    """The packaged ones, and all pictures and DICOM files in folders, at any depth.

    Raises:
        ValueError: a folder holds none.
    """
    shelf = packaged()
    if not folders:
        return shelf
    crops: list[Picture] = []
    slices = list(shelf.slices)
    for folder in folders:
        before = len(crops) + len(slices)
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
            if picture is not None:
                crops.append(_rgb(picture))
            else:
                slices += _frames(path)
        if len(crops) + len(slices) == before:
            raise ValueError("a folder of grounds holds no picture")
    return Shelf(crops, slices, shelf.photographs, ground=0.45, bare=0.15)


def _rgb(picture: npt.NDArray[Any]) -> Picture:
    """As OpenCV reads it, with its colours the right way round and eight bits."""
    levels = picture if picture.dtype == np.uint8 else (picture // 257).astype(np.uint8)
    coloured = levels[:, :, 2::-1] if levels.ndim == 3 and levels.shape[2] >= 3 else levels
    return np.ascontiguousarray(coloured)


def _frames(path: Path) -> Iterator[Picture]:
    """Frames of a DICOM file, between their darkest and brightest; none where it is none."""
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        values = pydicom.dcmread(path).pixel_array
    except (InvalidDicomError, AttributeError):
        return
    frames = values if values.ndim == 3 and values.shape[2] > 4 else values[None]
    for k in range(0, len(frames), -(-len(frames) // MOST_FRAMES)):
        low, high = np.percentile(frames[k], (1, 99.7))
        level = np.clip((frames[k] - float(low)) / max(float(high - low), 1) * 255, 0, 255)
        yield level.astype(np.uint8)


def _part(picture: Picture, size: int, random: Random) -> Ground:
    """A square of a picture, by its own scale or another, as (size, size, 3)."""
    wanted = max(int(size / np.exp(random.normal(0.1, 0.45))), SMALLEST)
    part = min(wanted, *picture.shape[:2])
    y, x = (int(random.integers(0, side - part + 1)) for side in picture.shape[:2])
    how = cv2.INTER_AREA if part > size else cv2.INTER_CUBIC
    piece = cv2.resize(picture[y : y + part, x : x + part], (size, size), interpolation=how)
    coloured = piece if piece.ndim == 3 else np.repeat(piece[:, :, None], 3, axis=2)
    return np.asarray(coloured, np.float32)


def _laid(piece: Ground, random: Random) -> Ground:
    """Turned by quarters and mirrored, now and then."""
    turned = np.rot90(piece, int(random.integers(4))) if random.random() < 0.5 else piece
    return turned[:, ::-1] if random.random() < 0.5 else turned


def _recoloured(piece: npt.NDArray[np.floating], random: Random) -> npt.NDArray[np.floating]:
    """Other colours, grey, a narrower window, other light, each now and then."""
    if random.random() < 0.3:
        piece = piece[:, :, random.permutation(3)]
    if random.random() < 0.3:
        piece = np.repeat(piece.mean(axis=2, keepdims=True), 3, axis=2)
    if random.random() < 0.35:
        low, top = np.percentile(piece, [random.uniform(0, 30), random.uniform(70, 100)])
        piece = np.clip((piece - low) / max(float(top - low), 8), 0, 1) * 255
    if random.random() < 0.4:
        piece = 255 * (np.clip(piece, 0, 255) / 255) ** random.uniform(0.5, 1.7)
    return piece * random.uniform(0.5, 1.1) if random.random() < 0.3 else piece
