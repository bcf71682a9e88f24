import io
import struct
import time

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake import element_count
from pixelscrub.intake.element_count import check_element_count


def encoded(data, *, implicit=False, little=True):
    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = implicit, little
    write_dataset(out, data)
    return out.getvalue()


def nested(count, *, undefined):
    item = Dataset()
    for number in range(count):
        item.add_new(0x00091000 + number, "LO", "x")
    data = Dataset()
    data.PatientID = "1"
    data.SharedFunctionalGroupsSequence = Sequence([item])
    data["SharedFunctionalGroupsSequence"].is_undefined_length = undefined
    item.is_undefined_length_sequence_item = undefined
    data.Rows = 1
    return data


def count_of(data, monkeypatch, **form):
    """The smallest limit that a data set passes."""
    for limit in range(1, 100):
        monkeypatch.setattr(element_count, "MAX_ELEMENTS", limit)
        try:
            check_element_count(io.BytesIO(data), **form)
        except HeldError as error:
            assert error.reason is Reason.DAMAGED_FILE  # noqa: PT017
            continue
        return limit
    return None


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("little", [True, False])
def test_elements_of_sequences_that_have_no_length_count(monkeypatch, implicit, little):
    if implicit and not little:
        return
    form = {"is_explicit": not implicit, "is_big_endian": not little}
    many = encoded(nested(20, undefined=True), implicit=implicit, little=little)
    one = encoded(nested(1, undefined=True), implicit=implicit, little=little)
    assert count_of(many, monkeypatch, **form) - count_of(one, monkeypatch, **form) == 19
    skipped = encoded(nested(20, undefined=False), implicit=implicit, little=little)
    assert count_of(skipped, monkeypatch, **form) < 6


def test_fragments_of_an_icon_are_no_elements(monkeypatch):
    data = Dataset()
    data.PatientID = "1"
    head = encoded(data)
    items = struct.pack("<HHI", 0xFFFE, 0xE000, 400) + bytes(400)
    icon = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
    icon += items * 3 + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + icon
    item += struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
    sequence = struct.pack("<HH2sHI", 0x0088, 0x0200, b"SQ", 0, 0xFFFFFFFF) + item
    sequence += struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    assert count_of(head + sequence, monkeypatch, is_explicit=True, is_big_endian=False) < 15


def test_pixels_end_the_count_and_zeros_are_too_many():
    zeros = bytes(9_000_000)
    data = Dataset()
    data.PatientID = "1"
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, len(zeros)) + zeros
    check_element_count(io.BytesIO(encoded(data) + pixels), is_explicit=True, is_big_endian=False)
    for explicit in (True, False):
        began = time.process_time()
        with pytest.raises(HeldError):
            check_element_count(io.BytesIO(zeros), is_explicit=explicit, is_big_endian=False)
        assert time.process_time() - began < 10
