"""Hiding places for identifiers: planted words wherever a file, its name or an archive has room.

They are searched for in every output, what was printed, the audit's words, the report and
temporary files.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from imagecodecs import jpeg8_encode
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, generate_uid

from tests.faults.ground import CLEAN, Case, Tally, encoded, fresh, instance, try_cases

WORD = b"ZWYRTKOWSKI OTTOKAR PLNT-770461 "
NAME = "Zwyrtkowski^Ottokar"
HELD = (
    "bad_pixel_data",
    "damaged_file",
    "tags_failed",
    "identifier_left",
    "unsupported_content",
    "frame_count_mismatch",
)


def run(folder: Path, tally: Tally, short: bool) -> None:
    """All hiding places lie in one folder."""
    places = (_elements(), _sequences(), _around(), _pixels(), _streams(), _names())
    try_cases([case for each in places for case in each], folder, tally)


def _elements() -> Iterator[Case]:
    keywords = (
        "ImageComments", "StudyDescription", "SeriesDescription", "ProtocolName", "PatientAddress",
        "InstitutionName", "OperatorsName", "RequestedProcedureDescription",
        "TextComments", "PatientComments", "AdditionalPatientHistory", "StationName",
        "DeviceSerialNumber", "ContentLabel", "ContentDescription", "LossyImageCompressionMethod",
        "ImageType", "BodyPartExamined", "ManufacturerModelName", "SoftwareVersions",
        "AcquisitionDeviceProcessingDescription", "ContrastBolusAgent", "RetrieveURI",
        "StationAETitle", "SpecificCharacterSet", "ImageLaterality", "PatientOrientation",
    )  # fmt: skip
    for keyword in keywords:
        made = instance()
        data = _with(made, keyword)
        yield Case.of(f"{keyword}.dcm", data, CLEAN, *HELD)
    for vr in ("UN", "OB", "UT", "LT", "ST", "UC", "UR", "LO", "SH", "PN", "AE"):
        made = instance()
        text = vr not in {"UN", "OB"}
        for tag in (0x00091001, 0x00189999, 0x60000022, 0x50000022):
            made.add_new(tag, vr, WORD.decode()[:16] if text else WORD)
        yield Case.of(f"odd places as {vr}.dcm", made, CLEAN, *HELD)
    for group in (0x0003, 0x0029, 0x7FE1, 0xFFFD):
        made = instance()
        made.add_new(group << 16 | 0x0010, "LO", "Zwyrtkowski")
        made.add_new(group << 16 | 0x1001, "UN", WORD)
        yield Case.of(f"private group {group:04x}.dcm", made, CLEAN, *HELD)


def _with(made: FileDataset, keyword: str) -> bytes:
    """A file whose element holds a planted word, whatever its representation allows."""
    setattr(made, keyword, "ZWYRTKOWSKI" if keyword != "SpecificCharacterSet" else "ISO_IR 100")
    data = encoded(made)
    return data.replace(b"ISO_IR 100", b"ZWYRTKOWSK") if keyword == "SpecificCharacterSet" else data


def _sequences() -> Iterator[Case]:
    made = instance()
    item = Dataset()
    item.PatientName, item.PatientID, item.TextValue = NAME, "PLNT-770461", "Ottokar"
    for keyword in (
        "ReferencedStudySequence", "SourceImageSequence", "RequestAttributesSequence",
        "OriginalAttributesSequence", "ContentSequence", "IconImageSequence",
        "SharedFunctionalGroupsSequence", "OtherPatientIDsSequence",
    ):  # fmt: skip
        made = instance()
        setattr(made, keyword, Sequence([item]))
        yield Case.of(f"{keyword}.dcm", made, CLEAN, *HELD, "bad_pixel_description")
    made = instance()
    block = made.private_block(0x0019, "OTTOKAR", create=True)
    block.add_new(1, "SQ", Sequence([item]))
    yield Case.of("private sequence.dcm", made)
    raw = b"".join(
        struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, b"PN", 20) + NAME.encode() + b" "
        for tag in (0x00100010,)
    )
    made = instance()
    made.add_new(0x00091010, "UN", struct.pack("<HHI", 0xFFFE, 0xE000, len(raw)) + raw)
    yield Case.of("sequence as UN.dcm", made)


def _around() -> Iterator[Case]:
    whole = encoded(instance())
    yield Case.of("preamble.dcm", WORD.ljust(128, b" ") + fresh(whole)[128:])
    yield Case.of("after the end.dcm", fresh(whole) + WORD, CLEAN, *HELD)
    made = instance()
    made.add_new(0xFFFCFFFC, "OB", WORD)
    yield Case.of("trailing padding.dcm", made)
    for keyword, value in (
        ("SourceApplicationEntityTitle", "ZWYRTKOWSKI"),
        ("SendingApplicationEntityTitle", "OTTOKAR"),
        ("ImplementationVersionName", "ZWYRTKOWSKI"),
        ("PrivateInformation", WORD),
    ):
        made = instance()
        if keyword == "PrivateInformation":
            made.file_meta.PrivateInformationCreatorUID = generate_uid()
        setattr(made.file_meta, keyword, value)
        yield Case.of(f"meta {keyword}.dcm", made)
    spelled = "1.2." + ".".join(str(byte) for byte in b"OTTOKAR")
    yield Case.of("uid that spells.dcm", instance(FrameOfReferenceUID=spelled))
    made = instance()
    made.DigitalSignaturesSequence = Sequence([Dataset()])
    made.DigitalSignaturesSequence[0].CertificateOfSigner = WORD
    yield Case.of("signature.dcm", made)


def _pixels() -> Iterator[Case]:
    pixels = np.zeros((32, 48), np.uint16)
    bits = np.unpackbits(np.frombuffer(WORD * 6, np.uint8))[: 32 * 48].reshape(32, 48)
    made = instance(pixels | bits.astype(np.uint16) << 15, BitsStored=12, HighBit=11)
    yield Case.of("unused bits.dcm", made, CLEAN, *HELD)
    made = instance()
    made.PixelData = made.PixelData + WORD
    yield Case.of("after the last frame.dcm", made)
    made = instance()
    overlay = (
        (0x10, "US", 32), (0x11, "US", 48), (0x22, "LO", "Zwyrtkowski"), (0x40, "CS", "G"),
        (0x50, "SS", [1, 1]), (0x100, "US", 1), (0x102, "US", 0), (0x1500, "LO", "Ottokar"),
        (0x3000, "OW", (WORD * 6)[: 32 * 48 // 8]),
    )  # fmt: skip
    for element, vr, value in overlay:
        made.add_new(0x60000000 | element, vr, value)
    yield Case.of("overlay.dcm", made, CLEAN, *HELD)
    made = instance(np.zeros((32, 48, 3), np.uint8))
    made.ICCProfile = bytes(128) + WORD
    yield Case.of("ICC profile.dcm", made, CLEAN, *HELD)
    made = instance(PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(made, f"{colour}PaletteColorLookupTableData", (WORD * 16)[:512])
    yield Case.of("palette.dcm", made, CLEAN, *HELD)
    made = instance()
    icon = Dataset()
    icon.Rows, icon.Columns, icon.SamplesPerPixel, icon.BitsAllocated = 4, 8, 1, 8
    icon.BitsStored, icon.HighBit, icon.PixelRepresentation = 8, 7, 0
    icon.PhotometricInterpretation, icon.PixelData = "MONOCHROME2", WORD
    icon["PixelData"].VR = "OB"
    made.IconImageSequence = Sequence([icon])
    yield Case.of("icon.dcm", made, CLEAN, *HELD)


def _streams() -> Iterator[Case]:
    stream = bytes(jpeg8_encode(np.zeros((32, 48), np.uint8)))
    segment = struct.pack(">H", len(WORD) + 2) + WORD
    places = {f"marker {m:02x}": stream[:2] + bytes([0xFF, m]) + segment + stream[2:] for m in
              (0xFE, 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF)}  # fmt: skip
    places["after the end of the stream"] = stream + WORD
    places["before the stream"] = WORD + stream
    for name, content in places.items():
        made = instance()
        made.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.50")
        padded = content + bytes(len(content) % 2)
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(padded)) + padded
        made.PixelData = struct.pack("<HHI", 0xFFFE, 0xE000, 0) + item
        made["PixelData"].VR, made["PixelData"].is_undefined_length = "OB", True
        yield Case.of(f"{name}.dcm", made, CLEAN, *HELD, "decode_failed", "codestream_mismatch")


def _names() -> Iterator[Case]:
    yield Case.of("Zwyrtkowski Ottokar.dcm", instance())
    yield Case.of("ZWYRTKOWSKI_OTTOKAR/PLNT-770461/1", instance())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = WORD
        info = zipfile.ZipInfo("Zwyrtkowski/Ottokar.dcm")
        info.comment = info.extra = b""
        archive.writestr(info, encoded(instance()))
    yield Case.of("names.zip", out.getvalue(), "no line")
    yield Case.of("Ottokar broken.zip", out.getvalue()[:-60], "damaged_file")
    broken = encoded(instance())[:-700]
    yield Case.of("Ottokar cut.dcm", broken, "truncated_pixel_data", "damaged_file")
