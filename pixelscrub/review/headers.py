"""What a decision's reach is judged by: size and device, read from headers once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.findings import Box
from pixelscrub.study.files import check_unchanged

if TYPE_CHECKING:
    from pixelscrub.intake.instance import Source
    from pixelscrub.plan import InstancePlan

DEVICE = ("Manufacturer", "ManufacturerModelName", "Modality")
SIZE = ("Rows", "Columns", "NumberOfFrames")


class About(NamedTuple):
    """Size in pixels, frames, and what made the image (manufacturer, model, modality)."""

    rows: int
    columns: int
    frames: int
    device: tuple[str, ...]

    def is_alike(self, other: About, same_device: bool) -> bool:
        """Whether a box means the same place in both."""
        size = (self.rows, self.columns) == (other.rows, other.columns)
        return size and (not same_device or self.device == other.device)

    def clip(self, box: Box) -> Box:
        """The part of a box that lies within the image."""
        return box.clipped(self.columns, self.rows)


class Headers:
    """Size and device of instances, each read once."""

    def __init__(self) -> None:
        self._known: dict[Source, About] = {}

    def about(self, instance: InstancePlan) -> About:
        """Size and device of an instance.

        Raises:
            HeldError: the file changed since it was planned, or its header cannot be read.
        """
        key = instance.source
        if key not in self._known:
            self._known[key] = _read(instance)
        return self._known[key]


def _read(instance: InstancePlan) -> About:
    from pydicom import dcmread

    with guarded(Reason.DAMAGED_FILE), check_unchanged(instance.source).open_instance() as file:
        header = dcmread(file, stop_before_pixels=True, force=True, specific_tags=[*SIZE, *DEVICE])
        rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
        device = tuple(str(header.get(name) or "").strip().lower() for name in DEVICE)
        frames = int(header.get("NumberOfFrames") or 1)
    if not rows or not columns:
        raise HeldError(Reason.BAD_PIXEL_DATA, "no pixel data")
    return About(rows, columns, frames, device)
