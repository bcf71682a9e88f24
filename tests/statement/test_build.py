"""A statement counts what a run did, and holds no value of an original."""

import json
import os
import re
import shutil
from collections import Counter
from dataclasses import replace

import pytest
from pydicom import dcmread

from pixelscrub import api
from pixelscrub.compat.packages import source_commit
from pixelscrub.errors import UsageError
from pixelscrub.identity.rarity import (
    age_band,
    attributes_kept,
    rare_patients,
    read_release,
)
from pixelscrub.recipe import Recipe, ReleaseSettings
from pixelscrub.statement.build import make_statement
from pixelscrub.statement.records import read_records

from .conftest import KEPT, PATIENTS, age_of


@pytest.fixture(scope="module")
def statement(released):
    return make_statement(*released)


def test_it_has_the_keys_of_the_contract(statement):
    wanted = {
        "version", "recipe_sha256", "released", "held", "identifiers", "quasi_identifiers",
        "residual", "classification", "merkle_root",
    }  # fmt: skip
    assert wanted <= statement.keys()
    assert len(statement["identifiers"]) == 18
    assert {"k_min", "unique_patients", "patients"} <= statement["quasi_identifiers"].keys()


def test_it_agrees_with_the_summary(statement, released):
    summary = json.loads((released[1] / "summary.json").read_text())
    assert statement["released"] == summary["clean"] == 2 * PATIENTS
    assert sum(statement["held"].values()) == summary["held"] == 0
    assert sum(statement["skipped"].values()) == sum(summary["left"].values())
    assert len(statement["files"]) == statement["released"] + 1  # and the audit


def test_groups_are_those_that_a_count_by_hand_gives(statement):
    groups = Counter(
        (age_band(age_of(number)), "F" if number % 2 else "M") for number in range(PATIENTS)
    )
    quasi = statement["quasi_identifiers"]
    assert quasi["patients"] == PATIENTS
    assert quasi["k_min"] == min(groups.values()) == 1
    assert quasi["unique_patients"] == sum(n == 1 for n in groups.values()) == 2
    assert quasi["over_89"] == 1
    named = [(values["age"], values["sex"]) for values, _ in quasi["whole"]["groups"]]
    assert sorted(named) == [("40-44", "F"), ("40-44", "M")]
    assert quasi["whole"]["small_groups"] == 2


def test_it_holds_no_value_of_an_original(statement, originals):
    text = json.dumps(statement)
    for path in sorted(originals.iterdir())[:6]:
        header = dcmread(path)
        values = (header.PatientID, header.PatientName.family_name, header.StudyInstanceUID)
        assert not any(value in text for value in values)
        assert path.name not in text
    assert str(originals) not in text


def test_what_stays_shows_in_its_rows(statement):
    kept = {row["name"]: row["kept"] for row in statement["identifiers"]}
    assert kept["photograph"] == ["pixels_not_searched", "face_not_searched"]
    assert kept["biometric"] == []
    assert statement["classification"]["hipaa_safe_harbor"] is False
    assert statement["classification"]["gdpr"] == "pseudonymous"
    undone_by = {"key": "private_folder", "crosswalk": "none", "escrow": "none"}
    assert statement["remains"]["undone_by"] == undone_by
    assert statement["remains"]["private_folder_readable_by"] == "owner"
    assert all(row["verified"] == "not run" for row in statement["identifiers"])


def test_figures_come_with_their_number_and_interval(statement):
    for one in statement["residual"]["figures"]:
        assert one["low"] <= one["share"] <= one["high"] < 1
        assert one["total"] > 0
        assert one["high"] > 0


def test_verify_shows_in_the_rows(released, originals, tmp_path):
    out, private = tmp_path / "out", tmp_path / "out-private"
    shutil.copytree(released[0], out)
    shutil.copytree(released[1], private)
    result = api.verify(originals, out, private=private)
    (private / "verify.json").write_text(result.to_json())
    made = make_statement(out, private)
    assert all(isinstance(row["verified"], int) for row in made["identifiers"])


@pytest.fixture
def copied(released, tmp_path):
    for folder, name in zip(released, ("out", "out-private"), strict=True):
        shutil.copytree(folder, tmp_path / name)
    return tmp_path / "out", tmp_path / "out-private"


def test_an_audit_that_is_cut_is_refused(copied):
    audit = copied[1] / "audit.jsonl"
    audit.write_bytes(audit.read_bytes()[:-10])
    with pytest.raises(UsageError, match=f"line {2 * PATIENTS}"):
        make_statement(*copied)


def test_an_output_that_is_gone_is_said(copied):
    next(copied[0].rglob("*.dcm")).unlink()
    with pytest.raises(UsageError, match="1 outputs of the audit"):
        make_statement(*copied)


def test_a_file_that_nobody_judged_is_said(copied):
    (copied[0] / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match="1 files that the audit does not know"):
        make_statement(*copied)


@pytest.mark.parametrize("name", ["audit.jsonl", "summary.json", "recipe.json"])
def test_a_record_that_is_missing_is_said(copied, name):
    (copied[1] / name).unlink()
    with pytest.raises(UsageError):
        make_statement(*copied)


def test_reviewers_are_counted_and_not_named(copied):
    lines = [{"who": "Dr. Panza"}, {"who": "Dr. Panza"}, {"who": "x"}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (copied[1] / "decisions.jsonl").write_text(text)
    made = make_statement(*copied)
    assert sorted(made["review"]) == [1, 2]
    assert "Panza" not in json.dumps(made)


def test_a_later_statement_extends_the_earlier_one(copied, originals):
    made = make_statement(*copied)
    (copied[1] / "statement.json").write_text(json.dumps(made))
    again = make_statement(*copied)
    assert again["extends"] == made["merkle_root"] == again["merkle_root"]
    file = next(copied[0].rglob("*.dcm"))
    file.write_bytes(file.read_bytes() + b"\0\0")
    assert make_statement(*copied)["extends"] is None


def test_rare_patients_may_be_held(originals, tmp_path):
    recipe = KEPT.model_copy(update={"release": ReleaseSettings(k=5, on_rare="hold")})
    summary = api.scrub(originals, tmp_path / "out", recipe=recipe, workers=1)
    assert summary.reasons == {"rare_patient": 4}
    ages = {str(dcmread(path).PatientAge) for path in (tmp_path / "out").rglob("*.dcm")}
    assert not ages & {"093Y", "090Y", "007Y"}
    made = make_statement(tmp_path / "out", tmp_path / "out-private")
    assert made["quasi_identifiers"]["k_min"] >= 5
    assert made["held"] == {"rare_patient": 4}
    again = api.scrub(originals, tmp_path / "out", recipe=recipe, workers=1, resume=True)
    assert again.reasons == {"rare_patient": 4}


@pytest.mark.parametrize("count", [0, 1])
def test_few_patients_are_said_plainly(count, make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    if not count:
        (tmp_path / "in" / "a.dcm").write_bytes(bytes(128) + b"DICM")
    api.scrub(tmp_path / "in", tmp_path / "out", recipe=Recipe().with_steps("tags"), workers=1)
    made = make_statement(tmp_path / "out", tmp_path / "out-private")
    assert made["quasi_identifiers"]["patients"] == count
    assert made["quasi_identifiers"]["k_min"] == count


def test_records_count_lines_of_the_audit(released):
    records = read_records(released[1])
    assert records.counts.released == len(records.counts.outputs)
    assert records.has_key
    assert not records.has_crosswalk
    assert records.verified is None


def test_a_journal_that_cannot_be_read_may_hold_a_crosswalk(copied):
    (copied[1] / "journal.sqlite").write_bytes(b"no database" * 100)
    made = make_statement(*copied)
    assert made["remains"]["undone_by"]["crosswalk"] == "private_folder"


def test_an_output_that_cannot_be_read_is_said(copied):
    file = next(copied[0].rglob("*.dcm"))
    file.write_bytes(b"\xff" * 300)
    with pytest.raises(UsageError, match="1 outputs cannot be read as DICOM"):
        make_statement(*copied)


def test_nobody_is_called_common_whose_output_cannot_be_read(released):
    names = read_records(released[1]).counts.outputs
    release = read_release(released[0], names)
    assert "PNOBODY" in rare_patients(replace(release, unreadable=["PNOBODY/1/1/1.dcm"]), k=1)
    assert "PNOBODY" not in rare_patients(release, k=1)


def test_dates_that_were_moved_make_nobody_rare():
    assert "study_date" not in attributes_kept(["retain_modified_dates"])
    assert "study_date" in attributes_kept(["retain_full_dates"])


def test_safe_harbor_is_not_claimed_without_an_audit(make_instance, save, tmp_path):
    save(make_instance(), tmp_path / "in" / "a.dcm")
    out, private = tmp_path / "out", tmp_path / "out-private"
    api.scrub(tmp_path / "in", out, workers=1)
    assert make_statement(out, private)["classification"]["hipaa_safe_harbor"] is None
    result = api.verify(tmp_path / "in", out, private=private)
    (private / "verify.json").write_text(result.to_json())
    assert make_statement(out, private)["classification"]["hipaa_safe_harbor"] is True
    os.utime(private / "verify.json", (1, 1))  # of an earlier output
    assert make_statement(out, private)["classification"]["hipaa_safe_harbor"] is None


def test_ages_over_89_are_a_row_that_fails(statement):
    dates = next(row for row in statement["identifiers"] if row["name"] == "dates")
    assert "ages_over_89" in dates["kept"]
    assert "C" in statement["classification"]["hipaa_failed_rows"]


def test_it_says_how_far_it_is(released):
    class Steps:
        total = steps = 0

        def started(self, total, files=0):
            self.total = total

        def advanced(self, steps, outcome=None):
            self.steps += steps

    progress = Steps()
    make_statement(*released, progress=progress)
    assert progress.steps == progress.total == 4 * PATIENTS


def test_licences_are_a_few_words(statement):
    for one in statement["software"]["packages"]:
        assert 0 < len(one["licence"]) <= 60
        assert "Copyright" not in one["licence"]


def test_the_commit_that_was_installed_is_said(monkeypatch):
    commit = "4f" * 20
    said = json.dumps({"url": "x", "vcs_info": {"vcs": "git", "commit_id": commit}})

    class Distribution:
        def read_text(self, name):
            return said if name == "direct_url.json" else None

    monkeypatch.setattr("importlib.metadata.distribution", lambda _: Distribution())
    assert source_commit() == commit


def test_the_commit_of_a_checkout_is_said(statement):
    """Not where Git keeps it elsewhere: a linked work tree, or packed references."""
    commit = statement["software"]["commit"]
    assert commit is None or re.fullmatch("[0-9a-f]{40}", commit)
