import os
import zipfile

import pytest

from pixelscrub.errors import Reason, UsageError
from pixelscrub.intake.find import SkippedFile, find
from pixelscrub.intake.instance import Source


def paths(found):
    return [item.path for item in found if isinstance(item, Source)]


def content(source):
    with source.open() as file:
        return file.read()


def test_finds_files_of_any_depth_and_name_in_the_order_of_their_names(tmp_path):
    for name in ("b/deep/er/file", "a.dcm", "b/1"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert paths(find([tmp_path])) == ["a.dcm", "b/1", "b/deep/er/file"]


def test_single_file_is_relative_to_its_folder(tmp_path):
    (tmp_path / "a").write_bytes(b"xyz")
    (source,) = find([tmp_path / "a"])
    assert (source.root, source.path, source.size) == (tmp_path, "a", 3)
    assert content(source) == b"xyz"


def test_dicomdir_stands_for_its_folder(tmp_path):
    for name in ("DICOMDIR", "IMAGES/A"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert paths(find([tmp_path / "DICOMDIR"])) == ["DICOMDIR", "IMAGES/A"]


def test_missing_input_is_an_error_that_does_not_name_it(tmp_path):
    with pytest.raises(UsageError) as caught:
        list(find([tmp_path / "DOE^JANE"]))
    assert "DOE" not in str(caught.value)


def test_no_link_is_followed_and_no_pipe_is_opened(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"x")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "loop").symlink_to(inside)
    (inside / "link").symlink_to(tmp_path / "outside" / "secret")
    os.mkfifo(inside / "pipe")
    found = list(find([inside]))
    assert {(left.source.path, left.reason) for left in found} == {
        ("link", Reason.NOT_A_FILE),
        ("loop", Reason.NOT_A_FILE),
        ("pipe", Reason.NOT_A_FILE),
    }


def test_name_that_cannot_be_written_down_is_left(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"x")
    (left,) = find([tmp_path])
    assert left.reason is Reason.FILE_NAME


def test_folder_that_cannot_be_listed_is_left(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError

    monkeypatch.setattr("pixelscrub.intake.find.os.scandir", refuse)
    (left,) = find([tmp_path])
    assert left.reason is Reason.UNREADABLE


def test_members_of_an_archive_are_sources(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x/1.dcm", b"one")
        archive.writestr("y", b"two")
    sources = list(find([tmp_path]))
    assert paths(sources) == ["a.zip/x/1.dcm", "a.zip/y"]
    assert [content(source) for source in sources] == [b"one", b"two"]


def test_bombs_and_archives_in_archives_are_left(tmp_path, monkeypatch):
    monkeypatch.setattr("pixelscrub.intake.find.MEMBER_LIMIT", 1000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("large", b"\0" * 2000)
        archive.writestr("nested.zip", b"PK")
    found = list(find([tmp_path]))
    assert [left.reason for left in found] == [Reason.ARCHIVE_LIMIT] * 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short"])
def test_damaged_archive_is_left(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    (left,) = find([tmp_path])
    assert isinstance(left, SkippedFile)
    assert left.reason is Reason.DAMAGED_FILE
