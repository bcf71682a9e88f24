from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence

from pixelscrub.api import scrub
from pixelscrub.errors import UsageError
from pixelscrub.prove.audit import audit
from pixelscrub.recipe import Recipe

from .conftest import packaged

STUDY, SERIES, FRAME = "1.2.826.77.1", "1.2.826.77.2", "1.2.826.77.4"


def reference(uid):
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = uid
    return Sequence([item])


def original(name, number):
    dataset = packaged(name)
    dataset.PatientName = "Lindqvist^Ottilie"
    dataset.PatientID = "ZK-4711-77"
    dataset.PatientBirthDate = "19340229"
    dataset.AccessionNumber = "ACC90210X"
    dataset.InstitutionName = "Hospital Zum Birnbaum"
    dataset.ReferringPhysicianName = "Quastenflosser^Hubert"
    dataset.StationName = "KELLERSCAN7"
    dataset.DeviceSerialNumber = "SN-556677"
    dataset.Manufacturer = "Rontgenwerke"
    dataset.InstitutionalDepartmentName = "RONTGENWERKE"
    dataset.StudyDate = dataset.SeriesDate = "20190712"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY, SERIES
    dataset.FrameOfReferenceUID = FRAME
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{SERIES}.{number}"
    dataset.InstanceNumber = number
    dataset.ReferencedImageSequence = reference(f"{SERIES}.1")
    return dataset


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Originals, and what our own steps made of them."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "in").mkdir()
    original("CT_small.dcm", 1).save_as(folder / "in" / "1")
    original("CT_small.dcm", 2).save_as(folder / "in" / "2")
    original("SC_rgb_jpeg_dcmtk.dcm", 3).save_as(folder / "in" / "3")
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
    assert [pair.source for pair in sorted(result.pairs)] == ["1", "2", "3"]
    assert json.loads(result.to_json())["holds"] is True
    assert "nothing found" in result.render()


def put(keyword, value):
    return lambda dataset: setattr(dataset, keyword, value)


def nest(keyword, value):
    def seed(dataset):
        item = Dataset()
        setattr(item, keyword, value)
        dataset.ReferencedStudySequence = Sequence([item])

    return seed


def private_text(dataset):
    dataset.private_block(0x0029, "SOMEONE", create=True).add_new(1, "LO", "LINDQVIST")


def private_bytes(dataset):
    data = b"\1\2" + "Lindqvist".encode("utf-16-le") + b"\3\4"
    dataset.private_block(0x0029, "SOMEONE", create=True).add_new(1, "UN", data)


def preamble(dataset):
    dataset.preamble = b"II*\0Lindqvist".ljust(128, b"\0")


def meta_title(dataset):
    dataset.file_meta.SourceApplicationEntityTitle = "KELLERSCAN7"


def meta_uid(dataset):
    dataset.file_meta.MediaStorageSOPInstanceUID = f"{SERIES}.1"


def pixels_bytes(dataset):
    values = dataset.pixel_array.copy()
    hidden = np.frombuffer(b"Lindqvist^Ottilie ", np.int16)
    values[0, : hidden.size] = hidden
    dataset.PixelData = values.tobytes()


def pixel_outside(dataset):
    values = dataset.pixel_array.copy()
    values[64, 64] += 1
    dataset.PixelData = values.tobytes()


def fewer_frames(dataset):
    dataset.Rows -= 1
    dataset.PixelData = dataset.PixelData[: -2 * dataset.Columns]


def no_pixels(dataset):
    del dataset.PixelData


def own_uid_of_the_next(dataset):
    dataset.StudyInstanceUID += ".1"


SEEDS = {
    "name": (put("PatientName", "Lindqvist^Ottilie"), "identifier_left"),
    "name turned round": (put("PatientComments", "seen: ottilie lindqvist"), "identifier_left"),
    "name in upper case": (put("ImageComments", "OTTILIE LINDQVIST"), "identifier_left"),
    "patient id": (put("PatientID", "ZK-4711-77"), "identifier_left"),
    "id without signs": (put("PatientComments", "ZK471177"), "identifier_left"),
    "birth date": (put("PatientBirthDate", "19340229"), "identifier_left"),
    "accession number": (put("AccessionNumber", "ACC90210X"), "identifier_left"),
    "physician": (put("ReferringPhysicianName", "Quastenflosser^Hubert"), "identifier_left"),
    "physician elsewhere": (put("SeriesDescription", "for Dr Quastenflosser"), "identifier_left"),
    "institution": (put("InstitutionName", "Hospital Zum Birnbaum"), "identifier_left"),
    "institution elsewhere": (
        put("ImageComments", "done in hospital zum birnbaum"), "identifier_left"),
    "station": (put("StationName", "KELLERSCAN7"), "identifier_left"),
    "serial number": (put("DeviceSerialNumber", "SN-556677"), "identifier_left"),
    "study date": (put("StudyDate", "20190712"), "listed_element_kept"),
    "study uid": (put("StudyInstanceUID", STUDY), "uid_kept"),
    "frame of reference": (put("FrameOfReferenceUID", FRAME), "uid_kept"),
    "nested name": (nest("PatientName", "Lindqvist^Ottilie"), "identifier_left"),
    "uid elsewhere": (nest("RetrieveURL", f"https://x/{STUDY}/y"), "identifier_left"),
    "private text": (private_text, "private_element_left"),
    "private bytes": (private_bytes, "identifier_left"),
    "preamble": (preamble, "preamble_kept"),
    "title in file meta": (meta_title, "application_entity_left"),
    "uid in file meta": (meta_uid, "meta_uid_differs"),
    "name in pixel bytes": (pixels_bytes, "identifier_left"),
    "trailing padding": (put("DataSetTrailingPadding", b"\0Lindqvist\0"), "identifier_left"),
    "one pixel": (pixel_outside, "pixels_changed"),
    "a row less": (fewer_frames, "frames_differ"),
    "no pixels": (no_pixels, "pixels_not_decodable"),
    "broken reference": (
        put("ReferencedImageSequence", reference("2.25.99999")), "broken_reference"),
    "inconsistent uid": (own_uid_of_the_next, "inconsistent_uid"),
    "no mark": (put("PatientIdentityRemoved", "NO"), "mark_missing"),
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seeded_leak_is_found(folder, seed):
    plant, kind = SEEDS[seed]
    path = outputs(folder)[1]
    dataset = dcmread(path)
    plant(dataset)
    dataset.save_as(path, enforce_file_format=False)
    assert kind in kinds(folder)


def test_a_name_in_a_jpeg_comment_is_found(folder):
    path = outputs(folder)[2]
    dataset = dcmread(path)
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    comment = b"\xff\xfe" + (11).to_bytes(2, "big") + b"lindqvist"
    dataset.PixelData = encapsulate([frame[:2] + comment + frame[2:]])
    dataset.save_as(path)
    assert "identifier_left" in kinds(folder)


def test_a_name_after_the_data_set_is_found(folder):
    path = outputs(folder)[0]
    path.write_bytes(path.read_bytes() + b"\0\0\0Lindqvist^Ottilie")
    assert kinds(folder) & {"identifier_left", "unreadable"}


def test_foreign_missing_and_doubled_files_are_found(folder):
    first, second, _ = outputs(folder)
    (folder / "out" / "notes.txt").write_text("hello")
    shutil.copy(second, folder / "out" / "copy.dcm")
    first.unlink()
    assert kinds(folder) >= {"not_dicom", "no_original", "duplicate_uid", "output_missing"}


def test_an_untouched_copy_is_found_without_a_journal(folder):
    shutil.rmtree(folder / "out")
    shutil.copytree(folder / "in", folder / "out")
    assert kinds(folder, private=False) >= {"identifier_left", "uid_kept", "listed_element_kept"}


def test_intervals_that_were_kept_for_one_file_only_are_found(folder):
    for path, date in zip(outputs(folder), ("20180101", "20180105", "20180101"), strict=True):
        dataset = dcmread(path)
        dataset.StudyDate = date
        dataset.save_as(path)
    assert "interval_lost" in kinds(folder)


def test_the_result_tells_no_value(folder):
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


def test_dates_moved_alike_and_one_dummy_date_are_no_loss(folder):
    for dates in (["20180101"] * 3, ["19000101"] * 3):
        for path, date in zip(outputs(folder), dates, strict=True):
            dataset = dcmread(path)
            dataset.StudyDate = dataset.ContentDate = date
            dataset.save_as(path)
        assert "interval_lost" not in kinds(folder)


def test_an_output_that_does_not_exist_is_refused(folder):
    with pytest.raises(UsageError):
        audit([folder / "in"], folder / "nowhere")
