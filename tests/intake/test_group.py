from pixelscrub.errors import Reason
from pixelscrub.intake.find import Left, find
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
    assert [len(study.instances) for study in intake.studies] == [3, 1]
    assert [len(each) for each in intake.studies[0].series().values()] == [2, 1]
    assert intake.count == 4
    assert not intake.left


def test_second_file_of_an_instance_is_held(make_instance, save, tmp_path):
    instance = make_instance()
    save(instance, tmp_path / "a")
    save(instance, tmp_path / "b")
    instance.PatientID = "another"
    save(instance, tmp_path / "c")
    intake = gather(tmp_path)
    assert [i.source.path for i in intake.studies[0].instances] == ["a"]
    assert [(left.source.path, left.reason) for left in intake.left] == [
        ("b", Reason.DUPLICATE_INSTANCE),
        ("c", Reason.CONFLICTING_INSTANCES),
    ]


def test_duplicate_that_cannot_be_read_counts_as_a_conflict(make_instance, save, tmp_path):
    instance = make_instance()
    save(instance, tmp_path / "a")
    save(instance, tmp_path / "b")
    instances = [read_instance(source) for source in find([tmp_path])]
    (tmp_path / "b").unlink()
    assert group(instances).left[0].reason is Reason.CONFLICTING_INSTANCES


def test_left_files_stay_left(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"")
    left = list(find([tmp_path]))
    assert all(isinstance(item, Left) for item in left)
    assert group(left).left == left
