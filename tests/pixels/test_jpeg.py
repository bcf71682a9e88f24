"""JPEG is edited in its coefficients: what lies outside the touched blocks stays as it was."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow
from pydicom.encaps import encapsulate

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box
from pixelscrub.pixels import jpeg
from pixelscrub.pixels.codestream import read_jpeg, segments
from pixelscrub.pixels.edit import Edit, FrameBox
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.streams.jpeg import essential_jpeg

SIZE = (61, 83)
EDIT = Edit(boxes=(FrameBox(Box(5, 6, 30, 20)),))


def _stream(sampling: str, progressive: bool = False) -> bytes:
    rng = np.random.default_rng(3)
    ramp = np.add.outer(np.arange(SIZE[0]) * 2, np.arange(SIZE[1])) % 256
    shape = SIZE if sampling == "grey" else (*SIZE, 3)
    ramp = ramp if sampling == "grey" else ramp[..., None]
    picture = np.clip(ramp + rng.integers(-9, 9, shape), 0, 255).astype("u1")
    out = io.BytesIO()
    more = {"keep_rgb": True} if sampling == "rgb" else {}
    if sampling.startswith("4"):
        more["subsampling"] = sampling
    Pillow.fromarray(picture).save(
        out, "JPEG", quality=92, progressive=progressive, comment=b"Sancho Panza", **more
    )
    return out.getvalue()


def _instance(make_instance, stream: bytes, photometric: str):
    plain = np.zeros(SIZE if photometric.startswith("MONO") else (*SIZE, 3), "u1")
    instance = make_instance(plain)
    instance.PhotometricInterpretation = photometric
    instance.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
    instance.PixelData = encapsulate([stream])
    instance["PixelData"].VR = "OB"
    out = io.BytesIO()
    instance.save_as(out, enforce_file_format=True)
    return out.getvalue()


CASES = [
    ("4:4:4", "YBR_FULL", (8, 8)),
    ("4:2:2", "YBR_FULL_422", (16, 8)),
    ("4:2:0", "YBR_FULL_422", (16, 16)),
    ("grey", "MONOCHROME2", (8, 8)),
    ("grey", "MONOCHROME1", (8, 8)),
    ("rgb", "RGB", (8, 8)),
]


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(("sampling", "photometric", "mcu"), CASES)
def test_masked(sampling, photometric, mcu, progressive, make_instance, bench):
    data = _instance(make_instance, _stream(sampling, progressive), photometric)
    before, after, edit = bench.edited(data, EDIT)
    assert jpeg.mcu_size(read_jpeg(before.stream(0))) == mcu
    box = edit.boxes[0].box
    assert box.x0 % mcu[0] == box.y0 % mcu[1] == box.x1 % mcu[0] == box.y1 % mcu[1] == 0
    rim = box.padded(2)
    keep = np.ones(SIZE, bool)
    keep[max(rim.y0, 0) : rim.y1, max(rim.x0, 0) : rim.x1] = False
    assert np.array_equal(after.frame(0)[keep], before.frame(0)[keep])
    inside = after.frame(0)[6:20, 5:30].reshape(-1, after.known.samples).astype(int)
    black = {"MONOCHROME1": [int(before.frame(0).max())], "MONOCHROME2": [0], "RGB": [0, 0, 0]}
    assert np.abs(inside - black.get(photometric, [0, 128, 128])).max() <= 1
    assert after.known.transfer_syntax == before.known.transfer_syntax


@pytest.mark.parametrize(("sampling", "photometric", "mcu"), CASES)
def test_cropped(sampling, photometric, mcu, make_instance, bench):
    data = _instance(make_instance, _stream(sampling), photometric)
    wanted = Box(19, 18, SIZE[1], 50)
    before, after, edit = bench.edited(data, Edit(crop=wanted))
    x0, y0, x1, y1 = edit.crop
    assert (x0 % mcu[0], y0 % mcu[1], x1) == (0, 0, SIZE[1])
    shown, whole = after.frame(0).astype(int), before.frame(0)[y0:y1, x0:x1].astype(int)
    assert shown.shape == whole.shape
    deep = (slice(mcu[1] + 1, 30), slice(mcu[0] + 1, None))
    assert np.array_equal(shown[deep], whole[deep])
    luma = shown.reshape(*shown.shape[:2], -1)[: 18 - y0, :, 0]
    assert np.ptp(luma) <= 1


def test_segments_that_may_carry_text_go_and_colour_stays(make_instance, bench):
    stream = _stream("rgb")
    adobe = [s.data for s in segments(stream) if s.code == 0xEE]
    text = b"\xff\xe3\x00\x08Sancho"
    data = _instance(make_instance, stream[:2] + text + stream[2:], "RGB")
    _, after, _ = bench.edited(data, EDIT)
    found = list(segments(after.stream(0)))
    assert b"Sancho" not in after.stream(0)
    assert [s.data for s in found if s.code == 0xEE] == adobe
    assert not [s for s in found if s.code in (0xFE, 0xE3)]


def test_comments_go_from_frames_without_a_mask_too():
    stream = _stream("4:2:0")
    clean = essential_jpeg(stream)
    assert b"Sancho" in stream
    assert b"Sancho" not in clean
    one, other = (np.asarray(Pillow.open(io.BytesIO(s))) for s in (stream, clean))
    assert np.array_equal(one, other)


def test_a_stream_that_is_cut_is_held(make_instance):
    stream = _stream("4:2:0")
    for cut in (len(stream) // 2, len(stream) - 40):
        image = Image(io.BytesIO(_instance(make_instance, stream[:cut], "YBR_FULL_422")))
        with pytest.raises(HeldError) as caught:
            image.frame(0)
        assert caught.value.reason == Reason.TRUNCATED_PIXEL_DATA


@pytest.mark.parametrize(
    ("said", "stream", "right"),
    [("RGB", "4:4:4", "YBR_FULL"), ("RGB", "4:2:0", "YBR_FULL_422"), ("YBR_FULL", "rgb", "RGB")],
)
def test_the_stream_decides_over_colours(said, stream, right, make_instance, bench):
    data = _instance(make_instance, _stream(stream), said)
    before, after, _ = bench.edited(data, EDIT)
    assert before.known.photometric == right
    assert after.header.PhotometricInterpretation == right
    kept, _, _ = bench.edited(data, Edit())
    assert kept.corrections() == {"PhotometricInterpretation": right}
