import os
import stat

import pytest

from pixelscrub.untrusted import (
    is_mask_name,
    is_output_name,
    is_source_name,
    make_file,
    open_regular,
    read_bounded,
    reserve,
)

OUTSIDE = ["", "/etc/passwd", "../x", "a/../../x", "a/./b", "a//b", "a/b/", ".hidden", "a/.b/c"]


@pytest.mark.parametrize("name", [*OUTSIDE, "a\\b", "a\0b", "a\nb", "é/1.dcm", "x" * 200, None, 3])
def test_names_of_outputs_stay_below_their_folder(name):
    assert not is_output_name(name)


def test_names_of_ours_and_of_a_site_are_names_of_outputs():
    assert is_output_name("PX3FJK/2.25.1/2.25.2/0001.dcm")
    assert is_output_name("Site 12-B (pilot)/2.25.1/2.25.2/0001.dcm")
    assert not is_output_name("/".join("abcdefghi"))


@pytest.mark.parametrize(
    "name", ["", "../m.nii", "a/m.nii.gz", "/m.nii", "m.nii\0", ".m.nii", "m.txt", "m.nii\n"]
)
def test_masks_lie_beside_their_plan(name):
    assert not is_mask_name(name)
    assert is_mask_name("face-1.nii.gz")


@pytest.mark.parametrize("name", [n for n in OUTSIDE if n not in {".hidden", "a/.b/c"}])
def test_sources_stay_below_their_root(name):
    assert not is_source_name(name)
    assert is_source_name("Patient\n1/.hidden/\x1b[1m.dcm")


def test_only_regular_files_of_a_bounded_size_are_read(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    assert read_bounded(tmp_path / "file", 5) == b"12345"
    for name, limit in (("file", 4), ("link", 9), ("pipe", 9), (".", 9), ("none", 9)):
        with pytest.raises(OSError):  # noqa: PT011
            read_bounded(tmp_path / name, limit)
    with pytest.raises(OSError, match="regular"):
        open_regular(tmp_path / "pipe")


@pytest.mark.parametrize("umask", [0, 0o022, 0o277, 0o777])
def test_new_files_are_for_their_owner_alone_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        with make_file(tmp_path / "file") as file:
            file.write(b"secret")
        reserve(tmp_path / "other")
    finally:
        os.umask(before)
    for name in ("file", "other"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_link_in_the_place_of_a_new_file_is_replaced(tmp_path):
    (tmp_path / "target").write_text("kept")
    (tmp_path / "name").symlink_to(tmp_path / "target")
    reserve(tmp_path / "name")
    assert (tmp_path / "target").read_text() == "kept"
    assert not (tmp_path / "name").is_symlink()
