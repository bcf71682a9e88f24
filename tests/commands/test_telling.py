"""What a command that runs says, and what its log holds."""

import json
import re
import time

import pytest
from typer.testing import CliRunner

from pixelscrub.commands.cli import app
from pixelscrub.commands.messages import progress
from pixelscrub.commands.messages.telling import ProgressForm, Telling, telling
from pixelscrub.errors import UsageError
from pixelscrub.outcome import Outcome
from scripts import reference

RUNNING = ("scrub", "text", "crop", "deface", "tags", "inspect", "apply", "verify")


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def original(make_instance, save, tmp_path):
    return save(make_instance(PatientName="Quixote^Alonso"), tmp_path / "in" / "Quixote.dcm")


@pytest.mark.parametrize("name", RUNNING)
def test_commands_that_run_have_the_options(name):
    command = dict(reference.commands())[f"pixelscrub {name}"]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--quiet", "--verbose", "--log", "--progress"} <= options


def test_quiet_says_nothing_and_the_log_has_it_all_without_values(original, tmp_path):
    log = tmp_path / "run.log"
    out = tmp_path / "out"
    words = ("-o", out, "--workers", 1, "--log", log)
    done = run("tags", original.parent, *words, "--quiet")
    assert (done.exit_code, done.output) == (0, "")
    text = log.read_text()
    assert re.search(r"Z clean 1, held 0\n", text)
    assert text.endswith("exit code 0\n")
    assert "Quixote" not in text
    assert str(tmp_path) not in text
    assert log.stat().st_mode & 0o077 == 0
    seen = run("verify", original.parent, out, "--log", log)
    assert "outputs compared" in seen.output
    assert "1 outputs compared, " in log.read_text()
    assert log.read_text().startswith(text)
    assert "Quixote" not in log.read_text()


def test_inspect_names_files_on_the_screen_alone(original, tmp_path):
    log = tmp_path / "log"
    done = run("inspect", original, "--recipe", "default", "--show-names", "--log", log)
    assert "Quixote.dcm" in done.output
    assert "study 1: 1 instances" in log.read_text()
    assert "Quixote" not in log.read_text()


def test_verbose_says_what_became_of_each_file(original, tmp_path):
    done = run("tags", original, "-o", tmp_path / "out", "--workers", 1, "--verbose")
    assert "file 1 of 1: clean" in done.output
    assert "found: nothing" in done.output
    assert "Quixote" not in done.output


def test_an_error_goes_into_the_log(tmp_path):
    log = tmp_path / "log"
    done = run("tags", tmp_path / "no", "-o", tmp_path / "out", "--quiet", "--log", log)
    assert done.exit_code != 0
    assert "error: " in log.read_text()
    assert str(tmp_path) not in log.read_text()


def test_quiet_and_verbose_exclude_each_other(tmp_path):
    done = run("verify", tmp_path, tmp_path, "--quiet", "--verbose")
    assert isinstance(done.exception, UsageError)
    assert telling() == Telling()


def test_a_log_that_cannot_be_written_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="log"):
        Telling(log=tmp_path / "no" / "log").note("clean 1")


def test_progress_is_told_in_words_or_in_json(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(progress, "EVERY", 0.05)
    log = tmp_path / "log"
    for form in ("text", "json"):
        told = Telling(log=log, progress=ProgressForm(form))
        monkeypatch.setattr(progress, "telling", lambda told=told: told)
        with progress.shown() as shown:
            shown.started(198, 99)
            for number in range(12):
                shown.advanced(2, Outcome.CLEAN if number else Outcome.HELD)
            time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    said = "12 of 99 files, 11 clean, 1 held; 12 % of the work"
    assert said in lines
    assert said in log.read_text()
    state = json.loads(lines[-1])
    assert (state["files"], state["files_done"], state["held"]) == (99, 12, 1)


def test_files_that_are_only_looked_at_count_as_they_are_seen():
    counted = progress.Counted(Telling())
    counted.started(4, 4)
    assert counted.line().startswith("0 of 4 files")
    counted.advanced(3)
    assert counted.line().startswith("3 of 4 files")


def test_one_number_of_inputs_adds_up_everywhere(make_instance, save, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    whole = save(make_instance(), folder / "a.dcm")
    (folder / "notes.txt").write_text("no image")
    (folder / "copy.dcm").write_bytes(whole.read_bytes())
    (folder / "damaged.dcm").write_bytes(whole.read_bytes()[:300])
    files = len(list(folder.iterdir()))
    done = run("tags", folder, "-o", out, "--workers", 1)
    private = tmp_path / "out-private"
    summary = json.loads((private / "summary.json").read_text())
    assert summary["inputs"] == files == 4
    assert summary["inputs"] == summary["clean"] + summary["held"] + sum(summary["left"].values())
    assert summary["left"]["duplicate_instance"] == 1
    assert f"files found: {files} = 1 clean + " in done.output
    assert f"<b>{files}</b>files found" in (private / "report" / "index.html").read_text()
    row = f'Found</th><td class="number">{files}<'
    assert row in (private / "report" / "summary.html").read_text()
    run("statement", out)
    stated = json.loads((private / "statement.json").read_text())
    assert stated["inputs"] == files
    dry = run("tags", folder, "-o", tmp_path / "other", "--dry-run", "--workers", 1)
    assert f"files found: {files} = " in dry.output
