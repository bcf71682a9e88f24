"""Pictures inside sequences go where text is masked, and nothing else of the header with them."""

from __future__ import annotations

import io
import json

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from pixelscrub import api
from pixelscrub.dicom.parts import parts_of
from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels.edit import Edit
from pixelscrub.pixels.nested import may_hold_picture, remove_pictures
from pixelscrub.prove.nested import items_with_pictures
from pixelscrub.prove.release import release
from pixelscrub.recipe import Recipe

BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"


def picture():
    item = Dataset()
    item.Rows = item.Columns = 16
    item.SamplesPerPixel, item.PhotometricInterpretation = 1, "MONOCHROME2"
    item.BitsAllocated = item.BitsStored = 8
    item.HighBit, item.PixelRepresentation = 7, 0
    item.add_new(0x7FE00010, "OB", bytes(range(256)))
    return item


def referring(depth):
    """An item with a picture, inside of others."""
    item = picture()
    for _ in range(depth):
        outer = Dataset()
        outer.ReferencedSOPInstanceUID = "1.2.3"
        outer.IconImageSequence = [item]
        item = outer
    return item


def with_picture(make_instance, depth):
    return make_instance(ReferencedImageSequence=[referring(depth)])


def read_back(instance):
    file = io.BytesIO()
    instance.save_as(file, enforce_file_format=True)
    file.seek(0)
    return file


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_picture_goes_at_any_depth(make_instance, depth):
    header = dcmread(read_back(with_picture(make_instance, depth)))
    del header.PixelData
    assert list(items_with_pictures(header))
    assert remove_pictures(header) == 1
    assert not list(items_with_pictures(header))
    assert ("ReferencedImageSequence" in header) == (depth > 0)


def test_sequences_without_pictures_are_not_even_read(make_instance):
    reference = Dataset()
    reference.ReferencedSOPInstanceUID = "1.2.3"
    header = dcmread(read_back(make_instance(ReferencedImageSequence=[reference])))
    raw = header.get_item("ReferencedImageSequence")
    assert remove_pictures(header) == 0
    assert header.get_item("ReferencedImageSequence") is raw
    assert not may_hold_picture(b"1.2.3")


@pytest.mark.parametrize("depth", [0, 2])
def test_the_quick_way_leaves_pictures_to_the_thorough_one(make_instance, depth):
    parts = parts_of(read_back(with_picture(make_instance, depth)))
    assert parts is not None
    assert parts.shows_more


@pytest.mark.parametrize("steps", [("text",), ("text", "tags")])
@pytest.mark.parametrize("has_pixels", [True, False])
def test_pictures_are_gone_from_what_is_released(tmp_path, make_instance, save, steps, has_pixels):
    instance = with_picture(make_instance, 1)
    if not has_pixels:
        del instance.PixelData
        instance.SOPClassUID = instance.file_meta.MediaStorageSOPClassUID = BASIC_TEXT_SR
    save(instance, tmp_path / "in" / "1.dcm")
    api.scrub(tmp_path / "in", tmp_path / "out", recipe=Recipe().with_steps(*steps), workers=1)
    private = tmp_path / "out-private" / "audit.jsonl"
    (line,) = map(json.loads, private.read_text().splitlines())
    if line["outcome"] == "clean":
        written = dcmread(tmp_path / "out" / line["output"])
        assert not list(items_with_pictures(written))
    assert line["outcome"] == "clean" or not has_pixels


def test_a_picture_that_was_left_is_held(tmp_path, make_instance):
    data = read_back(with_picture(make_instance, 1)).getvalue()
    path = tmp_path / "written"
    path.write_bytes(data)
    release(io.BytesIO(data), path, Edit(), None)
    with pytest.raises(HeldError) as caught:
        release(io.BytesIO(data), path, Edit(drop_overlays=True), None)
    assert caught.value.reason is Reason.TEXT_LEFT
