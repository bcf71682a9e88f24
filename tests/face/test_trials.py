"""Where a head lies in a stack is told by the head, whatever the header says."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import Reason
from pixelscrub.face.find import find_faces
from pixelscrub.face.head.trials import Trial, reshaped, turns
from pixelscrub.intake.unplaced import guess_slices, guess_volumes
from pixelscrub.recipe import FaceSettings
from tests.face.phantom import EYE, head


class Seen:
    def __init__(self, is_face: bool) -> None:
        self.is_face, self.score = is_face, float(is_face)


def sees_face(volume, spacing, ignored=None):
    return Seen(ignored is None)


def sees_none(volume, spacing, ignored=None):
    return Seen(False)


def eye_goes(plan, folder, image, order) -> bool:
    """Whether the eye of the phantom is masked; `order` are the UIDs of its slices upwards."""
    x, y, z = image.TransformPhysicalPointToIndex(EYE)
    mask = mask_of(plan, folder)
    k = [uid for uid, _ in plan.slices].index(order[z])
    return bool(mask[k, y, x])


def mask_of(plan, folder):
    return sitk.GetArrayFromImage(sitk.ReadImage(str(folder / plan.mask)))


def upwards(instances):
    return [i.uid for i in sorted(instances, key=lambda i: int(i.source.path.split(".")[0]))]


NOWHERE = {"ImagePositionPatient": None, "ImageOrientationPatient": None}


def numbered(as_series, image, **elements):
    return as_series(image, number_by_slice=True, **elements)


@pytest.mark.parametrize(
    "elements",
    [NOWHERE, NOWHERE | {"PixelSpacing": None, "SliceThickness": None}],
    ids=["no place", "no place and no size"],
)
def test_a_head_whose_header_does_not_place_it(as_series, tmp_path, elements):
    image = head()
    made = numbered(as_series, image, **elements)
    plans, held, _ = find_faces(made, FaceSettings(), tmp_path)
    assert ([p.status for p in plans], held) == (["removed"], {})
    assert eye_goes(plans[0], tmp_path, image, upwards(made))


def test_a_head_said_to_be_ten_times_smaller(as_series, tmp_path):
    image = head()
    small = sitk.Image(image)
    small.SetSpacing([s / 10 for s in image.GetSpacing()])
    made = as_series(small)
    plans, held, _ = find_faces(made, FaceSettings(), tmp_path, sees_face)
    assert ([p.status for p in plans], held) == (["removed"], {})
    assert eye_goes(plans[0], tmp_path, image, upwards(made))


def test_what_shows_a_face_and_fits_no_head_is_held(as_series, tmp_path):
    block = sitk.Image((30, 30, 30), sitk.sitkFloat32)
    block[8:22, 8:22, 8:22] = 500
    made = as_series(block)
    plans, held, _ = find_faces(made, FaceSettings(), tmp_path, sees_face)
    assert [p.status for p in plans] == ["none"]
    assert held == {i.uid: Reason.FACE_PARTIAL for i in made}


def test_a_face_that_is_seen_after_the_mask_is_held(as_series, tmp_path):
    made = as_series(head())
    found = find_faces(made, FaceSettings(), tmp_path, lambda *_, **__: Seen(True))
    assert set(found.held.values()) == {Reason.FACE_LEFT}


@pytest.mark.parametrize(("said", "expected"), [("", "none"), ("HEAD", "removed")])
def test_what_fits_and_is_like_no_face_goes_where_the_header_says_head(
    as_series, tmp_path, said, expected
):
    made = as_series(head(), BodyPartExamined=said)
    plans, held, _ = find_faces(made, FaceSettings(), tmp_path, sees_none)
    assert ([p.status for p in plans], held) == ([expected], {})


def test_what_shows_no_face_is_none_whatever_is_said_of_it(as_series, tmp_path):
    made = as_series(head(size=(40, 40, 30), look_at=(0, 0, 20)), BodyPartExamined="HEAD")
    plans, held, _ = find_faces(made, FaceSettings(), tmp_path, sees_none)
    assert ([p.status for p in plans], held) == (["none"], {})


def test_slices_that_all_say_the_same_place(as_series, tmp_path):
    image = head()
    made = numbered(as_series, image, ImagePositionPatient=[0, 0, 0])
    plans, held, _ = find_faces(made, FaceSettings(), tmp_path)
    assert ([p.status for p in plans], held) == (["removed"], {})
    assert eye_goes(plans[0], tmp_path, image, upwards(made))


def test_a_head_that_moved_between_passes_is_fitted_in_each(as_series, tmp_path):
    shared = {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.2.3"}
    still, moved = head(), head(shift=(15.0, 0.0, 0.0), look_at=(-15.0, 0.0, -40.0))
    made = [
        as_series(image, AcquisitionNumber=count, **shared)
        for count, image in enumerate((still, moved), 1)
    ]
    plans, held, _ = find_faces([*made[0], *made[1]], FaceSettings(), tmp_path)
    assert ([p.status for p in plans], held) == (["removed"] * 2, {})
    where = [mask_of(plan, tmp_path).mean(axis=(0, 1)) for plan in plans]
    middles = [float(np.average(np.arange(len(line)), weights=line)) for line in where]
    assert abs(abs(middles[0] - middles[1]) - 15 / 2.5) < 1.5


def test_frames_that_are_nothing_alike_are_pictures(as_series, tmp_path):
    noise = sitk.GetImageFromArray(np.random.default_rng(1).normal(500, 90, (6, 40, 40)))
    made = numbered(as_series, noise, **NOWHERE)
    plans, held, loose = find_faces(made, FaceSettings(), tmp_path)
    assert (plans, held, len(loose)) == ([], {}, 6)


def test_24_turns_are_rotations_that_angles_undo():
    from scipy.spatial.transform import Rotation

    found = turns()
    assert len({turn.tobytes() for turn, _ in found}) == 24
    for turn, angles in found:
        assert np.linalg.det(turn) == pytest.approx(1)
        undone = Rotation.from_euler("xyz", angles).as_matrix() @ turn
        assert undone == pytest.approx(np.eye(3), abs=1e-9)


def test_a_trial_moves_slices_and_keeps_their_order(as_series):
    made = numbered(as_series, head(size=(20, 20, 5)), **NOWHERE)
    (volume,), rest = guess_volumes([s for i in made for s in guess_slices(i)])
    turn = next(t for t, _ in turns() if t[2, 1] == -1)
    new = reshaped(volume, Trial(turn, 2.0, 3.0))
    assert [s.instance.uid for s in new.slices] == [s.instance.uid for s in volume.slices]
    assert np.diff(new.heights) == pytest.approx(9.0)
    assert new.slices[0].spacing == (5.0, 5.0)
    assert rest == []
