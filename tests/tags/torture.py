"""Headers with identifiers planted in every hiding place; `python -m benchmarks.tags` uses them."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass, field
from itertools import count

from pydicom import Dataset, dcmread
from pydicom.datadict import DicomDictionary, keyword_for_tag  # type: ignore[attr-defined]
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import UID

from pixelscrub.identity.tables import row

TEXT = {
    "LO": 64,
    "SH": 16,
    "ST": 100,
    "LT": 100,
    "UT": 100,
    "UC": 100,
    "PN": 40,
    "AE": 16,
    "CS": 16,
}
FAMILIES = ["Gundersen", "Okonkwo", "Szymanski", "Bhattacharya", "Vandenberghe", "Quintanilla"]
GIVEN = ["Ragnhild", "Chidiebere", "Wojciech", "Sreelakshmi", "Lieselotte", "Guadalupe"]
HARMLESS = {
    "AS": "045Y", "CS": "STANDARD", "DS": "1.5", "IS": "3", "LO": "axial", "SH": "soft",
    "ST": "slice", "LT": "slice", "UT": "slice", "UC": "axial", "AE": "SCANNER",
    "UR": "urn:oid:1.2", "US": 3, "SS": -3, "UL": 7, "SL": -7, "FL": 1.5, "FD": 2.5, "UV": 9,
    "SV": -9, "AT": 0x00100010, "OB": b"\1\2", "OW": b"\1\2", "OF": b"\0\0\0\0",
    "OD": b"\0" * 8, "OL": b"\0" * 4, "OV": b"\0" * 8, "UI": "1.2.840.10008.1.2",
}  # fmt: skip
LEFT_ALONE = {0x00080005, 0x00080016, 0x00080018, 0x00100010, 0x00100020, 0x00080008}
MARKS = {0x00120062, 0x00120063, 0x00120064, 0x00280303, 0x00280301, 0x00280302}


@dataclass
class Planted:
    """One file, what must not be in it afterwards, and what must.

    Attributes:
        data: the file.
        tokens: planted identifier by hiding place.
        kept: unlisted tags at the top whose values have to stay.
        listed: listed tags at the top that have to be acted on.
    """

    data: bytes = b""
    tokens: dict[str, str] = field(default_factory=dict)
    kept: list[int] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)
    disguised: bytes = b""


def plant(seed: int, sop_class: str, syntax: str) -> Planted:
    """A header with an identifier in every place we know; other seeds, other identifiers."""
    rng, made = random.Random(seed), Planted()
    numbers = count(rng.randrange(10_000, 90_000))
    header = _identity(rng, sop_class)
    _add_listed(header, made, numbers)
    _add_nested(header, made, numbers)
    _add_private(header, made, numbers)
    _add_in_kept(header, made)
    _add_unlisted(header, made)
    made.data = _file(header, made, numbers, syntax)
    return made


def _identity(rng: random.Random, sop_class: str) -> Dataset:
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    header.SOPClassUID = UID(sop_class)
    header.SOPInstanceUID = f"1.2.826.0.1.{rng.randrange(10**9)}.1"
    header.PatientName = f"{rng.choice(FAMILIES)}^{rng.choice(GIVEN)}"
    header.PatientID = f"MRN{rng.randrange(10**7, 10**8)}"
    return header


def _token(made: Planted, place: str, vr: str, numbers: count[int]) -> str | bytes:
    number = next(numbers)
    if vr in {"DA", "DT"}:
        # Dates repeat, so they are judged by their elements alone.
        return f"{1901 + number % 90}{1 + number % 12:02d}{1 + number % 27:02d}"
    if vr == "TM":
        return f"{number % 24:02d}1733"
    if vr == "UI":
        made.tokens[place] = f"1.2.826.0.1.{number}.77"
    elif vr in TEXT or vr in {"UR", "OB", "UN"}:
        made.tokens[place] = f"ZQ{number}KX"
    else:
        return ""
    text = made.tokens[place]
    return text.encode() + b"\0" * (len(text) % 2) if vr in {"OB", "UN"} else text


def _add_listed(header: Dataset, made: Planted, numbers: count[int]) -> None:
    for tag, entry in DicomDictionary.items():
        fits = tag > 0x00080000 and tag not in LEFT_ALONE | MARKS
        if (
            not fits
            or (listed := row(tag)) is None
            or listed.basic.endswith("*")
            or tag >> 16 in {0x7FE0, 0xFFFA, 0xFFFC}
        ):
            continue
        value = _value(made, f"top {entry[4]}", entry[0], numbers)
        if value:
            header.add_new(tag, entry[0], value)
            made.listed.append(tag)


def _value(made: Planted, place: str, vr: str, numbers: count[int]) -> object:
    if vr != "SQ":
        return _token(made, place, vr, numbers)
    item = Dataset()
    item.CodeMeaning = _token(made, place, "LO", numbers)
    return [item]


def _add_nested(header: Dataset, made: Planted, numbers: count[int]) -> None:
    for holder in ("AnatomicRegionSequence", "ViewCodeSequence", "CTExposureSequence"):
        item = Dataset()
        for keyword, vr in [
            ("PatientName", "PN"), ("PatientID", "LO"), ("InstitutionName", "LO"),
            ("PatientAddress", "LO"), ("ReferencedSOPInstanceUID", "UI"),
            ("StationName", "SH"), ("PatientComments", "LT"), ("SecondaryReviewerName", "PN"),
        ]:  # fmt: skip
            setattr(item, keyword, _token(made, f"{holder} {keyword}", vr, numbers))
        for depth in range(5):
            outer = Dataset()
            outer.DerivationCodeSequence = [item]
            outer.OperatorsName = _token(made, f"{holder} {depth}", "PN", numbers)
            item = outer
        setattr(header, holder, [item])
    disguised = Dataset()
    disguised.PatientName = _token(made, "sequence as UN", "PN", numbers)
    buffer = io.BytesIO()
    dcmwrite(buffer, disguised, implicit_vr=True, little_endian=True)
    body = buffer.getvalue()
    made.disguised = b"\xfe\xff\x00\xe0" + len(body).to_bytes(4, "little") + body


def _add_private(header: Dataset, made: Planted, numbers: count[int]) -> None:
    for group in (0x0009, 0x0019, 0x0029, 0x7FE1):
        creator = _token(made, f"creator {group:04X}", "LO", numbers)
        block = header.private_block(group, str(creator), create=True)
        for number, vr in enumerate(("LO", "PN", "UN", "OB", "LT", "UI")):
            block.add_new(number, vr, _token(made, f"private {group:04X} {vr}", vr, numbers))
        item = Dataset()
        item.PatientName = _token(made, f"private sequence {group:04X}", "PN", numbers)
        block.add_new(0x40, "SQ", Sequence([item]))
    orphan = _token(made, "private without creator", "LO", numbers)
    header.add_new(0x00331010, "LO", orphan)


def _add_in_kept(header: Dataset, made: Planted) -> None:
    """The patient's own name and number in texts that no table lists."""
    family, given = str(header.PatientName).split("^")
    for tag, text in {
        0x00080104: f"{given} {family}",
        0x00181251: family.upper(),
        0x0018106A: f"{family}, {given}",
        0x00281055: f"{header.PatientID} soft",
        0x00180022: family.upper()[:16],
    }.items():
        entry = DicomDictionary[tag]
        header.add_new(tag, entry[0], text[: TEXT[entry[0]]])
    made.tokens["family name"] = family
    made.tokens["given name"] = given
    made.tokens["number"] = str(header.PatientID)


def _add_unlisted(header: Dataset, made: Planted) -> None:
    for tag, entry in DicomDictionary.items():
        value = HARMLESS.get(entry[0])
        fits = (
            0x00080000 < tag < 0x50000000
            and tag not in LEFT_ALONE | MARKS | {0x00540016}
            and tag not in header
        )
        if fits and value is not None and row(tag) is None and entry[0] != "UI":
            header.add_new(tag, entry[0], value)
            made.kept.append(tag)


def _file(header: Dataset, made: Planted, numbers: count[int], syntax: str) -> bytes:
    header.add_new(0x60000010, "US", 8)
    for tag, vr in [(0x60000022, "LO"), (0x60001500, "LO"), (0x60004000, "LT"), (0x50002500, "LO")]:
        header.add_new(tag, vr, _token(made, f"plane {tag:08X}", vr, numbers))
    header.add_new(0xFFFCFFFC, "OB", _token(made, "trailing padding", "OB", numbers))
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID = header.SOPClassUID
    meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    meta.ImplementationVersionName = str(_token(made, "implementation", "SH", numbers))
    meta.SourceApplicationEntityTitle = str(_token(made, "source", "AE", numbers))
    meta.SendingApplicationEntityTitle = str(_token(made, "sending", "AE", numbers))
    meta.PrivateInformationCreatorUID = UID("1.2.3")
    private = _token(made, "private information", "OB", numbers)
    meta.PrivateInformation = private if isinstance(private, bytes) else private.encode()
    header.file_meta = meta
    header.preamble = str(_token(made, "preamble", "LO", numbers)).encode().ljust(128, b"\0")
    return _disguise(_saved(header), made)


def _disguise(data: bytes, made: Planted) -> bytes:
    """Put a sequence into an element of VR UN, as gateways do that do not know the attribute."""
    header = dcmread(io.BytesIO(data))
    implicit, little = header.original_encoding
    if implicit or not little:
        made.tokens.pop("sequence as UN")
        return data
    value = made.disguised
    header[0x00540016] = RawDataElement(
        Tag(0x00540016), "UN", len(value), value, 0, bool(implicit), bool(little)
    )
    return _saved(header)


def _saved(header: Dataset) -> bytes:
    buffer = io.BytesIO()
    header.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def leaks(made: Planted, written: bytes) -> list[str]:
    """Hiding places whose identifier is still in the bytes."""
    folded = written.lower()
    return [place for place, token in made.tokens.items() if token.lower().encode() in folded]


def lost(made: Planted, written: bytes) -> list[str]:
    """Unlisted attributes whose bytes are not what they were."""
    before, after = dcmread(io.BytesIO(made.data)), dcmread(io.BytesIO(written))
    return [keyword_for_tag(t) for t in made.kept if _raw(before, t) != _raw(after, t)]


def untouched(made: Planted, written: bytes) -> list[str]:
    """Listed attributes whose bytes are still what they were."""
    before, after = dcmread(io.BytesIO(made.data)), dcmread(io.BytesIO(written))
    return [keyword_for_tag(t) for t in made.listed if _raw(before, t) == _raw(after, t)]


def _raw(header: Dataset, tag: int) -> bytes | None:
    return getattr(header.get_item(tag), "value", None) if tag in header else None
