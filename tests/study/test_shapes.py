"""Segmentations and dose lose the face that the head's own images lost."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom import dcmread
from pydicom.sequence import Sequence

from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance
from pixelscrub.prove.shapes import face_in_dataset
from pixelscrub.study.contours import cut_contours, without_face
from pixelscrub.study.shapes import DOSE, SEGMENTATIONS, cut_shape
from pixelscrub.study.tasks import STRUCTURE_SET
from tests.prove.test_shapes import (
    FACELESS,
    HEAD,
    LOW,
    STEP,
    dose,
    item,
    segmentation,
    structure_set,
)


def box_mask(front: float) -> sitk.Image:
    """What lies in front of a plane and beneath the brow, on a grid of its own."""
    image = sitk.Image([50, 70, 70], sitk.sitkUInt8)
    image.SetSpacing([4.0] * 3)
    image.SetOrigin([-100.0, -140.0, -155.0])
    values = np.zeros((70, 70, 50), np.uint8)
    y, z = -140.0 + 4 * np.arange(70), -155.0 + 4 * np.arange(70)
    values[(z < 0)[:, None, None] & (y < front)[None, :, None] & np.ones((1, 1, 50), bool)] = 1
    filled = sitk.GetImageFromArray(values)
    filled.CopyInformation(image)
    return filled


def instance(dataset, sop_class, folder):
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID, dataset.SeriesInstanceUID = "1.2.3.4", "1.2.3.5"
    dataset.StudyInstanceUID, dataset.PatientID = "1.2.3.6", "p"
    dataset.FrameOfReferenceUID = "1.2.3.7"
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    path = folder / "one.dcm"
    dataset.save_as(path, enforce_file_format=True)
    status = path.stat()
    return read_instance(Source(folder, path.name, status.st_size, status.st_mtime_ns))


def placed_dose(one):
    made = dose(one)
    made.ImagePositionPatient = LOW.tolist()
    made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    return made


@pytest.mark.parametrize(
    ("make", "sop_class"),
    [(segmentation, SEGMENTATIONS[0]), (placed_dose, DOSE)],
    ids=["segmentation", "dose"],
)
def test_shape_is_cut_where_the_face_went(make, sop_class, tmp_path):
    shape = instance(make(HEAD), sop_class, tmp_path)
    plan = cut_shape(shape, [box_mask(-50.0)], tmp_path, "cut.nii.gz")
    assert plan is not None
    assert (plan.status, plan.style) == ("removed", "constant")
    assert len(plan.slices) == HEAD.shape[2]
    gone = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "cut.nii.gz"))) > 0
    there = FACELESS.transpose(2, 1, 0)
    assert 0 < gone[there].mean() < 0.02
    nose = ((np.array([0.0, -115.0, -64.0]) - LOW) / STEP).astype(int)
    assert gone[nose[2], nose[1], nose[0]]


def test_what_is_not_enough_is_no_plan(tmp_path):
    shape = instance(segmentation(HEAD), SEGMENTATIONS[0], tmp_path)
    assert cut_shape(shape, [box_mask(-118.0)], tmp_path, "cut.nii.gz") is None
    assert cut_shape(shape, [], tmp_path, "cut.nii.gz") is None


def test_contours_are_cut_where_the_face_went(tmp_path):
    lips = HEAD & ~FACELESS
    shape = instance(structure_set(HEAD, lips), STRUCTURE_SET, tmp_path)
    plan = cut_shape(shape, [box_mask(-118.0), box_mask(-46.0)], tmp_path, "cut.nii.gz")
    assert plan is not None
    masks = [sitk.ReadImage(str(tmp_path / "cut.nii.gz"))]
    with (tmp_path / "one.dcm").open("rb") as file:
        after = dcmread(without_face(file, masks))
    before = dcmread(tmp_path / "one.dcm")
    assert not face_in_dataset(after).is_face
    skin, gone = after.ROIContourSequence
    assert "ContourSequence" not in gone
    whole = before.ROIContourSequence[0].ContourSequence
    above = [item for item in whole if float(item.ContourData[2]) > 5]
    assert all(any(a == b for b in skin.ContourSequence) for a in above)
    for ring in skin.ContourSequence:
        points = np.array(ring.ContourData, float).reshape(-1, 3)
        assert ring.NumberOfContourPoints == len(points)
        assert points[points[:, 2] < -5, 1].min(initial=0.0) > -50


def test_points_in_the_face_go(tmp_path):
    nose, vertex = [0.0, -110.0, -64.0], [0.0, 0.0, 80.0]
    made = [item(ContourGeometricType="POINT", ContourData=[str(x) for x in at])
            for at in (nose, vertex)]  # fmt: skip
    header = item(ROIContourSequence=Sequence([item(ContourSequence=Sequence(made))]))
    assert cut_contours(header, [box_mask(-50.0)])
    (left,) = header.ROIContourSequence[0].ContourSequence
    assert [float(x) for x in left.ContourData] == vertex
    assert not cut_contours(header, [box_mask(-50.0)])


def test_shapes_without_places_are_not_cut(tmp_path):
    nowhere = instance(segmentation(HEAD, geometry=False), SEGMENTATIONS[0], tmp_path)
    assert cut_shape(nowhere, [box_mask(-50.0)], tmp_path, "cut.nii.gz") is None
    made = dose(HEAD)
    made.GridFrameOffsetVector = [0.0, 1.0]
    assert cut_shape(instance(made, DOSE, tmp_path), [box_mask(-50.0)], tmp_path, "x") is None
