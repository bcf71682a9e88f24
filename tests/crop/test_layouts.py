"""Layouts of devices: which images they hold for, and what a wrong one is."""

from __future__ import annotations

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from pixelscrub.crop.layouts import in_layouts
from pixelscrub.errors import HeldError, RecipeError
from pixelscrub.evaluate.measure import read_truth
from pixelscrub.findings import Box
from pixelscrub.recipe import Layout, Recipe

LAYOUT = Layout(
    manufacturer="Maker Inc.", model="U 1", rows=60, columns=80, boxes=[Box(0, 0, 80, 9)]
)


def header(**changes) -> Dataset:
    made = Dataset()
    known = {"Manufacturer": "MAKER  Inc.", "ManufacturerModelName": "u 1", "Rows": 60}
    for keyword, value in {**known, "Columns": 80, "Modality": "US", **changes}.items():
        setattr(made, keyword, value)
    return made


def test_a_layout_masks_its_boxes_in_every_frame():
    (finding,) = in_layouts(header(), [LAYOUT])
    assert (finding.box, finding.frames, finding.action) == (Box(0, 0, 80, 9), None, "mask")


@pytest.mark.parametrize(
    "changes",
    [{"Rows": 61}, {"Columns": 79}, {"Manufacturer": "Other"}, {"ManufacturerModelName": None}],
)
def test_other_devices_and_sizes_are_left_alone(changes):
    assert in_layouts(header(**changes), [LAYOUT]) == []


def test_software_and_modality_count_where_they_are_given():
    exact = LAYOUT.model_copy(update={"software": "1.2\\b", "modality": "us"})
    assert in_layouts(header(SoftwareVersions=["1.2", "B"]), [exact])
    assert not in_layouts(header(SoftwareVersions="1.3"), [exact])
    assert not in_layouts(header(), [exact])


def test_a_header_without_size_is_held_only_where_layouts_are_asked_for():
    assert in_layouts(Dataset(), []) == []
    with pytest.raises(HeldError):
        in_layouts(Dataset(), [LAYOUT])


def test_layouts_are_written_in_recipes(tmp_path):
    text = """[[text.layouts]]
manufacturer = "Maker Inc."
rows = 60
columns = 80
boxes = [[0, 0, 80, 9], [0, 50, 10, 60]]
"""
    file = tmp_path / "own.toml"
    file.write_text(text)
    (layout,) = Recipe.load(file).text.layouts
    assert len(in_layouts(header(), [layout])) == 2
    file.write_text(text.replace("60]]", "61]]"))
    with pytest.raises(RecipeError, match="inside"):
        Recipe.load(file)


def test_devices_that_are_known_hide_identifying_text_without_looking(shared):
    images, layouts = shared / "text", Recipe.load("devices").text.layouts
    fitting = set()
    for truth in read_truth(images / "truth.json").values():
        found = in_layouts(dcmread(images / truth.file, stop_before_pixels=True), layouts)
        for text in truth.boxes:
            at_the_top = text.is_phi and text.box.y1 <= 60
            if found and at_the_top:
                assert any(one.box.intersection(text.box) == text.box for one in found), truth.file
                fitting.update(one.box for one in found)
    assert len(fitting) == len({box for layout in layouts for box in layout.boxes})
