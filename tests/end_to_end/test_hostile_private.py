"""Whatever somebody writes into the private folder: nothing leaves OUT, the rest is done."""

import contextlib
import json
import os
import sqlite3
import stat

import numpy as np
import pydicom
import pytest

import pixelscrub
from pixelscrub.errors import HeldError, NothingUsableError, UsageError


@pytest.fixture
def planned(make_instance, save, tmp_path):
    """Plans of two studies, of two instances and of one."""
    first = make_instance(np.full((64, 64), 90, np.uint8))
    for name in ("a", "b"):
        made = make_instance(np.full((64, 64), 90, np.uint8))
        made.StudyInstanceUID = first.StudyInstanceUID
        save(made, tmp_path / "in" / f"{name}.dcm")
    save(make_instance(), tmp_path / "in" / "c.dcm")
    pixelscrub.inspect(tmp_path / "in", private=tmp_path / "private", workers=1)
    return tmp_path


def plans(folder):
    found = {p: json.loads(p.read_text()) for p in folder.glob("private/plans/*/plan.json")}
    return dict(sorted(found.items(), key=lambda item: -len(item[1]["instances"])))


def applied(folder):
    summary = pixelscrub.apply(folder / "private", folder / "out", workers=1)
    lines = map(json.loads, (folder / "private" / "audit.jsonl").read_text().splitlines())
    return summary, {line["source"]: line for line in lines}


def files(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("output", ["../ESCAPED/evil.dcm", "{folder}/ESCAPED/evil.dcm"])
def test_output_that_leads_out_is_held_and_the_rest_is_done(planned, output):
    (path, plan), _ = plans(planned).items()
    bad = plan["instances"][0]
    bad["output"] = output.format(folder=planned)
    path.write_text(json.dumps(plan))
    summary, lines = applied(planned)
    assert not (planned / "ESCAPED").exists()
    assert (summary.clean, summary.held, summary.exit_code) == (2, 1, 2)
    assert lines[bad["source"]["path"]]["reason"] == "plan_invalid"
    assert len(files(planned / "out")) == 2


def test_outputs_of_one_name_do_not_replace_one_another(planned):
    for path, plan in plans(planned).items():
        for one in plan["instances"]:
            one["output"] = "x/1.dcm"
        path.write_text(json.dumps(plan))
    summary, _ = applied(planned)
    assert (summary.clean, summary.reasons) == (1, {"plan_invalid": 2})
    assert files(planned / "out") == {"x/1.dcm"}


def test_output_named_by_the_patient_is_held(planned):
    (path, plan), _ = plans(planned).items()
    plan["instances"][0]["output"] = "Quixote Alonso/1/2/0001.dcm"
    path.write_text(json.dumps(plan))
    summary, _ = applied(planned)
    assert (summary.clean, summary.reasons) == (2, {"identifier_left": 1})


def test_output_that_a_person_named_is_written(planned):
    (path, plan), _ = plans(planned).items()
    plan["instances"][0]["output"] = "pilot/1/2/0001.dcm"
    path.write_text(json.dumps(plan))
    assert applied(planned)[0].clean == 3
    assert "pilot/1/2/0001.dcm" in files(planned / "out")


def test_broken_plan_holds_its_study_alone_until_it_is_mended(planned):
    (path, plan), _ = plans(planned).items()
    path.write_text("{")
    summary, lines = applied(planned)
    name = path.relative_to(planned / "private").as_posix()
    assert (summary.clean, summary.held) == (1, 1)
    assert lines[name]["reason"] == "plan_invalid"
    path.write_text(json.dumps(plan))
    summary, lines = applied(planned)
    assert (summary.clean, summary.held) == (3, 0)
    assert name not in lines


def test_two_plans_of_one_study_are_carried_out_once(planned):
    (path, plan), _ = plans(planned).items()
    copy = path.parents[1] / "zzz" / "plan.json"
    copy.parent.mkdir()
    copy.write_text(json.dumps(plan))
    summary, _ = applied(planned)
    assert (summary.clean, summary.reasons) == (3, {"plan_invalid": 1})


def test_no_plan_that_can_be_read_is_an_error(planned):
    paths = list(plans(planned))
    for path in paths:
        path.write_text("[]")
    with pytest.raises(HeldError):
        applied(planned)
    for path in paths:
        path.unlink()
    with pytest.raises(NothingUsableError):
        applied(planned)


def test_links_in_the_private_folder_are_not_followed(planned):
    outside = planned / "outside"
    outside.mkdir()
    path = next(iter(plans(planned)))
    path.parent.rename(outside / "plan")
    path.parent.symlink_to(outside / "plan")
    assert applied(planned)[0].reasons == {"plan_invalid": 1}
    private = planned / "private"
    (private / "report").rename(planned / "report")
    (private / "report").symlink_to(outside)
    with pytest.raises(UsageError, match="a link"):
        applied(planned)


def journal(folder, *statements):
    with sqlite3.connect(folder / "private" / "journal.sqlite") as rows:
        for statement in statements:
            rows.execute(*statement) if isinstance(statement, tuple) else rows.execute(statement)
    rows.close()


def _rows(folder, statement):
    with contextlib.closing(sqlite3.connect(folder / "private" / "journal.sqlite")) as rows:
        return rows.execute(statement).fetchall()


def scrubbed(folder, **options):
    private = folder / "private"
    return pixelscrub.scrub(
        folder / "in", folder / "out", private=private, workers=1, resume=True, **options
    )


@pytest.mark.parametrize("name", ["../precious.dcm", "{folder}/precious.dcm"])
def test_journal_cannot_have_a_file_outside_removed_or_written(planned, name):
    assert scrubbed(planned).clean == 3
    precious = planned / "precious.dcm"
    precious.write_text("kept")
    output = name.format(folder=planned)
    journal(planned, ("UPDATE files SET output = ?, size = -1", (output,)))
    assert scrubbed(planned).clean == 3
    assert precious.read_text() == "kept"
    assert len(files(planned / "out")) == 3


@pytest.mark.parametrize("line", ["{}", 7])
def test_damaged_row_is_done_again(planned, line):
    assert scrubbed(planned).clean == 3
    journal(planned, ("UPDATE files SET line = ? WHERE source = 'a.dcm'", (line,)))
    assert scrubbed(planned).clean == 3
    assert len(files(planned / "out")) == 3


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE files SET line = '', root = '/elsewhere' WHERE source = 'a.dcm'",
        "UPDATE files SET recipe = 'x', modified = 7 WHERE source = 'a.dcm'",
    ],
)
def test_changed_row_of_another_input_is_held_and_its_output_is_taken_back(planned, change):
    assert scrubbed(planned).clean == 3
    journal(planned, change)
    (planned / "in" / "a.dcm").unlink()
    summary = scrubbed(planned)
    assert summary.reasons == {"record_invalid": 1}
    assert len(files(planned / "out")) == 2


def test_row_that_calls_an_unproved_file_clean_releases_nothing(planned):
    """Whoever writes to the journal and to OUT has nothing exported or called clean."""
    from pixelscrub.export.run import export

    assert scrubbed(planned).clean == 3
    out, private = planned / "out", planned / "private"
    evil = out / "evil" / "1" / "2" / "0001.dcm"
    evil.parent.mkdir(parents=True)
    evil.write_bytes((planned / "in" / "a.dcm").read_bytes())
    name = evil.relative_to(out).as_posix()
    (row,) = _rows(planned, "SELECT line FROM files WHERE source = 'a.dcm'")
    changed = json.dumps(json.loads(row[0]) | {"output": name})
    journal(planned, ("UPDATE files SET line = ?, output = ? WHERE source = 'a.dcm'",
                      (changed, name)))  # fmt: skip
    done = export(out, private, planned / "png", "png", 1)
    assert (done.files, dict(done.not_exported)) == (2, {"record_invalid": 1})
    assert scrubbed(planned).clean == 3
    assert len(list(out.rglob("*.dcm"))) == 3
    assert not evil.exists()


def test_output_that_was_changed_after_its_proof_is_not_exported(planned):
    from pixelscrub.export.run import export

    assert scrubbed(planned).clean == 3
    changed = sorted((planned / "out").rglob("*.dcm"))[0]
    changed.write_bytes((planned / "in" / "a.dcm").read_bytes())
    done = export(planned / "out", planned / "private", planned / "png", "png", 1)
    assert (done.files, dict(done.not_exported)) == (2, {"output_changed": 1})


def test_journal_of_another_key_is_not_gone_on_with(planned):
    assert scrubbed(planned).clean == 3
    before = files(planned / "out")
    other = planned / "other"
    other.write_bytes(b"1" * 32)
    other.chmod(0o600)
    with pytest.raises(UsageError, match="another key"):
        scrubbed(planned, key=other)
    assert files(planned / "out") == before
    options = {"private": planned / "private", "workers": 1, "key": other}
    assert pixelscrub.scrub(planned / "in", planned / "out", **options).clean == 3
    assert not files(planned / "out") & before


def test_damaged_memory_of_headers_is_read_anew(planned):
    rows = ("", "[1, 2]", "[" * 9999)
    for source, row in zip("abc", rows, strict=True):
        change = "UPDATE placed SET instance = ? WHERE source = ?"
        journal(planned, (change, (row, f"{source}.dcm")))
    assert scrubbed(planned).clean == 3


def test_journal_with_anything_of_somebody_else_is_refused(planned):
    journal(planned, "CREATE TRIGGER evil AFTER INSERT ON files BEGIN DELETE FROM files; END")
    with pytest.raises(UsageError, match="none of ours"):
        scrubbed(planned)


def test_journal_that_is_a_link_or_a_pipe_is_refused(planned):
    path = planned / "private" / "journal.sqlite"
    path.rename(planned / "journal")
    path.symlink_to(planned / "journal")
    with pytest.raises(UsageError):
        scrubbed(planned)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UsageError):
        scrubbed(planned)


def test_export_and_verify_read_no_file_that_the_journal_names_outside(planned):
    from pixelscrub.export.run import export

    assert scrubbed(planned).clean == 3
    secret = pydicom.dcmread(planned / "in" / "a.dcm")
    secret.save_as(planned / "secret.dcm")
    (line,) = (
        sqlite3.connect(planned / "private" / "journal.sqlite")
        .execute("SELECT line FROM files WHERE source = 'a.dcm'")
        .fetchone()
    )
    changed = json.loads(line) | {"output": "../secret.dcm"}
    journal(planned, ("UPDATE files SET line = ? WHERE source = 'a.dcm'", (json.dumps(changed),)))
    done = export(planned / "out", planned / "private", planned / "png", "png", 1)
    assert done.files == 2
    result = pixelscrub.verify(planned / "in", planned / "out", private=planned / "private")
    assert all("secret" not in str(issue) for issue in result.issues)


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_every_file_is_for_its_owner_alone_whatever_the_umask(planned, umask):
    before = os.umask(umask)
    try:
        assert scrubbed(planned).clean == 3
        applied(planned)
    finally:
        os.umask(before)
    for path in (planned / "private").rglob("*"):
        mode = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.lstat().st_mode) == mode, path


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_outputs_have_the_mode_that_the_umask_says(planned, umask, mode):
    before = os.umask(umask)
    try:
        scrubbed(planned)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (planned / "out").rglob("*.dcm")}
    assert modes == {mode}
