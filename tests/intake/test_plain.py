"""What places an instance is the same by its bytes and by pydicom."""

from __future__ import annotations

import io
from pathlib import Path

import pydicom.data
import pytest
from pydicom import Dataset

from pixelscrub.dicom.canonical import canonical
from pixelscrub.dicom.parts import parts_of
from pixelscrub.errors import HeldError
from pixelscrub.intake import instance, read
from pixelscrub.intake.instance import Source
from pixelscrub.intake.plain import plain_header

FOLDER = Path(pydicom.data.__file__).parent / "test_files"
PACKAGED = sorted(path.name for path in FOLDER.glob("*.dcm"))


def said(header):
    return {keyword: str(header.get(keyword) or "") for keyword in read.TAGS}


@pytest.mark.parametrize("name", PACKAGED)
def test_it_says_what_pydicom_says(name):
    try:
        file = canonical(io.BytesIO((FOLDER / name).read_bytes()))
    except HeldError:
        return
    plain = plain_header(file, read.TAGS)
    if plain is None:
        return
    file.seek(0)
    meta, header = read._read_header(file)
    assert said(plain[1]) == said(header)
    assert plain[0].get("TransferSyntaxUID") == meta.TransferSyntaxUID


def test_it_speaks_for_most_files():
    files = [io.BytesIO((FOLDER / name).read_bytes()) for name in ("CT_small.dcm", "MR_small.dcm")]
    assert all(plain_header(file, read.TAGS) is not None for file in files)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("PatientName", "Müller"), ("PatientID", "1\\2"), ("StudyID", " 4"), ("SOPClassUID", None)],
)
def test_anything_else_is_left_to_pydicom(keyword, value):
    dataset: Dataset = pydicom.dcmread(FOLDER / "CT_small.dcm")
    if value is None:
        delattr(dataset, keyword)
    else:
        dataset.add_new(keyword, pydicom.datadict.dictionary_VR(keyword), value)
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=False)
    assert plain_header(out, read.TAGS) is None


def test_a_file_in_memory_is_read_once_and_never_remembered(tmp_path):
    path = tmp_path / "a"
    path.write_bytes((FOLDER / "CT_small.dcm").read_bytes())
    source = Source(tmp_path, "a", path.stat().st_size, path.stat().st_mtime_ns)
    loaded = source.in_memory()
    path.unlink()
    assert loaded != source
    assert loaded.start(4) == loaded.open().read(4)
    with loaded.open_instance() as file:
        assert parts_of(file).header is parts_of(file).header
    assert "content" not in repr(loaded)


def test_a_file_that_is_too_large_or_grew_is_not_taken_into_memory(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(bytes(100))
    monkeypatch.setattr(instance, "MEMORY_LIMIT", 50)
    for size in (100, 10):
        source = Source(tmp_path, "a", size, 0)
        assert source.in_memory() is source
