"""Trees, intervals, groups and words of a statement."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pixelscrub.commands.cli import app
from pixelscrub.identity.rarity import (
    Release,
    age_band,
    measure_rarity,
    rare_patients,
    size_band,
    weight_band,
)
from pixelscrub.statement.build import make_statement
from pixelscrub.statement.intervals import wilson
from pixelscrub.statement.render import texts, to_html
from pixelscrub.statement.residual import modality_of
from pixelscrub.statement.tree import file_names, hash_files, root_of

FILES = st.dictionaries(st.text(min_size=1, max_size=5), st.text("0123456789abcdef", max_size=8))


@given(FILES, st.data())
def test_any_change_changes_the_root(files, data):
    other = dict(files)
    name = data.draw(st.sampled_from(sorted(files))) if files else "new"
    other[name] = files.get(name, "") + "0"
    assert root_of(other) != root_of(files)
    assert root_of(dict(reversed(files.items()))) == root_of(files)


def test_the_root_of_one_file_is_its_leaf():
    leaf = hashlib.sha256(b"\0a\0ff").hexdigest()
    assert root_of({"a": "ff"}) == leaf
    assert root_of({}) == hashlib.sha256(b"").hexdigest()


def test_links_are_named_and_not_followed(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "folder").symlink_to("/")
    assert sorted(file_names(tmp_path)) == ["a", "folder"]
    assert hash_files(tmp_path)["folder"] == ""


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(0, 0, 0, 1), (0, 100, 0, 0.037), (3, 159, 0.0064, 0.0540), (10, 10, 0.7225, 1)],
)
def test_intervals_are_those_of_wilson(count, total, low, high):
    found = wilson(count, total)
    assert found == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


@given(st.integers(0, 500), st.integers(0, 500))
def test_intervals_hold_the_share(count, more):
    low, high = wilson(count, count + more)
    share = count / (count + more) if count + more else 0
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_bands():
    assert [age_band(a) for a in ("044Y", "045Y", "089Y", "090Y", "006M", "x")] == [
        "40-44", "45-49", "85-89", "90+", "0-4", "x",
    ]  # fmt: skip
    assert size_band("1.784") == "1.80"
    assert weight_band("71.9") == "70"
    assert weight_band("heavy") == "heavy"


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=3),
        st.fixed_dictionaries(
            {"age": st.sampled_from([("40-44",), ("45-49",), ()]), "sex": st.sampled_from([("F",)])}
        ),
        max_size=12,
    ),
    st.integers(2, 5),
)
def test_nobody_in_a_named_group_is_rare(patients, k):
    rarity = measure_rarity(patients, k)
    named = sum(count for _, count in rarity.whole.groups)
    assert named == len(patients) - len(rare_patients(Release(patients, []), k))
    assert all(count >= k for _, count in rarity.whole.groups)


def test_each_text_is_there_in_each_language():
    def keys(table, above=""):
        for name, value in table.items():
            yield from keys(value, f"{above}{name}.") if isinstance(value, dict) else [above + name]

    assert sorted(keys(texts("en"))) == sorted(keys(texts("de")))


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_needs_nothing_else(released, language):
    page = to_html(make_statement(*released), language)
    assert "<script" not in page
    assert "http" not in page
    assert texts(language)["title"] in page


def test_classes_have_short_names():
    assert modality_of("1.2.840.10008.5.1.4.1.1.2") == "CT"
    assert modality_of("1.2.840.10008.5.1.4.1.1.6.1") == "US"
    assert modality_of("1.2.3") == "other"


def test_the_command_writes_and_verifies(released, tmp_path):
    run = CliRunner().invoke
    out, key = released[0], tmp_path / "key"
    made = run(app, ["statement", "--new-key", str(key)])
    assert made.exit_code == 0
    words = ["statement", str(out), "--json", str(tmp_path / "s.json"), "--sign", str(key)]
    words += ["--html", str(tmp_path / "s.html"), "--multiqc", str(tmp_path / "mqc")]
    result = run(app, words)
    assert result.exit_code == 0, result.output
    assert "smallest group 1" in result.output
    assert json.loads((tmp_path / "mqc" / "pixelscrub_outcome_mqc.json").read_text())["data"]
    assert (tmp_path / "mqc" / "pixelscrub.csv").read_text().startswith("name,count\n")
    checked = run(app, ["verify", str(out), "--statement", str(tmp_path / "s.json")])
    assert checked.exit_code == 0, checked.output
    said = json.loads((tmp_path / "s.json").read_text())
    said["files"]["extra.dcm"] = "0" * 64
    (tmp_path / "s.json").write_text(json.dumps(said))
    checked = run(app, ["verify", str(out), "--statement", str(tmp_path / "s.json")])
    assert checked.exit_code == 4
    assert "missing: extra.dcm" in checked.output


def test_a_statement_needs_an_output():
    result = CliRunner().invoke(app, ["statement"])
    assert result.exit_code != 0
