"""Segmentations and dose lose the face that the head's own images lost."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance
from pixelscrub.study.shapes import DOSE, SEGMENTATIONS, cut_shape
from tests.prove.test_shapes import FACELESS, HEAD, LOW, STEP, dose, segmentation, structure_set


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


def test_contours_and_shapes_without_places_are_not_cut(tmp_path):
    contours = instance(structure_set(HEAD), "1.2.840.10008.5.1.4.1.1.481.3", tmp_path)
    assert cut_shape(contours, [box_mask(-50.0)], tmp_path, "cut.nii.gz") is None
    nowhere = instance(segmentation(HEAD, geometry=False), SEGMENTATIONS[0], tmp_path)
    assert cut_shape(nowhere, [box_mask(-50.0)], tmp_path, "cut.nii.gz") is None
    made = dose(HEAD)
    made.GridFrameOffsetVector = [0.0, 1.0]
    assert cut_shape(instance(made, DOSE, tmp_path), [box_mask(-50.0)], tmp_path, "x") is None
