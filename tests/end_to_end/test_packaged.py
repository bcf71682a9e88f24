"""The whole job over the files that pydicom ships, judged by pydicom's own decoders."""

import hashlib
import warnings

import numpy as np
import pydicom
import pytest
from pydicom.pixels import pixel_array

from pixelscrub.pixels.image import has_same_frames

NOT_INSTANCES = {"not_dicom", "dicomdir", "not_a_file"}


def lines_of(run, outcome):
    return [line for line in run.audit.values() if line["outcome"] == outcome]


def boxes_of(line):
    return [text["box"] for text in line["text"] if text["action"] == "mask"]


def is_masked(line):
    has_face = line["face"] is not None and line["face"]["status"] != "none"
    return bool(boxes_of(line)) or line["crop"] is not None or has_face


def test_every_file_is_clean_or_held_with_a_reason(packaged_run):
    files = {p.relative_to(packaged_run.inputs).as_posix() for p in packaged_run.inputs.rglob("*")}
    files = {f for f in files if (packaged_run.inputs / f).is_file()}
    assert set(packaged_run.audit) == files
    for line in packaged_run.audit.values():
        if line["outcome"] == "held":
            assert line["reason"]
            assert line["output"] is None
        else:
            assert line["reason"] is None
            assert (packaged_run.out / line["output"]).is_file()


def test_output_holds_what_the_audit_names_and_nothing_else(packaged_run):
    named = {line["output"] for line in lines_of(packaged_run, "clean")}
    there = {p.relative_to(packaged_run.out).as_posix() for p in packaged_run.outputs()}
    assert there == named
    assert packaged_run.summary.clean == len(named)


def test_most_images_come_out_clean(packaged_run):
    held = [line for line in lines_of(packaged_run, "held") if line["reason"] not in NOT_INSTANCES]
    assert len(lines_of(packaged_run, "clean")) >= 60, sorted(
        (h["source"], h["reason"]) for h in held
    )
    assert packaged_run.summary.exit_code == 2


def test_no_input_is_changed(packaged_run, packaged):
    for path in packaged.rglob("*"):
        if path.is_file():
            copy = packaged_run.inputs / path.relative_to(packaged)
            assert (
                hashlib.md5(copy.read_bytes()).digest() == hashlib.md5(path.read_bytes()).digest()
            )


def test_outputs_open_and_carry_the_marks(packaged_run):
    for line in lines_of(packaged_run, "clean"):
        path = packaged_run.out / line["output"]
        instance = pydicom.dcmread(path, stop_before_pixels=True)
        assert instance.PatientIdentityRemoved == "YES"
        assert instance.file_meta.MediaStorageSOPInstanceUID == instance.SOPInstanceUID
        assert path.read_bytes()[:128] == bytes(128)
        assert line["transfer_syntax"]["out"] == str(instance.file_meta.TransferSyntaxUID)


@pytest.mark.filterwarnings("ignore")  # of pydicom, on files that are wrong on purpose
def test_pixels_outside_the_masks_are_what_they_were(packaged_run):
    compared = 0
    for line in lines_of(packaged_run, "clean"):
        if line["crop"] is not None or (line["face"] or {"status": "none"})["status"] != "none":
            continue
        try:
            before = pixel_array(packaged_run.inputs / line["source"], raw=True)
        except (AttributeError, NotImplementedError, RuntimeError, ValueError):
            continue
        after = pixel_array(packaged_run.out / line["output"], raw=True)
        block = 16 if line["transfer_syntax"]["in"].startswith("1.2.840.10008.1.2.4.5") else 1
        outside = np.ones(before.shape, bool)
        frames = outside if line_frames(line, packaged_run) > 1 else outside[None]
        for box in boxes_of(line):
            left, top, right, bottom = widened(box, block)
            frames[:, top:bottom, left:right] = False
        assert np.array_equal(before[outside], after[outside]), line["source"]
        compared += 1
    assert compared >= 30  # what pydicom can decode without further plug-ins


def widened(box, block):
    """The box out to whole blocks, and the pixel beyond that chroma up-sampling may reach."""
    rim = int(block > 1)
    x0, y0 = (max(v // block * block - rim, 0) for v in box[:2])
    x1, y1 = (-(-v // block) * block + rim for v in box[2:])
    return x0, y0, x1, y1


def line_frames(line, run):
    header = pydicom.dcmread(run.out / line["output"], stop_before_pixels=True)
    return int(header.get("NumberOfFrames") or 1)


def test_instance_with_nothing_to_mask_keeps_its_pixel_data_byte_for_byte(packaged_run):
    compared = 0
    for line in lines_of(packaged_run, "clean"):
        if is_masked(line):
            continue
        source, output = packaged_run.inputs / line["source"], packaged_run.out / line["output"]
        before, after = read_quietly(source), read_quietly(output)
        if "PixelData" not in before:
            continue
        if after.PixelData == before.PixelData:
            compared += 1
        else:  # comments and unused bits go, and nothing that decoding needs
            assert len(after.PixelData) <= len(before.PixelData), line["source"]
            with source.open("rb") as original, output.open("rb") as written:
                assert has_same_frames(original, written), line["source"]
    assert compared >= 20


def read_quietly(path, **options):
    """Some of the originals are not written as they say, which pydicom warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True, **options)


@pytest.mark.parametrize("name", ["PatientName", "PatientID", "StudyInstanceUID"])
def test_no_original_identity_is_left_in_the_bytes(packaged_run, name):
    for line in lines_of(packaged_run, "clean"):
        original = read_quietly(packaged_run.inputs / line["source"], stop_before_pixels=True)
        value = str(original.get(name) or "").strip("^")
        if len(value) >= 6 and value.lower() not in {"anonymous", "anonymized"}:
            content = (packaged_run.out / line["output"]).read_bytes()
            assert value.encode() not in content, line["source"]
