"""Files without UIDs, and several files of one instance, from input to output."""

import json

import numpy as np
import pytest
from pydicom import dcmread

from pixelscrub import api
from pixelscrub.recipe import Recipe

MISSING = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")


def lines_of(private):
    text = (private / "audit.jsonl").read_text(encoding="utf-8")
    return {line["source"]: line for line in map(json.loads, text.splitlines())}


def scrubbed(folder, recipe):
    out = folder / "out"
    summary = api.scrub(folder / "in", out, recipe=recipe, workers=1)
    return summary, lines_of(folder / "out-private"), out


@pytest.fixture
def without_uids(make_instance, save, tmp_path):
    for number in (1, 2):
        instance = make_instance(InstanceNumber=number)
        for keyword in MISSING:
            delattr(instance, keyword)
        del instance.file_meta.MediaStorageSOPInstanceUID
        instance.save_as(tmp_path / f"{number}.dcm", enforce_file_format=False)
    (tmp_path / "in").mkdir()
    for number in (1, 2):
        (tmp_path / f"{number}.dcm").rename(tmp_path / "in" / f"{number}.dcm")
    return tmp_path


@pytest.mark.parametrize("steps", [("text", "tags"), ("text",)])
def test_missing_uids_are_made_keyed_and_said(without_uids, steps):
    summary, lines, out = scrubbed(without_uids, Recipe().with_steps(*steps))
    assert (summary.clean, summary.held) == (2, 0)
    read = [dcmread(out / line["output"]) for line in lines.values()]
    assert all(sorted(line["made_uids"]) == sorted(MISSING) for line in lines.values())
    assert len({one.SOPInstanceUID for one in read}) == 2
    assert len({one.StudyInstanceUID for one in read}) == 1
    assert all(one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID for one in read)
    again = api.scrub(
        without_uids / "in", without_uids / "other", recipe=Recipe().with_steps(*steps), workers=1
    )
    other = lines_of(without_uids / "other-private")["1.dcm"]["output"]
    assert again.clean == 2
    assert (
        dcmread(without_uids / "other" / other).StudyInstanceUID != read[0].StudyInstanceUID
    )  # of another key


def test_a_uid_that_is_written_as_a_sequence_is_made(make_instance, save, tmp_path):
    instance = make_instance()
    instance.add_new("StudyInstanceUID", "SQ", [])
    save(instance, tmp_path / "in" / "1.dcm")
    summary, lines, out = scrubbed(tmp_path, Recipe())
    assert (summary.clean, summary.held) == (1, 0)
    assert dcmread(out / lines["1.dcm"]["output"])["StudyInstanceUID"].VR == "UI"


def test_missing_uids_may_be_held(without_uids):
    summary, lines, _ = scrubbed(without_uids, Recipe(missing_uids="hold"))
    assert summary.reasons == {"missing_uid": 2}
    assert {line["outcome"] for line in lines.values()} == {"held"}


@pytest.fixture
def two_versions(make_instance, save, tmp_path):
    instance = make_instance(np.full((64, 64), 7, np.uint8))
    save(instance, tmp_path / "in" / "a.dcm")
    instance.PixelData = np.full((64, 64), 9, np.uint8).tobytes()
    save(instance, tmp_path / "in" / "b.dcm")
    return tmp_path


def test_versions_are_released_under_uids_of_their_own(two_versions):
    summary, lines, out = scrubbed(two_versions, Recipe(duplicates="rename"))
    assert (summary.clean, summary.held) == (2, 0)
    read = [dcmread(out / lines[name]["output"]) for name in ("a.dcm", "b.dcm")]
    assert read[0].SOPInstanceUID != read[1].SOPInstanceUID
    assert [int(one.pixel_array[0, 0]) for one in read] == [7, 9]
    assert lines["b.dcm"]["made_uids"] == ["SOPInstanceUID"]


def test_versions_are_held_unless_the_recipe_says_otherwise(two_versions):
    summary, lines, _ = scrubbed(two_versions, Recipe())
    assert summary.reasons == {"conflicting_instances": 1}
    assert lines["b.dcm"]["outcome"] == "held"


def test_the_same_pixels_in_another_transfer_syntax_count_as_one(make_instance, save, tmp_path):
    pixels = np.random.default_rng(1).integers(0, 255, (64, 64)).astype(np.uint8)
    instance = make_instance(pixels)
    save(instance, tmp_path / "in" / "a.dcm")
    instance.compress("1.2.840.10008.1.2.5", generate_instance_uid=False)
    instance.save_as(tmp_path / "in" / "b.dcm", enforce_file_format=True)
    summary, lines, _ = scrubbed(tmp_path, Recipe())
    assert (summary.clean, summary.held, summary.exit_code) == (1, 0, 0)
    assert lines["b.dcm"]["reason"] == "duplicate_instance"
