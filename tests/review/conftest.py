"""A private folder as a run leaves it, small and made by hand, and the page on top of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.intake.instance import Source
from pixelscrub.plan import FacePlan, InstancePlan, Plan
from pixelscrub.recipe import Recipe
from pixelscrub.store.private import Private
from tests.review.samples import KEPT, SURE, TEXT


@dataclass
class Prepared:
    """A private folder with plans, and the originals that they name."""

    inputs: Path
    path: Path

    def plan(self, study: str = "study-1") -> Plan:
        """A plan as it lies on disk."""
        return Plan.load(self.path / "plans" / study)

    def planned(self, source: str) -> InstancePlan:
        """What is planned for one file."""
        plans = (self.plan(p.parent.name) for p in self.path.glob("plans/*/plan.json"))
        return next(i for plan in plans for i in plan.instances if i.source.path == source)


@pytest.fixture
def planned() -> Callable[..., InstancePlan]:
    """Plans one file; keyword arguments go to `InstancePlan`."""

    def plan(path: Path, uid: str, series: str, **values: object) -> InstancePlan:
        status = path.stat()
        return InstancePlan(
            uid=uid,
            series=series,
            source=Source(path.parent, path.name, status.st_size, status.st_mtime_ns),
            output=f"p/s/{series}/{uid}.dcm",
            **values,
        )

    return plan


@pytest.fixture
def prepared(make_instance, save, planned, tmp_path) -> Prepared:
    """Two studies: stills of one device and a cine in the first, a volume in the second."""
    inputs = tmp_path / "in"
    private = Private.open(tmp_path / "private")
    grey = np.tile(np.arange(48, dtype=np.uint8), (32, 1))
    device = {"Manufacturer": "Acme", "ManufacturerModelName": "One"}
    stills = [save(make_instance(grey, **device), inputs / f"still-{k}.dcm") for k in (1, 2)]
    other = save(make_instance(grey, Manufacturer="Else"), inputs / "other.dcm")
    cine = make_instance(grey, NumberOfFrames=4, **device)
    cine.PixelData = np.stack([grey + k for k in range(4)]).tobytes()
    cine = save(cine, inputs / "cine.dcm")
    large = save(make_instance(np.zeros((40, 60), np.uint8), **device), inputs / "large.dcm")
    instances = [
        planned(stills[0], "1.1", "1", findings=[SURE, TEXT, KEPT]),
        planned(stills[1], "1.2", "1", findings=[TEXT]),
        planned(cine, "1.3", "2", findings=[TEXT.model_copy(update={"frames": (1, 2)})]),
        planned(other, "1.4", "1", held="text_left"),
        planned(large, "1.5", "1", held="detector_failed", detail="ValueError"),
    ]
    folder = private.plan("study-1")
    Plan(study="1", recipe=Recipe(), instances=instances).save(folder)
    slices = []
    for k in range(3):
        voxels = np.full((10, 12), 100 * k, np.int16)
        path = save(make_instance(voxels, Modality="CT"), inputs / f"slice-{k}.dcm")
        slices.append(planned(path, f"2.{k}", "3"))
    mask = np.zeros((3, 10, 12), np.uint8)
    mask[:2, 2:5, 3:9] = 1
    image = sitk.GetImageFromArray(mask)
    image.SetSpacing((0.5, 1.0, 4.0))
    folder = private.plan("study-2")
    sitk.WriteImage(image, str(folder / "face-1.nii.gz"))
    face = FacePlan(
        series="3", status="removed", mask="face-1.nii.gz", slices=[(s.uid, 0) for s in slices]
    )
    Plan(study="2", recipe=Recipe(), instances=slices, faces=[face]).save(folder)
    return Prepared(inputs, private.path)
