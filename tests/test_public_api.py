"""What scripts rely on: names, signatures, the form of plan and audit; changes are on purpose."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import pixelscrub
from pixelscrub.outcome import AuditLine, Summary
from pixelscrub.plan import Plan

SNAPSHOTS = Path(__file__).parent / "snapshots"
MODELS = {"plan": Plan, "audit": AuditLine, "summary": Summary}


def signatures():
    found = {}
    for name in pixelscrub.__all__:
        value = getattr(pixelscrub, name)
        is_function = inspect.isfunction(value)
        found[name] = str(inspect.signature(value)) if is_function else value.__name__
    return found


def hold_against(name, value):
    """Compare with the snapshot; delete the file to write it anew."""
    path = SNAPSHOTS / f"{name}.json"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        pytest.fail(f"{path.name} was written; look at it and commit it")
    assert json.loads(path.read_text(encoding="utf-8")) == value


def test_public_names_and_their_signatures():
    hold_against("api", signatures())


@pytest.mark.parametrize("name", sorted(MODELS))
def test_form_of_what_is_written(name):
    hold_against(name, MODELS[name].model_json_schema(by_alias=True))


def test_names_of_the_contract():
    from pixelscrub.face import face_mask
    from pixelscrub.text import detect

    assert pixelscrub.detect_text is detect is pixelscrub.text.detect
    assert pixelscrub.face_mask is face_mask is pixelscrub.face.face_mask


def test_an_unknown_name_is_an_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = pixelscrub.nonsense
    assert "scrub" in dir(pixelscrub)


def test_import_loads_nothing_heavy():
    heavy = "pydicom numpy cv2 SimpleITK scipy skimage pydantic onnxruntime"
    code = f"import sys, pixelscrub; print([m for m in '{heavy}'.split() if m in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
