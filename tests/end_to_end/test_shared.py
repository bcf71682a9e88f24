"""The whole job on real ultrasound, endoscopy and a head, where they are on this machine."""

import json
import shutil

import numpy as np
import pytest

STILLS = ("ge_us1_240", "philips_ob_pal350", "vl2_egd_rle", "ge_echo_lead")


@pytest.fixture(scope="module")
def real_run(run_scrub, shared, tmp_path_factory):
    """A few real images and one real head series, scrubbed with the default recipe."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "original").mkdir()
    for name in STILLS:
        shutil.copy(shared / "text" / "dcm" / f"{name}.dcm", folder / "original")
    shutil.copytree(shared / "head" / "dicom" / "brainix_t1", folder / "original" / "head")
    return run_scrub(folder / "original", folder)


def test_all_of_it_comes_out_in_the_syntax_that_it_had(real_run):
    assert real_run.summary.held == 0
    assert real_run.summary.clean == len(real_run.audit)
    for line in real_run.audit.values():
        assert line["transfer_syntax"]["in"] == line["transfer_syntax"]["out"]


@pytest.mark.parametrize("name", STILLS)
def test_identifying_text_is_masked(real_run, shared, name):
    truth = json.loads((shared / "text" / "truth.json").read_text())[name]
    mask = np.zeros((truth["height"], truth["width"]), bool)
    for found in real_run.audit[f"{name}.dcm"]["text"]:
        x0, y0, x1, y1 = found["box"]
        mask[y0:y1, x0:x1] = True
    identifying = [text["box"] for text in truth["boxes"] if text["is_phi"]]
    assert all(mask[y0:y1, x0:x1].mean() >= 0.9 for x0, y0, x1, y1 in identifying)


def test_head_has_lost_its_face(real_run):
    lines = [line for source, line in real_run.audit.items() if source.startswith("head/")]
    assert len(lines) == 22
    assert {line["face"]["status"] for line in lines} == {"removed"}
