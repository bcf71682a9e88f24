"""UIDs that are missing are made from what is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from pixelscrub.intake.find import find
from pixelscrub.intake.read import read_instance
from pixelscrub.intake.uids import made_uid


def placed(folder):
    return [read_instance(source) for source in find([folder])]


@given(st.lists(st.text(), max_size=4))
def test_made_uids_are_valid_and_always_the_same(parts):
    assert UID(made_uid(*parts)).is_valid
    assert made_uid(*parts) == made_uid(*parts)


def test_parts_do_not_run_together():
    assert made_uid("ab", "c") != made_uid("a", "bc")


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
@pytest.mark.parametrize("is_empty", [True, False])
def test_a_missing_uid_is_made_and_named(make_instance, save, tmp_path, keyword, is_empty):
    instance = make_instance()
    setattr(instance, keyword, "")
    if not is_empty:
        delattr(instance, keyword)
    del instance.file_meta.MediaStorageSOPInstanceUID
    instance.save_as(tmp_path / "a", enforce_file_format=False)
    (found,) = placed(tmp_path)
    assert found.made == (keyword,)
    assert all(UID(uid).is_valid for uid in (found.uid, found.study, found.series))


def test_files_that_say_the_same_of_their_study_stay_together(make_instance, save, tmp_path):
    for number in (1, 2, 3):
        instance = make_instance(InstanceNumber=number, PatientID="other" if number == 3 else "one")
        del instance.StudyInstanceUID, instance.SeriesInstanceUID
        save(instance, tmp_path / str(number))
    first, second, third = placed(tmp_path)
    assert (first.study, first.series) == (second.study, second.series)
    assert third.study != first.study
    assert len({found.uid for found in (first, second, third)}) == 3


def test_files_that_say_nothing_are_studies_of_their_own(make_instance, save, tmp_path):
    for number in (1, 2):
        instance = make_instance(InstanceNumber=number)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "PatientID", "PatientName"):
            delattr(instance, keyword)
        for keyword in ("PatientBirthDate", "StudyDate", "StudyTime", "StudyID", "AccessionNumber"):
            delattr(instance, keyword)
        save(instance, tmp_path / str(number))
    first, second = placed(tmp_path)
    assert first.study != second.study
