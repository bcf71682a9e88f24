"""The contract of the command line: commands, files and exit codes."""

import json
import stat
import subprocess
import sys
import time
import zipfile

import pydicom
import pytest

from pixelscrub.commands import cli


@pytest.fixture
def pixelscrub(capsys):
    """Runs the command line in this process; gives exit code, output and errors."""

    def run(*arguments):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["pixelscrub", *map(str, arguments)])
            with pytest.raises(SystemExit) as caught:
                cli.main()
        captured = capsys.readouterr()
        return caught.value.code, captured.out, captured.err

    return run


def audit(private):
    return [json.loads(line) for line in (private / "audit.jsonl").read_text().splitlines()]


def test_mixed_folder_goes_in_and_shareable_files_come_out(
    pixelscrub, make_instance, save, tmp_path
):
    save(make_instance(), tmp_path / "in" / "deep" / "er" / "no extension")
    (tmp_path / "in" / "notes.txt").write_text("Quixote")
    with zipfile.ZipFile(tmp_path / "in" / "more.zip", "w") as archive:
        archive.write(save(make_instance(), tmp_path / "zipped.dcm"), "x/1.dcm")
    code, out, err = pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out")
    progress = [json.loads(line) for line in err.splitlines()]  # on a slow machine
    assert (code, [state["held"] for state in progress if state["held"]]) == (0, [])
    assert "clean 2, held 0" in out
    assert "left alone: not_dicom 1" in out
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 2
    private = tmp_path / "out-private"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert stat.S_IMODE((private / "key").stat().st_mode) == 0o600
    assert (private / "report" / "index.html").is_file()
    assert (private / "journal.sqlite").is_file()
    assert len(list(private.glob("plans/*/plan.json"))) == 2
    assert not list((private / "scratch").iterdir())
    lines = {line["source"]: line for line in audit(private)}
    assert set(lines) == {"deep/er/no extension", "notes.txt", "more.zip/x/1.dcm"}
    line = lines["deep/er/no extension"]
    assert line["transfer_syntax"] == {"in": "1.2.840.10008.1.2.1", "out": "1.2.840.10008.1.2.1"}
    assert set(line["tags"]) == {"removed", "emptied", "replaced", "kept"}
    summary = json.loads((private / "summary.json").read_text())
    assert (summary["clean"], summary["held"], summary["left"]) == (2, 0, {"not_dicom": 1})


def test_no_planted_value_survives(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out")
    (written,) = (tmp_path / "out").rglob("*.dcm")
    for value in (b"Quixote", b"Alonso", b"PLANTED", b"15470929", b"20200102", b"Panza"):
        assert value not in written.read_bytes()
        assert value.decode() not in str(written)


def test_same_key_gives_the_same_pseudonyms(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    key = tmp_path / "key"
    key.write_bytes(b"0" * 32)
    key.chmod(0o600)
    names = []
    for out in ("one", "two"):
        pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / out, "--key", key)
        (written,) = (tmp_path / out).rglob("*.dcm")
        names.append((written.relative_to(tmp_path / out), written.read_bytes()))
    assert names[0] == names[1]
    pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "three")
    (other,) = (tmp_path / "three").rglob("*.dcm")
    assert other.relative_to(tmp_path / "three") != names[0][0]


@pytest.mark.parametrize(
    "arguments",
    [
        ["scrub"],
        ["nonsense"],
        ["scrub", "{in}"],
        ["scrub", "{in}/missing", "-o", "{out}"],
        ["scrub", "{in}", "-o", "{out}", "--recipe", "nonsense"],
        ["scrub", "{in}", "-o", "{out}", "--workers", "0"],
        ["scrub", "{in}", "-o", "{in}/out"],
        ["scrub", "{in}", "-o", "{out}", "--private", "{out}/private"],
        ["scrub", "{in}", "-o", "{out}", "--key", "{in}/missing"],
        ["scrub", "{in}", "-o", "{in}"],
        ["recipes", "show", "nonsense"],
    ],
)
def test_wrong_usage_exits_1_with_a_message(pixelscrub, tmp_path, arguments):
    (tmp_path / "in").mkdir()
    places = {"in": tmp_path / "in", "out": tmp_path / "out"}
    code, _, err = pixelscrub(*(argument.format(**places) for argument in arguments))
    assert code == 1
    assert err.strip()
    assert "Traceback" not in err


def test_held_instances_exit_2_and_the_others_are_done(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "good.dcm")
    unknown = make_instance(SOPClassUID="1.2.3.4")
    del unknown.PixelData, unknown.Rows
    save(unknown, tmp_path / "in" / "class.dcm")
    whole = save(make_instance(), tmp_path / "in" / "cut.dcm").read_bytes()
    (tmp_path / "in" / "cut.dcm").write_bytes(whole[:-1000])
    (tmp_path / "in" / "junk.dcm").write_bytes(b"junk")
    code, out, _ = pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out")
    reasons = {line["source"]: line["reason"] for line in audit(tmp_path / "out-private")}
    assert code == 2
    assert reasons["good.dcm"] is None
    assert reasons["class.dcm"] == "unknown_sop_class"
    assert reasons["junk.dcm"] == "damaged_file"
    assert reasons["cut.dcm"]
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 1
    assert "held 3" in out


def test_nothing_usable_exits_3(pixelscrub, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("hello")
    assert pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out")[0] == 3
    assert pixelscrub("inspect", tmp_path / "in")[0] == 3
    assert pixelscrub("apply", tmp_path / "nothing", "-o", tmp_path / "out2")[0] == 3


@pytest.mark.parametrize("asked", ['detectors = ["network", "tesseract"]', 'keep = "harmless"'])
def test_missing_tesseract_exits_5_and_says_how_to_install_it(
    pixelscrub, make_instance, save, tmp_path, monkeypatch, asked
):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    (tmp_path / "r.toml").write_text("[text]\n" + asked)
    monkeypatch.setenv("PATH", str(tmp_path))
    given = ("scrub", tmp_path / "in", "--recipe", tmp_path / "r.toml", "-o", tmp_path / "out")
    code, _, err = pixelscrub(*given)
    assert code == 5
    assert "tesseract" in err
    assert "apt" in err
    assert not list((tmp_path / "out").rglob("*.dcm"))


def test_inspect_writes_no_image_and_apply_takes_the_plan_as_corrected(
    pixelscrub, make_instance, save, tmp_path
):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    private, result = tmp_path / "private", tmp_path / "plan.json"
    code, out, _ = pixelscrub("inspect", tmp_path / "in", "--private", private, "--json", result)
    assert code == 0
    assert "1 instances" in out
    assert "Quixote" not in out
    (plan_file,) = private.glob("plans/*/plan.json")
    plan = json.loads(plan_file.read_text())
    assert json.loads(result.read_text())["plans"] == [plan]
    plan["instances"][0]["findings"] = [{"kind": "manual", "box": [2, 3, 20, 10], "source": "me"}]
    plan_file.write_text(json.dumps(plan))
    original = pydicom.dcmread(tmp_path / "in" / "a.dcm")
    assert pixelscrub("apply", private, "-o", tmp_path / "out")[0] == 0
    (written,) = (tmp_path / "out").rglob("*.dcm")
    assert written.stat().st_size
    (line,) = audit(private)
    assert line["text"][0]["box"] == [2, 3, 20, 10]
    assert pydicom.dcmread(written).pixel_array.shape == original.pixel_array.shape


def test_plan_edited_into_nonsense_is_refused(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    private = tmp_path / "private"
    pixelscrub("inspect", tmp_path / "in", "--private", private)
    (plan_file,) = private.glob("plans/*/plan.json")
    plan_file.write_text("{}")
    code, _, err = pixelscrub("apply", private, "-o", tmp_path / "out")
    assert code == 2
    assert "plan_invalid" in err


def test_input_that_changed_since_the_plan_is_held(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    private = tmp_path / "private"
    pixelscrub("inspect", tmp_path / "in", "--private", private)
    save(make_instance(), tmp_path / "in" / "a.dcm")
    assert pixelscrub("apply", private, "-o", tmp_path / "out")[0] == 2
    (line,) = audit(private)
    assert line["reason"] == "input_changed"


def test_dry_run_plans_only(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    code, out, _ = pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out", "--dry-run")
    assert code == 0
    assert "clean 1" in out
    assert not list((tmp_path / "out").rglob("*"))
    assert list((tmp_path / "out-private").glob("plans/*/plan.json"))


def test_resume_does_only_what_is_left(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    save(make_instance(), tmp_path / "in" / "b.dcm")
    pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.dcm")}
    (lost, kept) = sorted(before)
    lost.unlink()
    time.sleep(0.01)
    assert pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out", "--resume")[0] == 0
    assert lost.is_file()
    assert kept.stat().st_mtime_ns == before[kept]
    assert len(audit(tmp_path / "out-private")) == 2


def test_foreign_output_is_refused(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.doc").write_text("x")
    code, _, err = pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out")
    assert code == 1
    assert "--resume" in err
    assert pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out", "--resume")[0] == 0
    assert (tmp_path / "out" / "thesis.doc").read_text() == "x"


def test_second_run_takes_back_what_is_now_held(pixelscrub, make_instance, save, tmp_path):
    path = save(make_instance(), tmp_path / "in" / "a.dcm")
    pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out")
    path.write_bytes(b"junk")
    save(make_instance(), tmp_path / "in" / "b.dcm")
    assert pixelscrub("scrub", tmp_path / "in", "-o", tmp_path / "out")[0] == 2
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 1


def test_one_step_leaves_the_others_alone(pixelscrub, make_instance, save, tmp_path):
    original = make_instance()
    save(original, tmp_path / "in" / "a.dcm")
    pixelscrub("tags", tmp_path / "in", "-o", tmp_path / "tags")
    (written,) = (tmp_path / "tags").rglob("*.dcm")
    assert pydicom.dcmread(written).PatientName != original.PatientName
    assert pydicom.dcmread(written).PixelData == original.PixelData
    for step in ("text", "deface", "crop"):
        assert pixelscrub(step, tmp_path / "in", "-o", tmp_path / step)[0] == 0
        (written,) = (tmp_path / step).rglob("*.dcm")
        assert pydicom.dcmread(written).PatientName == original.PatientName


def test_recipes_are_listed_and_shown(pixelscrub):
    code, out, _ = pixelscrub("recipes")
    assert code == 0
    assert "default" in out
    assert 'name = "default"' in pixelscrub("recipes", "show", "default")[1]


def test_help_is_quick_to_start():
    """Not a timing: what costs time is the import of heavy modules."""
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pixelscrub", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "scrub" in result.stdout
    for heavy in ("pydicom", "numpy", "SimpleITK", "cv2"):
        assert f"| {heavy}\n" not in result.stderr.replace("|   ", "| ")


def test_verify_passes_our_output_and_fails_a_copy(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    pixelscrub("tags", tmp_path / "in", "-o", tmp_path / "out")
    result = tmp_path / "result.json"
    arguments = (tmp_path / "in", tmp_path / "out", "--json", result)
    assert pixelscrub("verify", *arguments)[0] == 0
    code, out, _ = pixelscrub("verify", tmp_path / "in", tmp_path / "in", "--json", result)
    assert code == 4
    assert "identifier_left" in out
    assert "Quixote" not in out + result.read_text()


def test_evaluate_measures_against_truth(pixelscrub, tmp_path):
    import cv2
    import numpy as np

    page = np.zeros((120, 300), np.uint8)
    cv2.putText(page, "QUIXOTE 4711", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2)
    cv2.imwrite(str(tmp_path / "page.png"), page)
    truth = {"box": [18, 34, 250, 64], "text": "QUIXOTE 4711", "is_phi": True}
    size = {"file": "page.png", "frame": 0, "width": 300, "height": 120}
    (tmp_path / "truth.json").write_text(
        json.dumps({"page": size | {"boxes": [truth], "ignore": []}})
    )
    result = tmp_path / "result.json"
    code, out, _ = pixelscrub("evaluate", tmp_path, tmp_path / "truth.json", "--json", result)
    assert code == 0
    assert out.strip()
    assert json.loads(result.read_text())


def test_inspect_shows_the_fate_of_each_tag(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    code, out, _ = pixelscrub("inspect", tmp_path / "in", "--tags")
    assert code == 0
    assert "PatientName PN: " in out
    assert "Quixote" not in out


def test_names_are_printed_escaped_and_only_where_asked(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "Quixote\x1b]0;owned\x07\nclean 99\u202e.dcm")
    _, out, _ = pixelscrub("inspect", tmp_path / "in")
    assert "image 1: 0 boxes to mask" in out
    assert "Quixote" not in out
    _, out, _ = pixelscrub("inspect", tmp_path / "in", "--show-names")
    assert r"Quixote\x1b]0;owned\x07\nclean 99\u202e.dcm: 0 boxes" in out
    for told in (out, pixelscrub("inspect", tmp_path / "in", "--tags", "--show-names")[1]):
        assert all(character.isprintable() or character == "\n" for character in told)
        assert "\nclean 99" not in told


def test_version_is_printed(pixelscrub):
    assert pixelscrub("--version")[1].strip() == "0.1.0"
    assert "scrub" in pixelscrub()[1]


def test_result_that_cannot_be_written_is_an_error(pixelscrub, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    nowhere = tmp_path / "missing" / "plan.json"
    assert pixelscrub("inspect", tmp_path / "in", "--json", nowhere)[0] == 1


def test_demo_makes_a_study_and_scrubs_it(pixelscrub, tmp_path, monkeypatch):
    monkeypatch.setattr("pixelscrub.commands.demo._head", lambda: iter(()))
    code, out, _ = pixelscrub("demo", tmp_path / "demo")
    assert code == 0
    assert "clean 3" in out
