"""A series of a phantom head as DICOM instances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.uid import generate_uid

from pixelscrub.intake.instance import Instance, Source
from pixelscrub.intake.read import read_instance

STORAGE = {"CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4"}


Make = Callable[..., Any]


@pytest.fixture
def as_series(make_instance: Make, save: Make, tmp_path: Path) -> Make:
    """Writes a volume as DICOM slices, in a shuffled order, and reads them as instances."""

    def write(
        image: sitk.Image,
        modality: str = "MR",
        number_by_slice: bool = False,
        **elements: object,
    ) -> list[Instance]:
        values = sitk.GetArrayFromImage(image)
        shared = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
        folder = tmp_path / shared["SeriesInstanceUID"]
        found = []
        for k in np.random.default_rng(2).permutation(len(values)):
            place = image.TransformIndexToPhysicalPoint((0, 0, int(k)))
            stored = np.clip(np.rint((values[k] + 1024) / 2), 0, 4095).astype(np.uint16)
            options = {
                "SOPClassUID": STORAGE[modality],
                "SOPInstanceUID": generate_uid(),
                "Modality": modality,
                "ImagePositionPatient": [round(x, 4) for x in place],
                "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
                "PixelSpacing": [image.GetSpacing()[1], image.GetSpacing()[0]],
                "SliceThickness": image.GetSpacing()[2],
                "RescaleSlope": 2,
                "RescaleIntercept": -1024,
                "BitsStored": 12,
                "HighBit": 11,
                "FrameOfReferenceUID": "1.2.3.4",
                **({"InstanceNumber": int(k) + 1} if number_by_slice else {}),
                **shared,
                **elements,
            }
            path = save(make_instance(stored, **options), folder / f"{k}.dcm")
            source = Source(folder, path.name, path.stat().st_size, path.stat().st_mtime_ns)
            found.append(read_instance(source))
        return found

    return write
