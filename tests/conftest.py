"""What all tests share: real files, where they are, and a way to make small instances."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import settings
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from pixelscrub.compat.quiet import hush

PACKAGED = Path(pydicom.__file__).parent / "data" / "test_files"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"

hush()
settings.register_profile("any machine", deadline=None)  # a busy one takes its time
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def packaged() -> Path:
    """The folder of test files that pydicom ships."""
    return PACKAGED


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real images with truth; skips where it is not there."""
    if not SHARED.is_dir():
        pytest.skip("real images with truth are not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def make_instance() -> Callable[..., FileDataset]:
    """Makes a small secondary capture; keyword arguments set or replace elements."""

    def make(pixels: np.ndarray | None = None, **elements: object) -> FileDataset:
        pixels = np.zeros((32, 48), np.uint8) if pixels is None else pixels
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = UID(str(elements.get("SOPClassUID", SECONDARY_CAPTURE)))
        meta.MediaStorageSOPInstanceUID = generate_uid()
        instance = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        instance.SOPClassUID = meta.MediaStorageSOPClassUID
        instance.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
        instance.StudyInstanceUID, instance.SeriesInstanceUID = generate_uid(), generate_uid()
        instance.PatientName, instance.PatientID = "Quixote^Alonso", "PLANTED-4711"
        instance.PatientBirthDate, instance.PatientSex = "15470929", "M"
        instance.StudyDate, instance.StudyTime, instance.AccessionNumber = "20200102", "1011", "A77"
        instance.StudyID, instance.ReferringPhysicianName = "S1", "Panza^Sancho"
        instance.Modality, instance.ConversionType = "OT", "WSD"
        instance.InstanceNumber, instance.SeriesNumber = 1, 1
        instance.PatientOrientation = ""
        instance.Rows, instance.Columns = pixels.shape[:2]
        instance.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
        instance.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
        if pixels.ndim == 3:
            instance.PlanarConfiguration = 0
        bits = pixels.dtype.itemsize * 8
        instance.BitsAllocated, instance.BitsStored, instance.HighBit = bits, bits, bits - 1
        instance.PixelRepresentation = int(pixels.dtype.kind == "i")
        instance.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
        for keyword, value in elements.items():
            setattr(instance, keyword, value)
        instance.file_meta.MediaStorageSOPInstanceUID = instance.SOPInstanceUID
        return instance

    return make


@pytest.fixture(scope="session")
def save() -> Callable[[FileDataset, Path], Path]:
    """Writes an instance to a path, with the file format of PS3.10."""

    def write(instance: FileDataset, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        instance.save_as(path, enforce_file_format=True)
        return path

    return write
