"""What dicomqc, another project's auditor of headers, finds in outputs: nothing it may not find."""

from itertools import product
from pathlib import Path

import pytest
from pydicom.uid import (
    CTImageStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RTStructureSetStorage,
)

import pixelscrub
from pixelscrub.recipe import Recipe
from tests.tags import torture

POLICY = Path(__file__).parents[2] / "packaging" / "dicomqc" / "policy.yaml"
CLASSES = (CTImageStorage, EnhancedMRImageStorage, RTStructureSetStorage)
SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
NO_ACCESSION = {"tags": {"rules": [{"keyword": "AccessionNumber", "action": "empty"}]}}
"""dicomqc calls every accession number an error, a pseudonym too; no policy changes that."""


def errors(folder):
    """Rules of dicomqc that an output breaks, with the policy for our pseudonyms."""
    scanner = pytest.importorskip("dicomqc.scanner", reason="dicomqc is not installed")
    policies = pytest.importorskip("dicomqc.rules.policy", reason="dicomqc is not installed")
    result = scanner.scan_paths([folder], policy=policies.load_policy(POLICY), uid_checks=True)
    assert result.records
    found = [one for one in result.findings if one.severity == "error"]
    return {one.rule_id.removeprefix("research-release-v0.1.") for one in found}


def test_of_the_demo_it_minds_pseudonyms_of_accession_numbers_alone(demo_run):
    assert errors(demo_run.out) == {"direct_phi.AccessionNumber"}


@pytest.fixture(scope="module")
def tortured(tmp_path_factory):
    """Identifiers in every attribute that may hold one, scrubbed without accession numbers."""
    folder = tmp_path_factory.mktemp("tortured")
    (folder / "in").mkdir()
    for seed, (sop_class, syntax) in enumerate(product(CLASSES, SYNTAXES)):
        made = torture.plant(seed, sop_class, syntax)
        (folder / "in" / f"{seed}.dcm").write_bytes(made.data)
    recipe = Recipe.model_validate({"name": "no-accession"} | NO_ACCESSION).with_steps("tags")
    return folder, pixelscrub.scrub(folder / "in", folder / "out", recipe=recipe, workers=1)


def test_of_the_torture_corpus_it_minds_nothing(tortured):
    folder, summary = tortured
    assert summary.clean == len(CLASSES) * len(SYNTAXES)
    assert errors(folder / "out") == set()


def test_it_minds_the_originals(tortured):
    assert {"direct_phi.PatientBirthDate", "direct_phi.PatientAddress"} <= errors(
        tortured[0] / "in"
    )
