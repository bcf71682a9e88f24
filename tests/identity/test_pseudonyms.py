from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.errors import RecipeError
from pixelscrub.identity.pseudonyms import CrosswalkEntry, Pseudonyms, read_lookup
from pixelscrub.recipe import TagSettings
from tests.tags.samples import KEY


@given(st.text(max_size=80), st.sampled_from(["2.25", "1.2.826.0.1.3680043.10.999.1234567"]))
def test_uids_are_valid_whatever_the_original(original, root):
    uid = Pseudonyms(KEY, root).uid(original)
    if original.strip(" \0") and not original.strip(" \0").startswith("1.2.840.10008."):
        assert len(uid) <= 64
        assert re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", uid)
        assert uid.startswith(root + ".")


def test_same_key_same_pseudonyms_and_other_key_others():
    one, again, other = Pseudonyms(KEY), Pseudonyms(KEY), Pseudonyms(b"other")
    for kind in ("uid", "patient_id", "accession", "code", "shift_days"):
        assert getattr(one, kind)("1.2.3") == getattr(again, kind)("1.2.3")
        assert getattr(one, kind)("1.2.3") != getattr(other, kind)("1.2.3")
    assert one.seed("face", "1.2.3") != one.seed("text", "1.2.3")


def test_uids_of_the_standard_stay():
    assert Pseudonyms(KEY).uid("1.2.840.10008.1.2") == "1.2.840.10008.1.2"
    assert Pseudonyms(KEY).uid("") == ""


def test_padding_makes_no_difference():
    pseudonyms = Pseudonyms(KEY)
    assert pseudonyms.uid("1.2.3\0") == pseudonyms.uid("1.2.3")
    assert pseudonyms.patient_id("A1 ") == pseudonyms.patient_id("A1")


@given(st.text(max_size=30))
def test_shift_is_whole_days_into_the_past(patient):
    assert -3650 <= Pseudonyms(KEY).shift_days(patient) <= -1


def test_root_that_leaves_no_room_is_refused():
    with pytest.raises(RecipeError):
        Pseudonyms(KEY, "1.2.826.0.1.3680043.10.999.1234567.1234567890")


def test_crosswalk_is_handed_out_once():
    pseudonyms = Pseudonyms(KEY)
    new = pseudonyms.uid("1.2.3")
    assert pseudonyms.take() == [CrosswalkEntry("uid", "1.2.3", new)]
    assert pseudonyms.take() == []


def test_lookup_takes_precedence(tmp_path):
    table = tmp_path / "lookup.csv"
    table.write_text("kind,original,pseudonym\npatient,A1,SITE-1\nshift,A1,10\n")
    pseudonyms = Pseudonyms.of(KEY, TagSettings(lookup=table))
    assert pseudonyms.patient_id("A1 ") == "SITE-1"
    assert pseudonyms.shift_days("A1") == -10
    assert pseudonyms.patient_id("A2") != "SITE-1"


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\n1,2,3\n",
        "kind,original,pseudonym\nshoe,1,2\n",
        "kind,original,pseudonym\npatient,1,X\npatient,2,X\n",
        "kind,original,pseudonym\npatient,1\n",
        "kind,original,pseudonym\nshift,1,soon\n",
        "kind,original,pseudonym\nuid,1.2,not a uid\n",
    ],
)
def test_wrong_lookups_are_refused(tmp_path, text):
    table = tmp_path / "lookup.csv"
    table.write_text(text)
    with pytest.raises(RecipeError):
        read_lookup(table)


def test_missing_lookup_is_refused(tmp_path):
    with pytest.raises(RecipeError):
        read_lookup(tmp_path / "none.csv")


def test_projects_have_other_pseudonyms_of_one_key():
    one, other = (Pseudonyms.of(KEY, TagSettings(project=name)) for name in ("A", "B"))
    again = Pseudonyms.of(KEY, TagSettings(project="A"))
    assert one.patient_id("1") == again.patient_id("1") != other.patient_id("1")
    assert one.shift_days("1") != other.shift_days("1")
    assert one.uid("1.2.3") != Pseudonyms(KEY).uid("1.2.3")
    assert CrosswalkEntry("project", "A", "A") in one.take()


def test_tables_of_ctp_are_read(tmp_path):
    table = tmp_path / "lookup.properties"
    table.write_text("# ours\nptid/MRN 12 = TRIAL-7\nacc/A1=B1\ndateinc/MRN 12=-30\nsite/X = Y\n")
    pseudonyms = Pseudonyms.of(KEY, TagSettings(lookup=table))
    assert pseudonyms.patient_id("MRN 12") == "TRIAL-7"
    assert pseudonyms.accession("A1") == "B1"
    assert pseudonyms.shift_days("MRN 12") == -30
    assert pseudonyms.code("X") == "Y"


def test_the_patient_index_of_rsna_is_read(tmp_path):
    table = tmp_path / "index.csv"
    table.write_text(
        "ANON-PatientID,PHI-PatientID,DateOffset,ANON-Accession,PHI-Accession\n"
        "1-000001,4711,12,1,A9\n1-000001,4711,12,2,A8\n"
    )
    pseudonyms = Pseudonyms.of(KEY, TagSettings(lookup=table))
    assert pseudonyms.patient_id("4711") == "1-000001"
    assert pseudonyms.shift_days("4711") == -12
    assert pseudonyms.accession("A8") == "2"


def test_a_table_of_ctp_with_other_lines_is_refused(tmp_path):
    table = tmp_path / "lookup.properties"
    table.write_text("hello\n")
    with pytest.raises(RecipeError):
        read_lookup(table)


def test_dates_move_by_a_year_at_least():
    pseudonyms = Pseudonyms(KEY)
    shifts = {-pseudonyms.shift_days(str(patient)) for patient in range(3000)}
    assert min(shifts) >= 365
    assert max(shifts) <= 3650
    assert len(shifts) > 1500
