"""Volumes as mosaics: slices side by side in one picture, with the private header that says so."""

from __future__ import annotations

import struct
from math import ceil, sqrt
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from pydicom.dataset import Dataset


def csa(**attributes: list[str]) -> bytes:
    """A CSA header of the second form."""
    made = b"SV10\4\3\2\1" + struct.pack("<ii", len(attributes), 77)
    for name, values in attributes.items():
        made += struct.pack("<64si4siii", name.encode(), 1, b"FD", 6, len(values), 77)
        for value in values:
            text = value.encode() + b"\0"
            made += struct.pack("<4i", len(text), len(text), 77, len(text)) + text
            made += b"\0" * (-len(text) % 4)
    return made


def mosaic(volume: sitk.Image, upwards: bool = True) -> tuple[np.ndarray, dict[str, Any]]:
    """Stored values of an axial volume and what its header says; slices go up or down."""
    values = sitk.GetArrayFromImage(volume)
    values = values if upwards else values[::-1]
    count, rows, columns = values.shape
    across = ceil(sqrt(count))
    whole = np.zeros((across * rows, across * columns), np.uint16)
    for k, plane in enumerate(values):
        y, x = k // across * rows, k % across * columns
        whole[y : y + rows, x : x + columns] = np.clip(plane, 0, 4095)
    first = volume.TransformIndexToPhysicalPoint((0, 0, 0 if upwards else count - 1))
    spacing = volume.GetSpacing()
    corner = [
        first[0] - spacing[0] * (whole.shape[1] - columns) / 2,
        first[1] - spacing[1] * (whole.shape[0] - rows) / 2,
        first[2],
    ]
    header = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
        "Modality": "MR",
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"],
        "ImagePositionPatient": [round(x, 4) for x in corner],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [spacing[1], spacing[0]],
        "SliceThickness": spacing[2] - 0.5,
        "SpacingBetweenSlices": spacing[2],
        "FrameOfReferenceUID": "1.2.3.4",
    }
    return whole, header


def with_private(
    dataset: Dataset, count: int, normal: tuple[str, ...] = ("0.0", "0.0", "1.0")
) -> Dataset:
    """The same with the private header of a mosaic."""
    raw = csa(NumberOfImagesInMosaic=[str(count)], SliceNormalVector=list(normal))
    dataset.private_block(0x29, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", raw)
    return dataset
