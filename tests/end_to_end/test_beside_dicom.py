"""One folder of screenshots, documents and volumes goes through all steps."""

import json

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

import pixelscrub
from pixelscrub.documents.kinds import DocumentKind, document_of
from pixelscrub.prove.formats.documents import check_pictures_only
from pixelscrub.recipe import Recipe
from tests.documents.builders import CDA, OBJ, PDF, REPORT, instance_of
from tests.documents.test_words import BODY, HEAD

RECIPE = Recipe.model_validate({"text": {"detectors": ["strokes"]}, "steps": {"objects": False}})


def screenshot():
    ground = np.random.default_rng(2).normal(60, 3, (200, 320, 3)).clip(0, 255).astype(np.uint8)
    picture = Image.fromarray(ground)
    draw = ImageDraw.Draw(picture)
    draw.text((20, 20), "QUIXOTE 4711", font=ImageFont.load_default(24), fill=(255, 255, 255))
    return picture


def volume(path, modality="MR"):
    """A box of tissue, no head; air has its value in Hounsfield units where it is CT."""
    voxels = np.full((30, 40, 40), -1000 if modality == "CT" else 2, np.int16)
    voxels[8:20, 8:30, 8:30] = 40 if modality == "CT" else 300
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((3, 3, 3))
    sitk.WriteImage(image, str(path))
    if path.suffix == ".nii":
        data = path.read_bytes()
        path.write_bytes(data[:148] + b"Quixote" + data[155:])
    return voxels


@pytest.fixture(scope="module")
def ran(run_scrub, tmp_path_factory):
    folder = tmp_path_factory.mktemp("beside")
    inputs = folder / "in"
    (inputs / "quixote").mkdir(parents=True)
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Quixote")
    screenshot().save(inputs / "quixote" / "shot.png", pnginfo=words)
    screenshot().save(inputs / "quixote" / "shot.jpg", comment=b"Quixote", quality=95)
    screenshot().save(inputs / "shot.tif", software="Quixote")
    (inputs / "quixote" / "cut.png").write_bytes(
        (inputs / "quixote" / "shot.png").read_bytes()[:900]
    )
    volume(inputs / "body.nii.gz")
    volume(inputs / "plain.nii", "CT")
    (inputs / "cut.nii").write_bytes((inputs / "plain.nii").read_bytes()[:2000])
    for name, sop_class, data in (
        ("report.dcm", PDF, REPORT), ("cda.dcm", CDA, HEAD + BODY),
        ("model.dcm", OBJ, b"o Quixote\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"),
    ):  # fmt: skip
        header = instance_of(sop_class, data, StudyInstanceUID="1.2.3")
        header.save_as(inputs / name, enforce_file_format=True)
    return run_scrub(inputs, folder, recipe=RECIPE)


def test_all_but_what_is_cut_is_released(ran):
    held = {name: line["reason"] for name, line in ran.audit.items() if line["outcome"] == "held"}
    assert held == {"quixote/cut.png": "damaged_file", "cut.nii": "nifti_cut"}


def test_formats_stay_and_nothing_of_the_patient_is_left(ran):
    outputs = ran.outputs()
    endings = sorted(
        "".join(path.suffixes[-2:]) if ".nii" in path.name else path.suffix for path in outputs
    )
    assert endings == [".dcm", ".dcm", ".dcm", ".jpg", ".nii", ".nii.gz", ".png", ".tif"]
    for path in outputs:
        assert "uixote" not in str(path.relative_to(ran.out))
        for word in (b"uixote", b"UIXOTE", b"PLANTED"):
            assert word not in path.read_bytes()


def test_files_of_one_folder_are_one_patient(ran):
    patients = {n: line["output"].split("/")[0] for n, line in ran.audit.items() if line["output"]}
    assert patients["quixote/shot.png"] == patients["quixote/shot.jpg"]
    assert patients["quixote/shot.png"] != patients["shot.tif"] == patients["body.nii.gz"]


def test_audit_says_what_was_found_and_no_sop_class_of_what_is_no_dicom(ran):
    for name in ("quixote/shot.png", "quixote/shot.jpg", "shot.tif"):
        line = ran.audit[name]
        assert (line["sop_class"], line["transfer_syntax"]) == (None, {"in": None, "out": None})
        assert line["text"]
    assert ran.audit["report.dcm"]["sop_class"] == PDF
    assert ran.audit["report.dcm"]["text"][0]["frames"] == [0, 0]


def test_pixels_outside_the_mask_are_the_same(ran):
    line = ran.audit["quixote/shot.png"]
    before = np.asarray(Image.open(ran.inputs / "quixote/shot.png"))
    after = np.asarray(Image.open(ran.out / line["output"]))
    outside = np.ones(before.shape[:2], bool)
    for x0, y0, x1, y1 in (text["box"] for text in line["text"]):
        outside[y0:y1, x0:x1] = False
    assert np.array_equal(before[outside], after[outside])
    assert not after[~outside].any()


def test_voxels_of_a_volume_without_a_face_stay(ran):
    for name in ("body.nii.gz", "plain.nii"):
        before = sitk.ReadImage(str(ran.inputs / name))
        after = sitk.ReadImage(str(ran.out / ran.audit[name]["output"]))
        assert np.array_equal(*map(sitk.GetArrayFromImage, (before, after)))
        assert ran.audit[name]["face"] == {"status": "none", "mask": None, "checks": {}}


def test_documents_come_out_as_documents(ran):
    header = pydicom.dcmread(ran.out / ran.audit["report.dcm"]["output"])
    document = document_of(header)
    assert document.kind is DocumentKind.PDF
    check_pictures_only(document.data)
    assert header.DocumentTitle != "Report of Alonso Quixote"
    (shown,) = ran.audit["report.dcm"]["pictures"]
    assert (ran.private / "report" / "pictures" / f"{shown}.after.jpg").is_file()
    cda = pydicom.dcmread(ran.out / ran.audit["cda.dcm"]["output"])
    assert cda.HL7InstanceIdentifier.encode() in cda.EncapsulatedDocument
    assert "BurnedInAnnotation" not in cda or cda.BurnedInAnnotation == "YES"


def test_verify_finds_nothing_in_our_output_and_something_in_a_copy(ran, tmp_path):
    found = pixelscrub.verify(ran.inputs, ran.out, private=ran.private)
    assert found.issues == []
    assert len(found.pairs) == 6
    for name in ("shot.tif", "report.dcm", "plain.nii"):
        (tmp_path / name).write_bytes((ran.inputs / name).read_bytes())
    kinds = {(issue.kind, issue.file) for issue in pixelscrub.verify(ran.inputs, tmp_path).issues}
    assert ("surplus_left", "shot.tif") in kinds
    assert ("document_not_clean", "report.dcm") in kinds
    assert ("surplus_left", "plain.nii") in kinds


@pytest.mark.parametrize(
    ("documents", "reason"), [("hold", "document_held"), ("drop", "document_dropped")]
)
def test_recipe_holds_or_drops_documents(run_scrub, tmp_path, documents, reason):
    (tmp_path / "in").mkdir()
    instance_of(CDA, HEAD + BODY).save_as(tmp_path / "in" / "a.dcm", enforce_file_format=True)
    recipe = Recipe(documents=documents).with_steps("tags")
    ran = run_scrub(tmp_path / "in", tmp_path, recipe=recipe)
    assert ran.audit["a.dcm"]["reason"] == reason
    assert ran.summary.exit_code == (2 if documents == "hold" else 0)


def test_tags_alone_still_look_into_documents(run_scrub, tmp_path):
    (tmp_path / "in").mkdir()
    instance_of(PDF, REPORT).save_as(tmp_path / "in" / "a.dcm", enforce_file_format=True)
    recipe = RECIPE.with_steps("tags")
    ran = run_scrub(tmp_path / "in", tmp_path, recipe=recipe)
    assert ran.audit["a.dcm"]["outcome"] == "clean"
    assert len(ran.audit["a.dcm"]["text"]) > 3


def test_inspect_plans_files_that_are_no_dicom(ran, tmp_path):
    plans = pixelscrub.inspect(ran.inputs / "quixote", private=tmp_path / "p", recipe=RECIPE)
    planned = {i.source.path: i.format for plan in plans for i in plan.instances}
    assert planned == {"shot.png": "png", "shot.jpg": "jpeg"}
    assert json.loads((ran.private / "summary.json").read_text())["clean"] == 8
