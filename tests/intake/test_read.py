import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import DeflatedExplicitVRLittleEndian

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.find import find
from pixelscrub.intake.read import read_again, read_instance


def read(path):
    (source,) = find([path])
    return read_instance(source)


def reason_of(path):
    with pytest.raises(HeldError) as caught:
        read(path)
    return caught.value.reason


def test_reads_what_places_an_instance(make_instance, save, tmp_path):
    original = make_instance(InstanceNumber=7, Modality="MR", FrameOfReferenceUID="1.2.3")
    instance = read(save(original, tmp_path / "no extension"))
    assert instance.uid == original.SOPInstanceUID
    assert instance.study == original.StudyInstanceUID
    assert instance.series == original.SeriesInstanceUID
    assert instance.patient == "PLANTED-4711"
    assert (instance.number, instance.modality) == (7, "MR")
    assert instance.frame_of_reference == "1.2.3"
    assert instance.transfer_syntax == "1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    "name", ["ExplVR_LitEndNoMeta.dcm", "ExplVR_BigEndNoMeta.dcm", "image_dfl.dcm"]
)
def test_reads_files_without_meta_and_deflated_ones(packaged, name):
    assert read(packaged / name).uid


def test_header_of_unchanged_bytes_is_not_read_again(make_instance, save, tmp_path, monkeypatch):
    path = save(make_instance(), tmp_path / "a.dcm")
    earlier = read(path)
    path.write_bytes(path.read_bytes().replace(b"PLANTED-4711", b"PLANTED-4712"))
    assert read_again(earlier).patient == "PLANTED-4712"
    earlier = read(path)
    monkeypatch.setattr("pixelscrub.intake.read._read_header", None)
    assert read_again(earlier) is earlier


def test_file_that_cannot_be_read_again_is_held(make_instance, save, tmp_path):
    path = save(make_instance(), tmp_path / "a.dcm")
    earlier = read(path)
    path.unlink()
    with pytest.raises(HeldError, match="unreadable"):
        read_again(earlier)


def test_text_is_not_dicom(packaged):
    assert reason_of(packaged / "README.txt") is Reason.NOT_DICOM


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 128 + b"DICM"])
def test_file_that_claims_to_be_dicom_is_damaged(tmp_path, content):
    (tmp_path / "a.dcm").write_bytes(content)
    assert reason_of(tmp_path / "a.dcm") is Reason.DAMAGED_FILE


def test_directory_is_no_instance(packaged):
    assert reason_of(packaged / "dicomdirtests" / "DICOMDIR-empty.dcm") is Reason.DICOMDIR


def test_instance_without_a_class_is_held(make_instance, save, tmp_path):
    original = make_instance()
    del original.SOPClassUID, original.file_meta.MediaStorageSOPClassUID
    original.save_as(tmp_path / "a", enforce_file_format=False)
    assert reason_of(tmp_path / "a") is Reason.MISSING_UID


def test_instance_number_that_is_no_number_counts_as_none(make_instance, save, tmp_path):
    original = make_instance()
    original["InstanceNumber"].value = None
    assert read(save(original, tmp_path / "a")).number == 0


def test_file_that_vanishes_is_unreadable(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    (source,) = find([tmp_path])
    (tmp_path / "a").unlink()
    with pytest.raises(HeldError) as caught:
        read_instance(source)
    assert caught.value.reason is Reason.UNREADABLE


def test_deflated_bomb_is_inflated_no_further_than_its_header(make_instance, tmp_path, monkeypatch):
    monkeypatch.setattr("pixelscrub.intake.read.DEFLATED_HEADER_LIMIT", 2**16)
    original = make_instance()
    original.PixelData = bytes(2**24)
    original.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    original.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    inflated = []
    real = zlib.decompressobj

    class Counting:
        def __init__(self, *args):
            self.inner = real(*args)

        def decompress(self, *args):
            inflated.append(self.inner.decompress(*args))
            return inflated[-1]

    monkeypatch.setattr("pixelscrub.intake.read.zlib.decompressobj", Counting)
    assert read(tmp_path / "a.dcm").uid == original.SOPInstanceUID
    assert sum(map(len, inflated)) <= 2**16


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_placed_or_held(tmp_path_factory, content, with_magic):
    path = tmp_path_factory.mktemp("any") / "a"
    path.write_bytes(bytes(128) + b"DICM" + content if with_magic else content)
    with pytest.raises(HeldError):
        read(path)
