"""NIfTI in and out."""

from __future__ import annotations

import gzip
import struct
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.commands.cli import main
from pixelscrub.errors import HeldError, Reason, UsageError
from pixelscrub.face.nifti import deface as nifti
from pixelscrub.face.nifti.deface import deface_nifti
from tests.face.phantom import EYE, NOSE_TIP, brain_of, head, to_patient

DESCRIP = 148
"""Where a NIfTI-1 header holds free text."""
MIDDLE = (45, 52, 48)
TURN = (10.0, 5.0, -12.0)


@pytest.fixture(scope="module")
def volume():
    return sitk.Cast(head("CT", angles=TURN), sitk.sitkInt16)


@pytest.fixture
def source(volume, tmp_path):
    plain = tmp_path / "in.nii"
    sitk.WriteImage(volume, str(plain))
    header = bytearray(plain.read_bytes())
    plain.unlink()
    header[DESCRIP : DESCRIP + 12] = b"MUSTER^ERIKA"
    (tmp_path / "in.nii.gz").write_bytes(gzip.compress(header))
    return tmp_path / "in.nii.gz"


@pytest.fixture
def drawn(volume, tmp_path):
    """A mask of one voxel, as a person left it."""
    mask = sitk.Image(volume.GetSize(), sitk.sitkUInt8)
    mask.CopyInformation(volume)
    mask[MIDDLE] = 1
    sitk.WriteImage(mask, str(tmp_path / "mask.nii.gz"))
    return tmp_path / "mask.nii.gz"


def held(*args, **kwargs):
    with pytest.raises(HeldError) as error:
        deface_nifti(*args, **kwargs)
    return error.value.reason


def test_the_face_goes_and_all_else_stays(volume, source, tmp_path):
    out, mask = tmp_path / "out.nii.gz", tmp_path / "mask.nii.gz"
    done = deface_nifti(source, out, "CT", mask=mask)
    new, gone = sitk.ReadImage(str(out)), sitk.ReadImage(str(mask))
    assert new.GetPixelID() == volume.GetPixelID()
    np.testing.assert_allclose(new.GetOrigin(), volume.GetOrigin(), atol=1e-3)
    np.testing.assert_allclose(new.GetDirection(), volume.GetDirection(), atol=1e-6)
    for point in (NOSE_TIP, EYE):
        index = volume.TransformPhysicalPointToIndex(to_patient(point, TURN))
        assert volume[index] > -200 > new[index]
    covered = sitk.GetArrayFromImage(gone) > 0
    before, after = sitk.GetArrayFromImage(volume), sitk.GetArrayFromImage(new)
    assert (before[~covered] == after[~covered]).all()
    assert abs(after[covered].mean() + 1000) < 1
    assert covered[brain_of(volume, TURN, (0.0, 0.0, 0.0))].mean() <= 1e-4
    assert done.voxels == covered.sum()
    assert done.checks["surface_removed"] > 0.9
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.nii.gz", mask.name, out.name]


@pytest.mark.parametrize(("fill", "at_eye"), [("generic", 50), ("constant", -1000)])
def test_what_takes_the_place_of_the_face(volume, source, tmp_path, fill, at_eye):
    deface_nifti(source, tmp_path / "out.nii", "CT", fill=fill)
    new = sitk.ReadImage(str(tmp_path / "out.nii"))
    at = {p: new[new.TransformPhysicalPointToIndex(to_patient(p, TURN))] for p in (EYE, NOSE_TIP)}
    assert abs(at[EYE] - at_eye) < 50
    before, after = sitk.GetArrayViewFromImage(volume), sitk.GetArrayViewFromImage(new)
    assert (before != after).any()


def test_back_halves_of_the_orbits_stay_where_asked(volume, source, tmp_path):
    deface_nifti(source, tmp_path / "out.nii", "CT", fill="constant", orbits="keep_back")
    new = sitk.ReadImage(str(tmp_path / "out.nii"))
    behind, front = (EYE[0], EYE[1] + 12, EYE[2]), (EYE[0], EYE[1] - 12, EYE[2])
    at = [volume.TransformPhysicalPointToIndex(to_patient(p, TURN)) for p in (behind, front)]
    assert new[at[0]] == volume[at[0]] > -200
    assert new[at[1]] == -1000 < volume[at[1]]


def test_blur_is_of_what_surrounds_the_mask(volume, source, drawn, tmp_path):
    sitk.WriteImage(sitk.ReadImage(str(drawn)) * 2, str(drawn))
    deface_nifti(source, tmp_path / "out.nii", "CT", mask=drawn, fill="blur")
    new = sitk.ReadImage(str(tmp_path / "out.nii"))
    x, y, z = MIDDLE
    around = sitk.GetArrayViewFromImage(volume)[z, y - 1 : y + 2, x - 1 : x + 2]
    assert around.min() <= new[MIDDLE] <= around.max()


def test_no_word_of_the_header_is_carried_over(source, drawn, tmp_path):
    deface_nifti(source, tmp_path / "out.nii", "CT", mask=drawn)
    assert b"MUSTER" not in (tmp_path / "out.nii").read_bytes()


def test_each_volume_in_which_the_head_lies_anew_is_looked_at_once_more(tmp_path):
    values = np.zeros((10, 12, 14), np.int16)
    values[2:6, 2:6, 2:6] = 900
    volumes = [sitk.GetImageFromArray(np.roll(values, shift, axis=2)) for shift in (0, 0, 6)]
    sitk.WriteImage(sitk.JoinSeries(volumes), str(tmp_path / "in.nii"))
    file = nifti.read_nifti(tmp_path / "in.nii")
    labels = np.zeros(file.times.shape[1:], np.uint8)
    asked = []

    def check(volume, spacing, ignored):
        asked.append(volume)
        return SimpleNamespace(is_face=len(asked) == 2, score=1.0)

    with pytest.raises(HeldError) as error:
        nifti._ask(check, file, labels)
    assert (error.value.reason, len(asked)) == (Reason.FACE_LEFT, 2)


def test_one_mask_for_all_volumes_of_a_time_series(volume, drawn, tmp_path):
    later = sitk.Cast(volume + 300, sitk.sitkInt16)
    series = sitk.JoinSeries([volume, later], 0.0, 2.5)
    sitk.WriteImage(series, str(tmp_path / "in.nii"))
    deface_nifti(tmp_path / "in.nii", tmp_path / "out.nii", "CT", mask=drawn)
    new = sitk.ReadImage(str(tmp_path / "out.nii"))
    assert new.GetSpacing()[3] == 2.5
    changed = np.argwhere(sitk.GetArrayFromImage(new) != sitk.GetArrayFromImage(series))
    assert changed.tolist() == [[0, *MIDDLE[::-1]], [1, *MIDDLE[::-1]]]


def test_a_mask_that_a_person_left_has_to_fit(source, drawn, tmp_path):
    mask, out = sitk.ReadImage(str(drawn)), tmp_path / "out.nii.gz"
    assert deface_nifti(source, out, "CT", mask=drawn).voxels == 1
    for unfit in (mask * 0, mask[:-1]):
        sitk.WriteImage(unfit, str(drawn))
        assert held(source, tmp_path / "none.nii", "CT", mask=drawn) == Reason.FACE_FAILED
    assert not (tmp_path / "none.nii").exists()


def test_where_no_face_is_found_nothing_is_written(tmp_path):
    ball = sitk.Image((40, 40, 40), sitk.sitkInt16) - 1000
    sitk.WriteImage(ball, str(tmp_path / "in.nii"))
    assert held(tmp_path / "in.nii", tmp_path / "out.nii", "CT") == Reason.FACE_PARTIAL
    assert not (tmp_path / "out.nii").exists()


def test_bad_files_are_said(tmp_path, source):
    (tmp_path / "cut.nii.gz").write_bytes(source.read_bytes()[:500])
    (tmp_path / "cut.nii").write_bytes(gzip.decompress(source.read_bytes())[:-500])
    (tmp_path / "words.nii").write_bytes(b"no NIfTI at all" * 40)
    reasons = {
        "cut.nii.gz": Reason.NIFTI_CUT,
        "cut.nii": Reason.NIFTI_CUT,
        "words.nii": Reason.NIFTI_INVALID,
        "none.nii": Reason.UNREADABLE,
    }
    for name, reason in reasons.items():
        assert held(tmp_path / name, tmp_path / "o.nii", "CT") == reason
    sitk.WriteImage(sitk.Image((9, 9), sitk.sitkUInt8), str(tmp_path / "flat.nii"))
    assert held(tmp_path / "flat.nii", tmp_path / "o.nii", "CT") == Reason.FACE_GEOMETRY
    with pytest.raises(UsageError, match="end in"):
        deface_nifti(source, tmp_path / "o.mgz", "CT")
    with pytest.raises(UsageError, match="exists"):
        deface_nifti(source, source, "CT")
    with pytest.raises(UsageError, match="same"):
        deface_nifti(source, tmp_path / "o.nii", "CT", mask=source)


def test_what_was_not_written_right_is_not_kept(volume, source, drawn, tmp_path, monkeypatch):
    written, out = nifti.write_nifti, tmp_path / "out.nii.gz"

    def elsewhere(place, file, voxels):
        header = bytearray(file.header)
        struct.pack_into("<f", header, 292, 77.0)
        written(place, replace(file, header=bytes(header)), voxels)

    spoilt = {
        Reason.PIXELS_CHANGED: lambda place, file, voxels: written(place, file, voxels + 1),
        Reason.GEOMETRY_CHANGED: elsewhere,
        Reason.FILL_MISSING: lambda place, file, _: written(place, file, file.voxels),
    }
    for reason, spoil in spoilt.items():
        monkeypatch.setattr(nifti, "write_nifti", spoil)
        assert held(source, out, "CT", mask=drawn) == reason
    assert {path.name for path in tmp_path.iterdir()} == {"in.nii.gz", drawn.name}


def stored(path):
    """Voxels as they are stored: type, and bytes after the header."""
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    return struct.unpack_from("<h", data, 70)[0], data[352:]


def test_stored_values_and_their_slope_stay(source, drawn, tmp_path):
    scaled = bytearray(gzip.decompress(source.read_bytes()))
    struct.pack_into("<2f", scaled, 112, 0.5, -3.0)
    (tmp_path / "in.nii").write_bytes(scaled)
    deface_nifti(tmp_path / "in.nii", tmp_path / "out.nii", "CT", mask=drawn)
    kind, after = stored(tmp_path / "out.nii")
    assert (kind, struct.unpack_from("<2f", (tmp_path / "out.nii").read_bytes(), 112)) == (
        4,
        (0.5, -3.0),
    )
    before = np.frombuffer(bytes(scaled[352:]), "<i2")
    assert np.count_nonzero(before != np.frombuffer(after, "<i2")) == 1


def test_a_pair_of_files_comes_out_as_a_pair(source, drawn, tmp_path):
    one = bytearray(gzip.decompress(source.read_bytes()))
    one[344:348] = b"ni1\0"
    struct.pack_into("<f", one, 108, 0.0)
    (tmp_path / "in.hdr").write_bytes(one[:348])
    (tmp_path / "in.img").write_bytes(one[352:])
    assert deface_nifti(tmp_path / "in.img", tmp_path / "out.hdr", "CT", mask=drawn).voxels == 1
    new = sitk.ReadImage(str(tmp_path / "out.hdr"))
    old = sitk.ReadImage(str(source))
    differ = sitk.GetArrayFromImage(new) != sitk.GetArrayFromImage(old)
    assert np.argwhere(differ).tolist() == [list(MIDDLE[::-1])]
    (tmp_path / "in.img").unlink()
    assert held(tmp_path / "in.hdr", tmp_path / "o.nii", "CT") == Reason.UNREADABLE


def as_second(first: bytes) -> bytes:
    """The same volume as NIfTI-2."""
    header = bytearray(540)
    struct.pack_into("<i8s2h", header, 0, 540, b"n+2\0\r\n\x1a\n", 4, 16)
    struct.pack_into("<8q", header, 16, *struct.unpack_from("<8h", first, 40))
    struct.pack_into("<8d", header, 104, *struct.unpack_from("<8f", first, 76))
    struct.pack_into("<q2d", header, 168, 544, 0.0, 0.0)
    struct.pack_into("<2i", header, 344, *struct.unpack_from("<2h", first, 252))
    struct.pack_into("<6d", header, 352, *struct.unpack_from("<6f", first, 256))
    struct.pack_into("<12d", header, 400, *struct.unpack_from("<12f", first, 280))
    struct.pack_into("<i", header, 500, 2)
    return bytes(header) + bytes(4) + first[352:]


def test_the_second_version_stays_the_second(source, drawn, tmp_path):
    first = gzip.decompress(source.read_bytes())
    (tmp_path / "in.nii").write_bytes(as_second(first))
    assert deface_nifti(tmp_path / "in.nii", tmp_path / "out.nii", "CT", mask=drawn).voxels == 1
    written = (tmp_path / "out.nii").read_bytes()
    assert struct.unpack_from("<i", written)[0] == 540
    assert len(written) == len(as_second(first))
    one, two = nifti.read_nifti(tmp_path / "in.nii"), nifti.read_nifti(source)
    np.testing.assert_allclose(one.affine, two.affine, atol=1e-4)


def test_a_sheared_volume_is_looked_at_where_it_lies(tmp_path):
    sheared = bytearray(gzip.decompress(sheared_head(tmp_path).read_bytes()))
    (tmp_path / "in.nii").write_bytes(sheared)
    deface_nifti(tmp_path / "in.nii", tmp_path / "out.nii", "CT", mask=tmp_path / "mask.nii")
    gone = nifti.read_nifti(tmp_path / "mask.nii")
    back = np.linalg.inv(gone.affine)
    for point in (NOSE_TIP, EYE):
        x, y, z = np.rint(back @ [*point, 1])[:3].astype(int)
        assert gone.voxels[z, y, x]
    _, before = stored(tmp_path / "in.nii")
    _, after = stored(tmp_path / "out.nii")
    changed = np.frombuffer(before, "<i2") != np.frombuffer(after, "<i2")
    assert not (changed & (gone.voxels.ravel() == 0)).any()


def sheared_head(folder):
    """A head whose slices lie the farther back the higher they are, as its transform says."""
    volume = sitk.Cast(head("CT"), sitk.sitkInt16)
    values = sitk.GetArrayFromImage(volume)
    values = np.stack([np.roll(p, k // 6, axis=0) for k, p in enumerate(values)])
    moved = sitk.GetImageFromArray(values)
    moved.CopyInformation(volume)
    sitk.WriteImage(moved, str(folder / "straight.nii.gz"))
    data = bytearray(gzip.decompress((folder / "straight.nii.gz").read_bytes()))
    struct.pack_into("<2h", data, 252, 0, 1)
    rows = np.reshape(struct.unpack_from("<12f", data, 280), (3, 4)).copy()
    rows[1, 2] = 2.5 / 6
    struct.pack_into("<12f", data, 280, *rows.ravel())
    (folder / "sheared.nii.gz").write_bytes(gzip.compress(bytes(data)))
    return folder / "sheared.nii.gz"


@pytest.mark.parametrize(
    ("place", "form", "value", "reason"),
    [
        (70, "<2h", (32, 64), Reason.NIFTI_TYPE),
        (40, "<2h", (9, 3), Reason.NIFTI_INVALID),
        (108, "<f", (-4.0,), Reason.NIFTI_INVALID),
        (280, "<12f", (0.0,) * 12, Reason.FACE_GEOMETRY),
        (280, "<f", (float("nan"),), Reason.FACE_GEOMETRY),
        (40, "<4h", (3, 32000, 32000, 32000), Reason.TOO_LARGE),
    ],
)
def test_headers_that_make_no_sense(source, tmp_path, place, form, value, reason):
    data = bytearray(gzip.decompress(source.read_bytes()))
    struct.pack_into(form, data, place, *value)
    (tmp_path / "bad.nii").write_bytes(data)
    assert held(tmp_path / "bad.nii", tmp_path / "o.nii", "CT") == reason


def test_a_face_that_is_seen_after_all_is_held(source, tmp_path):
    class Seen:
        is_face = True

    out = tmp_path / "o.nii"
    assert held(source, out, "CT", check=lambda *_: Seen()) == Reason.FACE_LEFT
    assert not out.exists()


def test_the_command_says_what_it_did(source, drawn, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out.nii.gz"
    line = ["pixelscrub", "deface-nifti", source, "-o", out, "--modality", "CT", "--mask", drawn]
    monkeypatch.setattr("sys.argv", [str(word) for word in line])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().out) == (0, "voxels filled: 1\n")
    out.unlink()
    sitk.WriteImage(sitk.ReadImage(str(drawn)) * 0, str(drawn))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "face_failed" in capsys.readouterr().err
    assert not out.exists()


def test_command_defaces_within_limits_and_holds_a_bomb(tmp_path, monkeypatch, capsys):
    bomb = tmp_path / "bomb.nii.gz"
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, 30000, 30000, 30000, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 4, 16)
    struct.pack_into("<f", header, 108, 352.0)
    header[344:348] = b"n+1\0"
    bomb.write_bytes(gzip.compress(bytes(header) + bytes(1_000_000)))
    line = ["pixelscrub", "deface-nifti", "bomb.nii.gz", "-o", "out.nii.gz", "--modality", "CT"]
    monkeypatch.setattr("sys.argv", line)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "too_large" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.nii.gz"]
