from __future__ import annotations

import pytest

from pixelscrub.recipe import TagRule, TagSettings
from pixelscrub.tags.codes import OPTIONS
from pixelscrub.tags.deidentify import HeaderTask, deidentify
from pixelscrub.tags.done import Done
from tests.tags.samples import make_ct, read, written


def marked(pseudonyms, done=Done(), header=None, **settings):  # noqa: B008
    header = read(written(header or make_ct()))
    deidentify(header, HeaderTask(TagSettings(**settings), pseudonyms, done))
    return read(written(header))


def codes_of(header):
    return {item.CodeValue for item in header.get("DeidentificationMethodCodeSequence", [])}


def test_basic_profile_is_claimed_alone(pseudonyms):
    header = marked(pseudonyms)
    assert header.PatientIdentityRemoved == "YES"
    assert codes_of(header) == {"113100"}
    assert header.LongitudinalTemporalInformationModified == "REMOVED"
    assert "BurnedInAnnotation" not in header
    assert "RecognizableVisualFeatures" not in header


@pytest.mark.parametrize(
    ("done", "codes"),
    [(Done(text=True), {"113100", "113101"}), (Done(face=True), {"113100", "113102"})],
)
def test_pixel_marks_say_what_was_done(pseudonyms, done, codes):
    header = marked(pseudonyms, done)
    assert codes_of(header) == codes
    assert header.get("BurnedInAnnotation") == ("NO" if done.text else None)
    assert header.get("RecognizableVisualFeatures") == ("NO" if done.face else None)


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_every_option_has_its_code(pseudonyms, option):
    assert codes_of(marked(pseudonyms, options=(option,))) == {"113100", OPTIONS[option][0]}


@pytest.mark.parametrize(
    ("option", "mark"), [("retain_full_dates", "UNMODIFIED"), ("retain_modified_dates", "MODIFIED")]
)
def test_dates_are_marked(pseudonyms, option, mark):
    header = marked(pseudonyms, options=(option,))
    assert header.LongitudinalTemporalInformationModified == mark


def test_a_rule_that_keeps_more_takes_the_claim_away(pseudonyms):
    rule = TagRule(keyword="StudyDate", action="keep")
    stale = make_ct(DeidentificationMethodCodeSequence=[make_ct()])
    header = marked(pseudonyms, header=stale, rules=(rule,))
    assert header.StudyDate == "20200131"
    assert codes_of(header) == set()
    assert len(header.DeidentificationMethod) == 2
