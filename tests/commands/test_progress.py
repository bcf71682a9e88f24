import json
import sys
import time

from pixelscrub.commands import progress
from pixelscrub.outcome import Outcome


def report(shown):
    shown.started(10)
    shown.advanced(2)
    shown.advanced(1, Outcome.CLEAN)
    shown.advanced(1, Outcome.CLEAN)
    shown.advanced(1, Outcome.HELD)


def test_lines_of_json_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.05)
    with progress.shown() as shown:
        report(shown)
        time.sleep(0.3)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert len(lines) >= 2
    assert (lines[-1]["done"], lines[-1]["clean"], lines[-1]["held"]) == (0.5, 2, 1)
    assert lines[-1]["files_per_second"] > 0
    assert lines[-1]["seconds_left"] is not None


def test_short_run_writes_no_line(capsys):
    with progress.shown() as shown:
        report(shown)
    assert capsys.readouterr().err == ""


def test_nothing_known_yet_is_no_error():
    assert progress.Lines().state()["seconds_left"] is None


def test_bar_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    with progress.shown() as shown:
        report(shown)
        (task,) = shown._bar.tasks
        assert (task.total, task.completed) == (10, 5)
        assert task.fields["clean"] == 2
        assert task.fields["held"] == 1
