"""What was scrubbed comes out as NIfTI and as pictures: the same places, the same values."""

import copy
import json
import shutil
import stat
import subprocess

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from PIL import Image as Pillow
from pydicom.uid import generate_uid

import pixelscrub
from pixelscrub.errors import UsageError
from pixelscrub.export.bids import name_of
from pixelscrub.export.run import export
from pixelscrub.intake.instance import Instance, Source

CT = "1.2.840.10008.5.1.4.1.1.2"
TILTED = [0.96, 0.28, 0.0, -0.2688, 0.9216, 0.28]
"""Two directions across one another, oblique in patient coordinates."""
STEP = 2.5


def slices(make_instance, count=6, **elements):
    """A small CT volume at an angle, its slices saved out of order."""
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    along, down = np.array(TILTED[:3]), np.array(TILTED[3:])
    normal = np.cross(along, down)
    rng = np.random.default_rng(5)
    made = []
    for number in rng.permutation(count):
        pixels = rng.integers(0, 3000, (20, 30)).astype(np.uint16)
        pixels[:10] = number * 100
        one = make_instance(pixels, SOPClassUID=CT, StudyInstanceUID=study)
        one.SeriesInstanceUID, one.FrameOfReferenceUID = series, frame
        one.Modality, one.InstanceNumber, one.KVP = "CT", int(number) + 1, "120"
        one.RescaleSlope, one.RescaleIntercept, one.SliceThickness = "1", "-1024", str(STEP)
        one.ImageOrientationPatient, one.PixelSpacing = TILTED, [0.5, 0.75]
        position = np.array([-20.0, 13.0, 7.0]) + normal * STEP * number
        one.ImagePositionPatient = [f"{x:.6f}" for x in position]
        one.BodyPartExamined, one.ImageType = "KNEE", ["ORIGINAL", "PRIMARY", "AXIAL"]
        for keyword, value in elements.items():
            setattr(one, keyword, value)
        made.append(one)
    return made


@pytest.fixture
def scrubbed(save, tmp_path):
    """Scrubs headers of instances; gives output and private folder."""

    def run(instances):
        recipe = tmp_path / "recipe.toml"
        recipe.write_text("[steps]\ntext = false\nface = false\n")
        for number, instance in enumerate(instances):
            save(instance, tmp_path / "in" / f"{number}.dcm")
        summary = pixelscrub.scrub(tmp_path / "in", tmp_path / "out", recipe=recipe, workers=1)
        assert summary.clean == len(instances)
        return tmp_path / "out", tmp_path / "out-private"

    return run


def exported(folders, folder, form):
    return export(*folders, folder, form, workers=1)


def opened(path):
    with Pillow.open(path) as picture:
        return np.asarray(picture, int)


def test_volume_is_where_it_was_and_has_its_values(scrubbed, make_instance, tmp_path):
    folders = scrubbed(slices(make_instance))
    result = exported(folders, tmp_path / "nifti", "nifti")
    assert (result.files, result.exit_code) == (2, 0)
    (path,) = (tmp_path / "nifti").rglob("*.nii.gz")
    image = sitk.ReadImage(str(path))
    values = sitk.GetArrayFromImage(image)
    assert values.dtype == np.int16
    for file in folders[0].rglob("*.dcm"):
        one = pydicom.dcmread(file)
        corner = np.array(one.ImagePositionPatient, float)
        index = image.TransformPhysicalPointToIndex(corner.tolist())
        assert index[:2] == (0, 0)
        assert np.array_equal(values[index[2]], one.pixel_array.astype(int) - 1024)
        last = corner + np.array(TILTED[:3]) * 0.75 * 29 + np.array(TILTED[3:]) * 0.5 * 19
        there = image.TransformIndexToPhysicalPoint((29, 19, index[2]))
        assert np.allclose(there, last, atol=1e-3)


def test_side_car_holds_kept_tags_and_nothing_of_the_patient(scrubbed, make_instance, tmp_path):
    folders = scrubbed(slices(make_instance))
    exported(folders, tmp_path / "nifti", "nifti")
    (path,) = (tmp_path / "nifti").rglob("*.json")
    tags = json.loads(path.read_text())
    assert (tags["KVP"], tags["Modality"]) == (120, "CT")
    assert tags["ImageType"] == ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert not [key for key in tags if key.startswith("Patient") or key.endswith(("UID", "Date"))]
    patient = next(folders[0].iterdir()).name
    assert path.relative_to(tmp_path / "nifti").parts[0] == f"sub-{patient}"
    assert path.name.startswith(f"sub-{patient}_ses-")
    assert path.name.endswith("_run-01_ct.json")


@pytest.mark.skipif(shutil.which("dcm2niix") is None, reason="dcm2niix is not installed")
def test_dcm2niix_says_the_same(scrubbed, make_instance, tmp_path):
    folders = scrubbed(slices(make_instance))
    exported(folders, tmp_path / "nifti", "nifti")
    (tmp_path / "other").mkdir()
    command = ["dcm2niix", "-z", "n", "-f", "x", "-o", tmp_path / "other", folders[0]]
    subprocess.run(command, check=True, capture_output=True)
    ours = sitk.ReadImage(str(next((tmp_path / "nifti").rglob("*.nii.gz"))))
    theirs = sitk.ReadImage(str(next((tmp_path / "other").glob("x*.nii"))))
    there = sitk.Resample(theirs, ours, sitk.Transform(), sitk.sitkNearestNeighbor, -9999)
    assert np.array_equal(sitk.GetArrayFromImage(there), sitk.GetArrayFromImage(ours))


def test_times_become_a_fourth_dimension(scrubbed, make_instance, tmp_path):
    first = slices(make_instance, 4)
    again = [copy.deepcopy(one) for one in first]
    for one in again:
        one.SOPInstanceUID = generate_uid()
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        one.InstanceNumber += 4
        one.PixelData = (np.frombuffer(one.PixelData, np.uint16) + 1).tobytes()
    exported(scrubbed([*again, *first]), tmp_path / "nifti", "nifti")
    image = sitk.ReadImage(str(next((tmp_path / "nifti").rglob("*.nii.gz"))))
    values = sitk.GetArrayFromImage(image)
    assert values.shape == (2, 4, 20, 30)
    assert np.array_equal(values[1], values[0] + 1)


@pytest.mark.parametrize("fault", ["gap", "sheared", "uneven times"])
def test_what_has_no_place_in_a_nifti_header_is_told(scrubbed, make_instance, tmp_path, fault):
    made = slices(make_instance)
    if fault == "gap":
        made = [one for one in made if one.InstanceNumber != 3]
    for one in made if fault == "sheared" else []:
        position = np.array(one.ImagePositionPatient, float)
        moved = position + np.array(TILTED[3:]) * one.InstanceNumber
        one.ImagePositionPatient = [f"{x:.6f}" for x in moved]
    if fault == "uneven times":
        more = copy.deepcopy(made[0])
        more.SOPInstanceUID = generate_uid()
        more.file_meta.MediaStorageSOPInstanceUID = more.SOPInstanceUID
        made.append(more)
    result = exported(scrubbed(made), tmp_path / "nifti", "nifti")
    assert (result.files, result.exit_code) == (0, 3)
    assert result.not_exported == {"face_geometry": 1}


def test_values_that_are_no_whole_numbers_stay_so(scrubbed, make_instance, tmp_path):
    exported(scrubbed(slices(make_instance, RescaleSlope="0.5")), tmp_path / "nifti", "nifti")
    image = sitk.ReadImage(str(next((tmp_path / "nifti").rglob("*.nii.gz"))))
    assert image.GetPixelID() == sitk.sitkFloat32


@pytest.mark.parametrize(("form", "suffix"), [("png", "png"), ("jpeg", "jpg")])
def test_pictures_are_what_a_viewer_shows(scrubbed, make_instance, tmp_path, form, suffix):
    grey = np.tile(np.arange(48, dtype=np.uint8) * 5, (32, 1))
    frames = make_instance(np.vstack([grey, 255 - grey]), NumberOfFrames=2, Rows=32)
    frames.SOPClassUID = frames.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7.2"
    colour = make_instance(np.stack([grey, grey // 2, grey * 0], -1))
    folders = scrubbed([frames, colour])
    result = exported(folders, tmp_path / "pictures", form)
    assert (result.files, result.exit_code) == (3, 0)
    written = sorted((tmp_path / "pictures").rglob(f"*.{suffix}"))
    assert {opened(path).ndim for path in written} == {2, 3}
    first = next(path for path in written if path.stem.endswith("_0001"))
    assert np.abs(opened(first) - grey).max() <= (0 if form == "png" else 6)


def test_only_what_the_journal_calls_clean_is_exported(scrubbed, make_instance, save, tmp_path):
    folders = scrubbed([make_instance(), make_instance()])
    gone, _ = sorted(folders[0].rglob("*.dcm"))
    gone.unlink()
    gone.symlink_to(tmp_path / "in" / "0.dcm")
    save(make_instance(), folders[0] / "foreign.dcm")
    result = exported(folders, tmp_path / "pictures", "png")
    assert (result.files, result.not_exported, result.exit_code) == (1, {"unreadable": 1}, 2)
    assert len(list((tmp_path / "pictures").rglob("*.png"))) == 1


def test_instance_without_pixels_or_place_is_told(scrubbed, make_instance, tmp_path):
    folders = scrubbed([make_instance()])
    assert exported(folders, tmp_path / "nifti", "nifti").not_exported == {"face_geometry": 1}


def test_wrong_folders_are_refused(scrubbed, make_instance, tmp_path):
    folders = scrubbed([make_instance()])
    with pytest.raises(UsageError, match="inside"):
        exported(folders, folders[0] / "more", "png")
    with pytest.raises(UsageError, match="journal"):
        export(folders[0], tmp_path / "other", tmp_path / "pictures", "png")
    folders[1].chmod(stat.S_IRWXU | stat.S_IRGRP)
    with pytest.raises(UsageError, match="chmod"):
        exported(folders, tmp_path / "pictures", "png")


@pytest.mark.parametrize(
    ("modality", "tags", "volumes", "kind"),
    [
        ("MR", {"EchoTime": 0.003, "RepetitionTime": 0.5}, 1, "anat/x_T1w"),
        ("MR", {"EchoTime": 0.1, "RepetitionTime": 4}, 1, "anat/x_T2w"),
        ("MR", {"EchoTime": 0.1, "RepetitionTime": 9, "InversionTime": 2.5}, 1, "anat/x_FLAIR"),
        ("MR", {}, 1, "anat/x_MRI"),
        ("MR", {"DiffusionBValue": 1000}, 4, "dwi/x_dwi"),
        ("MR", {"EchoTime": 0.03}, 200, "func/x_bold"),
        ("PT", {}, 1, "pet/x_pet"),
        ("CT", {}, 1, "ct/x_ct"),
    ],
)
def test_names_tell_kind_by_how_the_image_was_taken(tmp_path, modality, tags, volumes, kind):
    source = Source(tmp_path, "PX1/2.25.123456789/2.25.987654321/0001.dcm", 1, 1)
    instance = Instance(source, "1", "2", "3", "PX1", "", "", modality, 1)
    name = name_of(instance, tags, 1, volumes)
    base = "sub-PX1_ses-23456789_acq-87654321_run-01"
    assert name == f"sub-PX1/ses-23456789/{kind.replace('x_', base + '_')}.nii.gz"
