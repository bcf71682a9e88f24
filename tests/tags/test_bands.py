"""What is kept of a person can be made coarser."""

import json

import pytest
from pydicom import dcmread

from pixelscrub import api
from pixelscrub.recipe import Recipe, ReleaseSettings, Steps, TagSettings
from pixelscrub.statement.build import make_statement
from pixelscrub.tags.bands import is_banded, to_band

OPTIONS = ("retain_patient_characteristics", "retain_device_identity", "retain_modified_dates")


@pytest.mark.parametrize(
    ("keyword", "vr", "text", "band"),
    [
        ("PatientAge", "AS", "043Y", "040Y"),
        ("PatientAge", "AS", "097Y", "090Y"),
        ("PatientAge", "AS", "008M", "000Y"),
        ("PatientAge", "AS", "old", "old"),
        ("PatientSize", "DS", "1.837", "1.85"),
        ("PatientWeight", "DS", "83", "85"),
        ("StudyTime", "TM", "101112.5", "10"),
        ("StudyTime", "TM", "1011-1213", "10-12"),
        ("AcquisitionDateTime", "DT", "20200102101112.5+0100", "2020010210"),
    ],
)
def test_values_go_into_bands(keyword, vr, text, band):
    assert is_banded(keyword, vr)
    assert to_band(keyword, vr, text) == band


def test_other_attributes_stay():
    assert not is_banded("SliceThickness", "DS")


@pytest.mark.parametrize("on_rare", ["report", "generalise"])
def test_a_recipe_may_ask_for_it(on_rare, make_instance, save, tmp_path):
    made = make_instance(
        PatientAge="043Y", PatientSize="1.837", PatientWeight="83", DeviceSerialNumber="SN4711",
        StudyTime="101112", SliceThickness="1.25",
    )  # fmt: skip
    save(made, tmp_path / "in" / "a.dcm")
    recipe = Recipe(
        steps=Steps(text=False, face=False),
        tags=TagSettings(options=OPTIONS),
        release=ReleaseSettings(on_rare=on_rare),
    )
    assert api.scrub(tmp_path / "in", tmp_path / "out", recipe=recipe, workers=1).clean == 1
    (file,) = (tmp_path / "out").rglob("*.dcm")
    read = dcmread(file)
    is_coarse = on_rare == "generalise"
    assert read.PatientAge == ("040Y" if is_coarse else "043Y")
    assert read.StudyTime == ("10" if is_coarse else "101112")
    assert read.SliceThickness == 1.25
    assert bool(read.get("DeviceSerialNumber")) is not is_coarse
    assert ("generalised" in str(read.DeidentificationMethod)) is is_coarse
    said = make_statement(tmp_path / "out", tmp_path / "out-private")
    assert said["quasi_identifiers"]["on_rare"] == on_rare
    assert "SN4711" not in json.dumps(said)
