"""Look for objects: in each instance by the finders of its kind, in CT by whole volumes.

A finder of instances is one module with `is_for` and `find`, and one row of `FINDERS`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from pixelscrub.errors import Reason, guarded
from pixelscrub.objects.seen import Finder, SeenObject, names_device

if TYPE_CHECKING:
    from pixelscrub.findings import Finding
    from pixelscrub.intake.instance import Instance
    from pixelscrub.pixels.image import Image
    from pixelscrub.plan import FacePlan
    from pixelscrub.recipe import ObjectSettings

FINDERS: Final = {
    "radiographs": "pixelscrub.objects.radiographs",
    "photographs": "pixelscrub.objects.photographs",
    "voids": "pixelscrub.objects.voids",
}
"""Finders that look at one instance, by the name that findings carry as their source."""
MOST_OBJECTS: Final = 60
"""Objects of one instance; with more, one finding stands for all."""


def find_objects(
    image: Image, settings: ObjectSettings, texts: Sequence[Finding] = ()
) -> list[Finding]:
    """Find objects in one instance.

    Args:
        image: the opened instance, with pixel data.
        settings: kinds to mask.
        texts: findings of burned-in text: what they cover stays text.

    Returns:
        Findings of kind `object` in stored pixels.

    Raises:
        HeldError: a frame cannot be read, or DETECTOR_FAILED.
    """
    found: list[Finding] = []
    for name, module in FINDERS.items():
        with guarded(Reason.DETECTOR_FAILED):
            finder = cast("Finder", import_module(module))
            if finder.is_for(image):
                seen = bounded(finder.find(image, texts))
                is_named = bool(seen) and names_device(image.header)
                found += [one.finding(name, settings.remove, is_named) for one in seen]
    return found


def find_in_volumes(
    instances: Sequence[Instance],
    suspects: Collection[str],
    faces: Sequence[FacePlan],
    settings: ObjectSettings,
) -> dict[str, list[Finding]]:
    """Find metal in the CT volumes of one study.

    Args:
        instances: of the study.
        suspects: SOP Instance UIDs of slices in which something is brighter than bone; other
            series are not read again.
        faces: what was found of faces: it tells which volumes are heads.
        settings: kinds to mask.

    Returns:
        Findings of kind `object` by SOP Instance UID.

    Raises:
        HeldError: DETECTOR_FAILED, or what made a frame unreadable.
    """
    from pixelscrub.objects import ct
    from pixelscrub.objects.volumes import find_metal, headers_name_device

    found: dict[str, list[Finding]] = {}
    with guarded(Reason.DETECTOR_FAILED):
        named: dict[str, bool] = {}
        for uid, objects in find_metal(instances, suspects, faces, ct.CtSettings()).items():
            instance = next(i for i in instances if i.uid == uid)
            if instance.series not in named:
                named[instance.series] = headers_name_device(instance)
            is_named = named[instance.series]
            found[uid] = [one.finding("ct", settings.remove, is_named) for one in bounded(objects)]
    return found


def bounded(seen: list[SeenObject]) -> list[SeenObject]:
    """The objects; where they are very many, one that covers them all."""
    from pixelscrub.findings import ObjectFacts

    boxes = [one.box for one in seen if one.box is not None]
    if len(seen) <= MOST_OBJECTS or not boxes:
        return seen
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.union(box)
    notes = tuple(sorted({note for one in seen for note in one.about.notes} - {"readable"}))
    return [SeenObject(ObjectFacts(kind="widespread", notes=notes), whole, 0.5)]
