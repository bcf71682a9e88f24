"""Heads that leave with their faces, each in its own way; for tests of the audit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tests.face.phantom import head
from tests.prove.test_face_check import without_face
from tests.prove.test_shapes import FACELESS, HEAD, obj, segmentation, stl, structure_set

STEP, SIZE = 4.0, (52, 62, 64)
CT, MR, SC = (f"1.2.840.10008.5.1.4.1.1.{number}" for number in ("2", "4", "7"))
MULTI_FRAME_SC = "1.2.840.10008.5.1.4.1.1.7.2"
Made = tuple[np.ndarray, dict[str, Any]]
"""Stored values of one instance, and what its header says."""


@lru_cache(maxsize=2)
def values(kind: str) -> np.ndarray:
    """A drawn head, (z, y, x)."""
    return np.asarray(sitk.GetArrayFromImage(head(kind, (STEP,) * 3, SIZE)))


def series(volume: np.ndarray, sop_class: str = MR, **more: Any) -> Iterator[Made]:
    """Axial slices of a volume; values are stored from 0."""
    stored = np.clip(volume - volume.min(), 0, 4095).astype(np.uint16)
    study, own, frame = (generate_uid() for _ in range(3))
    for k, plane in enumerate(stored):
        yield (
            plane,
            {
                "SOPClassUID": sop_class,
                "Modality": "CT" if sop_class == CT else "MR",
                "StudyInstanceUID": study,
                "SeriesInstanceUID": own,
                "FrameOfReferenceUID": frame,
                "InstanceNumber": k + 1,
                "ImagePositionPatient": [0.0, 0.0, k * STEP],
                "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
                "PixelSpacing": [STEP, STEP],
                **more,
            },
        )


def each_its_own(volume: np.ndarray) -> Iterator[Made]:
    """A Series and a Frame of Reference UID for every slice."""
    for plane, header in series(volume):
        own = {"SeriesInstanceUID": generate_uid(), "FrameOfReferenceUID": generate_uid()}
        yield plane, header | own


def nowhere(volume: np.ndarray) -> Iterator[Made]:
    """Neither position, nor orientation, nor spacing."""
    gone = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    for plane, header in series(volume):
        yield plane, {key: value for key, value in header.items() if key not in gone}


def passes(volume: np.ndarray) -> Iterator[Made]:
    """Two passes in one series; the head moved between them."""
    first = list(series(volume))
    yield from first
    moved = np.roll(volume, 3, axis=2)
    for (plane, _), (_, header) in zip(series(moved), first, strict=True):
        yield plane, header | {"InstanceNumber": header["InstanceNumber"] + len(first)}


def one_file(volume: np.ndarray) -> Iterator[Made]:
    """All slices in one capture of many frames."""
    scaled = (255 * (volume - volume.min()) / np.ptp(volume)).astype(np.uint8)
    yield scaled, {"SOPClassUID": MULTI_FRAME_SC, "Modality": "OT", "NumberOfFrames": len(volume)}


VOLUMES: dict[str, Callable[[np.ndarray], Iterator[Made]]] = {
    "as it was": series,
    "body part": lambda v: series(v, BodyPartExamined="ABDOMEN"),
    "modality": lambda v: series(v, Modality="OT"),
    "inverted": lambda v: series(v.max() - v),
    "UIDs for every slice": each_its_own,
    "same position": lambda v: series(v, ImagePositionPatient=[0, 0, 0]),
    "centimetres": lambda v: series(v, PixelSpacing=[STEP / 10, STEP / 10]),
    "no geometry": nowhere,
    "two passes": passes,
    "one file": one_file,
}
"""Each a way in which a whole head left; made of any volume."""

SHAPES: dict[str, tuple[Callable[[np.ndarray], Dataset], str]] = {
    "structure set": (structure_set, "1.2.840.10008.5.1.4.1.1.481.3"),
    "segmentation": (segmentation, "1.2.840.10008.5.1.4.1.1.66.4"),
    "printable model": (stl, "1.2.840.10008.5.1.4.1.1.104.3"),
    "model of points": (obj, "1.2.840.10008.5.1.4.1.1.104.4"),
}

WHOLE, TAKEN = HEAD, FACELESS


def faceless(kind: str) -> np.ndarray:
    """The drawn head without its face."""
    return without_face(values(kind))
