from __future__ import annotations

import struct

import pytest

from pixelscrub.identity import spellings
from pixelscrub.identity.hidden_numbers import HiddenNumbers, hidden_numbers
from pixelscrub.identity.registered_uids import is_made_up, is_registered
from pixelscrub.identity.terms import Terms

TERMS = Terms(
    names=frozenset(["Quillfeather^Barnaby"]),
    ids=frozenset(["ZX-771204"]),
    births=frozenset(["19510203"]),
    phones=frozenset(["+47 555 12 34"]),
)


@pytest.mark.parametrize(
    "text",
    [
        "03.02.1951", "1951-02-03", "02/03/51", "3.2.51", "03021951", "3 february 1951",
        "3. februar 1951", "3 février 1951", "3 de febrero de 1951", "3 febbraio 1951",
        "3 februari 1951", "3 de fevereiro de 1951", "feb 3, 1951",
    ],
)  # fmt: skip
def test_dates_are_spelled_in_every_usual_way(text):
    assert text in spellings.date_spellings("19510203")


def test_what_is_no_date_has_no_spellings():
    assert spellings.date_spellings("soon") == frozenset()


def test_names_and_numbers_stand_as_letters_and_digits_alone():
    joined = spellings.joined(TERMS)
    assert {"BARNABYQUILLFEATHER", "QUILLFEATHER"[::-1], "ZX771204", "771204"} <= joined
    assert {"03021951", "475551234"} <= joined
    assert not spellings.joined(Terms(names=frozenset(["HEAD^NECK", "^^^"])))


def test_initials_have_points():
    assert {"Q.B.", "B. Q."} <= spellings.initials(TERMS)


def test_numbers_are_found_in_every_binary_form():
    hidden = hidden_numbers(spellings.numbers(TERMS))
    for code in ("<L", ">L", "<d", "<f", "<Q"):
        assert hidden.among(struct.pack(code, 771204)), code
        assert not hidden.among(struct.pack(code, 771205)), code
    assert hidden.tells(b"771204", "IS")
    assert hidden.tells(b"7.71204e5 ", "DS")
    assert hidden.tells(b"19510203", "DA")
    assert not hidden.tells(b"771204.5", "DS")
    assert not hidden.tells(b"512\\512", "IS")
    assert hidden.in_uid("1.2.3.771204.5")
    assert not HiddenNumbers().tells(b"771204", "IS")


@pytest.mark.parametrize(
    ("uid", "registered", "made_up"),
    [
        ("1.2.840.10008.1.2.1", True, False),
        ("1.2.840.10008.6.1.1234", True, False),
        ("1.2.840.10008.77.1204", False, True),
        ("1.2.840.113619.2.20190807.5", False, True),
        ("1.2.840.113619.2.5", False, False),
    ],
)
def test_uids_that_tell_something(uid, registered, made_up):
    assert is_registered(uid) is registered
    assert is_made_up(uid) is made_up
