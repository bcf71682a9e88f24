"""What the tags step offers at the command line: the crosswalk, values on a terminal, patients."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
from pydicom import dcmread

from pixelscrub.commands import cli


def on_terminal(*arguments):
    """Run the command line on a terminal of its own; exit code and what it shows."""
    own, other = pty.openpty()
    command = [sys.executable, "-m", "pixelscrub", *map(str, arguments)]
    with subprocess.Popen(command, stdout=other, stderr=other, stdin=other) as running:
        os.close(other)
        shown = b""
        while True:
            try:
                block = os.read(own, 65536)
            except OSError:  # the other end is closed
                break
            if not block:
                break
            shown += block
    os.close(own)
    return running.returncode, shown.decode()


@pytest.fixture
def pixelscrub(capsys, monkeypatch):
    """Runs the command line in this process: exit code, standard output and error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["pixelscrub", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return run


@pytest.fixture
def scrubbed(pixelscrub, make_instance, save, tmp_path):
    def run(text, **values):
        recipe = tmp_path / "own.toml"
        recipe.write_text(text)
        save(make_instance(**values), tmp_path / "in" / "a.dcm")
        out = tmp_path / "out"
        code, _, _ = pixelscrub("tags", tmp_path / "in", "-o", out, "--recipe", recipe)
        assert code == 0
        (written,) = out.rglob("*.dcm")
        return dcmread(written), written

    return run


def test_pseudonyms_are_turned_back_on_a_terminal_only(pixelscrub, scrubbed, tmp_path):
    header, _ = scrubbed("[tags]\ncrosswalk = true\n", PatientID="MRN-4711")
    private = tmp_path / "out-private"
    code, out, error = pixelscrub("crosswalk", private, header.PatientID)
    assert code == 1
    assert "MRN-4711" not in out + error
    code, shown = on_terminal("crosswalk", private, header.PatientID)
    assert code == 0
    assert f"patient,MRN-4711,{header.PatientID},key" in shown
    code, out, _ = pixelscrub("crosswalk", private, "--csv", tmp_path / "back.csv")
    assert (code, out) == (0, "")
    assert "MRN-4711" in (tmp_path / "back.csv").read_text()


def test_values_are_shown_on_a_terminal_only(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(PatientName="Quixote^Alonso"), tmp_path / "in" / "a.dcm")
    recipe = tmp_path / "own.toml"
    recipe.write_text('[[tags.rules]]\nkeyword = "PatientSex"\naction = "keep"\n')
    arguments = ("inspect", tmp_path / "in", "--tags", "--show-values", "--recipe", recipe)
    code, out, error = pixelscrub(*arguments)
    assert code == 1
    assert "Quixote" not in out + error
    code, shown = on_terminal(*arguments)
    assert code == 0
    assert "PatientName PN: empty (E.1-1 basic Z) = Quixote^Alonso" in shown
    assert "rule 1: keyword PatientSex: keep" in shown


@pytest.mark.parametrize("number", ["", "MRN-4711"])
def test_folder_and_pseudonym_agree(scrubbed, number):
    header, written = scrubbed("", PatientID=number, PatientName="Quixote^Alonso")
    assert written.parts[-4] == header.PatientID == header.PatientName


def test_a_recipe_that_keeps_the_patient_is_carried_out(scrubbed):
    rules = "".join(
        f'[[tags.rules]]\nkeyword = "{keyword}"\naction = "keep"\n'
        for keyword in ("PatientID", "PatientName")
    )
    header, _ = scrubbed(rules, PatientID="MRN-4711", PatientName="Quixote^Alonso")
    assert (header.PatientID, header.PatientName) == ("MRN-4711", "Quixote^Alonso")
    assert "DeidentificationMethodCodeSequence" not in header
