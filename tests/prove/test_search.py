from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.prove.search import Needles

NEEDLES = Needles.of(
    ["Lindqvist", "Åsa Lindqvist", "Lee", "4711-77", "19640229", "1.2.826.77.1", "山田太郎", "J"]
)


@pytest.mark.parametrize(
    "text",
    [
        "lindqvist",
        "LINDQVIST",
        "x LindQvist-x",
        "lindqvist^a",
        "file_lindqvist01.dcm",
        "LEE",
        "a lee",
        "4711-77",
        "19640229",
        "d19640229",
        "1.2.826.77.1",
        "山田太郎",
        "病院山田太郎様",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_word_is_found_in_text_however_it_is_written(text, encoding):
    assert NEEDLES.in_text(text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("text", ["Åsa Lindqvist", "ÅSA LINDQVIST", "åsa lindqvist"])
def test_letters_beyond_ascii_are_found_in_both_cases(text, encoding):
    assert Needles.of(["Åsa Lindqvist"]).in_text(text.encode(encoding))


def test_names_are_found_in_the_character_sets_of_the_standard():
    for name, encoding in [
        ("山田太郎", "shift_jis"),
        ("Иванов", "iso8859_5"),
        ("김희중", "euc_kr"),
    ]:
        assert Needles.of([name]).in_text(name.encode(encoding))


@pytest.mark.parametrize(
    "text",
    [
        "sleep",
        "leeway",
        "a1lee2",
        "4711-778",
        "1.2.826.77.12",
        "1.2.826.77.1.5",
        "119640229",
        "0.19640229",
        "lindqvistsson",
        "j",
        "",
    ],
)
def test_a_part_of_another_word_is_no_hit(text):
    assert not NEEDLES.in_text(text.encode())


def test_short_words_count_in_binary_only_where_it_is_text():
    assert not NEEDLES.in_binary(b"\1\2abc lee ab\0\3")
    assert NEEDLES.in_binary(b"\1\2abc lindqvist ab\0\3")
    assert NEEDLES.in_binary(b"\1\2" + b"report of the patient mrs lee, seen today" + b"\0\3")
    assert NEEDLES.in_binary(b"lee\0")


@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from(["utf-8", "utf-16-be"]))
def test_a_long_value_is_found_at_every_alignment(before, after, encoding):
    planted = before + "LindQvist".encode(encoding) + after
    assert NEEDLES.offset(planted) is not None


@given(st.binary(max_size=4000))
def test_bytes_without_a_long_value_give_no_hit(data):
    assert NEEDLES.offset(data) is None


def test_the_offset_is_the_place():
    assert NEEDLES.offset(bytes(1001) + b"lindqvist" + bytes(5)) == 1001


def test_a_uid_is_not_found_in_a_longer_one():
    assert Needles.of(["1.2.826.77.1"]).offset(b"\0\0 1.2.826.77.1\0") == 3
    assert Needles.of(["1.2.826.77.1"]).offset(b"\0\0 1.2.826.77.12 1.2.826.77.1.5 ") is None


def test_ramps_and_constants_of_a_picture_are_no_values():
    picture = (np.indices((400, 400)).sum(axis=0) % 256).astype(np.uint8).tobytes()
    flat = b"0" * 10_000
    assert Needles.of(["1234567890", "0000000000", "abcdefgh"]).offset(picture + flat) is None


def test_noise_as_bright_as_digits_does_not_look_like_a_date():
    noise = np.random.default_rng(3).integers(48, 58, 4_000_000, np.uint8).tobytes()
    assert Needles.of([f"1964{month:02}{day:02}" for month in range(1, 13) for day in range(1, 29)]
                      ).offset(noise) is None  # fmt: skip


def test_no_values_match_nothing():
    assert not Needles.of([]).in_text(b"anything")
    assert Needles.of([]).offset(b"anything at all") is None


def test_one_of_thousands_of_uids_that_begin_alike_is_found():
    needles = Needles.of(f"1.2.826.0.1.3680043.8.498.{number}" for number in range(20_000))
    noise = np.random.default_rng(0).integers(0, 256, 20_000_000, np.uint8).tobytes()
    planted = noise + b"\xff1.2.826.0.1.3680043.8.498.4711\0" + noise[:99]
    assert needles.offset(noise) is None
    assert needles.offset(planted) == len(noise) + 1
    assert not needles.in_text(b"1.2.826.0.1.3680043.8.498.4711.1")
    assert needles.in_text("see 1.2.826.0.1.3680043.8.498.4711.".encode("utf-16-le"))
