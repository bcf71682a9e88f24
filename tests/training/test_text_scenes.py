"""The pictures that the text detector learns from."""

import gzip

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.text.decoys import echoes, ghosts, heartbeat
from training.text.fonts import CONSOLE, console_glyphs, fonts
from training.text.grounds import KINDS
from training.text.scene import again, scene, target
from training.text.shelf import packaged, with_folders
from training.text.velocity import velocity
from training.text.words import foreign, say

SHELF = packaged()
STROKES = [fonts()[-1]]
"""The kind of fonts that every machine has."""


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_boxes_lie_on_ink_and_the_target_inside_them(seed: int) -> None:
    drawn = scene(96, np.random.default_rng(seed), STROKES, SHELF)
    wanted = target(drawn)
    assert drawn.picture.shape == (96, 96, 3)
    assert wanted.shape == (48, 48)
    outside = np.ones((96, 96), bool)
    for x0, y0, x1, y1 in drawn.boxes:
        assert 0 <= x0 < x1 <= 96
        assert 0 <= y0 < y1 <= 96
        assert np.ptp(drawn.picture[y0:y1, x0:x1].astype(int), axis=(0, 1)).max() >= 16
        outside[y0:y1, x0:x1] = False
    both = outside[::2, ::2] & outside[1::2, ::2] & outside[::2, 1::2] & outside[1::2, 1::2]
    assert not wanted[both].any()
    assert len(drawn.boxes) == len(drawn.contrasts)


def test_same_seed_draws_the_same_picture() -> None:
    one, other = (scene(96, np.random.default_rng(7), STROKES, SHELF) for _ in range(2))
    assert np.array_equal(one.picture, other.picture)
    assert one.boxes == other.boxes


@given(st.integers(0, 2**32))
def test_a_scene_shown_again_is_another_with_its_text_where_the_target_says(seed: int) -> None:
    picture, wanted = np.zeros((64, 64, 3), np.uint8), np.zeros((32, 32), np.float32)
    picture[8:20, 4:50], wanted[4:10, 2:25] = 255, 1
    shown, there = again(picture, wanted, np.random.default_rng(seed))
    assert shown.shape == picture.shape
    assert there.shape == wanted.shape
    assert there.sum() == wanted.sum()
    on_text = np.repeat(np.repeat(there > 0, 2, axis=0), 2, axis=1)
    assert abs(shown[on_text].mean() - shown[~on_text].mean()) > 90
    assert picture[8:20, 4:50].min() == 255


def test_most_pictures_hold_text_and_some_hold_none() -> None:
    counts = [len(scene(128, np.random.default_rng(k), STROKES, SHELF).boxes) for k in range(60)]
    assert 2 <= counts.count(0) < 30
    assert max(counts) > 8


@pytest.mark.parametrize("kind", KINDS)
def test_grounds_fill_the_picture(kind) -> None:  # type: ignore[no-untyped-def]
    picture = kind(64, np.random.default_rng(1))
    assert picture.shape == (64, 64, 3)
    assert np.isfinite(picture).all()


def test_fonts_for_measuring_are_not_those_for_training() -> None:
    training = {font.name for kind in fonts() for font in kind}
    measuring = {font.name for kind in fonts(held_out=True) for font in kind}
    assert training
    assert measuring
    assert not training & measuring


def test_fonts_draw_what_they_say_they_cover() -> None:
    for kind in fonts():
        for font in kind[::97]:
            if font.covers("Ab 12"):
                assert font.draw("Ab 12", 12).max(initial=0) >= 128


def test_no_font_draws_the_same_box_for_each_letter() -> None:
    """Two fifths of the bitmap fonts did, for want of Latin letters."""
    for held_out in (False, True):
        for kind in fonts(held_out=held_out):
            for font in kind[::7]:
                letters = [font.draw(c, 12) for c in "AEB7" if font.covers("AEB7")]
                assert len({letter.tobytes() for letter in letters}) in {0, 4}, font.name


def test_texts_are_of_many_kinds() -> None:
    random = np.random.default_rng(3)
    said = [say(random) for _ in range(300)]
    assert any(len(text) == 1 for text in said)
    assert any(any(c.isdigit() for c in text) for text in said)
    assert any(ord(c) > 0x0300 for text in (foreign(random) for _ in range(20)) for c in text)


def psf2(table: bytes) -> bytes:
    head = np.array([0x864AB572, 0, 32, 1, 2, 2, 2, 8], "<u4").tobytes()
    return head + bytes([0x80, 0x01, 0xFF, 0x18]) + table


def test_console_fonts_are_read_by_their_table() -> None:
    glyphs = console_glyphs(psf2(b"A\xc3\x84\xffB\xfeXY\xff"))
    assert set(glyphs) == {"A", "Ä", "B"}
    assert glyphs["B"].tolist() == [[255] * 8, [0, 0, 0, 255, 255, 0, 0, 0]]


def test_console_fonts_of_the_older_version() -> None:
    head = bytes([0x36, 0x04, 2, 1])
    table = b"A\0\xff\xff" + b"B\0\xfe\xffX\0\xff\xff" + b"\xff\xff" * 254
    glyphs = console_glyphs(head + bytes(range(256)) + table)
    assert set(glyphs) == {"A", "B"}
    assert glyphs["B"].tolist() == [[0, 0, 0, 0, 0, 0, 0, 255]]


@pytest.mark.parametrize("data", [b"", b"nonsense", bytes([0x36, 0x04, 0, 1]) + bytes(256)])
def test_what_is_no_console_font_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="console font"):
        console_glyphs(data)


@pytest.mark.skipif(not CONSOLE.is_dir(), reason="no console fonts on this machine")
def test_console_fonts_of_this_machine() -> None:
    path = next(path for path in sorted(CONSOLE.glob("Lat*.psf.gz")))
    assert {"A", "z", "0"} <= console_glyphs(gzip.decompress(path.read_bytes())).keys()


def test_real_pictures_of_a_folder_are_drawn_on_and_shown_bare(
    tmp_path, make_instance, save
) -> None:  # type: ignore[no-untyped-def]
    cv2.imwrite(str(tmp_path / "crop.png"), np.full((90, 120, 3), (10, 200, 60), np.uint8))
    (tmp_path / "index.csv").write_text("file,licence")
    (tmp_path / "deeper").mkdir()
    save(make_instance(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)), tmp_path / "deeper/1")
    shelf = with_folders([tmp_path])
    assert shelf.crops[0][0, 0].tolist() == [60, 200, 10]
    assert len(shelf.slices) == len(packaged().slices) + 1
    assert shelf.slices[-1].max() == 255
    bare = [scene(96, np.random.default_rng(k), STROKES, shelf) for k in range(40)]
    assert any(not drawn.boxes for drawn in bare)


def test_a_folder_without_pictures_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(ValueError, match="no picture"):
        with_folders([tmp_path])


@given(st.integers(0, 2**32))
def test_a_part_of_a_real_picture_fills_the_scene(seed: int) -> None:
    piece = SHELF.piece(64, np.random.default_rng(seed))
    assert piece.shape == (64, 64, 3)
    assert 0 <= piece.min() <= piece.max() <= 255


@pytest.mark.parametrize("decoy", [heartbeat, ghosts, echoes])
def test_decoys_are_drawn_on_the_picture(decoy) -> None:  # type: ignore[no-untyped-def]
    pictures = [np.zeros((96, 96, 3), np.float32) for _ in range(8)]
    for k, picture in enumerate(pictures):
        decoy(picture, (200.0, 200.0, 90.0), np.random.default_rng(k))
    assert sum(picture.any() for picture in pictures) >= 6


def test_velocity_maps_are_of_two_hues_in_cells() -> None:
    picture = np.zeros((96, 96, 3), np.float32)
    for k in range(6):
        velocity(picture, np.random.default_rng(k))
    assert np.isfinite(picture).all()
    assert np.ptp(picture, axis=2).max() > 100
