"""NIfTI files that claim, inflate or name what they should not."""

import gzip
import os
import struct
from contextlib import suppress

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.nifti import MAX_AFTER, check_nifti

HEADER = 348


@pytest.fixture
def written(tmp_path):
    """A volume as SimpleITK writes it, not packed."""
    path = tmp_path / "mask.nii"
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((3, 4, 5), np.uint8)), str(path))
    return path


def changed(path, at, form, *values):
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, at, *values)
    path.write_bytes(data)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_what_editors_write_is_taken(tmp_path, kind, ending):
    path = tmp_path / f"mask{ending}"
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((3, 4, 5), kind)), str(path))
    check_nifti(path, Reason.FACE_FAILED)


def test_big_endian_and_second_version_are_taken(tmp_path):
    first = bytearray(352)
    struct.pack_into(">i", first, 0, 348)
    struct.pack_into(">8h", first, 40, 3, 2, 2, 2, 1, 1, 1, 1)
    struct.pack_into(">2h", first, 70, 2, 8)
    struct.pack_into(">f", first, 108, 352.0)
    first[344:348] = b"n+1\0"
    (tmp_path / "first.nii").write_bytes(first + bytes(8))
    second = bytearray(544)
    struct.pack_into("<i8s2h", second, 0, 540, b"n+2\0\r\n\x1a\n", 2, 8)
    struct.pack_into("<8q", second, 16, 3, 2, 2, 2, 1, 1, 1, 1)
    struct.pack_into("<q", second, 168, 544)
    (tmp_path / "second.nii").write_bytes(second + bytes(8))
    for name in ("first.nii", "second.nii"):
        check_nifti(tmp_path / name, Reason.FACE_FAILED)


@pytest.mark.parametrize(
    ("at", "form", "values", "detail"),
    [
        (40, "<8h", (3, 32767, 32767, 32767, 1, 1, 1, 1), "too large"),
        (40, "<8h", (3, -4, 4, 3, 1, 1, 1, 1), "no NIfTI"),
        (40, "<8h", (0, 5, 4, 3, 1, 1, 1, 1), "no NIfTI"),
        (40, "<8h", (9, 5, 4, 3, 1, 1, 1, 1), "no NIfTI"),
        (40, "<8h", (3, 5, 4, 30, 1, 1, 1, 1), "cut"),
        (70, "<2h", (64, 8), "no NIfTI"),
        (70, "<2h", (1536, 128), "no NIfTI"),
        (108, "<f", (float("nan"),), "no NIfTI"),
        (108, "<f", (1e30,), "no NIfTI"),
        (108, "<f", (-352.0,), "no NIfTI"),
        (344, "4s", (b"ni1\0",), "no NIfTI"),
        (0, "<i", (1,), "no NIfTI"),
    ],
)
def test_header_that_lies_is_held_before_room_is_made(written, at, form, values, detail):
    changed(written, at, form, *values)
    with pytest.raises(HeldError, match=detail) as caught:
        check_nifti(written, Reason.FACE_FAILED)
    assert caught.value.reason is Reason.FACE_FAILED


def test_gzip_that_inflates_beyond_its_header_is_read_no_further(written):
    packed = written.with_suffix(".nii.gz")
    with gzip.open(packed, "wb", compresslevel=9) as file:
        file.write(written.read_bytes())
        for _ in range(64):
            file.write(bytes(MAX_AFTER))
    with pytest.raises(HeldError, match="more than its header says"):
        check_nifti(packed, Reason.UNREADABLE)


def test_damaged_gzip_links_pipes_and_empty_files_are_held(written, tmp_path):
    packed = gzip.compress(written.read_bytes())
    (tmp_path / "cut.nii.gz").write_bytes(packed[:-20])
    (tmp_path / "sum.nii.gz").write_bytes(packed[:-8] + bytes(8))
    (tmp_path / "empty.nii").write_bytes(b"")
    (tmp_path / "link.nii").symlink_to(written)
    os.mkfifo(tmp_path / "pipe.nii")
    for name in ("cut.nii.gz", "sum.nii.gz", "empty.nii", "link.nii", "pipe.nii", "none.nii"):
        with pytest.raises(HeldError):
            check_nifti(tmp_path / name, Reason.FACE_FAILED)


@given(st.binary(max_size=600), st.booleans(), st.booleans())
def test_any_bytes_are_taken_or_held(tmp_path_factory, data, is_header, is_packed):
    path = tmp_path_factory.getbasetemp() / "any.nii"
    data = struct.pack("<i", 348) + data if is_header else data
    path.write_bytes(gzip.compress(data) if is_packed else data)
    with suppress(HeldError):  # and nothing else
        check_nifti(path, Reason.FACE_FAILED)
