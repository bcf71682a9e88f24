"""Heads with truth as bodies to be posed: their values, what a defacing takes, their nasion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np
import SimpleITK as sitk  # noqa: N813

from benchmarks.heads.head import Head, read
from pixelscrub.face.mask import fit_head
from training.faces.drawn import Body

GRID_MM: Final = 2.0
AROUND: Final = np.array([[-60.0, -35.0, -100.0], [60.0, 125.0, 75.0]])
"""Corners of the box around the nasion that is kept, voxels of the grid."""
BELOW: Final = 80
"""So many voxels beneath the nasion a body has no face any more."""
CT_RANGE: Final = (-1000.0, 1500.0)
"""Hounsfield units that are told apart."""


def heads_of(folder: Path) -> dict[str, Body]:
    """Heads of a folder with truth.json, by name; bodies beneath them as `NAME below`."""
    truth = json.loads((folder / "truth.json").read_text())
    found: dict[str, Body] = {}
    for name, told in truth.items():
        if "nasion" in told["landmarks"]:
            found |= _bodies(read(folder, name, told))
    return found


def _bodies(head: Head) -> dict[str, Body]:
    corners = head.placed.corners()
    grid = head.placed.sample(GRID_MM, corners.min(0), corners.max(0))
    values = grid.values
    if head.modality == "CT":
        values = np.clip(values, *CT_RANGE)
    nasion = (head.landmarks["nasion"] - grid.origin) / GRID_MM
    target = sitk.Image([int(n) for n in values.shape], sitk.sitkFloat32)
    target.SetOrigin(grid.origin.tolist())
    target.SetSpacing([GRID_MM] * 3)
    fit = fit_head(head.placed, head.modality)
    face, brain = np.zeros(values.shape, np.bool_), np.zeros(values.shape, np.bool_)
    if not isinstance(fit, str):
        face = _on(fit.region, target)
    if head.brain is not None:
        brain = _on(sitk.Cast(head.brain, sitk.sitkFloat32), target)
    low = np.maximum(0, (nasion + AROUND[0]).astype(int))
    high = np.minimum(values.shape, (nasion + AROUND[1]).astype(int))
    part = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    air = float(np.percentile(values[::2, ::2, ::2], 2))
    shown = np.ascontiguousarray(values[part])
    taken, spared = np.ascontiguousarray(face[part]), np.ascontiguousarray(brain[part])
    found = {head.name: Body(shown, taken, nasion - low, GRID_MM, air, spared)}
    if "chin" in head.landmarks:
        body = np.ascontiguousarray(values[:, :, : max(int(nasion[2]) - BELOW, 30)])
        none = np.zeros(body.shape, np.bool_)
        found[f"{head.name} below"] = Body(body, none, None, GRID_MM, air)
    return found


def _on(share: sitk.Image, target: sitk.Image) -> np.ndarray:
    carried = sitk.Resample(share, target, sitk.Transform(), sitk.sitkLinear, 0.0)
    return np.asarray(sitk.GetArrayFromImage(carried).transpose(2, 1, 0) >= 0.5)
