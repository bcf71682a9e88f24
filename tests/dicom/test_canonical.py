"""What is not written as it says is shown as it should be; what is stays byte for byte."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelscrub.dicom.canonical import canonical, is_well_formed
from pixelscrub.dicom.spliced import spliced
from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels.image import Image
from pixelscrub.prove.byte_level.encoding import malformed
from pixelscrub.prove.parsed import Parsed
from pixelscrub.prove.surplus import surplus
from tests.dicom import oddities
from tests.dicom.oddities import BIG, EXPLICIT, HIGH_FIRST, IMPLICIT, NO_VR, ODDITIES


def recovered(data: bytes) -> bytes:
    with canonical(io.BytesIO(data)) as view:
        return view.read()


def read(data: bytes) -> pydicom.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(data), force=True)


@pytest.mark.parametrize("name", ODDITIES)
def test_oddities_are_shown_as_they_should_be(name):
    data = ODDITIES[name]()
    shown = recovered(data)
    parsed = Parsed.of(io.BytesIO(shown))
    assert list(malformed(parsed)) == []
    assert list(surplus(parsed)) == []
    assert is_well_formed(io.BytesIO(shown))
    image = Image(io.BytesIO(shown))
    assert np.array_equal(image.frame(0), oddities.CELLS)
    header = read(shown)
    assert (header.PatientName, header.PatientID) == ("Quixote^Alonso", "PLANTED-4711")
    assert header.SOPInstanceUID == header.file_meta.MediaStorageSOPInstanceUID == "1.2.3.4.5.6"
    assert b"Vintercastle" not in shown


@pytest.mark.parametrize("name", [n for n in ODDITIES if "items" in n and "private items" not in n])
def test_items_say_what_they_said(name):
    header = read(recovered(ODDITIES[name]()))
    sequence = header[0x00191001] if "private" in name else header[oddities.SQ]
    assert sequence.VR == "SQ"
    assert sequence.value[0].ReferencedSOPInstanceUID == "1.2.3.4.9"


@pytest.mark.parametrize(
    ("syntax", "way"), [(EXPLICIT, oddities.LITTLE), (IMPLICIT, NO_VR), (BIG, HIGH_FIRST)]
)
def test_what_is_written_as_it_says_is_given_back(syntax, way):
    file = io.BytesIO(oddities.file(syntax, oddities.data_set(way)))
    assert canonical(file) is file
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("implicit in explicit", EXPLICIT),
        ("explicit in implicit", IMPLICIT),
        ("big endian in explicit", BIG),
        ("little endian in big", EXPLICIT),
        ("no meta, implicit", IMPLICIT),
        ("no meta, big endian", BIG),
    ],
)
def test_the_syntax_stays_where_it_can(name, syntax):
    assert read(recovered(ODDITIES[name]())).file_meta.TransferSyntaxUID == syntax


def test_code_streams_in_a_native_syntax_get_one_of_their_own(make_instance):
    from pydicom.encaps import encapsulate

    from tests.streams import encoded, picture

    for syntax in ("4.50", "4.80", "4.90", "5"):
        header = make_instance(picture())
        header.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2." + syntax
        header.PixelData = encapsulate([encoded(syntax)])
        out = io.BytesIO()
        header.save_as(out, enforce_file_format=True)
        plain = EXPLICIT + "\0" * (len(header.file_meta.TransferSyntaxUID) - len(EXPLICIT))
        uid = header.file_meta.TransferSyntaxUID
        lying = out.getvalue().replace(uid.encode(), plain.encode(), 1)
        image = Image(canonical(io.BytesIO(lying)))
        assert image.known.transfer_syntax not in {EXPLICIT, ""}
        assert image.frame(0).shape == picture().shape


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (oddities.file(EXPLICIT, oddities.data_set())[:-9], Reason.TRUNCATED_PIXEL_DATA),
        (oddities.meta(EXPLICIT), Reason.DAMAGED_FILE),
        (
            oddities.file(EXPLICIT, oddities.data_set(after=oddities.cells())),
            Reason.BAD_PIXEL_DATA,
        ),
        (
            oddities.file(
                EXPLICIT,
                oddities.data_set(between=oddities.element(oddities.SQ, "SQ", b"not an item here")),
            ),
            Reason.DAMAGED_FILE,
        ),
    ],
)
def test_what_is_missing_is_no_oddity(data, reason):
    with pytest.raises(HeldError) as caught:
        recovered(data)
    assert caught.value.reason == reason


def test_depth_and_number_of_elements_are_bounded(monkeypatch):
    deep = oddities.file(EXPLICIT, oddities.data_set(between=oddities._nested(90)))
    with pytest.raises(HeldError):
        recovered(deep)
    monkeypatch.setattr("pixelscrub.dicom.tolerant.MOST_ELEMENTS", 5)
    with pytest.raises(HeldError, match="more elements"):
        recovered(ODDITIES["mixed"]())


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(ODDITIES)), st.integers(0, 10**6), st.binary(max_size=12))
def test_any_damage_is_read_or_held(name, at, junk):
    data = ODDITIES[name]()
    at = 128 + at % max(len(data) - 128, 1)
    try:
        shown = recovered(data[:at] + junk + data[at + len(junk) :])
    except HeldError:
        return
    assert shown


def test_pieces_are_one_file():
    base = io.BytesIO(b"0123456789")
    file = spliced([b"ab", (base, 2, 5), b"", (base, 9, 10), b"yz"], base)
    assert file.read() == b"ab2349yz"
    file.seek(3)
    assert file.read(3) == b"349"
    assert file.seek(-2, io.SEEK_END) == 6
    assert file.read() == b"yz"
    file.close()
    assert base.closed


def test_uids_of_the_file_meta_stand_in_for_missing_ones():
    body = oddities.data_set()
    at = body.index(b"\x08\0\x18\0UI")
    data = oddities.file(EXPLICIT, body[:at] + body[at + 20 :])
    assert not is_well_formed(io.BytesIO(data))
    assert read(recovered(data)).SOPInstanceUID == "1.2.3.4.5.6"


def _with_icon(cells: np.ndarray, more: bytes = b"", stored: int = 12, **_: object) -> bytes:
    item = b"".join(
        oddities.number(tag, value)
        for tag, value in (
            (0x00280002, 1),
            (0x00280010, cells.shape[0]),
            (0x00280011, cells.shape[1]),
            (0x00280100, 16),
            (0x00280101, stored),
            (0x00280102, stored - 1),
            (0x00280103, int(cells.dtype.kind == "i")),
        )
    )
    item += oddities.element(0x7FE00010, "OW", cells.tobytes() + more)
    icon = oddities.element(0x00880200, "SQ", oddities.item(item))
    body = oddities.data_set()
    at = body.index(b"\xe0\x7f\x10\0OW")
    return oddities.file(EXPLICIT, body[:at] + icon + body[at:])


def _icon(data: bytes) -> np.ndarray:
    item = read(data).IconImageSequence[0]
    return np.frombuffer(item.PixelData or b"", "<u2")


def test_cells_of_icons_hold_their_values_alone():
    cells = np.arange(64, dtype=np.uint16).reshape(8, 8)
    clean = _with_icon(cells)
    assert is_well_formed(io.BytesIO(clean))
    assert np.array_equal(_icon(recovered(_with_icon(cells | 1 << 13))), cells.ravel())
    assert np.array_equal(_icon(recovered(_with_icon(cells, b"Vintercastle"))), cells.ravel())
    signed = _with_icon(cells.astype(np.int16) - 30)
    assert is_well_formed(io.BytesIO(signed))


def test_cells_that_an_item_does_not_describe_go():
    data = _with_icon(np.zeros((8, 8), np.uint16)).replace(
        oddities.number(0x00280010, 8), oddities.number(0x00280010, 900), 1
    )
    assert _icon(recovered(data)).size == 0
