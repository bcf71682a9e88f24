"""Text by the trained network."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from pixelscrub.errors import MissingComponentError
from pixelscrub.findings import Box
from pixelscrub.text import tiles
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors import network, probability

Picture = npt.NDArray[np.uint8]


def written(text: str, size: float = 0.6, level: int = 230, ground: int = 15) -> Picture:
    picture = np.full((240, 400), ground, np.uint8)
    cv2.putText(picture, text, (40, 120), cv2.FONT_HERSHEY_SIMPLEX, size, level, 1, cv2.LINE_AA)
    return picture


def hidden(picture: Picture, found: list[TextBox], ground: int) -> float:
    """Share of the ink that lies in the boxes."""
    ink = np.abs(picture.astype(int) - ground) > 60
    inside = np.zeros(picture.shape, bool)
    for x0, y0, x1, y1 in (text.box.clipped(*picture.shape[::-1]) for text in found):
        inside[y0:y1, x0:x1] = True
    return float(inside[ink].mean())


@pytest.mark.parametrize(("level", "ground"), [(230, 15), (10, 240), (120, 40)])
def test_a_name_is_covered_light_and_dark(level: int, ground: int) -> None:
    picture = written("MUSTER^ERIKA 12.08.1964", level=level, ground=ground)
    found = network.find_lines(picture)
    assert hidden(picture, found, ground) >= 0.95
    assert all(0 < text.score <= 1 and text.source == "network" for text in found)


def test_a_turned_name_is_covered() -> None:
    picture = np.ascontiguousarray(np.rot90(written("MUSTER^ERIKA 1964")))
    assert hidden(picture, network.find_lines(picture), 15) >= 0.95


@pytest.mark.parametrize("angle", [-35, -20, -10, 10, 20, 35])
def test_a_tilted_name_is_covered(angle: int) -> None:
    tilt = cv2.getRotationMatrix2D((200, 120), angle, 1)
    picture = cv2.warpAffine(written("MUSTER^ERIKA 1964"), tilt, (400, 240), borderValue=15)
    assert hidden(picture, network.find_lines(np.asarray(picture, np.uint8)), 15) >= 0.95


def test_large_letters_are_covered() -> None:
    picture = np.full((600, 900), 10, np.uint8)
    cv2.putText(picture, "ERIKA", (80, 380), cv2.FONT_HERSHEY_SIMPLEX, 6, 240, 14, cv2.LINE_AA)
    assert hidden(picture, network.find_lines(picture), 10) >= 0.95


def test_colour_and_grey_of_one_picture_agree() -> None:
    picture = written("SMITH JOHN")
    grey = network.probability(picture)
    colour = network.probability(np.repeat(picture[:, :, None], 3, axis=2))
    assert grey.shape == (120, 200)
    np.testing.assert_array_equal(grey, colour)


def test_empty_and_smooth_pictures_hold_nothing() -> None:
    ramp = np.tile(np.linspace(0, 255, 300), (200, 1)).astype(np.uint8)
    assert network.find_lines(np.full((200, 300), 77, np.uint8)) == []
    assert network.find_lines(ramp) == []


def test_sides_need_not_be_whole_steps() -> None:
    assert network.probability(written("SMITH")[:37, :101]).shape == (24, 56)


def test_tiles_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.tile(written("DOE, JANE 1950"), (2, 1))
    whole = network.probability(picture)
    monkeypatch.setattr(tiles.overlapping, "__defaults__", (tiles.TileSettings(side=256),))
    parts = network.probability(picture)
    assert parts.shape == whole.shape
    assert ((parts > 0.5) == (whole > 0.5)).mean() > 0.99


def test_what_is_no_number_counts_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def run(self, _: object, given: dict[str, npt.NDArray[np.float32]]) -> list[object]:
            rows, columns = given["picture"].shape[2:]
            return [np.full((1, 1, rows // 2, columns // 2), np.nan, np.float32)]

    monkeypatch.setattr(probability, "_network", lambda name: Broken())
    found = network.find_lines(written("X")[80:144, 20:84])
    assert found[0].box.clipped(64, 64) == Box(0, 0, 64, 64)


def test_a_missing_network_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(probability, "model_file", lambda name: tmp_path / name)
    with pytest.raises(MissingComponentError, match="text network"):
        probability.require()


def test_what_winds_is_covered_and_what_it_encloses_is_not() -> None:
    shares = np.zeros((100, 100), np.float32)
    shares[10:16, 10:90] = shares[10:90, 10:16] = 0.9
    boxes = [text.box for text, _ in network._lines(shares, 1, 0.5, 0.8)]
    assert not any(box.intersection(Box(60, 60, 180, 180)).area for box in boxes)
    for x, y in ((22, 22), (178, 25), (25, 178)):
        assert any(box.x0 <= x < box.x1 and box.y0 <= y < box.y1 for box in boxes)


def test_a_straight_line_is_one_box() -> None:
    shares = np.zeros((60, 100), np.float32)
    shares[20:26, 10:90] = 0.9
    assert [text.box for text, _ in network._lines(shares, 1, 0.5, 0.8)] == [Box(15, 35, 185, 57)]


def sharp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "sharpness", lambda image, box: 1.0)


def doubting(monkeypatch: pytest.MonkeyPatch, places: list[tuple[int, int]]) -> None:
    """A network that is unsure of a few pixels."""
    shares = np.zeros((300, 400), np.float32)
    for y, x in places:
        shares[y // 2 : y // 2 + 6, x // 2 : x // 2 + 20] = 0.4
    monkeypatch.setattr(network, "_scales", lambda image: [(1, shares)])


def test_a_helper_looks_only_where_there_may_be_more(monkeypatch: pytest.MonkeyPatch) -> None:
    sharp(monkeypatch)
    doubting(monkeypatch, [(300, 400)])
    seen: list[tuple[int, ...]] = []
    there, elsewhere = Box(398, 298, 446, 314), Box(300, 330, 340, 345)

    def help_find(part: np.ndarray) -> list[TextBox]:
        seen.append(part.shape)
        return [
            TextBox(box.shifted(-(400 // 32 - 3) * 32, -(300 // 32 - 3) * 32), 0.9, "strokes")
            for box in (there, elsewhere)
        ]

    found = network.find_lines(np.zeros((600, 800), np.uint8), help_find)
    assert [text.box for text in found] == [there]
    assert len(seen) == 1
    assert max(seen[0]) <= 9 * network.CELL


def test_a_helper_sees_nothing_where_all_is_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    doubting(monkeypatch, [])
    seen: list[tuple[int, ...]] = []
    network.find_lines(np.zeros((600, 800), np.uint8), lambda part: seen.append(part.shape) or [])
    assert seen == []


def test_what_a_helper_finds_around_lines_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sharp(monkeypatch)
    """A block that holds a line, and nothing more that looks like text."""
    shares = np.zeros((300, 400), np.float32)
    shares[100:106, 100:150] = 1
    shares[130:136, 100:110] = 0.4
    monkeypatch.setattr(network, "_scales", lambda image: [(1, shares)])
    left, top = (200 // 32 - 3) * 32, (260 // 32 - 3) * 32
    block, line = Box(180, 160, 340, 300), Box(190, 194, 330, 216)

    def help_find(part: np.ndarray) -> list[TextBox]:
        return [TextBox(box.shifted(-left, -top), 0.9, "strokes") for box in (block, line)]

    found = network.find_lines(np.zeros((600, 800), np.uint8), help_find)
    boxes = [text.box for text in found if text.source == "strokes"]
    assert boxes == [line]


def unsure_of(monkeypatch: pytest.MonkeyPatch, peak: float, wide: int) -> None:
    shares = np.zeros((150, 200), np.float32)
    shares[60:66, 60 : 60 + wide] = peak
    monkeypatch.setattr(network, "_scales", lambda image: [(1, shares)])


@pytest.mark.parametrize(
    ("peak", "wide", "unrest", "is_believed"),
    [(0.8, 8, 0, True), (0.8, 8, 40, False), (0.97, 8, 40, True), (0.8, 60, 40, True)],
)
def test_short_texts_on_tissue_must_be_sure(
    monkeypatch: pytest.MonkeyPatch, peak: float, wide: int, unrest: int, is_believed: bool
) -> None:
    unsure_of(monkeypatch, peak, wide)
    sharp(monkeypatch)
    tissue = np.random.default_rng(1).integers(60, 61 + unrest, (300, 400)).astype(np.uint8)
    assert bool(network.find_lines(tissue)) == is_believed


@pytest.mark.parametrize(("peak", "is_believed"), [(0.97, False), (0.995, True)])
def test_what_changes_its_hue_must_be_plain(
    monkeypatch: pytest.MonkeyPatch, peak: float, is_believed: bool
) -> None:
    unsure_of(monkeypatch, peak, 60)
    monkeypatch.setattr(network, "is_flow", lambda image, box: True)
    sharp(monkeypatch)
    assert bool(network.find_lines(np.zeros((300, 400, 3), np.uint8))) == is_believed


@pytest.mark.parametrize(
    ("peak", "blur", "is_believed"), [(0.97, 0, True), (0.97, 3, False), (1, 3, True)]
)
def test_what_is_blurred_must_be_plain(
    monkeypatch: pytest.MonkeyPatch, peak: float, blur: float, is_believed: bool
) -> None:
    unsure_of(monkeypatch, peak, 60)
    picture = np.roll(written("MEIER^ANNA"), (11, 80), axis=(0, 1))
    shown = cv2.GaussianBlur(picture, (0, 0), blur) if blur else picture
    assert bool(network.find_lines(shown)) == is_believed


def test_texts_of_one_picture_are_as_blurred_as_the_plain_one() -> None:
    """A doubtful one beside it is believed, where alone it is not."""
    blurred = cv2.GaussianBlur(written("MEIER^ANNA"), (0, 0), 2)
    line = TextBox(Box(38, 100, 175, 124), 0.9, "network")
    assert network.sharpness(blurred, line.box) < network.SHARP
    assert not network._is_believed(blurred, line, lambda: network._needed(blurred, []), 0.95)
    assert network._is_believed(blurred, line, lambda: network._needed(blurred, [line]), 0.95)


def saying(monkeypatch: pytest.MonkeyPatch, narrow: float) -> list[tuple[str, tuple[int, ...]]]:
    """The narrow network takes one place for text, the wide one all that it sees for half of it."""
    seen: list[tuple[str, tuple[int, ...]]] = []

    def say(tile: npt.NDArray[np.uint8], name: str) -> npt.NDArray[np.float32]:
        seen.append((name, tile.shape[:2]))
        shares = np.full([side // 2 for side in tile.shape[:2]], 0.4, np.float32)
        if name == probability.NARROW:
            shares[:] = 0.1
            shares[100:106, 140:180] = narrow
        return shares

    monkeypatch.setattr(probability, "_run", say)
    return seen


def test_the_wide_network_sees_what_is_near_doubtful_text(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = saying(monkeypatch, 0.8)
    noise = np.random.default_rng(0).integers(0, 255, (512, 640)).astype(np.uint8)
    shares = probability.probability(noise)
    (shape,) = [shape for name, shape in seen if name == probability.WIDE]
    assert np.prod(shape) < 0.2 * noise.size
    assert all(side % 16 == 0 for side in shape)
    np.testing.assert_allclose(shares[100:106, 140:180], 0.6, rtol=1e-5)
    np.testing.assert_allclose(shares[104, 120], 0.25, rtol=1e-5)
    np.testing.assert_allclose(shares[250, 310], 0.1, rtol=1e-5)


@pytest.mark.parametrize("narrow", [0.2, 0.999])
def test_it_is_not_asked_of_nothing_nor_of_what_is_certain(
    monkeypatch: pytest.MonkeyPatch, narrow: float
) -> None:
    seen = saying(monkeypatch, narrow)
    noise = np.random.default_rng(0).integers(0, 255, (512, 640)).astype(np.uint8)
    shares = probability.probability(noise)
    assert {name for name, _ in seen} == {probability.NARROW}
    assert shares[103, 160] == np.float32(narrow)


def test_more_is_asked_of_smaller_pictures_so_that_lines_stay_apart() -> None:
    shares = np.zeros((60, 120), np.float32)
    shares[10:20, 10:100], shares[20:24, 40:60], shares[24:34, 10:100] = 0.9, 0.5, 0.9
    assert len(network._lines(shares, 2, 0.45, 0.65)) == 2
    joined = network._lines(shares, 1, 0.45, 0.65)
    assert joined[0][0].box.intersection(Box(20, 20, 200, 68)) == Box(20, 20, 200, 68)
    assert not network._lines(shares * 0.75, 2, 0.45, 0.65)
    assert network._lines(shares * 0.75, 1, 0.45, 0.65)
