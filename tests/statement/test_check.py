"""One flipped bit in any output, audit line or statement is found and named."""

import json
import shutil

import pytest

from pixelscrub.errors import UsageError
from pixelscrub.statement.build import make_statement
from pixelscrub.statement.check import check_files, read_statement
from pixelscrub.statement.signature import make_key


@pytest.fixture
def filed(released, tmp_path):
    """Output, private folder and statement, free to be damaged."""
    out, private = tmp_path / "out", tmp_path / "out-private"
    shutil.copytree(released[0], out)
    shutil.copytree(released[1], private)
    statement = tmp_path / "statement.json"
    statement.write_text(json.dumps(make_statement(out, private)))
    return out, private, statement


def flip(path, place=-1):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_untouched_files_are_the_same(filed):
    out, private, statement = filed
    assert check_files(out, statement, private).is_same
    shutil.rmtree(private)
    found = check_files(out, statement)
    assert found.is_same
    assert "these are the files" in found.render()


@pytest.mark.parametrize("place", [0, 200, -1])
def test_a_flipped_bit_in_an_output_is_named(filed, place):
    out, _, statement = filed
    file = sorted(out.rglob("*.dcm"))[3]
    flip(file, place)
    found = check_files(out, statement)
    assert found.changed == [file.relative_to(out).as_posix()]
    assert found.changed[0] in found.render()


def test_a_flipped_bit_in_the_audit_is_named(filed):
    out, private, statement = filed
    flip(private / "audit.jsonl", 40)
    assert check_files(out, statement, private).changed == ["the audit in the private folder"]


def test_a_missing_and_an_added_file_are_named(filed):
    out, _, statement = filed
    gone = sorted(out.rglob("*.dcm"))[0]
    gone.rename(gone.with_name("9999.dcm"))
    found = check_files(out, statement)
    assert found.missing == [gone.relative_to(out).as_posix()]
    assert found.added == [gone.with_name("9999.dcm").relative_to(out).as_posix()]


def test_a_link_in_place_of_a_file_is_a_change(filed):
    out, _, statement = filed
    file = sorted(out.rglob("*.dcm"))[0]
    copy = file.parents[3].parent / "copy.dcm"
    shutil.copy(file, copy)
    file.unlink()
    file.symlink_to(copy)
    assert check_files(out, statement).changed


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(released=1),
        lambda said: said["held"].update(timeout=2),
        lambda said: said["quasi_identifiers"].update(k_min=99),
    ],
)
def test_a_changed_statement_is_found(filed, change):
    out, _, statement = filed
    said = json.loads(statement.read_text())
    change(said)
    statement.write_text(json.dumps(said))
    assert check_files(out, statement).statement == ["its content does not fit its digest"]


def test_changed_hashes_do_not_fit_the_root(filed):
    out, _, statement = filed
    said = json.loads(statement.read_text())
    said["files"] = dict.fromkeys(said["files"], "0" * 64)
    statement.write_text(json.dumps(said))
    assert "its files do not fit its Merkle root" in check_files(out, statement).statement


def test_a_signature_holds_until_something_changes(filed, tmp_path):
    out, private, statement = filed
    public = make_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    said = make_statement(out, private, tmp_path / "key")
    statement.write_text(json.dumps(said))
    found = check_files(out, statement)
    assert found.is_same
    assert found.signed_by == public
    said["signature"]["signature"] = "00" * 64
    statement.write_text(json.dumps(said))
    assert check_files(out, statement).statement == ["its signature does not hold"]
    said["signature"] = "none"
    statement.write_text(json.dumps(said))
    assert not check_files(out, statement).is_same


def test_keys_that_cannot_be_used_are_refused(filed, tmp_path):
    out, private, _ = filed
    make_key(tmp_path / "key")
    with pytest.raises(UsageError, match="cannot be written"):
        make_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(UsageError, match="open to others"):
        make_statement(out, private, tmp_path / "key")
    (tmp_path / "none").touch(0o600)
    with pytest.raises(UsageError, match="cannot be read"):
        make_statement(out, private, tmp_path / "none")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cannot be read"),
        ("[]", "no statement"),
        ('{"version": 99}', "later version"),
        ('{"version": 1}', "names no files"),
        ('{"version": 1, "files": {"a": 1}}', "names no files"),
    ],
)
def test_what_is_no_statement_is_refused(tmp_path, content, said):
    (tmp_path / "s.json").write_text(content)
    with pytest.raises(UsageError, match=said):
        read_statement(tmp_path / "s.json")


def test_an_output_that_is_not_there_is_refused(filed, tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        check_files(tmp_path / "gone", filed[2])
