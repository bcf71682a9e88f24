"""Figures of detection, on pictures of which everything is known."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pixelscrub.errors import NothingUsableError, UsageError
from pixelscrub.evaluate import measure as module
from pixelscrub.evaluate.gallery import MISSED, WRONG, GalleryPicture, cause_of_miss, cause_of_wrong
from pixelscrub.evaluate.measure import evaluate, ink, masked
from pixelscrub.findings import Box, Finding
from pixelscrub.recipe import TextSettings
from pixelscrub.text.boxes import TextBox

LEFT, RIGHT = Box(10, 10, 50, 20), Box(70, 40, 110, 50)
SETTINGS = TextSettings(padding=0)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    picture = np.zeros((80, 160, 3), np.uint8)
    for x0, y0, x1, y1 in (LEFT, RIGHT):
        picture[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3] = 255
    for name in ("text.png", "none.png"):
        cv2.imwrite(str(tmp_path / name), picture if name == "text.png" else 0 * picture)
    return tmp_path


@pytest.fixture
def truth(images: Path) -> Path:
    boxes = [{"box": b, "text": "x", "is_phi": b == LEFT} for b in (LEFT, RIGHT)]
    content = {
        "with": {"file": "text.png", "frame": 0, "width": 160, "height": 80, "boxes": boxes},
        "without": {"file": "none.png", "boxes": [], "ignore": [[0, 0, 10, 10]]},
    }
    path = images / "truth.json"
    path.write_text(json.dumps(content))
    return path


def finds(monkeypatch: pytest.MonkeyPatch, *boxes: Box) -> None:
    found = [TextBox(box, 1.0, "fake") for box in boxes]
    monkeypatch.setattr(module, "detect", lambda image, names: found if image.any() else [])


def test_all_found_and_nothing_else(images, truth, monkeypatch) -> None:
    finds(monkeypatch, LEFT, RIGHT)
    figures = evaluate(images, truth, SETTINGS).figures
    assert (figures.identifying_unread, figures.all_unread) == (1, 1)
    assert (figures.identifying_removed, figures.all_removed, figures.images_clean) == (1, 1, 1)
    assert (figures.wrong_with_text, figures.wrong_without_text, figures.untouched) == (0, 0, 1)


def test_a_miss_and_a_wrong_mask_are_counted(images, truth, monkeypatch) -> None:
    finds(monkeypatch, RIGHT, Box(0, 60, 160, 80))
    result = evaluate(images, truth, SETTINGS)
    figures = result.figures
    assert (figures.identifying_removed, figures.all_removed, figures.images_clean) == (0, 0.5, 0)
    assert figures.wrong_with_text == pytest.approx(0.25)
    assert "25.00 %" in result.render()
    assert json.loads(result.to_json())["figures"]["all_removed"] == 0.5


def test_ink_may_be_gone_where_the_box_is_not(images, truth, monkeypatch) -> None:
    finds(monkeypatch, LEFT, RIGHT.padded(-3))
    figures = evaluate(images, truth, SETTINGS).figures
    assert (figures.all_removed, figures.all_gone) == (0.5, 1.0)


def test_an_image_that_cannot_be_read_is_held(images, truth) -> None:
    (images / "none.png").write_bytes(b"no picture")
    content = json.loads(truth.read_text())
    truth.write_text(json.dumps({"without": content["without"]}))
    result = evaluate(images, truth, SETTINGS)
    assert result.held == ["without"]
    assert result.figures.images == 0


def test_dicom_is_looked_at_as_the_pipeline_does(tmp_path, make_instance, save) -> None:
    save(make_instance(np.full((64, 64), 9, np.uint8)), tmp_path / "flat")
    (tmp_path / "truth.json").write_text(json.dumps({"flat": {"file": "flat", "boxes": []}}))
    figures = evaluate(
        tmp_path, tmp_path / "truth.json", TextSettings(detectors=["strokes"])
    ).figures
    assert (figures.images, figures.untouched) == (1, 1)


@pytest.mark.parametrize(
    "content", ["", "{", '{"a": {}}', '{"a": {"file": "absent", "boxes": []}}']
)
def test_truth_that_cannot_be_used_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text(content)
    with pytest.raises(UsageError):
        evaluate(tmp_path, tmp_path / "truth.json")


def test_missing_or_empty_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        evaluate(tmp_path, tmp_path / "truth.json")
    (tmp_path / "truth.json").write_text("{}")
    with pytest.raises(NothingUsableError):
        evaluate(tmp_path, tmp_path / "truth.json")


def test_only_masks_of_the_frame_count() -> None:
    findings = [
        Finding(kind="text", box=Box(0, 0, 2, 2), frames=(1, 2)),
        Finding(kind="text", box=Box(2, 2, 4, 4), action="keep"),
    ]
    assert masked(findings, 1, (4, 4)).sum() == 4
    assert masked(findings, 0, (4, 4)).sum() == 0


def test_ink_is_what_differs_from_the_rim() -> None:
    picture = np.full((10, 20), 200, np.uint8)
    picture[4:6, 5:15] = 40
    assert ink(picture, Box(0, 0, 20, 10)).sum() == 20


def test_the_gallery_shows_misses_and_wrong_masks_worst_first(images, truth, monkeypatch) -> None:
    finds(monkeypatch, RIGHT, Box(0, 60, 160, 80))
    evaluate(images, truth, SETTINGS, gallery=images / "new" / "gallery")
    page = (images / "new" / "gallery" / "index.html").read_text()
    said = " ".join(page.split())
    assert "with: 1 missed, 25.00 % wrongly masked" in said
    assert "missed: on flat ground 1" in said
    assert "wrong: no text, on flat ground: 1" in said
    assert "without:" not in page
    drawn = cv2.imread(str(images / "new" / "gallery" / "0001.png"))[..., ::-1]
    assert tuple(drawn[LEFT.y0 - 3, LEFT.x0]) == MISSED
    assert drawn[70, 80].tolist() == [v // 2 for v in WRONG]


def test_a_gallery_of_nothing_says_so(images, truth, monkeypatch) -> None:
    finds(monkeypatch, LEFT, RIGHT)
    evaluate(images, truth, SETTINGS, gallery=images / "gallery")
    assert [path.name for path in (images / "gallery").iterdir()] == ["index.html"]
    assert "Nothing" in (images / "gallery" / "index.html").read_text()


def test_another_tool_is_measured_on_the_same_images(images, truth) -> None:
    seen = []

    def find(path: Path) -> list[Finding]:
        seen.append(path.name)
        return [Finding(kind="text", box=LEFT)] if path.name == "text.png" else []

    figures = evaluate(images, truth, finder=find).figures
    assert seen == ["text.png", "none.png"]
    assert (figures.identifying_removed, figures.all_removed) == (1, 0.5)


def test_what_cannot_be_read_counts_as_gone_whatever_its_ink_says(
    images, truth, monkeypatch
) -> None:
    finds(monkeypatch, Box(10, 10, 30, 20), RIGHT)
    blind = evaluate(images, truth, SETTINGS, readers=[]).figures
    keen = evaluate(images, truth, SETTINGS, readers=[lambda line: "x"]).figures
    assert (blind.all_unread, keen.all_unread) == (None, 0.5)
    once = iter(["", "x"])
    weak = evaluate(images, truth, SETTINGS, readers=[lambda line: next(once)]).figures
    assert weak.all_unread == 1
    assert weak.all_gone == 0.5


def shown(
    boxes: list[Box], texts: list[Box], colour: tuple[int, int, int] = (90, 90, 90)
) -> GalleryPicture:
    picture = np.full((80, 160, 3), 30, np.uint8)
    picture[:, 80:] = np.random.default_rng(2).integers(0, 40, (80, 80, 1)) + np.array(colour)
    for x0, y0, x1, y1 in texts:
        picture[y0 + 1 : y1 - 1 : 2, x0 + 1 : x1 - 1] = 255
    mask = np.zeros((80, 160), bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    return GalleryPicture(picture, mask, boxes, texts, [])


@pytest.mark.parametrize(
    ("box", "cause"),
    [
        (Box(10, 10, 60, 24), "missed: on flat ground"),
        (Box(100, 10, 150, 24), "missed: on picture"),
        (Box(10, 10, 20, 24), "missed: one or two letters"),
        (Box(10, 10, 60, 16), "missed: small letters"),
    ],
)
def test_a_miss_is_named_by_what_it_stands_on(box: Box, cause: str) -> None:
    assert cause_of_miss(shown([], [box]), box) == cause


def test_a_miss_may_be_cut_or_faint() -> None:
    box = Box(10, 10, 60, 24)
    assert cause_of_miss(shown([Box(0, 0, 30, 30)], [box]), box) == "missed: cut by its mask"
    assert cause_of_miss(shown([], []), box) == "missed: faint"


@pytest.mark.parametrize(
    ("box", "texts", "cause"),
    [
        (Box(10, 40, 60, 60), [], "wrong: no text, on flat ground"),
        (Box(90, 40, 150, 60), [], "wrong: no text, on picture"),
        (Box(10, 10, 78, 60), [Box(10, 10, 30, 20)], "wrong: beyond its text, on flat ground"),
        (
            Box(90, 10, 150, 70),
            [Box(95, 15, 140, 20), Box(95, 60, 140, 65)],
            "wrong: several texts joined, on picture",
        ),
    ],
)
def test_a_wrong_mask_is_named_by_what_is_under_it(box: Box, texts: list[Box], cause: str) -> None:
    assert cause_of_wrong(shown([box], texts), box) == cause


def test_a_wrong_mask_on_colours_says_so() -> None:
    seen = shown([Box(90, 40, 150, 60)], [], (20, 90, 200))
    assert cause_of_wrong(seen, Box(90, 40, 150, 60)) == "wrong: no text, on colours"
