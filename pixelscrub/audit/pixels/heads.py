"""Faces that are still in volumes of an output, where no plan says what was to go.

Where a face is can be told by the average head only, as the steps do it; whether it is still there
is told by other decoders.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File, pixels
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.intake.instance import Instance
from pixelscrub.plan import FacePlan
from pixelscrub.prove.masks import planes
from pixelscrub.prove.remains import tissue_left
from pixelscrub.recipe import FaceSettings
from pixelscrub.store.temporary import temporary_folder

Values = npt.NDArray[Any]

MOST: Final = 0.25
"""Share of a face's tissue that may be what it was: tools draw the face's edge in several ways."""
SAME: Final = 0.5
"""Share of equal pixels from which a picture of a head is what it was."""


def check_heads(
    originals: Mapping[str, File], outputs: Mapping[str, File], pairs: Mapping[str, str]
) -> tuple[list[Issue], list[str]]:
    """Look for faces in the originals of the pairs (source by output), and measure the outputs.

    Returns:
        an issue for each volume that shows its face, and for each picture of a head that no face
        can be taken out of and that is what it was; and what could not be searched.
    """
    studies: dict[str, dict[str, tuple[File, str]]] = defaultdict(dict)
    for output, source in pairs.items():
        header = originals[source].header
        study = str(header.get("StudyInstanceUID") or "")
        studies[study][originals[source].uid] = originals[source], output
    found: list[Issue] = []
    unsearched = 0
    for members in studies.values():
        try:
            found += _check_study(members, outputs)
        except HeldError:
            unsearched += 1
    return found, [f"faces: {unsearched} studies cannot be searched"] if unsearched else []


def _check_study(
    members: Mapping[str, tuple[File, str]], outputs: Mapping[str, File]
) -> Iterator[Issue]:
    """Compare one study; `members` are originals and the names of outputs by SOP Instance UID."""
    from pixelscrub.face.find import find_faces
    from pixelscrub.face.subject import says_head
    from pixelscrub.prove.face_check import find_face

    instances = [one for file, _ in members.values() if (one := _instance(file)) is not None]
    with temporary_folder(is_watched=False) as folder:
        with guarded(Reason.FACE_FAILED):
            faces, held, loose = find_faces(instances, FaceSettings(), folder, find_face)
            held |= {i.uid: Reason.FACE_IN_DERIVED for i in loose if says_head(i)}
        masked = [face for face in faces if face.mask is not None]
        for face in masked:
            yield from _check_face(face, folder, members, outputs)
    told = {uid for face in masked for uid, _ in face.slices}
    for uid in held.keys() - told:
        file, name = members[uid]
        if _is_same(file, outputs[name]):
            yield Issue("face_not_taken_out", name, detail=f"as it was, {held[uid]}")


def _instance(file: File) -> Instance | None:
    """What places a file in its study; None for one that has no place in a volume."""
    from pixelscrub.intake.read import read_instance

    try:
        return read_instance(file.source)
    except HeldError:
        return None


def _check_face(
    face: FacePlan,
    folder: Path,
    members: Mapping[str, tuple[File, str]],
    outputs: Mapping[str, File],
) -> Iterator[Issue]:
    parts = []
    for uid in dict.fromkeys(uid for uid, _ in face.slices):
        original, name = members[uid]
        for frame, plane in planes([face], folder, uid).items():
            pair = [_real(file, frame) for file in (original, outputs[name])]
            if all(v is not None and v.shape == plane.mask.shape for v in pair):
                parts.append([v[plane.mask] for v in pair if v is not None])
    if not parts:
        return
    old, new = (np.concatenate(side) for side in zip(*parts, strict=True))
    left = tissue_left(old, new, *face.fill)
    if left > MOST:
        name = members[face.slices[0][0]][1]
        detail = f"{left:.0%} of the face is what it was"
        yield Issue("face_left", name, f"volume of {len(face.slices)} slices", detail)


def _real(file: File, frame: int) -> Values | None:
    """A frame in real units; None where it cannot be decoded."""
    from pixelscrub.face.voxels.volumes import rescale

    stored = pixels(file, frame)
    if stored is None:
        return None
    slope, intercept = rescale(file.header, frame)
    return np.asarray(stored * slope + intercept)


def _is_same(original: File, output: File) -> bool:
    old, new = pixels(original, 0), pixels(output, 0)
    if old is None or new is None or old.shape != new.shape:
        return False
    return float((old == new).mean()) >= SAME
