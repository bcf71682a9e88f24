from __future__ import annotations

import pickle

from pydicom import Dataset

from pixelscrub.identity.terms import Terms, pattern
from tests.tags.samples import make_ct, read, written


def test_names_ids_and_places_are_found_and_nothing_is_converted():
    header = read(written(make_ct(InstitutionName="St Olav", PatientTelephoneNumbers="5551234567")))
    terms = Terms.of(header)
    assert terms.names == {"Gundersen^Ragnhild^Astrid"}
    assert terms.ids == {"MRN-00812345", "ACC778899"}
    assert terms.births == {"19500517"}
    assert terms.dates == {"20200131"}
    assert terms.places == {"St Olav"}
    assert "1.2.3.4" in terms.uids
    assert header.get_item("PatientName").is_raw


def test_listed_sequences_are_looked_into():
    other = Dataset()
    other.PatientID = "OTHER-4711"
    terms = Terms.of(read(written(make_ct(OtherPatientIDsSequence=[other]))))
    assert "OTHER-4711" in terms.ids


def test_variants_hold_every_order_and_case():
    variants = Terms(names=frozenset(["Gundersen^Ragnhild"])).variants()
    for text in ("GUNDERSEN", "ragnhild gundersen", "Gundersen, Ragnhild", "Ragnhild_Gundersen"):
        assert text in variants


def test_variants_of_names_in_several_scripts():
    variants = Terms(names=frozenset(["Müller^Jörg", "Wang^XiaoDong=王^小东="])).variants()
    assert {"Mueller", "Muller", "小东", "王小东", "XIAODONG"} <= variants
    assert not any("=" in text for text in variants)


def test_common_and_short_words_prove_nothing():
    terms = Terms(
        names=frozenset(["CHEST^PHANTOM", "ANONYMOUS", "Li^Bo", "NONE"]),
        ids=frozenset(["1", "0000000", "12345", "NONE"]),
    )
    assert not {"CHEST", "PHANTOM", "ANONYMOUS", "NONE", "Li", "Bo"} & terms.variants()
    assert not terms.ids & terms.variants()


def test_birth_dates_prove_only_where_no_study_date_can_equal_them():
    old = Terms(births=frozenset(["19500517"]), dates=frozenset(["20200131"]))
    young = Terms(births=frozenset(["20190517"]), dates=frozenset(["20200131"]))
    unknown = Terms(births=frozenset(["19000101"]), dates=frozenset(["bad"]))
    assert "19500517" in old.variants()
    assert not young.variants()
    assert not unknown.variants()


def test_terms_add_up_and_can_be_pickled():
    both = Terms(names=frozenset(["A^B"])) | Terms(ids=frozenset(["4711-X"]))
    assert both.names
    assert both.ids
    assert pickle.loads(pickle.dumps(both)) == both
    assert both.words() == {"4711"}


def test_pattern_finds_whole_words_only():
    found = pattern(frozenset(["Gundersen", "778899"]))
    assert found.search("for_GUNDERSEN_brain")
    assert not found.search("1.2.3778899.4")
    assert pattern(frozenset()) is None
