from __future__ import annotations

import errno
import html
import html.parser
import re
from pathlib import Path

import numpy as np
import pytest

from pixelscrub.errors import Reason, UsageError
from pixelscrub.outcome import Summary
from pixelscrub.report import pictures
from pixelscrub.report.build import build, duration
from pixelscrub.report.reasons import NEXT_STEP


class Page(html.parser.HTMLParser):
    """Links, texts and open tags of a page."""

    VOID = frozenset({"meta", "img", "rect", "line", "link", "br"})

    def __init__(self, path):
        super().__init__()
        self.links, self.words, self.stack, self.tags = [], [], [], set()
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [v for k, v in attrs if k in {"href", "src"}]
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.stack.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


def pages(private):
    index = build(private.path)
    return {path.name: Page(path) for path in index.parent.glob("*.html")}


def test_an_empty_run_gives_a_page(private):
    index = pages(private)["index.html"]
    assert "0 released" in index.text
    assert index.stack == []


def test_a_full_disk_leaves_the_old_report_whole(private, monkeypatch):
    index = build(private.path)
    before = {path.name: path.read_bytes() for path in index.parent.glob("*.html")}
    write = Path.write_text

    def full(path, text, **options):
        write(path, text[: len(text) // 2], **options)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UsageError, match="cannot be written"):
        build(private.path)
    assert {path.name: path.read_bytes() for path in index.parent.iterdir() if path.is_file()} == (
        before
    )


def test_pages_of_series_that_are_gone_go(private):
    stale = private.path / "report" / "series-0099-01.html"
    stale.parent.mkdir(exist_ok=True)
    stale.write_text("old")
    build(private.path)
    assert not stale.exists()


def test_held_instances_come_first_with_reason_and_meaning(private):
    private.add_masked(1, [(10, 10, 90, 30)])
    private.hold("in/broken", "damaged_file", detail="cut short")
    private.hold("in/letter.txt", "not_dicom")
    text = pages(private)["index.html"].text
    held = text.index("1 held back")
    assert held < text.index("Released, by study")
    assert "in/broken" in text[held:]
    assert "The file is damaged" in text
    assert text.index("in/letter.txt") > text.index("Files that are no instances")


def test_held_files_have_their_next_step(private):
    private.hold("in/broken", "damaged_file")
    index = build(private.path).read_text()
    assert NEXT_STEP[Reason.DAMAGED_FILE] in html.unescape(index)


def test_pages_show_pictures_that_exist_and_nothing_from_elsewhere(private):
    private.add_masked(1, [(10, 10, 90, 30)])
    private.add(source="in/2", output="P1/S1/E1/2.dcm", pictures=["../../key", "gone"])
    found = pages(private)
    assert set(found) == {"index.html", "summary.html", "series-0001-01.html"}
    for page in found.values():
        assert page.stack == []
        assert not page.tags & {"script", "iframe", "object", "link"}
        for link in page.links:
            assert (private.path / "report" / link).is_file()
    shown = {link for link in found["series-0001-01.html"].links if link.endswith(".jpg")}
    assert len(shown) == 2


def test_everything_from_the_audit_is_escaped(private):
    evil = "<script>alert(1)</script>\"'&"
    private.add(
        source=evil,
        output="<b>/\"x/<i>'/1.dcm",
        sop_class="<u>",
        tags={evil: 1},
        seconds={evil: 1.0},
        face={"status": "none", "mask": None, "checks": {evil: 1}},
    )
    private.hold(evil, "timeout", detail=evil)
    (private.path / "summary.json").write_text(
        Summary(recipe=evil, versions={evil: evil}).model_dump_json()
    )
    for page in pages(private).values():
        assert not page.tags & {"script", "b>", "i", "u"}
        assert page.stack == []
        assert "alert(1)" in page.text


def test_films_heads_and_checks_are_shown(private):
    grey = np.full((60, 80), 90, np.uint8)
    folder = private.path / "report" / "pictures"
    name = pictures.save(folder, "n", grey, grey, [])
    pictures.save_strip(folder, "n", [(grey, grey)] * 3)
    for kind in ("head", "cuts"):
        pictures.save_views(folder, "P1/S1/E1/head", kind, {"front": grey}, {"front": grey})
    face = {"status": "removed", "mask": "m.nii.gz", "checks": {"nose_gone": 1.0, "fit": 80}}
    private.add(pictures=[name], face=face, crop=[1, 2, 70, 50])
    page = pages(private)["series-0001-01.html"]
    shown = {link for link in page.links if link.endswith(".jpg")}
    assert len(shown) == 7
    assert all((private.path / "report" / link).is_file() for link in shown)
    assert "Nose gone 1" in page.text
    assert "Distance to the average head (mean square; trusted up to 125) 80 mm²" in page.text
    assert "columns 1 to 70" in page.text


def test_unchanged_pixels_are_claimed_only_where_nothing_was_planned(private):
    private.add(source="in/same")
    private.add(source="in/changed", output="P1/S1/E1/2.dcm", crop=[0, 0, 5, 5])
    text = pages(private)["series-0001-01.html"].text
    assert text.index("Without pictures") < text.index("in/changed")
    assert text.index("in/changed") < text.index("Pixels as they were") < text.index("in/same")


def test_pages_of_an_earlier_report_do_not_stay(private):
    stale = private.path / "report" / "series-0099-01.html"
    stale.write_text("old")
    pages(private)
    assert not stale.exists()


def test_a_thousand_instances_are_split_into_pages(private):
    for number in range(1, 201):
        private.add_masked(number, [(10, 10, 90, 30)], size=(80, 60))
    for number in range(800):
        private.add(source=f"in/x{number}", output=f"P1/S2/E{number % 7}/{number}.dcm")
    found = pages(private)
    assert len(found) == 2 + 1 + 7
    assert all(page.stack == [] for page in found.values())


@pytest.mark.parametrize("content", ["{", '{"source": 1}', '{"source": "a", "outcome": "odd"}'])
def test_an_audit_of_another_kind_is_refused_without_its_content(private, content):
    (private.path / "audit.jsonl").write_text(content)
    with pytest.raises(UsageError, match="audit cannot be used"):
        build(private.path)


def test_a_report_that_cannot_be_written_is_told(private):
    (private.path / "report" / "index.html").mkdir()
    with pytest.raises(UsageError, match="report cannot be written"):
        build(private.path)


def test_a_damaged_summary_is_replaced_by_the_sum_of_the_audit(private):
    private.add()
    (private.path / "summary.json").write_text("{")
    assert "1 released" in pages(private)["index.html"].text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_duration_is_told_as_people_do(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained(private, reason):
    private.hold("in/x", reason)
    sentence = re.search(rf"{reason} (\S.*?\.)", pages(private)["index.html"].text)
    assert sentence is not None
    assert len(sentence[1].split()) >= 4


def test_slices_of_a_volume_stand_on_a_contact_sheet(private):
    face = {"status": "removed", "mask": "m.nii.gz", "checks": {}}
    for number in range(1, 41):
        private.add_masked(number, [], face=face)
    private.add_masked(41, [(10, 10, 90, 30)], face=face)
    page = pages(private)["series-0001-01.html"]
    assert page.text.count("After, as written") == 1
    assert page.text.count("from in/41") == 1
    assert "from in/7" not in page.text
    assert page.text.count(" 40 ") == 1
    assert "The head was not drawn" in page.text


def test_the_summary_names_no_original_and_shows_no_picture(private):
    private.add_masked(1, [(10, 10, 90, 30)])
    private.hold("in/secret-name", "face_partial")
    page = pages(private)["summary.html"]
    assert not page.tags & {"img", "image", "svg"}
    assert "secret-name" not in page.text
    assert "in/1" not in page.text
    assert "face partial 1 Only a part of the face" in page.text


@pytest.mark.parametrize(("replaced", "is_told"), [(3, True), (0, False)])
def test_what_was_not_looked_for_is_not_said_to_be_gone(private, replaced, is_told):
    private.add(tags={"removed": 0, "emptied": 0, "replaced": replaced, "kept": 0})
    text = pages(private)["summary.html"].text
    assert ("were searched for in its tags" in text) is is_told
    assert ("Headers were left as they were" in text) is not is_told


def test_head_that_is_held_is_shown_with_its_reason_and_without_an_after(private):
    grey = {view: np.full((40, 30), 90, np.uint8) for view in ("front", "left", "right")}
    folder = private.path / "report" / "pictures"
    for kind in ("head", "cuts"):
        name = pictures.save_views(folder, "P1/S1/E1/head", kind, grey, {})
    for number in range(3):
        private.hold(f"in/{number}", "face_partial", pictures=[name])
    page = pages(private)["index.html"]
    shown = [link for link in page.links if link.startswith("pictures/")]
    assert set(shown) == {f"pictures/{name}.{kind}-before.jpg" for kind in ("head", "cuts")}
    assert "There is no after: slices of this head are held" in page.text
