"""A small study to try things on: ultrasound samples that pydicom ships, and a made-up head CT.

All carry the header of an invented patient, and her name is burned into a screenshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from pydicom.dataset import FileDataset
    from pydicom.uid import UID

PATIENT = {
    "PatientName": "Doe^Jane^Q",
    "PatientID": "MRN-0012345",
    "PatientBirthDate": "19610412",
    "PatientSex": "F",
    "StudyDate": "20240307",
    "StudyTime": "101500",
    "AccessionNumber": "ACC-77-2024",
    "ReferringPhysicianName": "Smith^Ada",
    "InstitutionName": "St Elsewhere Hospital",
    "StudyID": "77",
    "Manufacturer": "Phantom Works",
}
SAMPLES = ("examples_ybr_color.dcm", "examples_palette.dcm")
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
HEAD_SHAPE = (96, 112, 72)
"""Slices, rows and columns of the made-up head."""
HEAD_SPACING = 2.5
"""Millimetres between voxels of the made-up head, in every direction."""


def make_study(folder: Path) -> Path:
    """Write the sample study into `folder` and return it.

    Raises:
        UsageError: the folder cannot be written to.
    """
    from pydicom.uid import generate_uid

    from pixelscrub.errors import UsageError

    study = generate_uid(entropy_srcs=["pixelscrub demo"])
    try:
        for name, instance in _instances():
            instance.StudyInstanceUID = study
            for keyword, value in PATIENT.items():
                setattr(instance, keyword, value)
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            instance.save_as(path, enforce_file_format=True)
    except OSError as error:
        raise UsageError(f"demo cannot be written ({type(error).__name__})") from None
    return folder


def _instances() -> Iterator[tuple[str, FileDataset]]:
    import pydicom

    samples = Path(pydicom.__file__).parent / "data" / "test_files"
    for number, name in enumerate(SAMPLES, 1):
        yield f"ultrasound/{number}.dcm", pydicom.dcmread(samples / name)
    yield "screenshot.dcm", _screenshot()
    for number, instance in enumerate(_head(), 1):
        yield f"head/{number:03d}.dcm", instance


def _screenshot() -> FileDataset:
    import cv2
    import numpy as np

    page = np.full((240, 320, 3), 24, np.uint8)
    cv2.circle(page, (160, 140), 70, (120, 110, 100), -1)
    lines = ("DOE, JANE Q", "MRN-0012345  12.04.1961", "St Elsewhere Hospital")
    for row, line in enumerate(lines):
        origin = (8, 20 + 18 * row)
        cv2.putText(page, line, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1)
    return _make(
        page, SECONDARY_CAPTURE, "screenshot", Modality="OT", ConversionType="WSD", Laterality=""
    )


def _head() -> Iterator[FileDataset]:
    volume = head_phantom()
    slices, rows, columns = volume.shape
    for k in range(slices):
        position = [-columns * HEAD_SPACING / 2, -rows * HEAD_SPACING / 2, k * HEAD_SPACING]
        yield _make(
            (volume[k] + 1024).astype("uint16"),
            CT_IMAGE,
            "head",
            Modality="CT",
            BodyPartExamined="HEAD",
            ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
            InstanceNumber=k + 1,
            ImagePositionPatient=position,
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            PixelSpacing=[HEAD_SPACING, HEAD_SPACING],
            SliceThickness=HEAD_SPACING,
            FrameOfReferenceUID=_uid("frame of reference"),
            PositionReferenceIndicator="",
            RescaleIntercept=-1024,
            RescaleSlope=1,
            RescaleType="HU",
            KVP=120,
            AcquisitionNumber=1,
            PatientPosition="HFS",
        )


def head_phantom() -> npt.NDArray[np.int16]:
    """A head of ellipsoids with nose, lips, chin and eyes.

    Returns:
        Hounsfield units, int16, (slices, rows, columns): feet to head, face to the first rows.
    """
    import numpy as np
    from scipy import ndimage

    slices, rows, columns = HEAD_SHAPE
    z, y, x = ((np.arange(n) - (n - 1) / 2) * HEAD_SPACING for n in (slices, rows, columns))
    grid = np.meshgrid(z, y, x, indexing="ij")

    def ellipsoid(centre: tuple[float, ...], radii: tuple[float, ...]) -> npt.NDArray[np.bool_]:
        """Centre and radii in millimetres: left-right, front-back (front is negative), up."""
        parts = zip(grid[::-1], centre, radii, strict=True)
        return np.asarray(sum(((g - c) / r) ** 2 for g, c, r in parts) <= 1)

    head = ellipsoid((0, 10, 40), (75, 95, 75))
    face = ellipsoid((0, -26, -25), (56, 60, 66))
    neck = ellipsoid((0, 25, -80), (52, 55, 100))
    nose = ellipsoid((0, -86, -18), (13, 24, 19))
    lips = ellipsoid((0, -82, -46), (20, 9, 9))
    chin = ellipsoid((0, -74, -74), (20, 16, 14))
    volume = np.full(HEAD_SHAPE, -1000, np.int16)
    volume[head | face | neck | nose | lips | chin] = 40
    volume[ellipsoid((0, 10, 40), (68, 88, 68)) | ellipsoid((0, -26, -22), (42, 46, 46))] = 900
    volume[ellipsoid((0, 18, 50), (60, 72, 50))] = 30
    for side in (-1, 1):
        volume[ellipsoid((side * 31, -68, 8), (17, 18, 15))] = -60
        volume[ellipsoid((side * 31, -74, 8), (12, 12, 12))] = 15
    soft = ndimage.gaussian_filter(volume.astype(float), 0.8)  # as a scanner blurs edges
    noise = np.random.default_rng(0).normal(0, 12, volume.shape)
    return np.asarray(np.maximum(soft + noise, -1024), np.int16)


def _make(
    pixels: npt.NDArray[np.generic], sop_class: str, series: str, **elements: Any
) -> FileDataset:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    instance = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    instance.SOPClassUID = meta.MediaStorageSOPClassUID = UID(sop_class)
    uid = _uid(series, str(elements.get("InstanceNumber", 1)))
    instance.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = uid
    instance.SeriesInstanceUID = _uid(series)
    is_colour = pixels.ndim == 3
    instance.SamplesPerPixel = 3 if is_colour else 1
    instance.PhotometricInterpretation = "RGB" if is_colour else "MONOCHROME2"
    if is_colour:
        instance.PlanarConfiguration = 0
    instance.Rows, instance.Columns = pixels.shape[:2]
    bits = 8 * pixels.dtype.itemsize
    instance.BitsAllocated, instance.BitsStored, instance.HighBit = bits, bits, bits - 1
    instance.PixelRepresentation = 0
    instance.SeriesNumber, instance.InstanceNumber, instance.PatientOrientation = 1, 1, ""
    instance.PixelData = pixels.tobytes()
    for keyword, value in elements.items():
        setattr(instance, keyword, value)
    return instance


def _uid(*sources: str) -> UID:
    from pydicom.uid import generate_uid

    return generate_uid(entropy_srcs=["pixelscrub demo", *sources])
