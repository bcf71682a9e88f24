"""Whether a plan that was read from a file can be carried out: whoever wrote it may have erred.

The types are checked by the models themselves; here are the names, sizes and ranges.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Final

from pixelscrub.untrusted import LONGEST_NAME, is_mask_name, is_output_name, is_source_name

if TYPE_CHECKING:
    from pixelscrub.findings import Box
    from pixelscrub.intake.instance import Source
    from pixelscrub.plan import FacePlan, InstancePlan

MAX_BYTES: Final = 2**46
"""Size of an input that can be believed: the time that it may take grows with it."""
MAX_NANOSECONDS: Final = 2**63 - 1
"""What SQLite keeps, and a file system tells."""
MAX_PIXEL: Final = 2**31 - 1
"""Rows, columns and frames of an image are below this (VR US and IS)."""
MAX_SIDE: Final = 65_535
"""Rows or columns of a frame (VR US)."""
MAX_LEVEL: Final = 1e12
"""No real value of a voxel is larger."""
UIDS: Final = frozenset({"SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"})
"""What may be made where it is missing."""
MAX_UID: Final = 65_535
"""Characters of what stands for a UID in a header of any kind."""


def is_sound_instance(plan: InstancePlan) -> bool:
    """Whether names stay below their roots and numbers are such as an instance may have."""
    boxes = [plan.crop, *(found.box for found in plan.findings)]
    frames = [number for found in plan.findings for number in found.frames or ()]
    return (
        is_known_instance(plan)
        and is_output_name(plan.output)
        and set(plan.made_uids) <= UIDS
        and all(_is_sound_box(box) for box in boxes)
        and all(number <= MAX_PIXEL for number in frames)
    )


def is_known_instance(plan: InstancePlan) -> bool:
    """Whether it says which file it is about, so that this one can be held."""
    return _is_sound_source(plan.source) and 0 < len(plan.uid) <= MAX_UID


def is_sound_face(face: FacePlan) -> bool:
    """Whether a mask lies beside the plan, and slices, tiles and levels go together."""
    corners = [number for tile in face.tiles for number in tile]
    numbers = [*face.fill, face.tissue]
    return (
        (face.mask is None or is_mask_name(face.mask))
        and all(0 <= frame <= MAX_PIXEL for _, frame in face.slices)
        and len(face.tiles) in {0, len(face.slices)}
        and (face.mosaic is None or len(face.tiles) == len(face.slices))
        and all(0 <= number <= MAX_SIDE for number in corners)
        and all(0 < side <= MAX_SIDE for side in face.mosaic or ())
        and all(math.isfinite(number) and abs(number) <= MAX_LEVEL for number in numbers)
    )


def _is_sound_source(source: Source) -> bool:
    """Whether it lies below a root, and size and time are such as a file has."""
    return (
        is_source_name(source.archive or source.path)
        and (source.archive is None or _is_member(source))
        and _is_root(str(source.root))
        and 0 <= source.size <= MAX_BYTES
        and abs(source.modified) <= MAX_NANOSECONDS
    )


def _is_member(source: Source) -> bool:
    """Whether the rest of the path is the name that a member has in its archive."""
    return source.path.startswith(f"{source.archive}/") and "\0" not in source.path


def _is_root(root: str) -> bool:
    is_sound = "\0" not in root and len(root) <= LONGEST_NAME and ".." not in root.split("/")
    return is_sound and os.path.isabs(root)  # noqa: PTH117 (a string, of any system's form)


def _is_sound_box(box: Box | None) -> bool:
    return box is None or (box.area > 0 and all(abs(edge) <= MAX_PIXEL for edge in box))
