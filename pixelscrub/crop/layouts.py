"""Layouts of devices: where a recipe says that images of one kind show text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pixelscrub.errors import Reason, guarded
from pixelscrub.findings import Finding

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from pixelscrub.recipe import Layout

DEVICE: Final = {
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
    "modality": "Modality",
    "software": "SoftwareVersions",
}


def in_layouts(header: Dataset, layouts: Sequence[Layout]) -> list[Finding]:
    """Findings of every layout that fits.

    Args:
        header: of the instance.
        layouts: of the recipe.

    Raises:
        HeldError: BAD_PIXEL_DESCRIPTION, where layouts are asked for and the header's device or
            size cannot be read.
    """
    if not layouts:
        return []
    with guarded(Reason.BAD_PIXEL_DESCRIPTION):
        device = {field: _plain(header.get(keyword)) for field, keyword in DEVICE.items()}
        size = int(header.Rows), int(header.Columns)
    return [
        Finding(kind="text", box=box, source="layout")
        for layout in layouts
        if (layout.rows, layout.columns) == size and _is_of(layout, device)
        for box in layout.boxes
    ]


def _is_of(layout: Layout, device: dict[str, str]) -> bool:
    asked = {field: _plain(getattr(layout, field)) for field in DEVICE}
    return all(device[field] == value for field, value in asked.items() if value)


def _plain(value: object) -> str:
    """Lower case with single spaces; several values as DICOM writes them."""
    many = value if isinstance(value, Sequence) and not isinstance(value, str) else [value or ""]
    return "\\".join(" ".join(str(one).split()) for one in many).lower()
