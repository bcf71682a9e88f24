import sys
import time

from pixelscrub.commands.messages import progress
from pixelscrub.commands.messages.telling import Telling
from pixelscrub.outcome import Outcome


def report(shown):
    shown.started(10, 5)
    shown.advanced(2)
    shown.advanced(1, Outcome.CLEAN)
    shown.advanced(1, Outcome.CLEAN)
    shown.advanced(1, Outcome.HELD)


def test_lines_of_text_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.05)
    with progress.shown() as shown:
        report(shown)
        time.sleep(0.3)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert lines[-1] == "3 of 5 files, 2 clean, 1 held; 50 % of the work"
    assert shown.state()["files_per_second"] > 0
    assert shown.state()["seconds_left"] is not None


def test_short_run_writes_no_line(capsys):
    with progress.shown() as shown:
        report(shown)
    assert capsys.readouterr().err == ""


def test_nothing_known_yet_is_no_error():
    assert progress.Lines(Telling()).state()["seconds_left"] is None
    assert progress.Lines(Telling()).line() == "0 % of the work"


def test_bar_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    with progress.shown() as shown:
        shown.started(10, 5)
        (task,) = shown._bar.tasks
        assert (task.total, task.fields["line"][:12]) == (10, "0 of 5 files")
        report(shown)
        assert (task.total, task.completed) == (10, 5)
        assert task.fields["line"].startswith("3 of 5 files, 2 clean, 1 held")
