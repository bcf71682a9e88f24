"""A whole slide from input to output: pyramid, label, overview, and a label that says otherwise."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.encaps import encapsulate_extended, generate_frames
from pydicom.uid import JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage
from scipy.ndimage import gaussian_filter

import pixelscrub
from pixelscrub.recipe import PixelSettings, Recipe
from tests.pixels.conftest import lossy_jpeg

STUDY, SERIES = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"
RECIPE = Recipe.model_validate({"text": {"detectors": ["strokes"]}}).with_steps("text", "tags")
LABELS = ("label.dcm", "overview.dcm")


def tissue(rows, columns, seed=3):
    """Pink ground with smooth structure of many sizes, without an edge."""
    noise = np.random.default_rng(seed).normal(size=(rows, columns, 3))
    smooth = sum(gaussian_filter(noise, (size, size, 0)) * size for size in (6, 12))
    return (np.array([220, 150, 200]) + 12 * smooth).clip(0, 255).astype(np.uint8)


def handwritten(rows=160, columns=200):
    """A label with a curve that no detector reads as letters."""
    picture = Image.new("RGB", (columns, rows), (240, 240, 235))
    draw = ImageDraw.Draw(picture)
    draw.arc((30, 40, 150, 120), 20, 250, fill=(20, 20, 90), width=5)
    return np.asarray(picture)


def printed(rows=160, columns=240):
    picture = Image.new("RGB", (columns, rows), (240, 240, 235))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(24)
    for line, text in enumerate(("QUIXOTE", "S20-4711", "ALONSO")):
        draw.text((20, 15 + 50 * line), text, font=font, fill=(0, 0, 0))
    return np.asarray(picture)


@pytest.fixture(scope="module")
def slide(make_instance, save, tmp_path_factory):
    folder = tmp_path_factory.mktemp("slide") / "in"

    def add(name, pixels, kind, **elements):
        instance = make_instance(
            pixels, SOPClassUID=VLWholeSlideMicroscopyImageStorage, Modality="SM",
            StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES,
            ImageType=["ORIGINAL", "PRIMARY", kind, "NONE"], **elements,
        )  # fmt: skip
        save(instance, folder / name)

    add("label.dcm", handwritten(), "LABEL", SpecimenLabelInImage="YES")
    add("overview.dcm", np.hstack([handwritten(), tissue(160, 300)]), "OVERVIEW")
    add("lies.dcm", printed(), "VOLUME")
    add("thumbnail.dcm", tissue(160, 240, seed=5), "THUMBNAIL")
    tiles = [tissue(64, 64, seed) for seed in range(6)]
    streams = [lossy_jpeg(tile) for tile in tiles]
    streams = [stream + b"\0" * (len(stream) % 2) for stream in streams]
    data, offsets, lengths = encapsulate_extended(streams)
    level = make_instance(
        tiles[0], SOPClassUID=VLWholeSlideMicroscopyImageStorage, Modality="SM",
        StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES, NumberOfFrames=6,
        ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], PixelData=data,
        ExtendedOffsetTable=offsets, ExtendedOffsetTableLengths=lengths,
        PhotometricInterpretation="YBR_FULL_422", DimensionOrganizationType="TILED_SPARSE",
        TotalPixelMatrixColumns=192, TotalPixelMatrixRows=128,
    )  # fmt: skip
    level.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    level["PixelData"].VR = "OB"
    level["PixelData"].is_undefined_length = True
    save(level, folder / "level.dcm")
    return folder


@pytest.fixture(scope="module")
def ran(run_scrub, slide, tmp_path_factory):
    return run_scrub(slide, tmp_path_factory.mktemp("blanked"), recipe=RECIPE)


def read(ran, name):
    return dcmread(ran.out / ran.audit[name]["output"])


@pytest.mark.parametrize("name", [*LABELS, "lies.dcm"])
def test_labels_are_blank_whatever_they_are_called(ran, name):
    assert ran.audit[name]["outcome"] == "clean"
    assert not read(ran, name).pixel_array.any()


def test_levels_stay_byte_for_byte(ran, slide):
    before, after = dcmread(slide / "level.dcm"), read(ran, "level.dcm")
    assert after.PixelData == before.PixelData
    assert after.ExtendedOffsetTable == before.ExtendedOffsetTable
    assert len(list(generate_frames(after.PixelData, number_of_frames=6))) == 6
    assert np.array_equal(
        read(ran, "thumbnail.dcm").pixel_array, dcmread(slide / "thumbnail.dcm").pixel_array
    )


def test_the_output_holds(ran, slide):
    assert not pixelscrub.verify(slide, ran.out, private=ran.private).issues


@pytest.mark.parametrize("fill", ["grey", "border", "inpaint"])
def test_no_fill_shows_anything(run_scrub, slide, tmp_path, fill):
    (tmp_path / "in").mkdir()
    shutil.copy(slide / "label.dcm", tmp_path / "in")
    filled = RECIPE.model_copy(update={"pixels": PixelSettings(fill=fill)})
    pixels = read(run_scrub(tmp_path / "in", tmp_path, recipe=filled), "label.dcm").pixel_array
    assert (pixels == pixels[0, 0]).all()


def test_labels_are_dropped(run_scrub, slide, tmp_path):
    ran = run_scrub(slide, tmp_path, recipe=RECIPE.model_copy(update={"slide_labels": "drop"}))
    reasons = {name: line["reason"] for name, line in ran.audit.items()}
    assert {n for n, r in reasons.items() if r == "slide_label_dropped"} == {*LABELS, "lies.dcm"}
    assert ran.summary.exit_code == 0
    assert len(ran.outputs()) == 2


def test_labels_are_searched(run_scrub, slide, tmp_path):
    ran = run_scrub(slide, tmp_path, recipe=RECIPE.model_copy(update={"slide_labels": "search"}))
    assert read(ran, "lies.dcm").pixel_array.any()
    assert read(ran, "overview.dcm").pixel_array.any()
    assert not pixelscrub.verify(slide, ran.out, private=ran.private).issues
    issues = pixelscrub.verify(slide, ran.out, private=ran.private, recipe=RECIPE).issues
    left = {issue.file for issue in issues if issue.kind == "slide_label_left"}
    assert left == {ran.audit[name]["output"] for name in LABELS}
