"""What a method leaves of the heads that it is given, row by row and in sum."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from benchmarks.heads.attack import Portrait, nearest, portrait
from benchmarks.heads.head import Head, brain_touched, carried, gone_near
from pixelscrub.face.fill import Filling
from pixelscrub.face.mask import FINE, HeadFit, average, fit_head, front
from pixelscrub.face.voxels import skin
from pixelscrub.face.voxels.grid import Grid
from pixelscrub.recipe import FaceFill

GONE: Final = 0.95
"""Share of the tissue near a landmark from which on it counts as gone."""
HALF: Final = 0.5
BRAIN: Final = 1e-4
"""Share of the brain up to which a method may touch it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One head after one method: shares near landmarks, share of the brain, CPU seconds."""

    name: str
    status: str
    gone: dict[str, float]
    brain: float
    seconds: float
    checks: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        gone = " ".join(f"{k} {v:.0%}" for k, v in self.gone.items() if v < 1) or "all gone"
        return (
            f"{self.name:26} {self.status:9} {gone}; brain {self.brain:.3%}; {self.seconds:.1f} s; "
            + " ".join(f"{k} {v}" for k, v in self.checks.items())
        )


def mask_of(found: HeadFit) -> sitk.Image:
    """What goes, uint8, on the grid on which it was found."""
    return sitk.Cast(found.region >= HALF, sitk.sitkUInt8)


def ours(head: Head) -> tuple[Row, HeadFit | None]:
    """A head after this package."""
    started = time.process_time()
    found = fit_head(head.placed, head.modality)
    seconds = time.process_time() - started
    if isinstance(found, str):
        return Row(head.name, found, {}, 0.0, seconds), None
    mask = mask_of(found)
    status = "+".join(found.reasons) or found.status
    gone, brain = gone_near(head, mask), brain_touched(head, mask)
    return Row(head.name, status, gone, brain, seconds, found.checks), found


def rival(head: Head, method: Callable[[Head], sitk.Image | None]) -> tuple[Row, sitk.Image] | None:
    """A head after another method, and what that takes; None where it cannot be asked."""
    started = time.process_time()
    mask = method(head)
    if mask is None:
        return None
    seconds = time.process_time() - started
    row = Row(head.name, "done", gone_near(head, mask), brain_touched(head, mask), seconds)
    return row, mask


def likenesses(
    head: Head, found: HeadFit, mask: sitk.Image, style: FaceFill = "air"
) -> tuple[Portrait, Portrait]:
    """The face before and after, both in the pose of the original, as their skin is seen."""
    grid, values, limit = before_and_after(head, found, mask, style)
    both = (grid, replace(grid, values=values))
    solids = (skin.body(one, limit, head.modality) for one in both)
    before, after = (portrait(head.name, grid, solid, found.pose) for solid in solids)
    return before, after


def before_and_after(
    head: Head, found: HeadFit, mask: sitk.Image, style: FaceFill = "air"
) -> tuple[Grid, npt.NDArray[np.float32], float]:
    """A head around its face, the same values defaced, and what parts air from tissue."""
    grid = head.placed.sample(FINE, *front(found.pose))
    corners = head.placed.corners()
    coarse = head.placed.sample(4.0, corners.min(0), corners.max(0))
    limit = skin.threshold(coarse, head.modality)
    filling = Filling(style, skin.air_of(head.image, head.modality), found.tissue)
    labels = _on(grid, mask) * (1 + _on(grid, average(found) >= HALF))
    noise, values = np.random.default_rng(1), grid.values.copy()
    for plane, on_it in zip(values.T, labels.T, strict=True):  # views, along the body
        plane[on_it > 0] = filling.of(plane, on_it, noise)[on_it > 0]
    return grid, values, limit


def _on(grid: Grid, mask: sitk.Image) -> npt.NDArray[np.uint8]:
    target = sitk.Image([int(n) for n in grid.values.shape], sitk.sitkUInt8)
    target.SetOrigin(grid.origin.tolist())
    target.SetSpacing([grid.step] * 3)
    there = sitk.GetArrayFromImage(carried(mask, target)).transpose(2, 1, 0) > 0
    return np.asarray(there, np.uint8)


def told(title: str, rows: list[Row]) -> str:
    """All heads of a method in a few words."""
    released = [r for r in rows if r.status in ("removed", "done")]
    all_gone = sum(all(v >= GONE for v in r.gone.values()) for r in released)
    brains = [r.brain for r in released if not np.isnan(r.brain)]
    return (
        f"{title}: {len(rows)} heads, {len(rows) - len(released)} held or without a face; all"
        f" landmarks in view gone in {all_gone} of {len(released)}; brain touched by more than"
        f" {BRAIN:.2%} in {sum(b > BRAIN for b in brains)} (worst {max(brains, default=0):.3%});"
        f" {np.median([r.seconds for r in rows]):.1f} CPU s in the median"
    )


def matches(probes: list[Portrait], gallery: list[Portrait], person: Callable[[str], str]) -> int:
    """How many probes are most like a picture of the same person; never like themselves."""
    found = [nearest(p, [g for g in gallery if g is not p]) for p in probes]
    return sum(person(name) == person(p.name) for name, p in zip(found, probes, strict=True))


def recognised(
    probes: list[Portrait], gallery: list[Portrait], person: Callable[[str], str]
) -> str:
    """How many probes are most like a picture of the same person, beside chance."""
    right = matches(probes, gallery, person)
    chance = np.mean([np.mean([person(g.name) == person(p.name) for g in gallery]) for p in probes])
    return f"recognised {right} of {len(probes)}; by chance {chance * len(probes):.1f}"
