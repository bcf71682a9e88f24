"""The face goes out of mosaics, tile by tile, at every time point."""

from __future__ import annotations

import json

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

import pixelscrub
from pixelscrub.errors import HeldError, Reason
from pixelscrub.face.fill import voxel_edit
from pixelscrub.face.find import find_faces
from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance
from pixelscrub.plan import Plan
from pixelscrub.prove.masks import planes
from pixelscrub.recipe import FaceSettings, Recipe
from pixelscrub.review.volumes import Volumes, slice_mask
from tests.face.mosaics import mosaic, with_private
from tests.face.phantom import EYE, NOSE_TIP, head

COUNT = 60


@pytest.fixture(scope="module")
def volume():
    return head(spacing=(3.0, 3.0, 4.0), size=(76, 90, COUNT))


@pytest.fixture
def series(volume, make_instance, save, tmp_path):
    """Three time points; `private` says whether they have the header that places the slices."""

    def write(private=True):
        values, header = mosaic(volume)
        shared = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
        for number in range(3):
            made = make_instance(
                values + number,
                BitsStored=12,
                HighBit=11,
                SOPInstanceUID=generate_uid(),
                InstanceNumber=number,
                **header,
                **shared,
            )
            save(with_private(made, COUNT) if private else made, tmp_path / "in" / f"{number}.dcm")
        return tmp_path / "in"

    return write


def instances_in(folder):
    sources = (Source(folder, p.name, p.stat().st_size, 0) for p in sorted(folder.iterdir()))
    return [read_instance(source) for source in sources]


def pixel_of(point, volume):
    """Row and column of a point in the mosaic."""
    x, y, z = volume.TransformPhysicalPointToIndex(point)
    columns, rows, _ = volume.GetSize()
    return z // 8 * rows + y, z % 8 * columns + x


def test_every_time_point_is_filled_and_proved(series, volume, tmp_path):
    folder = series()
    recipe = Recipe().with_steps("face")
    done = pixelscrub.scrub([folder], tmp_path / "out", recipe=recipe)
    assert (done.clean, done.held) == (3, 0)
    private = tmp_path / "out-private"
    lines = [json.loads(line) for line in (private / "audit.jsonl").read_text().splitlines()]
    for line in lines:
        old = pydicom.dcmread(folder / line["source"]).pixel_array
        new = pydicom.dcmread(tmp_path / "out" / line["output"]).pixel_array
        for point in (EYE, NOSE_TIP):
            at = pixel_of(point, volume)
            assert old[at] > 50 > new[at]
        top = pixel_of((0.0, 0.0, 70.0), volume)
        assert old[top] == new[top] > 50
        assert 0.01 < (old != new).mean() < 0.3
    assert len(list((private / "report" / "pictures").glob("*head.head-after*"))) == 1


def test_plan_proof_and_page_agree_on_the_place(series, volume, tmp_path):
    instances = instances_in(series())
    plans, held, _ = find_faces(instances, FaceSettings(), tmp_path)
    assert held == {}
    assert [len(p.slices) for p in plans] == [COUNT, 2 * COUNT]
    for instance in instances:
        with instance.source.open() as file:
            original = pydicom.dcmread(file)
        fill = voxel_edit(plans, tmp_path, original, instance.uid, b"seed")(0, original.pixel_array)
        assert fill.mask[pixel_of(EYE, volume)]
        assert (planes(plans, tmp_path, instance.uid)[0].mask == fill.mask).all()
        assert ((slice_mask(tmp_path, plans, instance.uid, 0) > 0) == fill.mask).all()
    one = plans[0].model_copy(update={"tiles": [(2000, 0)] * COUNT})
    for paste in (
        lambda: voxel_edit([one], tmp_path, original, one.slices[0][0], b"seed"),
        lambda: planes([one], tmp_path, one.slices[0][0]),
    ):
        with pytest.raises(HeldError) as caught:
            paste()
        assert caught.value.reason is Reason.FACE_FAILED


def test_the_page_shows_the_slices_of_a_mosaic(series, tmp_path):
    folder = series()
    pixelscrub.inspect([folder], private=tmp_path / "private", recipe=Recipe().with_steps("face"))
    (place,) = (tmp_path / "private" / "plans").iterdir()
    plan = Plan.load(place)
    shown = Volumes().get(place, plan.faces[0], {i.uid: i for i in plan.instances})
    assert shown.shown.shape == (COUNT, 90, 76)
    assert np.median(shown.shown[COUNT // 2]) > np.median(shown.shown[0, :5])


def test_without_the_private_header_mosaics_are_held(series, tmp_path):
    plans, held, _ = find_faces(instances_in(series(private=False)), FaceSettings(), tmp_path)
    assert plans == []
    assert set(held.values()) == {Reason.FACE_IN_DERIVED}
