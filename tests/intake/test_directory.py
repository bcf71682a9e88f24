"""A DICOMDIR says what it names, and what of that is there."""

import shutil

import pytest

from pixelscrub.errors import HeldError
from pixelscrub.intake.directory import describe_index
from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance


def source(path):
    return Source(path.parent, path.name, path.stat().st_size, path.stat().st_mtime_ns)


def test_index_tells_how_many_files_it_names_and_how_many_are_missing(packaged, tmp_path):
    folder = tmp_path / "medium"
    shutil.copytree(packaged / "dicomdirtests", folder)
    told = describe_index(source(folder / "DICOMDIR"))
    assert told == "names 31 files, all there"
    shutil.rmtree(folder / "77654033")
    with pytest.raises(HeldError) as held:
        read_instance(source(folder / "DICOMDIR"))
    assert held.value.detail == "names 31 files, 7 not there"


def test_index_that_cannot_be_followed_is_told_as_such(tmp_path):
    path = tmp_path / "DICOMDIR"
    path.write_bytes(bytes(128) + b"DICM" + b"\xff" * 40)
    assert describe_index(source(path)) in ("cannot be read", "names 0 files, all there")
