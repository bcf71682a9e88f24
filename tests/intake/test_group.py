import pytest

from pixelscrub.errors import Reason
from pixelscrub.intake.find import SkippedFile, find
from pixelscrub.intake.group import group
from pixelscrub.intake.read import read_instance


def gather(folder):
    return group(read_instance(source) for source in find([folder]))


def test_instances_go_into_studies_and_series(make_instance, save, tmp_path):
    first = make_instance()
    second = make_instance(
        StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID
    )
    third = make_instance(StudyInstanceUID=first.StudyInstanceUID)
    for name, instance in zip("abcd", (first, second, third, make_instance()), strict=True):
        save(instance, tmp_path / name)
    intake = gather(tmp_path)
    studies = list(intake.studies)
    assert [len(study.instances) for study in studies] == [3, 1]
    assert [len(each) for each in studies[0].series().values()] == [2, 1]
    assert intake.count == 4
    assert not list(intake.skipped)
    assert studies[0].instances[0] == read_instance(next(find([tmp_path])))


def test_second_file_of_an_instance_is_held(make_instance, save, tmp_path):
    instance = make_instance()
    save(instance, tmp_path / "a")
    save(instance, tmp_path / "b")
    instance.PatientID = "another"
    save(instance, tmp_path / "c")
    intake = gather(tmp_path)
    assert [i.source.path for i in next(intake.studies).instances] == ["a"]
    assert [(left.source.path, left.reason) for left in intake.skipped] == [
        ("b", Reason.DUPLICATE_INSTANCE),
        ("c", Reason.CONFLICTING_INSTANCES),
    ]


def test_what_was_found_may_lie_on_disk(make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a")
    found = [read_instance(source) for source in find([tmp_path / "in"])]
    for _ in range(2):  # what an interrupted run left there goes
        with group(found, tmp_path / "index") as intake:
            assert [study.instances for study in intake.studies] == [found]


def test_left_files_stay_left(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"")
    left = list(find([tmp_path]))
    assert all(isinstance(item, SkippedFile) for item in left)
    assert list(group(left).skipped) == left


def kept_of(folder, duplicates):
    found = (read_instance(source) for source in find([folder]))
    intake = group(found, duplicates=duplicates)
    kept = [i.source.path for study in intake.studies for i in study.instances]
    return kept, [(left.source.path, left.reason) for left in intake.skipped]


@pytest.fixture
def three_versions(make_instance, save, tmp_path):
    instance = make_instance(InstanceCreationDate="20200101", InstanceCreationTime="1200")
    for name, date in (("a", "20200101"), ("b", "20200103"), ("c", "20200102")):
        instance.InstanceCreationDate, instance.PatientComments = date, name
        save(instance, tmp_path / name)
    return tmp_path


def test_the_first_of_several_files_may_stand_for_all(three_versions):
    kept, left = kept_of(three_versions, "first")
    assert kept == ["a"]
    assert left == [(name, Reason.SUPERSEDED_INSTANCE) for name in "bc"]


def test_the_newest_of_several_files_may_stand_for_all(three_versions):
    kept, left = kept_of(three_versions, "newest")
    assert kept == ["b"]
    assert left == [("a", Reason.SUPERSEDED_INSTANCE), ("c", Reason.SUPERSEDED_INSTANCE)]


def test_several_files_may_get_uids_of_their_own(three_versions, save, make_instance):
    found = [read_instance(source) for source in find([three_versions])]
    (study,) = group(found, duplicates="rename").studies
    assert len({instance.uid for instance in study.instances}) == 3
    assert [instance.made for instance in study.instances] == [
        (),
        ("SOPInstanceUID",),
        ("SOPInstanceUID",),
    ]


def test_a_newer_file_may_belong_to_another_study(make_instance, save, tmp_path):
    older = make_instance(InstanceCreationDate="20200101")
    save(older, tmp_path / "a")
    older.InstanceCreationDate, older.StudyInstanceUID = "20200102", "1.2.3"
    save(older, tmp_path / "b")
    with group((read_instance(s) for s in find([tmp_path])), duplicates="newest") as intake:
        assert [study.uid for study in intake.studies] == ["1.2.3"]
        assert intake.count == 1
