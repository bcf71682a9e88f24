"""The BIDS App: which images are defaced, what goes with them, and what stays behind."""

import json

import pytest
from typer.testing import CliRunner

from pixelscrub.commands import nifti
from pixelscrub.commands.bids import deface_data_set, harmless
from pixelscrub.commands.cli import app
from pixelscrub.errors import HeldError, NothingUsableError, Reason, UsageError


def put(path, content=b""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def data_set(tmp_path):
    """Two participants; the second one's image is one that is held."""
    root = tmp_path / "bids"
    put(root / "dataset_description.json", b'{"Name": "mine", "Authors": ["Jane Doe"]}')
    put(root / "participants.tsv", b"participant_id\tage\nsub-01\t93\n")
    put(root / "task-rest_bold.json", b'{"TaskName": "rest", "InstitutionName": "Elsewhere"}')
    put(root / "sub-01" / "anat" / "sub-01_T1w.nii.gz", b"face")
    put(
        root / "sub-01" / "anat" / "sub-01_T1w.json",
        json.dumps(
            {"EchoTime": 0.003, "PatientName": "Doe^Jane", "x": {"StudyDate": "1"}}
        ).encode(),
    )
    put(root / "sub-01" / "dwi" / "sub-01_dwi.nii.gz", b"face")
    put(root / "sub-01" / "dwi" / "sub-01_dwi.bval", b"0 1000")
    put(root / "sub-01" / "sub-01_scans.tsv", b"filename\tacq_time\n")
    put(root / "sub-02" / "ses-1" / "anat" / "sub-02_ses-1_T1w.nii.gz", b"odd")
    put(root / "sub-02" / "ses-1" / "anat" / "sub-02_ses-1_T1w.json", b"{}")
    return root


def deface(source, *, out, modality, ears, fill):
    """Writes what it was asked for in place of an image."""
    if source.read_bytes() == b"odd":
        raise HeldError(Reason.FACE_PARTIAL)
    out.write_text(f"{modality} {ears} {fill}")


def names(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_images_are_defaced_and_what_is_held_does_not_appear(data_set, tmp_path):
    out = tmp_path / "out"
    run = deface_data_set(data_set, out, [], deface, ears=True)
    assert (run.defaced, run.left) == (2, 1)
    assert run.held == {"sub-02/ses-1/anat/sub-02_ses-1_T1w.nii.gz": Reason.FACE_PARTIAL}
    assert names(out) == {
        "dataset_description.json",
        "task-rest_bold.json",
        "sub-01/anat/sub-01_T1w.nii.gz",
        "sub-01/anat/sub-01_T1w.json",
        "sub-01/dwi/sub-01_dwi.nii.gz",
        "sub-01/dwi/sub-01_dwi.bval",
    }
    assert (out / "sub-01/anat/sub-01_T1w.nii.gz").read_text() == "MR True air"


def test_sidecars_lose_what_identifies_and_keep_the_sequence(data_set, tmp_path):
    deface_data_set(data_set, tmp_path / "out", [], deface)
    told = json.loads((tmp_path / "out/sub-01/anat/sub-01_T1w.json").read_text())
    assert told == {"EchoTime": 0.003, "x": {}}
    assert json.loads((tmp_path / "out/task-rest_bold.json").read_text()) == {"TaskName": "rest"}
    described = json.loads((tmp_path / "out/dataset_description.json").read_text())
    assert described["DatasetType"] == "derivative"
    assert "Jane" not in json.dumps(described)


@pytest.mark.parametrize(
    "key",
    ["PatientID", "AcquisitionDateTime", "AcquisitionTime", "StudyInstanceUID", "OperatorsName",
     "InstitutionalDepartmentName", "DeviceSerialNumber", "StationName", "ImageComments",
     "ReferringPhysicianName", "InstitutionAddress"],
)  # fmt: skip
def test_keys_that_identify_go(key):
    assert harmless({key: "x", "FlipAngle": 9}) == {"FlipAngle": 9}


@pytest.mark.parametrize(
    "key", ["EchoTime", "RepetitionTime", "SliceTiming", "ManufacturersModelName", "TaskName"]
)
def test_keys_of_the_sequence_stay(key):
    assert harmless({key: 1}) == {key: 1}


def test_what_was_done_is_not_done_again(data_set, tmp_path):
    deface_data_set(data_set, tmp_path / "out", ["01"], deface)
    again = deface_data_set(data_set, tmp_path / "out", ["sub-01"], deface)
    assert (again.defaced, again.done_before, again.held) == (0, 2, {})


def test_links_and_other_kinds_of_images_are_held(data_set, tmp_path):
    (data_set / "sub-01" / "anat" / "sub-01_T2w.nii.gz").symlink_to(tmp_path)
    put(data_set / "sub-01" / "pet" / "sub-01_pet.nii.gz", b"face")
    run = deface_data_set(data_set, tmp_path / "out", ["01"], deface)
    assert run.held == {
        "sub-01/anat/sub-01_T2w.nii.gz": Reason.NOT_A_FILE,
        "sub-01/pet/sub-01_pet.nii.gz": Reason.UNSUPPORTED_CONTENT,
    }


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff", b"[" * 100_000])
def test_a_sidecar_that_is_none_stays_behind(data_set, tmp_path, content):
    put(data_set / "sub-01" / "anat" / "sub-01_T1w.json", content)
    deface_data_set(data_set, tmp_path / "out", ["01"], deface)
    assert "sub-01/anat/sub-01_T1w.json" not in names(tmp_path / "out")


def test_wrong_calls(data_set, tmp_path):
    with pytest.raises(UsageError, match="data set itself"):
        deface_data_set(data_set, data_set, [], deface)
    with pytest.raises(UsageError, match="no participant"):
        deface_data_set(data_set, tmp_path / "out", ["77"], deface)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingUsableError):
        deface_data_set(tmp_path / "empty", tmp_path / "out", [], deface)


def test_command_tells_counts_and_keeps_names_in_the_private_folder(
    data_set, tmp_path, monkeypatch
):
    monkeypatch.setattr(nifti, "deface_in_worker", deface)
    words = ["bids", str(data_set), str(tmp_path / "out"), "participant"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "defaced 2, done before 0, held 1" in result.output
    assert "sub-02" not in result.output
    listed = tmp_path / "out-private" / "bids-held.tsv"
    assert listed.read_text().splitlines()[1].endswith("T1w.nii.gz\tface_partial")
    assert listed.parent.stat().st_mode & 0o777 == 0o700
