import numpy as np
import pytest

from pixelscrub.errors import HeldError
from pixelscrub.review import volumes as module
from pixelscrub.review.plans import Plans
from pixelscrub.review.volumes import Volumes, plane, slice_mask


@pytest.fixture
def opened(prepared):
    return Plans(prepared.path).opened["study-2"]


@pytest.fixture
def read(opened):
    volumes = Volumes()

    def get(**changes):
        face = opened.plan.faces[0].model_copy(update=changes)
        return volumes.get(opened.folder, face, opened.by_uid)

    return get


def test_volume_has_its_slices_and_mask_in_the_order_of_the_plan(read):
    volume = read()
    assert volume.shown.shape == volume.mask.shape == (3, 10, 12)
    assert volume.shown[:, 0, 0].tolist() == [0, 128, 255] or volume.shown[1, 0, 0] in (127, 128)
    assert volume.mask[1, 2:5, 3:9].all()
    assert not volume.mask[2].any()
    assert volume.spacing == (4.0, 1.0, 0.5)


def test_planes_show_picture_and_mask_with_true_proportions(read):
    volume = read()
    for axis, shape, sides in (
        (0, (10, 12), (1, 0.5)),
        (1, (3, 12), (4, 0.5)),
        (2, (3, 10), (4, 1)),
    ):
        frame = plane(volume, axis, 2)
        facts = frame.facts
        assert (facts["rows"], facts["columns"]) == shape
        assert (facts["down"], facts["along"]) == sides
        assert len(frame.body) == 2 * shape[0] * shape[1]


def test_planes_across_rows_have_the_last_slice_on_top(read):
    frame = plane(read(), 1, 3)
    picture, mask = np.frombuffer(frame.body, np.uint8).reshape(2, 3, 12)
    assert picture[0, 0] == 255
    assert not mask[0].any()
    assert mask[2].any()


def test_plane_outside_is_an_error(read):
    for axis, index in ((0, 3), (3, 0), (1, -1)):
        with pytest.raises(HeldError):
            plane(read(), axis, index)


def test_large_slices_are_made_smaller(read, monkeypatch):
    monkeypatch.setattr(module, "EDGE", 6)
    volume = read()
    assert volume.shown.shape == (3, 5, 6)
    assert volume.spacing == (4.0, 2.0, 1.0)


def test_last_volume_is_kept(read):
    assert read() is read()


def test_mask_of_a_slice_is_found_by_its_instance(opened):
    mask = slice_mask(opened.folder, opened.plan.faces, "2.1", 0)
    assert mask.shape == (10, 12)
    assert mask[2:5, 3:9].all()
    assert slice_mask(opened.folder, opened.plan.faces, "2.2", 0) is None
    assert slice_mask(opened.folder, opened.plan.faces, "9.9", 0) is None


@pytest.mark.parametrize(
    "changes",
    [{"mask": "../study-1/face.nii.gz"}, {"mask": "gone.nii.gz"}, {"mask": None}, {"slices": []}],
)
def test_mask_that_does_not_fit_or_lies_elsewhere_is_an_error(read, changes):
    with pytest.raises(HeldError):
        read(**changes)


def test_slices_that_are_gone_or_of_another_shape_are_errors(read, opened, prepared):
    slices = [("9.9", 0), ("2.1", 0), ("2.2", 0)]
    with pytest.raises(HeldError, match="no plan"):
        read(slices=slices)
    opened.by_uid["9.9"] = prepared.planned("still-1.dcm")
    with pytest.raises(HeldError, match="fit"):
        read(slices=slices)
