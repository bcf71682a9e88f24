"""Archives that whole commands are measured on, made of random numbers and the same each time."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    UltrasoundImageStorage,
)

A_SERIES = 150
"""Slices of one series, four of which are a study."""
ROOT = "1.2.826.0.1.3680043.8.498."
TEXTS = ("StudyDescription", "SeriesDescription", "ProtocolName")
NUMBERS = {
    "KVP": "120", "SliceThickness": "1", "DataCollectionDiameter": "500",
    "ReconstructionDiameter": "250", "DistanceSourceToDetector": "949",
    "DistanceSourceToPatient": "541", "GantryDetectorTilt": "0", "TableHeight": "152",
    "ExposureTime": "500", "XRayTubeCurrent": "400", "Exposure": "200", "GeneratorPower": "48",
    "FocalSpots": "0.7", "SingleCollimationWidth": 0.625, "TotalCollimationWidth": 40.0,
    "TableSpeed": 79.0, "SpiralPitchFactor": 0.98, "CTDIvol": 12.5,
}  # fmt: skip


def ct_series(folder: Path, count: int, size: int = 512) -> None:
    """Slices of CT of `size` by `size` pixels, a study of four series for each 600 of them."""
    rng = np.random.default_rng(1)
    noise = rng.normal(40, 12, (size, size + 4 * A_SERIES)).astype(np.int16)
    body = np.hypot(*np.ogrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]) < 0.8
    for number in range(count):
        series, place = divmod(number, A_SERIES)
        pixels = np.where(body, noise[:, 4 * place : 4 * place + size], -1000).astype("<i2")
        header = ct_header(series, place, size)
        header.PixelData = pixels.tobytes()
        path = folder / f"{series:03d}" / f"{place:04d}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed(header))


def ct_header(series: int, place: int, size: int) -> Dataset:
    """One slice as a scanner writes it, with what differs from slice to slice."""
    header, study = Dataset(), series // 4
    header.SpecificCharacterSet = "ISO_IR 100"
    header.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    header.SOPClassUID = CTImageStorage
    header.SOPInstanceUID = f"{ROOT}{study}.{series}.{place + 1}.20200131101500"
    header.StudyInstanceUID, header.SeriesInstanceUID = f"{ROOT}{study}.77", f"{ROOT}{series}.78"
    header.FrameOfReferenceUID = f"{ROOT}{series}.79"
    for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
        setattr(header, keyword, "20200131")
    for keyword in ("StudyTime", "SeriesTime"):
        setattr(header, keyword, "101500")
    for keyword in ("AcquisitionTime", "ContentTime"):
        setattr(header, keyword, f"1016{place % 60:02d}.{place:06d}")
    header.AccessionNumber, header.Modality = f"ACC77{study:05d}", "CT"
    header.Manufacturer, header.ManufacturerModelName = "GE MEDICAL SYSTEMS", "Revolution"
    header.InstitutionName, header.StationName = "St. Olav Hospital", "CT99OC0"
    header.ReferringPhysicianName = header.OperatorsName = "Kvamme^Torbjorn"
    for keyword in TEXTS:
        setattr(header, keyword, "HEAD WITHOUT CONTRAST")
    header.PatientName, header.PatientID = "Gundersen^Ragnhild^Astrid", f"MRN0081{study:04d}"
    header.PatientBirthDate, header.PatientSex, header.PatientAge = "19500517", "F", "069Y"
    header.PatientWeight, header.BodyPartExamined = "70", "ABDOMEN"
    for keyword, value in NUMBERS.items():
        setattr(header, keyword, value)
    header.DeviceSerialNumber, header.SoftwareVersions = "CT000123", "revo_ct_20"
    header.ConvolutionKernel, header.PatientPosition = "STANDARD", "FFS"
    header.StudyID, header.SeriesNumber = f"{4000 + study}", series + 1
    header.AcquisitionNumber, header.InstanceNumber = 1, place + 1
    header.ImagePositionPatient = [-125.0, -125.0, round(-150 + 1.25 * place, 2)]
    header.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    header.SliceLocation, header.PixelSpacing = round(-150 + 1.25 * place, 2), [0.488281, 0.488281]
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.Rows = header.Columns = size
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, 16, 15
    header.PixelRepresentation = 1
    header.WindowCenter, header.WindowWidth = "40", "400"
    header.RescaleIntercept, header.RescaleSlope, header.RescaleType = "0", "1", "HU"
    request = Dataset()
    request.ScheduledProcedureStepID, request.RequestedProcedureID = "SPS1", f"RP{study}"
    request.ScheduledProcedureStepDescription = "CT HEAD"
    header.RequestAttributesSequence = [request]
    header.PerformedProcedureStepStartDate = "20200131"
    header.PerformedProcedureStepID = "PPS1"
    for number in range(40):
        header.private_block(0x0019, "ACME_ACQU_01", create=True).add_new(
            number, "DS", str(number * (place % 2 + 1))
        )
    return header


def enhanced_mr(folder: Path, count: int, frames: int = 800) -> None:
    """Enhanced MR of one place and one time a frame: 18 elements of each, all others shared."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        header = ct_header(number, 0, 64)
        header.SOPClassUID, header.Modality = EnhancedMRImageStorage, "MR"
        header.NumberOfFrames, header.BitsStored, header.HighBit = frames, 16, 15
        header.PixelData = np.zeros((frames, 64, 64), "<i2").tobytes()
        header.PerFrameFunctionalGroupsSequence = [
            frame_groups(at, f"20200131101500.{at:06d}") for at in range(frames)
        ]
        (folder / f"{number}.dcm").write_bytes(packed(header))


def frame_groups(number: int, moment: str) -> Dataset:
    """The functional groups of one frame.

    Args:
        number: of the frame, from 0.
        moment: date and time that it was taken, as a DT.
    """
    groups = Dataset()
    for name in ("FrameContentSequence", "PlanePositionSequence", "PlaneOrientationSequence",
                 "PixelMeasuresSequence", "FrameVOILUTSequence"):  # fmt: skip
        groups.add_new(name, "SQ", [Dataset()])
    content = groups.FrameContentSequence[0]
    content.FrameAcquisitionDateTime = content.FrameReferenceDateTime = moment
    content.FrameAcquisitionDuration, content.DimensionIndexValues = 1.0, [1, number + 1]
    content.StackID, content.InStackPositionNumber = "1", number + 1
    content.TemporalPositionIndex, content.FrameAcquisitionNumber = 1, number + 1
    groups.PlanePositionSequence[0].ImagePositionPatient = [0, 0, number]
    groups.PlaneOrientationSequence[0].ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures = groups.PixelMeasuresSequence[0]
    measures.PixelSpacing, measures.SliceThickness = [1, 1], 1
    measures.SpacingBetweenSlices = 1
    window = groups.FrameVOILUTSequence[0]
    window.WindowCenter, window.WindowWidth, window.VOILUTFunction = 40, 400, "LINEAR"
    return groups


def ultrasound_still(folder: Path) -> None:
    """One picture in grey, 600 by 800, of speckle and without letters."""
    folder.mkdir(parents=True, exist_ok=True)
    header = ct_header(0, 0, 8)
    header.SOPClassUID, header.Modality = UltrasoundImageStorage, "US"
    header.Rows, header.Columns = 600, 800
    header.BitsAllocated, header.BitsStored, header.HighBit = 8, 8, 7
    header.PixelRepresentation = 0
    speckle = np.random.default_rng(2).rayleigh(30, (150, 200)).clip(0, 255).astype(np.uint8)
    header.PixelData = np.kron(speckle, np.ones((4, 4), np.uint8)).tobytes()
    (folder / "still.dcm").write_bytes(packed(header))


def packed(header: Dataset) -> bytes:
    """The header as a file."""
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = io.BytesIO()
    header.save_as(out, enforce_file_format=True)
    return out.getvalue()
