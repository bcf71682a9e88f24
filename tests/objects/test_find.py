"""Objects from the instance to the audit: one finder one file, reported or masked."""

from __future__ import annotations

import ast
import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

import pixelscrub
from pixelscrub import objects
from pixelscrub.findings import Box, Finding, ObjectFacts
from pixelscrub.objects.find import FINDERS, MOST_OBJECTS, bounded, find_objects
from pixelscrub.objects.seen import SeenObject
from pixelscrub.pixels.image import Image
from pixelscrub.recipe import ObjectSettings, Recipe

CT = "1.2.840.10008.5.1.4.1.1.2"
ROOM = Path(objects.__file__).parent


def imported(module: str) -> set[str]:
    tree = ast.parse((ROOM / f"{module}.py").read_text(encoding="utf-8"))
    return {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_each_finder_is_one_file_and_one_row():
    for name, path in FINDERS.items():
        module = import_module(path)
        assert path == f"pixelscrub.objects.{name}"
        assert callable(module.is_for)
        assert callable(module.find)
        assert not imported(name) & (set(FINDERS.values()) - {path})
    named = {
        p.stem
        for p in ROOM.glob("*.py")
        if any(
            isinstance(node, ast.FunctionDef) and node.name == "is_for"
            for node in ast.parse(p.read_text(encoding="utf-8")).body
        )
    }
    assert named == set(FINDERS)


def test_an_object_says_what_it_is_and_nothing_else_does():
    with pytest.raises(ValueError, match="says what it is"):
        Finding(kind="object", action="report")
    with pytest.raises(ValueError, match="says what it is"):
        Finding(kind="text", box=Box(0, 0, 1, 1), about=ObjectFacts(kind="metal"))


def test_only_kinds_that_are_to_be_removed_are_masked():
    one = SeenObject(ObjectFacts(kind="plate"), Box(0, 0, 5, 5), 0.7)
    assert one.finding("ct", (), False).action == "report"
    assert one.finding("ct", ("ring",), False).action == "report"
    assert one.finding("ct", ("plate",), False).action == "mask"
    assert one.finding("ct", (), True).about.notes == ("named_in_header",)


def test_very_many_objects_become_one():
    many = [
        SeenObject(ObjectFacts(kind="metal"), Box(k, 0, k + 3, 4), 0.5)
        for k in range(MOST_OBJECTS + 1)
    ]
    assert bounded(many[:5]) == many[:5]
    (one,) = bounded(many)
    assert (one.about.kind, one.box) == ("widespread", Box(0, 0, MOST_OBJECTS + 3, 4))


def radiograph() -> np.ndarray:
    picture = np.random.default_rng(0).normal(900, 20, (300, 400))
    picture[120:160, 150:210] = 3800
    return picture.clip(0, 4095).astype(np.uint16)


def test_a_device_that_the_header_names_is_noted(make_instance, save, tmp_path):
    named = Dataset()
    named.UniqueDeviceIdentifier = "(01)00844588003288"
    path = save(make_instance(radiograph(), Modality="DX", UDISequence=[named]), tmp_path / "a.dcm")
    with path.open("rb") as file:
        (found,) = find_objects(Image(file), ObjectSettings())
    assert "named_in_header" in found.about.notes
    assert found.source == "radiographs"


def slices(make_instance, save, folder, count=24, metal=True, **elements):
    """A trunk of 150 by 110 mm, with a plate on its skin in slices 9 to 13."""
    y, x = np.indices((140, 180), np.float32)
    plane = np.where(((x - 90) / 75) ** 2 + ((y - 70) / 55) ** 2 <= 1, 1064, 24)
    series = {
        "SeriesInstanceUID": "1.2.3.4",
        "StudyInstanceUID": "1.2.3",
        "FrameOfReferenceUID": "1.2.9",
    }
    for k in range(count):
        pixels = plane.astype(np.uint16)
        if metal and 9 <= k <= 13:
            pixels[11:14, 84:96] = 4095
        instance = make_instance(
            pixels, Modality="CT", SOPClassUID=CT, InstanceNumber=k + 1, PixelSpacing=[1, 1],
            ImagePositionPatient=[-90, -70, 2.0 * k], ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            RescaleSlope=1, RescaleIntercept=-1024, BodyPartExamined="ABDOMEN",
            ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], SliceThickness=2, **series, **elements,
        )  # fmt: skip
        save(instance, folder / f"{k}.dcm")


def audited(private: Path) -> list[dict]:
    return [json.loads(line) for line in (private / "audit.jsonl").read_text().splitlines()]


def test_metal_on_the_skin_is_in_the_audit_of_its_slices(make_instance, save, tmp_path):
    slices(make_instance, save, tmp_path / "in")
    summary = pixelscrub.scrub(tmp_path / "in", tmp_path / "out", workers=1)
    assert (summary.clean, summary.held) == (24, 0)
    assert summary.findings["object"] == 5
    by_source = {line["source"]: line["objects"] for line in audited(tmp_path / "out-private")}
    assert [k for k in range(24) if by_source[f"{k}.dcm"]] == [9, 10, 11, 12, 13]
    (told,) = by_source["11.dcm"]
    assert set(told) == {"kind", "where", "frames", "box", "score", "action"}
    assert (told["kind"], told["where"], told["action"]) == ("plate", "external", "report")
    assert Box(*told["box"]).intersection(Box(84, 11, 96, 14)) == Box(84, 11, 96, 14)
    report = (tmp_path / "out-private" / "report" / "index.html").read_text()
    assert "plate, external, report" in report


def test_kinds_in_the_recipe_are_masked(make_instance, save, tmp_path):
    slices(make_instance, save, tmp_path / "in")
    recipe = Recipe(objects=ObjectSettings(remove=("plate",)))
    summary = pixelscrub.scrub(tmp_path / "in", tmp_path / "out", recipe=recipe, workers=1)
    assert summary.clean == 24
    written = [pydicom.dcmread(path) for path in (tmp_path / "out").rglob("*.dcm")]
    by_number = {int(one.InstanceNumber): one.pixel_array for one in written}
    assert by_number[12][11:14, 84:96].max() < 1500
    assert by_number[12][60:80, 80:100].min() == 1064
    lines = audited(tmp_path / "out-private")
    assert {o["action"] for line in lines for o in line["objects"]} == {"mask"}


def test_slices_that_make_no_volume_are_looked_at_one_by_one(make_instance, save, tmp_path):
    slices(make_instance, save, tmp_path / "in", count=24, PixelAspectRatio=[1, 1])
    for k in range(24):
        if k != 11:
            (tmp_path / "in" / f"{k}.dcm").unlink()
    pixelscrub.scrub(tmp_path / "in", tmp_path / "out", workers=1)
    (line,) = audited(tmp_path / "out-private")
    assert {(o["kind"], o["where"]) for o in line["objects"]} == {("metal", "unknown")}
    assert "not_measured" in line["object_notes"]


def test_one_step_alone_looks_for_no_objects(make_instance, save, tmp_path):
    slices(make_instance, save, tmp_path / "in")
    recipe = Recipe().with_steps("tags")
    pixelscrub.scrub(tmp_path / "in", tmp_path / "out", recipe=recipe, workers=1)
    assert not any(line["objects"] for line in audited(tmp_path / "out-private"))
