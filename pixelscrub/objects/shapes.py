"""Bright, sharp shapes of a radiograph, and what each is taken for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pixelscrub.findings import Box, ObjectFacts, ObjectKind, ObjectNote

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Mask = npt.NDArray[np.bool_]

SOLID: Final = 0.85
"""Share of its convex hull that a solid shape fills."""
HOLLOW: Final = 0.75
"""Share of its outline's inside that a ring fills at most."""
SLIM: Final = 0.2
PLATE_PX: Final = 10
FLAT_MM: Final = 8.0
"""Extents of a side that may carry letters."""
DEVICE_MM: Final = 25.0
"""Pacemakers, ports and pumps are longer; pendants mostly are not."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One bright, sharp shape in the picture that was searched.

    Attributes:
        box: in pixels of that picture.
        mask: its pixels, in the box.
        score: 0 to 1.
        contrast: levels (of 255) above what is around.
        ended: whether it is as bright as the picture gets.
        solid: its pixels over those of its convex hull.
        filled: its pixels over those of it with its holes filled.
        slim: thickness over length.
    """

    box: Box
    mask: Mask
    score: float
    contrast: float
    ended: bool
    solid: float
    filled: float
    slim: float


def facts_of(
    shape: Shape, scale: float, spacing: float | None, notes: tuple[ObjectNote, ...]
) -> ObjectFacts:
    """What a shape is taken for, and its size where the header gives a scale."""
    kind = kind_of(shape)
    size: tuple[float, ...] = ()
    if spacing is not None:
        sides = sorted((shape.box.width / scale, shape.box.height / scale), reverse=True)
        size = tuple(round(side * spacing, 1) for side in sides)
        if kind in ("plate", "device"):
            kind = "device" if size[0] >= DEVICE_MM and shape.solid > SOLID else "plate"
        if kind == "plate" and min(size) < FLAT_MM:
            kind = "metal"
    readable: tuple[ObjectNote, ...] = ("readable",) if kind == "plate" else ()
    return ObjectFacts(kind=kind, size_mm=size, notes=(*readable, *notes))


def kind_of(shape: Shape) -> ObjectKind:
    """What a shape is, by how full and how slim it is."""
    if shape.filled < HOLLOW:
        return "ring"
    if shape.solid < 0.5 or shape.slim < SLIM:
        return "chain"
    if min(shape.box.width, shape.box.height) >= PLATE_PX:
        return "plate"
    return "metal"


def spacing_of(header: Any) -> float | None:
    """Millimetres from pixel to pixel, at the detector or in the patient."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        value = header.get(keyword)
        if value and float(value[0]) > 0:
            return float(value[0])
    return None
