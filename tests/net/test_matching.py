import io
import subprocess
import sys
from pathlib import Path

import pytest

from pixelscrub.errors import UsageError
from pixelscrub.net.fetch.matching import hide_arguments, matching


def test_lines_of_a_file_and_pairs_are_taken_together(tmp_path):
    file = tmp_path / "match"
    file.write_text("PatientID=PLX=7\n\n StudyDate =20210303-20210304\n", encoding="utf-8")
    assert matching(["AccessionNumber=ONE"], file) == {
        "AccessionNumber": "ONE",
        "PatientID": "PLX=7",
        "StudyDate": "20210303-20210304",
    }
    assert matching([], None) == {}


def test_hyphen_is_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("PatientID=4711\n"))
    assert matching([], Path("-")) == {"PatientID": "4711"}


def test_line_that_is_something_else_is_refused_without_being_told(tmp_path):
    file = tmp_path / "match"
    file.write_text("PLANTED-4711\n")
    with pytest.raises(UsageError) as caught:
        matching([], file)
    assert "PLANTED" not in str(caught.value)


def test_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(UsageError, match="FileNotFoundError"):
        matching([], tmp_path / "missing")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match="UnicodeDecodeError"):
        matching([], tmp_path / "bytes")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc")
@pytest.mark.parametrize("form", [("--match", "PatientID=PLANTED"), ("--match=PatientID=PLANTED",)])
def test_value_is_soon_gone_from_the_process_list(form):
    code = (
        "import sys, time; from pixelscrub.net.fetch.matching import hide_arguments;"
        "print(hide_arguments(['PatientID=PLANTED']), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "fetch", *form, "PatientID=PLANTED-NOT"],
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout.readline() == b"True\n"
        told = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert told.split(b"\0")[-2] == b"PatientID=PLANTED-NOT"
        assert b"PatientID=PLANTED\0" not in told
        assert told.split(b"\0")[4].startswith(b"--match")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_system_without_such_a_place_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setattr("pixelscrub.net.fetch.matching.STATUS", tmp_path / "missing")
    assert not hide_arguments(["x"])
    (tmp_path / "zeros").write_text("1 (x) S " + "0 " * 60)
    monkeypatch.setattr("pixelscrub.net.fetch.matching.STATUS", tmp_path / "zeros")
    assert not hide_arguments(["x"])
