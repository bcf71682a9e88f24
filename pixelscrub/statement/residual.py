"""Residual risk in figures: what was measured, on how much, and how sure that is.

`data/residual.json` holds the figures; each was measured on images that nothing was chosen on.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from importlib import resources
from typing import Any

from pixelscrub.statement.intervals import wilson
from pixelscrub.statement.records import Records


@cache
def _figures() -> list[dict[str, Any]]:
    file = resources.files("pixelscrub.statement") / "data" / "residual.json"
    figures: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["figures"]
    return figures


def residual(records: Records) -> dict[str, Any]:
    """Measured figures with their intervals, beside what this run's images are.

    Returns:
        `figures`, each with count, total, the 95 % interval of their share, and how many of this
        run's images are of a modality that was measured; and `modalities` of this run.
    """
    modalities = modalities_of(records.counts.sop_classes)
    figures = []
    for one in _figures():
        low, high = wilson(one["count"], one["total"])
        alike = sum(n for name, n in modalities.items() if name in one["modalities"])
        share = {"share": one["count"] / one["total"], "low": round(low, 5), "high": round(high, 5)}
        like = {"images_alike": alike if one["modalities"] else sum(modalities.values())}
        figures.append(one | share | like)
    return {"figures": figures, "modalities": dict(modalities)}


def modalities_of(sop_classes: Counter[str]) -> Counter[str]:
    """Released instances by a short name of what they are."""
    found: Counter[str] = Counter()
    for uid, count in sop_classes.items():
        found[modality_of(uid)] += count
    return found


SHORT = (
    ("Ultrasound", "US"),
    ("CT Image", "CT"),
    ("MR Image", "MR"),
    ("MR Color", "MR"),
    ("Positron", "PT"),
    ("PET", "PT"),
    ("Nuclear", "NM"),
    ("Computed Radiography", "CR"),
    ("Digital X-Ray", "DX"),
    ("Mammography", "MG"),
    ("Angiographic", "XA"),
    ("Radiofluoroscopic", "RF"),
    ("Endoscopic", "ES"),
    ("Microscopic", "SM"),
    ("Whole Slide", "SM"),
    ("Photographic", "XC"),
    ("Secondary Capture", "OT"),
    ("RT ", "RT"),
    ("Structured", "SR"),
    (" SR ", "SR"),
    ("Segmentation", "SEG"),
)
"""What the name of a storage class (PS3.6) says of its modality; the first that fits counts."""


def modality_of(uid: str) -> str:
    """A short name for a SOP Class; `other` where none is known."""
    from pydicom.uid import UID

    name = UID(uid).name
    return next((short for part, short in SHORT if part in name), "other")
