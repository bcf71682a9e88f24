from __future__ import annotations

import pytest

from pixelscrub.dicom.values import ElementValue, charsets_of, dummy, encode


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (b"ISO_IR 100", "r\u00f6ntgen"),
        (b"ISO_IR 192", "\u5c71\u7530 head"),
        (b"\\\\ISO 2022 IR 87", "\u5c71\u7530"),
    ],
)
def test_texts_come_back_in_their_character_set(names, text):
    value = ElementValue(0x00080104, "LO", b"", charsets_of(names.replace(b"\\\\", b"\\")))
    data = value.encoded(text)
    assert len(data) % 2 == 0
    assert ElementValue(0x00080104, "LO", data, value.charsets).text() == text


def test_what_a_character_set_lacks_is_dropped():
    value = ElementValue(0x00080104, "LO", b"", ["shoe"])
    assert value.encoded("r\u00f6ntgen") == b"rntgen"


@pytest.mark.filterwarnings("ignore:Unknown encoding")
@pytest.mark.parametrize("names", [b"ISO_IR 9999", b"\xff\xfe", b"", b"ISO_IR 100\\ISO_IR 101"])
def test_wrong_character_sets_are_read_somehow(names):
    value = ElementValue(0x00100010, "PN", b"M\xfcller^J\xf6rg", charsets_of(names))
    assert value.text().startswith("M")


@pytest.mark.filterwarnings("ignore:Unknown encoding")
def test_undecodable_text_is_read_as_latin():
    assert ElementValue(0x00100010, "PN", b"M\xfcller", ["shoe"]).text() == "M\u00fcller"


@pytest.mark.parametrize(
    ("vr", "size", "data"),
    [("LO", 3, b"REMOVED "), ("US", 4, bytes(4)), ("OB", 0, bytes(2)), ("DA", 8, b"19000101")],
)
def test_dummies_say_nothing(vr, size, data):
    assert dummy(vr, size) == data


def test_uids_are_padded_with_null():
    assert encode("1.2", "UI") == b"1.2\0"
    assert encode("abc", "LO") == b"abc "
