"""Pictures are shown as instances, and come out as they went in but for what identifies."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from PIL import PngImagePlugin
from pydicom import dcmread

from pixelscrub.errors import HeldError, Reason
from pixelscrub.formats.kinds import FileFormat, format_of
from pixelscrub.formats.pictures import orientation_of, read_pages
from pixelscrub.formats.unwrapped import unwrapped
from pixelscrub.formats.wrapped import wrapped
from pixelscrub.pixels.image import Image
from pixelscrub.prove.formats.pictures import check_picture_file, surplus_of

RNG = np.random.default_rng(4)
GREY = RNG.integers(0, 255, (30, 41), np.uint8)
COLOUR = RNG.integers(0, 255, (30, 41, 3), np.uint8)
DEEP = RNG.integers(0, 65535, (30, 41), np.uint16)


def png(pixels, **options):
    file = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Quixote")
    Pillow.fromarray(pixels).save(file, "png", pnginfo=info, dpi=(96, 96), **options)
    return file.getvalue()


def jpeg(pixels, orientation=1, **options):
    file, exif = io.BytesIO(), Pillow.Exif()
    exif[0x0112], exif[0x010E] = orientation, "Quixote"
    Pillow.fromarray(pixels).save(file, "jpeg", exif=exif, comment=b"Quixote", **options)
    return file.getvalue()


def tiff(*pages, **options):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as out:
        for page in pages:
            out.write(page, description="Quixote", **options)
    return file.getvalue()


def through(data, kind):
    """In and out again, with nothing changed, proved."""
    instance = wrapped(io.BytesIO(data), kind)
    assert b"uixote" not in instance.getvalue() or kind is FileFormat.JPEG
    if kind is FileFormat.JPEG:  # the steps strip the stream
        from pydicom.encaps import encapsulate

        from pixelscrub.pixels.streams.jpeg import essential_jpeg

        header = dcmread(instance)
        header.PixelData = encapsulate([essential_jpeg(data)])
        instance = io.BytesIO()
        header.save_as(instance)
    instance.seek(0)
    out = unwrapped(instance, data, kind)
    instance.seek(0)
    check_picture_file(out, instance, data, kind)
    assert b"uixote" not in out
    return out


@pytest.mark.parametrize("pixels", [GREY, COLOUR, DEEP], ids=["grey", "colour", "16 bits"])
def test_png_comes_out_with_the_same_pixels_and_no_words(pixels):
    out = through(png(pixels), FileFormat.PNG)
    assert np.array_equal(imagecodecs.png_decode(out), pixels)


def test_colour_of_16_bits_keeps_all_of_them():
    pixels = RNG.integers(0, 65535, (30, 41, 3), np.uint16)
    out = through(imagecodecs.png_encode(pixels), FileFormat.PNG)
    assert np.array_equal(imagecodecs.png_decode(out), pixels)


def test_palettes_and_opaque_pictures_keep_their_colours():
    palette = Pillow.fromarray(COLOUR).quantize(16)
    file = io.BytesIO()
    palette.save(file, "png")
    out = through(file.getvalue(), FileFormat.PNG)
    assert np.array_equal(imagecodecs.png_decode(out), np.asarray(palette.convert("RGB")))
    alpha = np.dstack([COLOUR, np.full(GREY.shape, 255, np.uint8)])
    assert np.array_equal(read_pages(png(alpha), FileFormat.PNG)[0], COLOUR)


def test_nothing_hides_behind_transparency():
    clear = np.dstack([COLOUR, np.zeros(GREY.shape, np.uint8)])
    assert (read_pages(png(clear), FileFormat.PNG)[0] == 255).all()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg_keeps_its_stream_and_the_way_it_is_turned(orientation, options):
    data = jpeg(COLOUR, orientation, **options)
    out = through(data, FileFormat.JPEG)
    assert np.array_equal(
        np.asarray(Pillow.open(io.BytesIO(out))), np.asarray(Pillow.open(io.BytesIO(data)))
    )
    assert dict(Pillow.open(io.BytesIO(out)).getexif()) == ({} if orientation == 1 else {0x0112: 6})


def test_tiff_keeps_pages_of_several_sizes():
    pages = [COLOUR, COLOUR[:20, :30], GREY]
    out = through(tiff(*pages), FileFormat.TIFF)
    written = [page.asarray() for page in tifffile.TiffFile(io.BytesIO(out)).pages]
    assert [page.shape for page in written] == [(30, 41, 3), (20, 30, 3), (30, 41, 3)]
    assert np.array_equal(written[1], pages[1])
    assert np.array_equal(written[2], np.repeat(GREY[..., None], 3, 2))


@pytest.mark.parametrize(
    "options",
    [
        {"photometric": "miniswhite"},
        {"compression": "zlib"},
        {"tile": (16, 16)},
        {"byteorder": ">"},
    ],
)
def test_tiff_of_any_layout_shows_the_same(options):
    file = io.BytesIO()
    tifffile.imwrite(file, DEEP, **options)
    out = through(file.getvalue(), FileFormat.TIFF)
    expected = 65535 - DEEP if "photometric" in options else DEEP
    assert np.array_equal(tifffile.imread(io.BytesIO(out)), expected)


def test_pages_are_places_of_their_own_and_no_cine():
    from pixelscrub.text.frames.kinds import are_apart

    assert are_apart(Image(wrapped(io.BytesIO(tiff(GREY, GREY)), FileFormat.TIFF)))


def cmyk():
    file = io.BytesIO()
    Pillow.fromarray(COLOUR).convert("CMYK").save(file, "jpeg")
    return file.getvalue()


def animated():
    file = io.BytesIO()
    first, second = Pillow.fromarray(COLOUR), Pillow.fromarray(255 - COLOUR)
    first.save(file, "png", save_all=True, append_images=[second])
    return file.getvalue()


def bomb():
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (png(COLOUR)[:500], FileFormat.PNG, Reason.DAMAGED_FILE),
        (bomb(), FileFormat.PNG, Reason.TOO_LARGE),
        (animated(), FileFormat.PNG, Reason.PICTURE_TYPE),
        (jpeg(COLOUR)[:30], FileFormat.JPEG, Reason.DAMAGED_FILE),
        (cmyk(), FileFormat.JPEG, Reason.PICTURE_TYPE),
        (tiff(COLOUR)[:200], FileFormat.TIFF, Reason.DAMAGED_FILE),
        (tiff(GREY.astype(np.float32)), FileFormat.TIFF, Reason.PICTURE_TYPE),
        (
            tiff(np.dstack([COLOUR, GREY]), photometric="separated"),
            FileFormat.TIFF,
            Reason.PICTURE_TYPE,
        ),
        (b"II*\0" + bytes(20), FileFormat.TIFF, Reason.DAMAGED_FILE),
    ],
    ids=["cut", "bomb", "animated", "cut jpeg", "cmyk", "cut tiff", "floats", "inks", "no page"],
)
def test_bad_pictures_are_held(data, kind, reason):
    with pytest.raises(HeldError) as held:
        wrapped(io.BytesIO(data), kind)
    assert held.value.reason is reason


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(COLOUR), FileFormat.PNG),
        (imagecodecs.png_encode(COLOUR) + b"Quixote", FileFormat.PNG),
        (jpeg(COLOUR), FileFormat.JPEG),
        (tiff(COLOUR), FileFormat.TIFF),
    ],
)
def test_words_in_a_picture_file_are_seen(data, kind):
    assert surplus_of(data, kind)


def test_proof_refuses_a_picture_that_shows_something_else():
    data = png(COLOUR)
    instance = wrapped(io.BytesIO(data), FileFormat.PNG)
    with pytest.raises(HeldError) as held:
        check_picture_file(imagecodecs.png_encode(255 - COLOUR), instance, data, FileFormat.PNG)
    assert held.value.reason is Reason.PIXELS_CHANGED


@pytest.mark.parametrize(
    ("start", "name", "kind"),
    [
        (b"II*\0" + bytes(124) + b"DICM", "a.tif", FileFormat.DICOM),
        (b"MM\0+", "a", FileFormat.TIFF),
        (b"\x1f\x8b\x08", "a.nii.gz", FileFormat.NIFTI),
        (b"\x1f\x8b\x08", "a.tar.gz", FileFormat.DICOM),
        (bytes(344) + b"n+1\0", "a", FileFormat.NIFTI),
        (b"", "a.png", FileFormat.DICOM),
    ],
)
def test_bytes_tell_formats(start, name, kind):
    assert format_of(start, name) is kind


@pytest.mark.parametrize("exif", [b"", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\0\x01"])
def test_damaged_exif_says_nothing_of_the_way_up(exif):
    assert orientation_of(exif) == 1
