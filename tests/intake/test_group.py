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
    assert not list(intake.left)
    assert studies[0].instances[0] == read_instance(next(find([tmp_path])))


def test_second_file_of_an_instance_is_held(make_instance, save, tmp_path):
    instance = make_instance()
    save(instance, tmp_path / "a")
    save(instance, tmp_path / "b")
    instance.PatientID = "another"
    save(instance, tmp_path / "c")
    intake = gather(tmp_path)
    assert [i.source.path for i in next(intake.studies).instances] == ["a"]
    assert [(left.source.path, left.reason) for left in intake.left] == [
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
    assert list(group(left).left) == left
