import copy
import os
import struct
import time
import warnings
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


def test_no_more_of_a_member_is_unpacked_than_tells_what_it_is(pack, monkeypatch):
    (source,) = pack({"a.dcm": bytes(5_000_000)}, compression=zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("unpacked as a whole"))
    with pytest.raises(HeldError) as caught:
        read_instance(source)
    assert caught.value.reason is Reason.DAMAGED_FILE


def test_zeros_behind_a_preamble_are_no_data_set(pack):
    content = bytes(128) + b"DICM" + bytes(50_000_000)
    (source,) = pack({"a.dcm": content}, compression=zipfile.ZIP_DEFLATED)
    began = time.process_time()
    with pytest.raises(HeldError) as caught:
        read_instance(source)
    assert caught.value.reason is Reason.DAMAGED_FILE
    assert time.process_time() - began < 1


def test_members_of_one_name_are_not_taken_for_one_another(tmp_path):
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        warnings.simplefilter("ignore")
        for content in (b"first", b"second"):
            made.writestr("a.dcm", content)
    found = list(find([tmp_path]))
    assert [item.reason for item in found] == [Reason.DAMAGED_FILE] * 2


def test_members_that_share_their_bytes_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", bytes(1_000_000))
        info = made.getinfo("a")
        for number in range(50):
            twin = copy.copy(info)
            twin.filename = f"{number}"
            made.filelist.append(twin)
    (found,) = find([tmp_path])
    assert (found.source.path, found.reason) == ("a.zip", Reason.ARCHIVE_LIMIT)


def test_directory_that_is_too_long_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        for number in range(40):
            made.writestr(f"{number}", b"x")
    monkeypatch.setattr(archive, "DIRECTORY_LIMIT", 1000)
    (found,) = find([tmp_path])
    assert found.reason is Reason.ARCHIVE_LIMIT
    data = path.read_bytes()
    at = data.rfind(b"PK\5\6")
    start = int.from_bytes(data[at + 16 : at + 20], "little")
    record = b"PK\6\6" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, 40, 40, at - start, start)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, at, 1)
    end = data[at : at + 8] + b"\xff\xff\xff\xff" + b"\xff" * 8 + data[at + 20 :]
    path.write_bytes(data[:at] + record + locator + end)
    (found,) = find([tmp_path])
    assert found.reason is Reason.ARCHIVE_LIMIT
    monkeypatch.undo()
    assert len(list(find([tmp_path]))) == 40
