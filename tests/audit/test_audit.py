from __future__ import annotations

import json
import shutil

import pytest
from pydicom import dcmread

from pixelscrub.api import scrub
from pixelscrub.audit.audit import audit
from pixelscrub.errors import HeldError, MissingComponentError, Reason, UsageError
from pixelscrub.recipe import Recipe

from .all_seeds import SEEDS
from .seeds import JPEG, STUDY, write_originals


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Originals, and what our own steps made of them."""
    folder = tmp_path_factory.mktemp("made")
    write_originals(folder / "in", ("CT_small.dcm", "examples_rgb_color.dcm", JPEG))
    scrub(folder / "in", folder / "out", recipe=Recipe().with_steps("tags"), workers=1)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


def outputs(folder):
    """Outputs in the order of their originals."""
    lines = map(json.loads, (folder / "out-private" / "audit.jsonl").read_text().splitlines())
    return [folder / "out" / line["output"] for line in sorted(lines, key=lambda a: a["source"])]


def kinds(folder, private=True):
    found = audit([folder / "in"], folder / "out", folder / "out-private" if private else None)
    assert not any("indqvist" in issue.place + issue.detail for issue in found.issues)
    return {issue.kind for issue in found.issues}


@pytest.mark.parametrize("private", [True, False])
def test_our_own_output_passes(made, private):
    result = audit([made / "in"], made / "out", made / "out-private" if private else None)
    assert result.issues == []
    assert [pair.source for pair in sorted(result.pairs)] == ["1.dcm", "2.dcm", "3.dcm"]
    assert json.loads(result.to_json())["holds"] is True
    assert "nothing found" in result.render()


@pytest.fixture
def quick(monkeypatch):
    """Without what takes long: reading pictures, and dciodvfy."""
    monkeypatch.setattr("pixelscrub.audit.audit.check_picture", lambda *_: iter(()))
    monkeypatch.setattr("pixelscrub.audit.conformance.program", lambda: None)


def plant(folder, seed):
    planted = SEEDS[seed]
    paths = [p for p in outputs(folder) if planted.fits(dcmread(p, stop_before_pixels=True))]
    planted.plant(paths[-1])
    return planted.kinds


@pytest.mark.parametrize("seed", sorted(SEEDS.keys() - {"name burned in", "plane in spare bits"}))
def test_a_seeded_leak_is_found(folder, quick, seed):
    expected = plant(folder, seed)
    assert kinds(folder) & expected


@pytest.mark.parametrize(
    "seed", ["one pixel", "stripes", "picture upside down", "every other row gone"]
)
def test_changed_pixels_are_found_without_a_plan(folder, quick, seed):
    expected = plant(folder, seed)
    assert kinds(folder, private=False) & expected


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_a_name_that_can_be_read_in_a_picture_is_found(folder):
    expected = plant(folder, "name burned in")
    assert expected <= kinds(folder, private=False)


def test_pictures_of_an_output_without_an_original_are_read_as_well(folder, monkeypatch):
    monkeypatch.setattr("pixelscrub.audit.conformance.program", lambda: None)
    monkeypatch.setattr("pixelscrub.audit.audit.by_content", lambda *_: {})
    monkeypatch.setattr("pixelscrub.audit.pixels.text._words", lambda _: {"LINDQVIST"})
    found = kinds(folder, private=False)
    assert {"no_original", "identifier_in_picture"} <= found


def test_words_that_no_header_knows_are_a_note_and_no_leak(folder, monkeypatch):
    monkeypatch.setattr("pixelscrub.audit.conformance.program", lambda: None)
    said = {"STRANGER", "XY", "1234567"}
    monkeypatch.setattr("pixelscrub.audit.pixels.text._words", lambda _: said)
    result = audit([folder / "in"], folder / "out")
    assert result.issues == []
    (note,) = (n for n in result.notes if n.startswith("words that no header knows, in 3 pictures"))
    assert all(str(p.relative_to(folder / "out")) in note for p in outputs(folder))
    assert "STRANGER" not in note
    monkeypatch.setattr("pixelscrub.audit.pixels.text._words", lambda _: said - {"STRANGER"})
    assert not any(n.startswith("words") for n in audit([folder / "in"], folder / "out").notes)


def test_what_could_not_be_checked_is_told(folder, quick, monkeypatch):
    def fail(*_):
        raise MissingComponentError("Tesseract", "install it")

    monkeypatch.setattr("pixelscrub.audit.audit.check_picture", fail)
    result = audit([folder / "in"], folder / "out")
    assert result.notes == [
        "text in pictures: Tesseract is needed and not installed; install it",
        "conformance: dciodvfy is not installed",
    ]
    assert "not checked: text in pictures" in result.render()


def test_pictures_that_cannot_be_shown_are_counted(folder, quick, monkeypatch):
    def fail(*_):
        raise HeldError(Reason.DECODE_FAILED)

    monkeypatch.setattr("pixelscrub.audit.audit.check_picture", fail)
    result = audit([folder / "in"], folder / "out")
    assert "text in pictures: 3 cannot be shown" in result.notes


def test_an_output_without_an_original_is_searched_as_well(folder, quick):
    path = outputs(folder)[0]
    dataset = dcmread(path)
    dataset.Rows, dataset.Columns = dataset.Columns // 2, dataset.Rows * 2
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.PatientComments = "lindqvist"
    dataset.save_as(path)
    assert kinds(folder, private=False) >= {"no_original", "identifier_left"}


def test_foreign_missing_and_doubled_files_are_found(folder, quick):
    first, second, _ = outputs(folder)
    (folder / "out" / "notes.txt").write_text("hello")
    shutil.copy(second, folder / "out" / "copy.dcm")
    first.unlink()
    assert kinds(folder) >= {"not_dicom", "no_original", "duplicate_uid", "output_missing"}


def test_an_untouched_copy_is_found_without_a_journal(folder, quick):
    shutil.rmtree(folder / "out")
    shutil.copytree(folder / "in", folder / "out")
    assert kinds(folder, private=False) >= {"identifier_left", "uid_kept", "listed_element_kept"}


def test_intervals_that_were_kept_for_one_file_only_are_found(folder, quick):
    for path, date in zip(outputs(folder), ("20180101", "20180105", "20180101"), strict=True):
        dataset = dcmread(path)
        dataset.StudyDate = date
        dataset.save_as(path)
    assert "interval_lost" in kinds(folder)


def test_the_result_tells_no_value(folder, quick):
    shutil.rmtree(folder / "out")
    shutil.copytree(folder / "in", folder / "out")
    result = audit([folder / "in"], folder / "out")
    told = result.to_json() + result.render()
    for value in ("indqvist", "4711", "Birnbaum", "KELLER", "20190712", STUDY):
        assert value not in told


@pytest.mark.parametrize("content", [None, "{", "[1]"])
def test_a_private_folder_without_a_good_audit_is_refused(folder, content):
    audit_file = folder / "out-private" / "audit.jsonl"
    audit_file.unlink()
    if content:
        audit_file.write_text(content)
    with pytest.raises(UsageError):
        kinds(folder)


def test_dates_moved_alike_and_one_dummy_date_are_no_loss(folder, quick):
    for dates in (["20180101"] * 3, ["19000101"] * 3):
        for path, date in zip(outputs(folder), dates, strict=True):
            dataset = dcmread(path)
            dataset.StudyDate = dataset.ContentDate = date
            dataset.save_as(path)
        assert "interval_lost" not in kinds(folder)


def test_an_output_that_does_not_exist_is_refused(folder):
    with pytest.raises(UsageError):
        audit([folder / "in"], folder / "nowhere")
