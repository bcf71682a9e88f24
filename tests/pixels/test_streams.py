"""Code streams are written with what decoding needs, and nothing else."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmwrite
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import UID

from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels import codecs
from pixelscrub.pixels.edit import Edit
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.streams.jpeg import essential_jpeg
from pixelscrub.pixels.streams.jpeg2000 import essential_jpeg2000
from pixelscrub.pixels.streams.jpegxl import essential_jpegxl
from pixelscrub.pixels.streams.rle import essential_rle
from pixelscrub.pixels.streams.tail import has_text_tail
from pixelscrub.prove.parsed import Parsed
from pixelscrub.prove.surplus import surplus
from tests.streams import HIDDEN, ROOT, TEXT, encoded, picture, segment

PLAIN = ("4.50", "4.70", "4.80", "4.90", "4.201", "4.110", "5", "8.1")


def instance(make_instance, syntax, streams, *, table=True, **elements):
    header = make_instance(picture(), **elements)
    header.file_meta.TransferSyntaxUID = UID(ROOT + syntax)
    header.PixelData = encapsulate(streams, has_bot=table)
    header["PixelData"].is_undefined_length = True
    out = io.BytesIO()
    dcmwrite(out, header, implicit_vr=False, little_endian=True, force_encoding=True)
    return out.getvalue()


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_hidden_goes_and_the_picture_stays(name, make_instance, bench):
    syntax, hide = HIDDEN[name]
    stream = encoded(syntax)
    data = instance(make_instance, syntax, [hide(stream)])
    before, after, edit = bench.edited(data, Edit())
    assert not edit
    assert not before.is_minimal
    written = after.stream(0)
    assert TEXT[:12] not in written
    assert after.is_minimal
    assert len(written) <= len(stream) + (1 if name != "jpeg xl box" else 64)
    assert np.array_equal(after.frame(0), Image(io.BytesIO(data)).frame(0))
    after.file.seek(0)
    assert list(surplus(Parsed.of(io.BytesIO(after.file.read())))) == []


@pytest.mark.parametrize("name", sorted(HIDDEN.keys() - {"fill bytes"}))
def test_proof_finds_what_is_hidden_by_itself(name, make_instance):
    syntax, hide = HIDDEN[name]
    data = instance(make_instance, syntax, [hide(encoded(syntax))])
    found = list(surplus(Parsed.of(io.BytesIO(data))))
    assert found
    assert not any("Vintercastle" in what for what in found)


@pytest.mark.parametrize("syntax", PLAIN)
def test_a_stream_that_holds_nothing_else_stays_byte_for_byte(syntax, make_instance):
    codec = codecs.TABLE[ROOT + syntax]
    image = Image(io.BytesIO(instance(make_instance, syntax, [encoded(syntax)])))
    once = codecs.essential(codec, image.stream(0), image.known)
    assert codecs.essential(codec, once, image.known) == once
    if syntax not in {"4.80", "4.90", "4.201"}:  # whose encoders name themselves in a segment
        assert once.rstrip(b"\0") == encoded(syntax).rstrip(b"\0")


def test_a_fragment_that_no_frame_uses_goes(make_instance, bench):
    one, other = encoded("4.50"), encoded("4.50", 255 - picture())
    data = instance(make_instance, "4.50", [one, other])
    _, after, _ = bench.edited(data, Edit())
    assert after.stream(0).rstrip(b"\0") == one.rstrip(b"\0")
    assert len(after.element.items) == 2


@pytest.mark.parametrize("lie", ["text", "offsets", "lengths", "alone"])
def test_extended_offset_tables_are_made_anew(lie, make_instance, bench):
    frames = [segment(0xFE, TEXT).join([s[:2], s[2:]]) for s in map(_varied, range(3))]
    value, offsets, lengths = encapsulate_extended(frames)
    told = {
        "text": (offsets + TEXT[:40], lengths),
        "offsets": (bytes(24), lengths),
        "lengths": (offsets, TEXT[:24]),
        "alone": (offsets, None),
    }[lie]
    header = make_instance(picture(), NumberOfFrames=3, ExtendedOffsetTable=told[0])
    if told[1] is not None:
        header.ExtendedOffsetTableLengths = told[1]
    header.file_meta.TransferSyntaxUID = UID(ROOT + "4.50")
    header.PixelData = value
    out = io.BytesIO()
    header.save_as(out)
    _, after, _ = bench.edited(out.getvalue(), Edit())
    assert after.is_minimal
    kept = [after.stream(i) for i in range(3)]
    exact = np.frombuffer(after.header.ExtendedOffsetTableLengths, "<u8").tolist()
    assert [len(s) - n for s, n in zip(kept, exact, strict=True)] == [len(s) % 2 for s in kept] or (
        max(len(s) - n for s, n in zip(kept, exact, strict=True)) <= 1
    )
    assert TEXT[:12] not in after.header.ExtendedOffsetTable


def _varied(seed: int) -> bytes:
    return encoded("4.50", picture(seed=seed))


def test_colours_stay_where_decoding_needs_them():
    import imagecodecs as ic

    rgb = np.stack([picture(), 255 - picture(), picture(seed=3)], -1)
    stream = bytes(ic.jpeg8_encode(rgb, colorspace="RGB", outcolorspace="RGB"))
    assert essential_jpeg(stream) == stream
    assert b"Adobe" in stream
    jfif = bytes(ic.jpeg8_encode(rgb))
    assert b"JFIF" in essential_jpeg(jfif)


@pytest.mark.parametrize(
    "stream",
    [
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xfe\0",
        encoded("4.50")[:60],
        b"\xff\xd8" + segment(0xF0, TEXT) + encoded("4.50")[2:],
        b"\xff\xd8" + segment(0xDD, TEXT) + encoded("4.50")[2:],
        encoded("4.50")[:-2] + encoded("4.50"),
        b"\xff\xd8" + segment(0xC4, b"\0" * 5) + encoded("4.50")[2:],
    ],
)
def test_a_jpeg_that_does_not_add_up_is_refused(stream):
    with pytest.raises(HeldError) as caught:
        essential_jpeg(stream)
    assert caught.value.reason == Reason.DECODE_FAILED


def test_a_jpeg_2000_stream_that_does_not_add_up_is_refused():
    stream = encoded("4.90")
    at = stream.index(b"\xff\x90")
    longer = stream[: at + 6] + (2**31).to_bytes(4, "big") + stream[at + 10 :]
    for wrong in (stream[: at + 5], longer, stream[:at] + b"\xff\x77\0\x04ab" + stream[at:]):
        with pytest.raises(HeldError):
            essential_jpeg2000(wrong)
    marker = stream[:-40] + b"\xff\xd8" + stream[-38:]
    with pytest.raises(HeldError) as caught:
        essential_jpeg2000(marker)
    assert caught.value.reason == Reason.DECODE_FAILED


def test_a_table_of_tile_lengths_tells_the_new_ones():
    stream = encoded("4.90")
    at = stream.index(b"\xff\x90")
    length = int.from_bytes(stream[at + 6 : at + 10], "big")
    table = b"\xff\x55\0\x08\0\x40" + (length + 99).to_bytes(4, "big")
    kept = essential_jpeg2000(stream[:at] + table + stream[at:])
    told = kept.index(b"\xff\x55")
    assert int.from_bytes(kept[told + 6 : told + 10], "big") == length


def test_packet_lengths_that_do_not_add_up_go():
    stream = encoded("4.90")
    at = stream.index(b"\xff\x90")
    longer = stream[: at + 12] + b"\xff\x58\0\x0f\0" + b"Vintercastle"[:12] + stream[at + 12 :]
    length = int.from_bytes(stream[at + 6 : at + 10], "big") + 17
    told = longer[: at + 6] + length.to_bytes(4, "big") + longer[at + 10 :]
    assert b"Vintercastle" not in essential_jpeg2000(told)


def _rle_of_30_bytes(data: bytes) -> bytes:
    return essential_rle(data.ljust(64, b"\0"), 30, lambda _: -1)


@given(st.binary(max_size=200))
def test_any_bytes_are_reduced_or_held(tail):
    for start, reduce in (
        (b"\xff\xd8", essential_jpeg),
        (b"\xff\x4f\xff\x51", essential_jpeg2000),
        (b"", essential_jpegxl),
        (
            b"\1\0\0\0\x40\0\0\0",
            _rle_of_30_bytes,
        ),
    ):
        try:
            reduce(start + tail)
        except HeldError:
            continue
        except (IndexError, ValueError, OverflowError):  # pragma: no cover
            pytest.fail("not held")


def test_text_is_told_from_coded_data():
    assert has_text_tail(b"\x81\x90" + TEXT + b"\xff\xd9")
    assert not has_text_tail(np.random.default_rng(1).bytes(5000) + b"\xff\xd9")


def test_presets_and_colours_of_jpeg_ls_stay():
    stream = encoded("4.80")
    presets = segment(0xF8, b"\1\0\xff\0\3\0\7\0\x15\0\x40")
    colour = segment(0xE8, b"mrfx\1")
    kept = essential_jpeg(stream[:2] + presets + colour + stream[2:])
    assert presets in kept
    assert colour in kept
    with pytest.raises(HeldError):
        essential_jpeg(stream[:2] + segment(0xF8, b"\1" + TEXT) + stream[2:])


@pytest.mark.parametrize("syntax", ["5", "8.1"])
@pytest.mark.parametrize("damage", ["cut", "longer", "noise"])
def test_frames_that_do_not_add_up_are_held(syntax, damage, make_instance):
    codec = codecs.TABLE[ROOT + syntax]
    image = Image(io.BytesIO(instance(make_instance, syntax, [encoded(syntax)])))
    stream = encoded(syntax)
    longer = encoded(syntax, picture((60, 56)))
    damaged = {"cut": stream[:200], "longer": longer, "noise": b"\xff" * 300}[damage]
    if (syntax, damage) == ("5", "longer"):  # rows that the header does not count are left out
        kept = codecs.essential(codec, longer, image.known)
        assert codecs.essential(codec, kept, image.known) == kept
        return
    with pytest.raises(HeldError):
        codecs.essential(codec, damaged, image.known)


def test_rle_headers_that_do_not_add_up_are_held():
    stream = encoded("5")
    for header in (b"\0" * 64, b"\x10" + stream[1:64], stream[:4] + b"\x20" + stream[5:64]):
        with pytest.raises(HeldError):
            essential_rle(header + stream[64:], picture().size, lambda _: -1)


@pytest.mark.parametrize("said", ["4.50", "4.90", "5", "4.110"])
@pytest.mark.parametrize("syntax", ["4.50", "4.70", "4.80", "4.90", "5", "4.110"])
def test_streams_say_how_they_are_compressed(said, syntax, make_instance, bench):
    data = instance(make_instance, said, [encoded(syntax)])
    right = Image(io.BytesIO(instance(make_instance, syntax, [encoded(syntax)]))).frame(0)
    before, after, _ = bench.edited(data, Edit())
    assert np.array_equal(before.frame(0), right)
    assert np.array_equal(after.frame(0), right)
    assert after.corrections() == {}
