from __future__ import annotations

import zipfile

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

from pixelscrub.audit import conformance
from pixelscrub.audit.pairs import File, read_header
from pixelscrub.intake.instance import Source

SCRIPTS = {
    "error more": 'case "$2" in *out*) echo "Error - one </Secret/>" >&2;; esac',
    "the same error": 'echo "Error - one <Secret> of 12345" >&2',
    "gives up": "kill -SEGV $$",
    "takes too long": "sleep 20",
}


@pytest.fixture
def validator(tmp_path, monkeypatch):
    def install(what):
        path = tmp_path / "dciodvfy"
        path.write_text(f"#!/bin/sh\n{SCRIPTS[what]}\n")
        path.chmod(0o755)
        monkeypatch.setattr("pixelscrub.audit.conformance.program", lambda: str(path))
        monkeypatch.setattr("pixelscrub.audit.conformance.TIMEOUT", 0.5)

    return install


@pytest.fixture
def files(tmp_path, make_instance, save):
    for side in ("in", "out"):
        save(make_instance(), tmp_path / side / "1.dcm")
    return [as_file(Source(tmp_path / side, "1.dcm", 0, 0)) for side in ("in", "out")]


def as_file(source):
    return File(source, read_header(source))


@pytest.mark.parametrize(
    ("what", "found"),
    [("error more", 1), ("the same error", 0), ("gives up", 0), ("takes too long", 0)],
)
def test_only_new_errors_are_told_and_none_where_the_program_fails(validator, files, what, found):
    validator(what)
    issues = list(conformance.check(*files, "1.dcm"))
    assert len(issues) == found
    assert all(issue.detail == "1 new errors" for issue in issues)
    assert "Secret" not in repr(issues)


def test_members_of_an_archive_are_checked_too(validator, files, tmp_path):
    validator("error more")
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.write(tmp_path / "in" / "1.dcm", "1.dcm")
    member = as_file(Source(tmp_path, "in.zip/1.dcm", 0, 0, "in.zip"))
    assert len(list(conformance.check(member, files[1], "1.dcm"))) == 1


def test_nothing_is_told_without_the_program(files, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert list(conformance.check(*files, "1.dcm")) == []


def test_deflated_files_are_not_given_to_a_program_that_does_not_inflate(validator, files):
    validator("error more")
    files[1].header.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert list(conformance.check(*files, "1.dcm")) == []
