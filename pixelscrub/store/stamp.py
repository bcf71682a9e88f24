"""Stamps of planned instances: what was carried out once need not be done again."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path

from pixelscrub.plan import FacePlan, Plan
from pixelscrub.untrusted import is_mask_name, open_regular

CARRIED_OUT = {"steps", "pixels", "tags"}
"""Sections of a recipe that say what is done with findings; the others say what is found."""


def stamps(plan: Plan, folder: Path) -> dict[str, str]:
    """A digest for each instance of a plan, by its SOP Instance UID.

    It changes whenever what is to be done with the instance does: its part of the plan, the
    recipe's sections that carry plans out, its face masks, or the files of its study, which
    together say what identifies.

    Args:
        plan: the plan.
        folder: where its face masks lie.
    """
    files = [instance.source for instance in plan.instances]
    shared = _digest(plan.recipe.model_dump_json(include=CARRIED_OUT), repr(files))
    faces: dict[str, list[str]] = defaultdict(list)
    for face in plan.faces:
        digest = _digest(face.model_dump_json(), _content(folder, face))
        for uid in {uid for uid, _ in face.slices}:
            faces[uid].append(digest)
    return {
        i.uid: _digest(shared, i.model_dump_json(exclude={"seconds"}), *faces[i.uid])
        for i in plan.instances
    }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _content(folder: Path, face: FacePlan) -> str:
    """Of the mask's file; empty where there is none, which `apply` then holds."""
    if face.mask is None or not is_mask_name(face.mask):
        return ""
    try:
        with open_regular(folder / face.mask) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
