from __future__ import annotations

import csv
import stat

import pytest

from pixelscrub.errors import UsageError
from pixelscrub.identity.pseudonyms import Pseudonyms, read_lookup
from pixelscrub.recipe import TagSettings
from pixelscrub.store.crosswalk import originals, read_crosswalk, save, to_csv
from pixelscrub.store.journal import Journal
from pixelscrub.store.private import Private

KEY = b"0" * 32


@pytest.fixture
def private(tmp_path):
    return Private.open(tmp_path / "private")


def remember(private, pseudonyms):
    pseudonyms.patient_id("MRN-00812345")
    pseudonyms.uid("1.2.3.4")
    pseudonyms.accession("ACC-1")
    pseudonyms.code("any text")
    pseudonyms.shift_days("MRN-00812345")
    with Journal(private.journal, KEY) as journal:
        journal.remember(pseudonyms.take())


def test_pseudonyms_are_turned_back_with_the_key(private):
    made = Pseudonyms(private.key(), "1.2.826.0.1")
    remember(private, made)
    pairs = read_crosswalk(private.path)
    assert {pair.kind for pair in pairs} == {"patient", "uid", "accession", "text", "shift"}
    assert {pair.made_by for pair in pairs} == {"key"}
    (found,) = originals(pairs, [made.patient_id("MRN-00812345")])
    assert found.original == "MRN-00812345"
    assert len(originals(pairs, [])) == 5


def test_pseudonyms_of_the_site_are_told_apart(private, tmp_path):
    lookup = tmp_path / "site.csv"
    lookup.write_text("kind,original,pseudonym\npatient,MRN-00812345,SITE-1\n")
    remember(private, Pseudonyms.of(private.key(), TagSettings(lookup=lookup)))
    (found,) = originals(read_crosswalk(private.path), ["SITE-1"])
    assert (found.original, found.made_by) == ("MRN-00812345", "look-up")


def test_another_key_gives_nothing(private, tmp_path):
    remember(private, Pseudonyms(b"another key, longer than 16"))
    with pytest.raises(UsageError, match="key made none"):
        read_crosswalk(private.path)


def test_what_is_not_there_is_refused_without_a_value(private, tmp_path):
    with pytest.raises(UsageError, match="no private folder"):
        read_crosswalk(tmp_path)
    with Journal(private.journal, KEY):
        pass
    with pytest.raises(UsageError, match="no crosswalk"):
        read_crosswalk(private.path)
    remember(private, Pseudonyms(private.key()))
    with pytest.raises(UsageError) as caught:
        originals(read_crosswalk(private.path), ["PXUNKNOWN"])
    assert "PXUNKNOWN" not in str(caught.value)
    private.journal.write_bytes(b"damaged" * 100)
    with pytest.raises(UsageError, match="journal cannot be used"):
        read_crosswalk(private.path)


def test_the_file_is_new_and_its_owners_alone(private, tmp_path):
    remember(private, Pseudonyms(private.key()))
    path = tmp_path / "crosswalk.csv"
    save(path, to_csv(read_crosswalk(private.path)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == 5
    with pytest.raises(UsageError, match="cannot be written"):
        save(path, "")
    assert read_lookup(path)["patient", "MRN-00812345"].startswith("PX")
