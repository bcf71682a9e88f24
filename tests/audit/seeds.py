"""Leaks to plant in an output, for tests of the audit and for `python -m benchmarks.verify`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pydicom.data
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import UID

PACKAGED = Path(pydicom.data.__file__).parent / "test_files"
STUDY, SERIES, FRAME = "1.2.826.77.1.5", "1.2.826.77.2.5", "1.2.826.77.4.5"
NATIVE = ("CT_small.dcm", "examples_overlay.dcm", "MR_small.dcm", "examples_rgb_color.dcm")
WIDE = 300
"""Columns that a name takes which can be read."""
JPEG = "SC_rgb_jpeg_dcmtk.dcm"


def original(name: str, number: int) -> FileDataset:
    """One of pydicom's files with the header of an invented patient."""
    dataset = dcmread(PACKAGED / name)
    dataset.PatientName = "Lindqvist^Ottilie"
    dataset.PatientID = "ZK-4711-77"
    dataset.PatientBirthDate = "19340229"
    dataset.AccessionNumber = "ACC90210X"
    dataset.InstitutionName = "Hospital Zum Birnbaum"
    dataset.ReferringPhysicianName = "Quastenflosser^Hubert"
    dataset.StationName = "KELLERSCAN7"
    dataset.DeviceSerialNumber = "SN-556677"
    dataset.Manufacturer = "Rontgenwerke"
    dataset.InstitutionalDepartmentName = "RONTGENWERKE"
    dataset.StudyDate = dataset.SeriesDate = "20190712"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY, SERIES
    dataset.FrameOfReferenceUID = FRAME
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(
        f"{SERIES}.{number}"
    )
    dataset.InstanceNumber = number
    dataset.ReferencedImageSequence = reference(f"{SERIES}.1")
    return dataset


def write_originals(folder: Path, names: tuple[str, ...] = (*NATIVE, JPEG, JPEG)) -> None:
    """Instances with native pixel data and some of JPEG, all of one study."""
    folder.mkdir(parents=True)
    for number, name in enumerate(names, 1):
        original(name, number).save_as(folder / f"{number}.dcm")


def reference(uid: str) -> Sequence:
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = uid
    return Sequence([item])


@dataclass(frozen=True)
class Seed:
    """A leak: how it is planted in a file, what kinds of issue tell of it, where it fits."""

    plant: Callable[[Path], None]
    kinds: frozenset[str]
    fits: Callable[[FileDataset], bool] = lambda header: True


def _is_jpeg(header: FileDataset) -> bool:
    return header.file_meta.TransferSyntaxUID.is_encapsulated


def _is_native(header: FileDataset) -> bool:
    return not _is_jpeg(header)


def _is_wide(header: FileDataset) -> bool:
    return _is_native(header) and header.Columns >= WIDE


def _seed(
    change: Callable[[FileDataset], None],
    *kinds: str,
    fits: Callable[[FileDataset], bool] = lambda header: True,
) -> Seed:
    def plant(path: Path) -> None:
        dataset = dcmread(path)
        change(dataset)
        dataset.save_as(path, enforce_file_format=False)

    return Seed(plant, frozenset(kinds), fits)


def _put(keyword: str, value: object, *kinds: str) -> Seed:
    return _seed(lambda dataset: setattr(dataset, keyword, value), *(kinds or ["identifier_left"]))


def _nest(sequence: str, keyword: str, value: str, *kinds: str) -> Seed:
    def change(dataset: FileDataset) -> None:
        item = Dataset()
        setattr(item, keyword, value)
        setattr(dataset, sequence, Sequence([item]))

    return _seed(change, *(kinds or ["identifier_left"]))


def _private_text(dataset: FileDataset) -> None:
    dataset.private_block(0x0029, "SOMEONE", create=True).add_new(1, "LO", "LINDQVIST")


def _private_number(dataset: FileDataset) -> None:
    dataset.private_block(0x0029, "SOMEONE", create=True).add_new(2, "US", 7)


def _private_bytes(dataset: FileDataset) -> None:
    data = b"\1\2" + "Lindqvist".encode("utf-16-le") + b"\3\4"
    dataset.private_block(0x0029, "SOMEONE", create=True).add_new(1, "UN", data)


def _preamble(dataset: FileDataset) -> None:
    dataset.preamble = b"II*\0Lindqvist".ljust(128, b"\0")


def _meta_title(dataset: FileDataset) -> None:
    dataset.file_meta.SourceApplicationEntityTitle = "KELLERSCAN7"


def _meta_uid(dataset: FileDataset) -> None:
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"{SERIES}.1")


def _own_study(dataset: FileDataset) -> None:
    dataset.StudyInstanceUID = "2.25.4711"


def _icon(dataset: FileDataset) -> None:
    item = Dataset()
    item.Rows = item.Columns = 8
    item.add_new((0x7FE0, 0x0010), "OB", b"Lindqvist^Ottilie".ljust(64, b"\0"))
    dataset.IconImageSequence = Sequence([item])


def _change_pixels(change: Callable[[np.ndarray], None]) -> Seed:
    def plant(dataset: FileDataset) -> None:
        values = dataset.pixel_array.copy()
        change(values)
        dataset.PixelData = values.tobytes()

    return _seed(plant, "pixels_changed", "no_original", fits=_is_native)


def _one_pixel(values: np.ndarray) -> None:
    values[33, 33] += 1


def _stripes(values: np.ndarray) -> None:
    values[::9] += 1


def _turned(values: np.ndarray) -> None:
    values[...] = values[::-1]


def _name_bytes(dataset: FileDataset) -> None:
    data = bytearray(dataset.PixelData)
    data[400:417] = b"Lindqvist^Ottilie"
    dataset.PixelData = bytes(data)


def _uid_bytes(dataset: FileDataset) -> None:
    data = bytearray(dataset.PixelData)
    value = f"\0{STUDY}\0".encode()
    data[600 : 600 + len(value)] = value
    dataset.PixelData = bytes(data)


def _fewer_rows(dataset: FileDataset) -> None:
    values = dataset.pixel_array[::2]
    dataset.Rows = len(values)
    dataset.PixelData = values.tobytes()


def _no_pixels(dataset: FileDataset) -> None:
    del dataset.PixelData


def _burned_in(dataset: FileDataset) -> None:
    """The name, drawn over the picture as large as it fits."""
    page = np.zeros((64, 360), np.uint8)
    cv2.putText(page, "LINDQVIST ZK4711", (8, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 255, 2)
    shape = dataset.pixel_array.shape
    width = min(shape[1], 360)
    drawn = cv2.resize(page, (width, width * 64 // 360), interpolation=cv2.INTER_AREA) > 110
    values = dataset.pixel_array.copy()
    part = values[: drawn.shape[0], : drawn.shape[1]]
    part[...] = values.min()
    part[drawn] = values.max()
    dataset.PixelData = values.tobytes()


def _jpeg_comment(dataset: FileDataset) -> None:
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    comment = b"\xff\xfe" + (11).to_bytes(2, "big") + b"lindqvist"
    dataset.PixelData = encapsulate([frame[:2] + comment + frame[2:]])


def _jpeg_tail(dataset: FileDataset) -> None:
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    dataset.PixelData = encapsulate([frame.rstrip(b"\0") + b"\0Quastenflosser"])


def _after_the_end(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0\0\0Lindqvist^Ottilie")


def _file_name(path: Path) -> None:
    shutil.copy(path, path.with_name("Lindqvist_Ottilie.dcm"))


def _copy(path: Path) -> None:
    shutil.copy(path, path.with_name("copy.dcm"))


def _foreign(path: Path) -> None:
    path.with_name("notes.txt").write_text("hello")


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


SEEDS: dict[str, Seed] = {
    "name": _put("PatientName", "Lindqvist^Ottilie"),
    "name turned round": _put("PatientComments", "seen: ottilie lindqvist"),
    "name in upper case": _put("ImageComments", "OTTILIE LINDQVIST"),
    "family name in a description": _put("SeriesDescription", "Lindqvist follow-up"),
    "patient id": _put("PatientID", "ZK-4711-77"),
    "id without signs": _put("PatientComments", "ZK471177"),
    "birth date": _put("PatientBirthDate", "19340229"),
    "accession number": _put("AccessionNumber", "ACC90210X"),
    "physician": _put("ReferringPhysicianName", "Quastenflosser^Hubert"),
    "physician elsewhere": _put("SeriesDescription", "for Dr Quastenflosser"),
    "institution": _put("InstitutionName", "Hospital Zum Birnbaum"),
    "institution elsewhere": _put("ImageComments", "done in hospital zum birnbaum"),
    "station": _put("StationName", "KELLERSCAN7"),
    "serial number": _put("DeviceSerialNumber", "SN-556677"),
    "study date": _put("StudyDate", "20190712", "listed_element_kept"),
    "study date elsewhere": _put("ImageComments", "seen 20190712"),
    "study uid": _put("StudyInstanceUID", STUDY, "uid_kept"),
    "frame of reference": _put("FrameOfReferenceUID", FRAME, "uid_kept"),
    "nested name": _nest("ReferencedStudySequence", "PatientName", "Lindqvist^Ottilie"),
    "uid in an address": _nest("ReferencedStudySequence", "RetrieveURL", f"https://x/{STUDY}/y"),
    "name in an icon": _seed(_icon, "identifier_left"),
    "private text": _seed(_private_text, "private_element_left"),
    "private number": _seed(_private_number, "private_element_left"),
    "private bytes": _seed(_private_bytes, "identifier_left"),
    "preamble": _seed(_preamble, "preamble_kept"),
    "title in file meta": _seed(_meta_title, "application_entity_left"),
    "uid in file meta": _seed(_meta_uid, "meta_uid_differs"),
    "trailing padding": _put("DataSetTrailingPadding", b"\0Lindqvist\0"),
    "name after the data set": Seed(_after_the_end, frozenset({"identifier_left", "unreadable"})),
    "name in pixel bytes": _seed(_name_bytes, "identifier_left", fits=_is_native),
    "uid in pixel bytes": _seed(_uid_bytes, "identifier_left", fits=_is_native),
    "name in a jpeg comment": _seed(_jpeg_comment, "identifier_left", fits=_is_jpeg),
    "name after a jpeg image": _seed(_jpeg_tail, "identifier_left", fits=_is_jpeg),
    "name burned in": _seed(_burned_in, "identifier_in_picture", fits=_is_wide),
    "name of a file": Seed(_file_name, frozenset({"identifier_in_name"})),
    "one pixel": _change_pixels(_one_pixel),
    "stripes": _change_pixels(_stripes),
    "picture upside down": _change_pixels(_turned),
    "every other row gone": _seed(_fewer_rows, "frames_differ", "no_original", fits=_is_native),
    "pixels elsewhere": _put("ImagePositionPatient", [1, 2, 3], "geometry_changed", "no_original"),
    "no pixels": _seed(_no_pixels, "pixels_not_decodable", "no_original"),
    "cut short": Seed(_cut_short, frozenset({"unreadable", "no_original"})),
    "broken reference": _put(
        "ReferencedImageSequence", reference("2.25.99999"), "broken_reference"
    ),
    "inconsistent uid": _seed(_own_study, "inconsistent_uid"),
    "no mark": _put("PatientIdentityRemoved", "NO", "mark_missing"),
    "doubled file": Seed(_copy, frozenset({"duplicate_uid", "no_original"})),
    "foreign file": Seed(_foreign, frozenset({"not_dicom"})),
}


def _with_name(level: float, ground: float, kind: type[np.generic] = np.uint8) -> np.ndarray:
    """A name in letters of one level on a ground of another."""
    page = np.zeros((120, 420), np.uint8)
    cv2.putText(page, "OTTILIE LINDQVIST", (8, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 255, 2)
    return np.where(page > 0, level, ground).astype(kind)


def _behind_a_window(make: Callable[..., FileDataset]) -> FileDataset:
    return make(_with_name(160, 60), WindowCenter="2", WindowWidth="2")


def _below_a_hot_pixel(make: Callable[..., FileDataset]) -> FileDataset:
    values = _with_name(420, 400, np.uint16)
    values[:, -2:] = 65535
    return make(values)


def _at_the_padding(make: Callable[..., FileDataset]) -> FileDataset:
    made = make(_with_name(-2000, -1000, np.int16), WindowCenter="40", WindowWidth="400")
    made.add_new(0x00280120, "SS", -2000)
    return made


def _in_one_plane(make: Callable[..., FileDataset]) -> FileDataset:
    values = np.repeat(_with_name(110, 110)[..., None], 3, axis=2)
    values[..., 2] = _with_name(150, 110)
    return make(values)


def _under_a_palette(make: Callable[..., FileDataset]) -> FileDataset:
    made = make(_with_name(90, 40))
    made.PhotometricInterpretation = "PALETTE COLOR"
    for colour in ("Red", "Green", "Blue"):
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        table = np.full(256, 0x3000, "<u2").tobytes()
        setattr(made, f"{colour}PaletteColorLookupTableData", table)
    return made


def _in_a_few_levels(make: Callable[..., FileDataset]) -> FileDataset:
    values = _with_name(34, 30)
    values[:20] = 250
    return make(values)


def _in_floating_point(make: Callable[..., FileDataset]) -> FileDataset:
    made = make(np.zeros((120, 420), np.uint32))
    values = _with_name(1.5, 1.0, np.float32)
    values[0, 0] = 1e30
    del made.PixelData
    made.FloatPixelData = values.tobytes()
    return made


def _in_a_sequence(make: Callable[..., FileDataset]) -> FileDataset:
    inner, item = make(_with_name(200, 30)), Dataset()
    for keyword in ("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation"):
        setattr(item, keyword, getattr(inner, keyword))
    for keyword in ("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        setattr(item, keyword, getattr(inner, keyword))
    item.add_new(0x7FE00010, "OB", inner.PixelData)
    outer = Dataset()
    outer.IconImageSequence = Sequence([item])
    return make(np.zeros((40, 40), np.uint8), ReferencedImageSequence=Sequence([outer]))


HIDDEN: dict[str, Callable[[Callable[..., FileDataset]], FileDataset]] = {
    "behind a window": _behind_a_window,
    "below a hot pixel": _below_a_hot_pixel,
    "at the padding value": _at_the_padding,
    "in one colour plane": _in_one_plane,
    "under a palette of one colour": _under_a_palette,
    "in a few levels": _in_a_few_levels,
    "in floating point": _in_floating_point,
    "in a sequence": _in_a_sequence,
}
"""Instances with a name that a viewer does not show as they are opened."""
