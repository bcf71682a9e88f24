from __future__ import annotations

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from pixelscrub.audit.headers.actions import check_header
from pixelscrub.audit.headers.date_reading import Day, dates_in
from pixelscrub.audit.headers.dates import check_intervals
from pixelscrub.identity.pseudonyms import Pseudonyms
from pixelscrub.identity.terms import Terms
from tests.tags.samples import read, rewritten, written

from .seeds import original
from .seeds_words import SEEDS


class Opened:
    """A file that has been read."""

    def __init__(self, header):
        self.header = header


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An original, and what our own steps made of it."""
    folder = tmp_path_factory.mktemp("made")
    before = original("CT_small.dcm", 1)
    before.save_as(folder / "in.dcm")
    data = (folder / "in.dcm").read_bytes()
    (folder / "out.dcm").write_bytes(rewritten(data, Pseudonyms(bytes(32))))
    return folder


def kinds(before, after):
    found = check_header(Opened(before), Opened(after), "out", (), Terms.of(before))
    return {issue.kind for issue in found}


def test_our_own_output_raises_nothing(made):
    assert kinds(dcmread(made / "in.dcm"), dcmread(made / "out.dcm")) == set()


@pytest.mark.parametrize("seed", sorted(SEEDS))
def test_a_leak_of_words_or_numbers_is_found(made, tmp_path, seed):
    path = tmp_path / "out.dcm"
    path.write_bytes((made / "out.dcm").read_bytes())
    SEEDS[seed].plant(path)
    assert kinds(dcmread(made / "in.dcm"), dcmread(path)) & SEEDS[seed].kinds


def test_words_of_others_that_were_there_before_are_told_of(made):
    before, after = dcmread(made / "in.dcm"), dcmread(made / "out.dcm")
    before.SegmentLabel = after.SegmentLabel = "Vintercastle"
    before.ImageType = after.ImageType = ["ORIGINAL", "PRIMARY", "VINTERCASTLE"]
    found = list(check_header(Opened(before), Opened(after), "out", (), Terms.of(before)))
    assert {issue.place for issue in found} == {"(0062,0005)", "(0008,0008)"}
    assert not any("intercastle" in issue.detail for issue in found)


@pytest.mark.parametrize(
    "text",
    [
        "3 feb 1951",
        "03.02.51",
        "1951/2/3",
        "February 3rd, 1951",
        "3. Februar 1951",
        "19510203101112",
    ],
)
def test_dates_are_read_in_every_order(text):
    assert Day(1951, 2, 3) in dates_in(text)


@pytest.mark.parametrize("text", ["", "3 of 51", "99999999", "1.2.3.4", "32.02.1951"])
def test_what_is_no_date_is_read_as_none(text):
    assert dates_in(text) == frozenset()


@pytest.mark.parametrize(
    ("moved", "holds"),
    [
        ("20190702-20190704", True),
        ("20190702-20190809", False),
        ("20190702101112-20190804101112", False),
    ],
)
def test_both_ends_of_a_range_have_to_move_alike(moved, holds):
    before, after = Dataset(), Dataset()
    before.StudyInstanceUID = "1.2"
    for header, day, span in (
        (before, "20190712", "20190712-20190714"),
        (after, "20190702", moved),
    ):
        header.StudyDate = day
        header.AcquisitionDateTime = "20190101"
        header["AcquisitionDateTime"]._value = span
    found = check_intervals({"a": Opened(before)}, {"b": Opened(after)}, {"b": "a"})
    assert bool(list(found)) is not holds


@pytest.mark.parametrize(
    "text",
    [
        "Patient fell from a ladder yesterday, pain in left knee",
        "Kontrolle nach Sturz, bitte um Beurteilung",
        "milliseconds microvolt",
    ],
)
def test_words_of_every_day_that_the_cleaner_keeps_raise_nothing(made, text):
    before = dcmread(made / "in.dcm")
    before.StudyDescription = text
    data = rewritten(written(before), Pseudonyms(bytes(32)), options=("clean_descriptors",))
    after = read(data)
    assert after.StudyDescription == text
    assert kinds(before, after) == set()


def test_files_of_all_recipes_raise_nothing(made):
    data = (made / "in.dcm").read_bytes()
    for options in (
        ("clean_descriptors", "retain_modified_dates", "retain_patient_characteristics"),
        ("clean_descriptors", "retain_safe_private", "retain_device_identity", "retain_full_dates"),
    ):
        out = read(rewritten(data, Pseudonyms(bytes(32)), options=options))
        assert kinds(read(data), out) == set(), options
    assert written
