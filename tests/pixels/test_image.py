"""What cannot be understood is held, with its own reason."""

from __future__ import annotations

import builtins
import io
import struct
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID

from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels import codecs
from pixelscrub.pixels.edit import Edit
from pixelscrub.pixels.image import Image

ROOT = "1.2.840.10008.1.2."


ROOT = "1.2.840.10008.1.2."


def _changed(data: bytes, **elements) -> bytes:
    instance = pydicom.dcmread(io.BytesIO(data))
    for keyword, value in elements.items():
        if value is None:
            delattr(instance, keyword)
        elif keyword == "syntax":
            instance.file_meta.TransferSyntaxUID = UID(value)
        elif keyword == "stream":
            instance.PixelData = encapsulate([value])
        else:
            setattr(instance, keyword, value)
    out = io.BytesIO()
    instance.save_as(out, implicit_vr=False, little_endian=True)
    return out.getvalue()


def _stream(data: bytes) -> bytes:
    return next(generate_frames(pydicom.dcmread(io.BytesIO(data)).PixelData, number_of_frames=1))


def _reason(data: bytes) -> Reason:
    with pytest.raises(HeldError) as caught:
        Image(io.BytesIO(data)).frame(0)
    assert "Quixote" not in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"syntax": "1.2.3.4"}, Reason.UNKNOWN_TRANSFER_SYNTAX),
        ({"PhotometricInterpretation": "HSV"}, Reason.UNKNOWN_PHOTOMETRIC),
        ({"PhotometricInterpretation": "RGB"}, Reason.BAD_PIXEL_DESCRIPTION),
        ({"PhotometricInterpretation": None}, Reason.UNKNOWN_PHOTOMETRIC),
        ({"Rows": None}, Reason.BAD_PIXEL_DESCRIPTION),
        ({"Rows": 0}, Reason.BAD_PIXEL_DESCRIPTION),
        ({"BitsAllocated": 12}, Reason.BAD_PIXEL_DESCRIPTION),
        ({"Rows": 65535, "Columns": 65535}, Reason.TOO_LARGE),
        ({"Rows": 100}, Reason.TRUNCATED_PIXEL_DATA),
        ({"Rows": 100, "NumberOfFrames": "0"}, Reason.TRUNCATED_PIXEL_DATA),
    ],
)
def test_headers(bench, change, reason):
    assert _reason(_changed(bench.instance("1"), **change)) == reason


def test_video_and_native_data_in_a_coded_syntax(bench):
    data = bench.instance("5")
    assert _reason(_changed(data, syntax=ROOT + "4.102")) == Reason.UNSUPPORTED_TRANSFER_SYNTAX
    same = data.replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.1\0")
    assert _reason(same) == Reason.BAD_PIXEL_DATA


CODED = ["5", "4.50", "4.57", "4.70", "4.80", "4.90", "4.201"]


@pytest.mark.parametrize("syntax", CODED)
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_streams_that_are_cut(bench, syntax, share):
    data = bench.instance(syntax)
    stream = _stream(data)
    cut = stream[: int(len(stream) * share)]
    reasons = {Reason.TRUNCATED_PIXEL_DATA, Reason.DECODE_FAILED}
    assert _reason(_changed(data, stream=cut)) in reasons


@pytest.mark.parametrize("syntax", CODED)
def test_streams_of_another_size(bench, syntax):
    stream = _stream(bench.instance(syntax, size=(64, 80)))
    reasons = {Reason.CODESTREAM_MISMATCH, Reason.DECODE_FAILED}
    assert _reason(_changed(bench.instance(syntax), stream=stream)) in reasons


@pytest.mark.parametrize("syntax", CODED)
def test_streams_of_noise(bench, syntax):
    noise = np.random.default_rng(5).bytes(600)
    assert _reason(_changed(bench.instance(syntax), stream=noise)) == Reason.DECODE_FAILED


def test_streams_of_another_syntax(bench):
    stream = _stream(bench.instance("4.70"))
    image = Image(io.BytesIO(_changed(bench.instance("4.50"), stream=stream)))
    assert image.corrections() == {"TransferSyntaxUID": ROOT + "4.57"}
    deep = _stream(bench.instance("4.70", "u16"))
    image = Image(io.BytesIO(_changed(bench.instance("4.70"), stream=deep)))
    assert image.corrections() == {"BitsAllocated": 16, "BitsStored": 16, "HighBit": 15}
    assert image.frame(0).dtype == np.uint16
    small = _stream(bench.instance("4.70", "u8"))
    wrong = _changed(bench.instance("4.70"), stream=small, Rows=31)
    assert _reason(wrong) == Reason.CODESTREAM_MISMATCH


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({"BitsStored": 9}, {"BitsStored": 8}),
        ({"HighBit": 8}, {"HighBit": 7}),
        ({"NumberOfFrames": 0}, {"NumberOfFrames": 1}),
        ({"NumberOfFrames": 5}, {"NumberOfFrames": 1}),
        ({"PixelRepresentation": None}, {"PixelRepresentation": 0}),
        ({"SamplesPerPixel": None}, {"SamplesPerPixel": 1}),
    ],
)
@pytest.mark.parametrize("syntax", ["1", "5", "4.80"])
def test_what_has_one_meaning_anyway_is_corrected(bench, syntax, change, right):
    whole = Image(io.BytesIO(bench.instance(syntax)))
    image = Image(io.BytesIO(_changed(bench.instance(syntax), **change)))
    assert image.corrections() == right
    assert np.array_equal(image.frame(0), whole.frame(0))


def test_rows_that_the_header_does_not_count_are_left_out(bench):
    _, after, _ = bench.edited(_changed(bench.instance("1"), Rows=10), Edit())
    assert after.element.end - after.element.start == 10 * after.known.columns


def test_a_codec_that_panics(bench, monkeypatch):
    class PanicError(BaseException):
        pass

    def panic(*_):
        raise PanicError("Quixote")

    data = bench.instance("5")
    monkeypatch.setitem(codecs.TABLE, ROOT + "5", codecs.Codec("RLE", panic, panic))
    assert _reason(data) == Reason.DECODE_FAILED


def test_a_codec_that_is_missing(bench, monkeypatch):
    data = bench.instance("4.80")
    real = builtins.__import__

    def without(name, *rest):
        if name == "imagecodecs":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert _reason(data) == Reason.MISSING_CODEC


def test_frames_that_do_not_exist(bench):
    image = Image(io.BytesIO(bench.instance("1")))
    for index in (-1, 1):
        with pytest.raises(HeldError) as caught:
            image.frame(index)
        assert caught.value.reason == Reason.FRAME_COUNT
    with pytest.raises(HeldError):
        image.stream(0)


def test_without_pixel_data(bench):
    image = Image(io.BytesIO(_changed(bench.instance("1"), PixelData=None)))
    assert image.info is None
    with pytest.raises(HeldError):
        image.frame(0)


def _deflated(before: bytes, after: bytes) -> bytes:
    """A deflated file of which the data set is those bytes."""
    meta = pydicom.dcmread(io.BytesIO(before))
    end = 132 + 12 + meta.file_meta.FileMetaInformationGroupLength
    packer = zlib.compressobj(wbits=-15)
    return before[:end] + packer.compress(after) + packer.flush()


def test_a_bomb_is_not_inflated(bench, monkeypatch):
    from pixelscrub.dicom import deflate, pixel_element

    monkeypatch.setattr(pixel_element, "HEADER_LIMIT", 2**20)
    monkeypatch.setattr(deflate.Inflated.__init__, "__defaults__", (2**20,))
    long = struct.pack("<HH2sHL", 0x0009, 0x1001, b"OB", 0, 2**24) + bytes(2**24)
    data = _deflated(bench.instance("1.99"), long)
    assert len(data) < 2**16
    assert _reason(data) == Reason.TOO_LARGE


def test_a_deflated_stream_that_is_damaged(bench):
    data = bytearray(bench.instance("1.99"))
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    assert _reason(bytes(data)) in {
        Reason.BAD_PIXEL_DATA, Reason.DAMAGED_FILE, Reason.TRUNCATED_PIXEL_DATA
    }  # fmt: skip


@pytest.mark.parametrize("syntax", ["", "1", "1.99", "2", "5", "4.90"])
def test_files_that_are_cut_anywhere(bench, syntax):
    data = bench.instance(syntax, "u12", frames=2)
    whole = [Image(io.BytesIO(data)).frame(i) for i in (0, 1)]
    for end in np.linspace(150, len(data) - 1, 40).astype(int):
        try:
            image = Image(io.BytesIO(data[:end]))
            found = [] if image.info is None else [image.frame(i) for i in (0, 1)]
        except HeldError:
            continue
        assert not found or np.array_equal(found, whole)


def test_more_than_one_pixel_data_element(bench):
    data = bench.instance("1")
    again = struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OB", 0, 2) + b"\0\0"
    assert _reason(data + again) == Reason.BAD_PIXEL_DATA


def test_zeros_after_the_pixel_data_do_not_take_for_ever(bench):
    data = bench.instance("1")
    assert Image(io.BytesIO(data + bytes(4096))).info is not None
    with pytest.raises(HeldError) as caught:
        Image(io.BytesIO(data + bytes(8 * 200_000)))
    assert caught.value.reason is Reason.DAMAGED_FILE
