"""Measure the check for faces in volumes: python -m benchmarks.face_check FOLDER (with truth.json).

Each head is looked at as it is, and once its face is filled with air, by the surface alone; then
drawn trunks, limbs, phantoms and clouds, and what of the CT of head and neck lies below the chin.

--only NAME...   these heads alone
--others N       so many drawn bodies of each kind (default 12)
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from benchmarks.heads.head import Head, read
from pixelscrub.compat.quiet import hush
from pixelscrub.face.mask import fit_head
from pixelscrub.prove.face_check import SETTINGS, SeenFace, find_face
from training.faces.drawn import OTHERS, STEP

GRID_MM = 2.0
BELOW_CHIN_MM = 60.0


def before_and_after(head: Head) -> tuple[SeenFace, SeenFace | None, SeenFace | None, float]:
    """A head as it is, without its face, and below its chin; CPU seconds of a look."""
    corners = head.placed.corners()
    grid = head.placed.sample(GRID_MM, corners.min(0), corners.max(0))
    spacing = (GRID_MM, GRID_MM, GRID_MM)
    started = time.process_time()
    before = find_face(grid.values, spacing)
    seconds = time.process_time() - started
    after = below = None
    fit = fit_head(head.placed, head.modality)
    if not isinstance(fit, str):
        target = sitk.Image([int(n) for n in grid.values.shape], sitk.sitkFloat32)
        target.SetOrigin(grid.origin.tolist())
        target.SetSpacing(spacing)
        share = sitk.Resample(fit.region, target, sitk.Transform(), sitk.sitkLinear, 0.0)
        mask = sitk.GetArrayFromImage(share).transpose(2, 1, 0) >= 0.5
        air = float(np.percentile(grid.values[::3, ::3, ::3], 2))
        after = find_face(np.where(mask, air, grid.values), spacing)
    if "chin" in head.landmarks:
        top = int((head.landmarks["chin"][2] - BELOW_CHIN_MM - grid.origin[2]) / GRID_MM)
        if top > 20:
            below = find_face(grid.values[:, :, :top], spacing)
    return before, after, below, seconds


def main() -> None:
    hush()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--others", type=int, default=12)
    asked = parser.parse_args()
    truth = json.loads((asked.folder / "truth.json").read_text())
    rows = []
    for name in asked.only or truth:
        before, after, below, seconds = before_and_after(read(asked.folder, name, truth[name]))
        rows.append((before, after, below, seconds))
        told = " ".join("-" if s is None else f"{s.score:.2f}" for s in (before, after, below))
        print(f"{name:16} before, after, below the chin: {told}; {seconds:.2f} s", flush=True)
    afters = [row[1] for row in rows if row[1] is not None]
    belows = [row[2] for row in rows if row[2] is not None]
    print(
        f"{len(rows)} heads: a face is seen in {sum(row[0].is_face for row in rows)} before, in"
        f" {sum(s.is_face for s in afters)} of {len(afters)} after, in"
        f" {sum(s.is_face for s in belows)} of {len(belows)} below the chin;"
        f" {np.median([row[3] for row in rows]):.2f} CPU s in the median"
    )
    random = np.random.default_rng(2026)
    for draw in OTHERS:
        scores = [
            find_face(draw(random).values, (STEP, STEP, STEP)).score for _ in range(asked.others)
        ]
        seen = sum(score >= SETTINGS.min_score for score in scores)
        print(
            f"drawn {draw.__name__}: a face in {seen} of {len(scores)}, at most {max(scores):.2f}"
        )


if __name__ == "__main__":
    main()
