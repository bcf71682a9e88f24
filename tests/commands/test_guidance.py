"""What a user is told: reasons, what is installed, and what became of the names he gave."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pixelscrub.commands import doctor
from pixelscrub.commands.cli import app
from pixelscrub.commands.messages.explain import explain, explain_held
from pixelscrub.errors import Reason, UsageError
from pixelscrub.report.reasons import MEANING, NEXT_STEP


def run(*words, text=None):
    code = "from pixelscrub.commands.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *map(str, words)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_says_what_it_means_and_what_to_do(reason):
    said = explain(reason)
    assert said.startswith(f"{reason}:")
    flat = " ".join(said.split())
    assert MEANING[reason] in flat
    assert NEXT_STEP[reason] in flat


def test_an_unknown_reason_names_those_there_are():
    with pytest.raises(UsageError, match="face_partial"):
        explain("nonsense")


def test_held_files_are_explained_the_most_frequent_first():
    said = explain_held({"timeout": 1, "face_partial": 3})
    assert said.index("3 held, face_partial") < said.index("1 held, timeout")


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [[], ["scrub"], ["recipes"], ["explain"]])
def test_help_has_a_short_name(command, option):
    result = CliRunner().invoke(app, [*command, option])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_doctor_tells_versions_extras_and_programs():
    found = doctor.diagnose()
    assert found.versions["pydicom"]
    assert set(found.extras) == set(doctor.EXTRAS)
    assert set(found.programs) == set(doctor.PROGRAMS)
    assert found.exit_code == 0
    assert str(Path.home()) not in found.render()


def test_doctor_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "needed_packages", lambda: ["surely-not-installed"])
    monkeypatch.setattr(doctor, "find_program", lambda _: None)
    found = doctor.diagnose()
    assert found.exit_code == 5
    assert "pip install surely-not-installed" in found.render()
    assert "apt-get install tesseract-ocr" in found.render()


def test_doctor_writes_json(tmp_path):
    result = CliRunner().invoke(app, ["doctor", "--json", str(tmp_path / "d.json")])
    assert result.exit_code == 0
    assert json.loads((tmp_path / "d.json").read_text())["extras"]["review"] in (True, False)


def test_names_may_come_from_standard_input(make_instance, save, tmp_path):
    names = [save(make_instance(), tmp_path / folder / "Quixote.dcm") for folder in "ab"]
    names.append(tmp_path / "gone.dcm")
    text = "".join(f"{name}\n" for name in names)
    ran = run("tags", "--files-from", "-", "-o", tmp_path / "out", "--workers", 1, text=text)
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [answer["line"] for answer in answers] == [1, 2, 3]
    assert [answer["outcome"] for answer in answers] == ["clean", "clean", "held"]
    assert all((tmp_path / "out" / answer["output"]).exists() for answer in answers[:2])
    assert "Quixote" not in ran.stdout
    assert ran.returncode == 2


def test_names_that_lead_nowhere_are_nothing_usable(tmp_path):
    ran = run("tags", "--files-from", "-", "-o", tmp_path / "out", text=f"{tmp_path}/gone\n")
    assert ran.returncode == 3
    assert run("tags", "--files-from", "-", "-o", tmp_path / "out", text="\n").returncode == 1
    assert run("tags", "--files-from", tmp_path / "no", "-o", tmp_path / "out").returncode == 1
    assert run("tags", "-o", tmp_path / "out").returncode == 1


def test_shells_complete_commands():
    words = {"_PIXELSCRUB_COMPLETE": "complete_bash", "COMP_WORDS": "pixelscrub re"}
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "from pixelscrub.commands.cli import app; app(prog_name='pixelscrub')",
        ],
        env={**os.environ, **words, "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert {"receive", "recipes", "review"} <= set(done.stdout.split())
