import sqlite3
from pathlib import Path

import pytest

from pixelscrub.errors import Reason, UsageError
from pixelscrub.identity.pseudonyms import CrosswalkEntry
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.outcome import AuditLine, Outcome
from pixelscrub.store.journal import Journal, check_version

KEY = b"0" * 32


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal.sqlite", KEY) as opened:
        yield opened


def source(path="a.dcm", modified=5, digest="d1"):
    return Source(Path("/archive"), path, 100, modified, digest=digest)


def line(output="p/s/r/1.dcm"):
    return AuditLine(source="a.dcm", outcome=Outcome.CLEAN, output=output)


def test_all_its_files_are_for_the_owner_alone(journal, tmp_path):
    journal.record(source(), "recipe", line())
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("journal*")}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


def test_unchanged_file_under_the_same_recipe_is_done(journal):
    journal.record(source(), "recipe", line())
    assert journal.done(source(), "recipe") == line()
    assert journal.done(source(), "another recipe") is None
    assert journal.done(source(modified=6), "recipe") is None
    assert journal.done(source(digest="d2"), "recipe") is None
    assert journal.done(source("b.dcm"), "recipe") is None


def test_held_line_survives_the_way_through_the_journal(journal):
    held = AuditLine(source="a.dcm", outcome=Outcome.HELD, reason=Reason.TEXT_LEFT)
    journal.record(source(), "recipe", held)
    assert list(journal.lines()) == [held]


def test_digest_of_the_plan_is_kept_with_the_row(journal):
    assert journal.plan(source()) == ""
    journal.record(source(), "recipe", line(), "stamp")
    assert journal.plan(source()) == "stamp"


def test_some_files_are_forgotten_and_the_others_kept(journal):
    journal.record(source(), "recipe", line())
    journal.record(source("b.dcm"), "recipe", line("p/s/r/2.dcm"))
    journal.forget([source("b.dcm"), source("unknown.dcm")])
    assert list(journal.lines()) == [line()]
    assert journal.done(source("b.dcm"), "recipe") is None


def test_journal_of_the_version_before_gains_the_column(journal, tmp_path):
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as rows:
        rows.executescript(
            "CREATE TABLE files (root TEXT, source TEXT, size INTEGER, modified INTEGER,"
            " recipe TEXT, line TEXT, output TEXT, PRIMARY KEY (root, source)) WITHOUT ROWID;"
            "PRAGMA user_version = 1;"
        )
    rows.close()
    with Journal(path, KEY) as opened:
        opened.record(source(), "recipe", line(), "stamp")
        assert opened.plan(source()) == "stamp"
    with Journal(path, KEY) as opened:
        assert opened.done(source(), "recipe") == line()


def test_forgotten_files_are_to_do_but_their_outputs_are_known(journal):
    journal.record(source(), "recipe", line())
    journal.forget()
    assert journal.done(source(), "recipe") is None
    assert not list(journal.lines())
    assert journal.output(source()) == "p/s/r/1.dcm"
    assert journal.output(source("b.dcm")) is None
    assert journal.has_output("p/s/r/1.dcm")
    assert not journal.has_output("p/s/r/2.dcm")


def test_journal_is_private_and_survives_being_reopened(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal(path, KEY) as journal:
        journal.record(source(), "recipe", line())
    assert path.stat().st_mode & 0o077 == 0
    with Journal(path, KEY) as journal:
        assert journal.done(source(), "recipe") == line()


@pytest.mark.parametrize(
    "change",
    [
        "line = replace(line, 'clean', 'held')",
        "output = 'p/s/r/2.dcm'",
        "output = 'p/s/r/2.dcm', line = replace(line, '1.dcm', '2.dcm')",
        "digest = 'd2'",
        "recipe = 'another recipe'",
        "plan = 'another plan'",
        "content = 'another content'",
        "modified = 6",
        "source = 'b.dcm'",
        "seal = ''",
        "seal = x'00ff'",
        "line = x'00ff'",
    ],
)
def test_row_that_somebody_changed_is_no_proof(journal, tmp_path, change):
    journal.record(source(), "recipe", line(), content="c1")
    assert journal.content("p/s/r/1.dcm") == "c1"
    with sqlite3.connect(tmp_path / "journal.sqlite") as rows:
        rows.execute(f"UPDATE files SET {change}")
    rows.close()
    for modified in (5, 6):
        for digest in ("d1", "d2"):
            for recipe in ("recipe", "another recipe"):
                for path in ("a.dcm", "b.dcm"):
                    assert journal.done(source(path, modified, digest), recipe) is None
    assert [told.reason for told in journal.lines()] == [Reason.RECORD_INVALID]
    assert len(journal.damaged) == 1
    assert journal.content("p/s/r/1.dcm") is journal.content("p/s/r/2.dcm") is None
    assert not list(journal.lines_below(Path("/archive"), ""))


def test_memory_of_a_header_that_somebody_changed_is_not_used(journal, tmp_path):
    journal.place(Instance(source(), "1.2", "1.3", "1.4", "4711", "1.5", "1.6", "CT", 7, "1.8"))
    with sqlite3.connect(tmp_path / "journal.sqlite") as rows:
        rows.execute("UPDATE placed SET instance = replace(instance, 'CT', 'OT')")
    rows.close()
    assert journal.placed(source(digest="")) is None


def test_row_that_is_held_later_is_sealed_anew(journal):
    journal.record(source(), "recipe", line(), "stamp", "c1")
    journal.hold_output("p/s/r/1.dcm", Reason.RARE_PATIENT)
    (held,) = journal.lines()
    assert (held.outcome, held.reason, held.output) == ("held", Reason.RARE_PATIENT, None)
    assert journal.content("p/s/r/1.dcm") is None
    assert not journal.damaged


def test_journal_of_another_key_is_no_proof_until_it_is_begun_anew(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal(path, KEY) as journal:
        journal.record(source(), "recipe", line())
        journal.require_key()
    with Journal(path, b"1" * 32) as journal:
        with pytest.raises(UsageError, match="another key"):
            journal.require_key()
        assert journal.done(source(), "recipe") is None
        journal.forget()
        journal.require_key()
        journal.record(source(), "recipe", line())
    with Journal(path, b"1" * 32) as journal:
        assert journal.done(source(), "recipe") == line()
    with sqlite3.connect(path) as rows:
        rows.execute("DELETE FROM sealed")
    rows.close()
    with Journal(path, b"1" * 32) as journal:
        assert journal.is_of_another_key


def test_other_version_is_refused(tmp_path):
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as rows:
        rows.execute("PRAGMA user_version = 99")
    rows.close()
    with pytest.raises(UsageError, match="version"):
        Journal(path, KEY)
    with pytest.raises(UsageError, match="version"):
        check_version(path)


def test_damaged_journal_is_an_error(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(UsageError):
        Journal(tmp_path / "journal.sqlite", KEY)
    with pytest.raises(UsageError):
        check_version(tmp_path / "journal.sqlite")


def test_crosswalk_remembers_each_pair_once(journal, tmp_path):
    journal.remember([CrosswalkEntry("patient", "4711", "abc")] * 2)
    with sqlite3.connect(tmp_path / "journal.sqlite") as rows:
        assert rows.execute("SELECT * FROM crosswalk").fetchall() == [("patient", "4711", "abc")]
    rows.close()


def test_files_that_were_never_placed_are_forgotten_apart(journal):
    journal.record(source(), "recipe", line())
    journal.record(source("closed", digest=""), "recipe", line(None))
    journal.forget_left()
    assert list(journal.lines()) == [line()]


def test_name_of_no_encoding_can_be_written_down(journal):
    odd = source("\udcff.dcm", digest="")
    journal.record(odd, "recipe", line())
    assert journal.done(odd, "recipe") == line()


def test_what_a_header_said_is_known_while_size_and_time_stay(journal):
    placed = Instance(source(), "1.2", "1.3", "1.4", "4711", "1.5", "1.6", "CT", 7, "1.8")
    assert journal.placed(source(digest="")) is None
    journal.place(placed)
    assert journal.placed(source(digest="")) == placed
    assert journal.placed(source(modified=6, digest="")) is None
    assert journal.placed(source("b.dcm", digest="")) is None
