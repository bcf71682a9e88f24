import os
import zipfile
from pathlib import Path

import pytest

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake import archive
from pixelscrub.intake.find import find
from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance


@pytest.fixture
def pack(tmp_path):
    """Makes an archive of members; gives them as intake finds them."""

    def make(members, name="a.zip", **options):
        with zipfile.ZipFile(tmp_path / name, "w", **options) as made:
            for member, content in members.items():
                made.writestr(member, content)
        return list(find([tmp_path / name]))

    return make


def content(source: Source) -> bytes:
    with source.open() as file:
        return file.read()


def test_directory_is_read_once_for_all_members(pack, monkeypatch):
    sources = pack({f"{n}": b"%d" % n for n in range(20)})
    read, real = [], zipfile.ZipFile

    def counted(*given):
        read.append(given)
        return real(*given)

    monkeypatch.setattr(archive.zipfile, "ZipFile", counted)
    assert sorted(int(content(source)) for source in sources) == list(range(20))
    assert len(read) == 1


def test_archive_that_changed_is_opened_again(pack, tmp_path):
    (before,) = pack({"x": b"before"})
    assert content(before) == b"before"
    (after,) = pack({"x": b"afterwards"})
    os.utime(tmp_path / "a.zip", ns=(1, 1))
    assert content(after) == b"afterwards"


def test_few_archives_stay_open(pack):
    for number in range(archive.KEPT + 3):
        (source,) = pack({"x": b"%d" % number}, f"{number}.zip")
        assert content(source) == b"%d" % number
    assert len(archive._kept) == archive.KEPT


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_damaged_member_is_held_as_damaged(pack, tmp_path, make_instance, save, packed):
    file = save(make_instance(), tmp_path / "plain" / "1.dcm").read_bytes()
    (source,) = pack({"1.dcm": file}, compression=packed)
    assert read_instance(source).uid
    damaged = bytearray((tmp_path / "a.zip").read_bytes())
    damaged[200:260] = bytes(60)
    Path(tmp_path / "a.zip").write_bytes(damaged)
    with pytest.raises(HeldError) as caught:
        read_instance(source)
    assert caught.value.reason is Reason.DAMAGED_FILE


def test_link_in_place_of_an_archive_is_not_followed(pack, tmp_path):
    (source,) = pack({"x": b"x"})
    (tmp_path / "a.zip").rename(tmp_path / "elsewhere")
    (tmp_path / "a.zip").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        source.open()
