"""Photographs lie as they were taken; text in them is looked for the right way up."""

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from pixelscrub.findings import Box
from pixelscrub.formats.pictures import jpeg_frame
from pixelscrub.formats.turned import turned_back, upright
from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance
from pixelscrub.pixels.image import Image
from pixelscrub.study.beside_dicom import opened_upright
from pixelscrub.study.tasks import Seen


def photograph(orientation):
    """Black but for one white rectangle of 16 by 8 pixels at (32, 16)."""
    pixels = np.zeros((64, 96), np.uint8)
    pixels[16:24, 32:48] = 255
    file, exif = io.BytesIO(), Pillow.Exif()
    exif[0x0112] = orientation
    Pillow.fromarray(pixels).save(file, "jpeg", exif=exif, quality=100)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_of_the_upright_picture_finds_its_place_in_the_stored_one(orientation):
    data = photograph(orientation)
    assert jpeg_frame(data).orientation == orientation
    rows, columns = np.nonzero(Image(upright(data)).frame(0) > 128)
    box = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert turned_back(box, orientation, 96, 64) == Box(32, 16, 48, 24)


def test_finds_are_given_back_as_the_picture_is_stored(tmp_path):
    (tmp_path / "a.jpg").write_bytes(photograph(6))
    instance = read_instance(Source(tmp_path, "a.jpg", 0, 0))
    with opened_upright(instance) as (file, turn):
        image = Image(file)
        assert (image.known.rows, image.known.columns) == (96, 64)
        seen = turn(Seen(crop=Box(0, 0, 64, 96)))
    assert seen.crop == Box(0, 0, 96, 64)
