"""A head with truth: its values on a grid along the patient's axes, landmarks and brain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.face.voxels.grid import Placed
from pixelscrub.face.voxels.skin import threshold
from pixelscrub.face.voxels.volumes import assemble
from pixelscrub.intake.find import find
from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance
from pixelscrub.intake.volumes import read_slices, volumes

Floats = npt.NDArray[np.floating]

RADIUS: Final = 10.0
"""Tissue within this of a landmark is to go, mm."""
STEP: Final = 1.5
"""Heads are changed on a grid of this step, mm."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head and what is known about it.

    Attributes:
        name: of the head in the truth, or of the change made to it.
        modality: DICOM's Modality.
        image: values in real units.
        landmarks: patient coordinates, mm.
        brain: uint8, any grid; None where unknown.
        to_image: from patient coordinates to the image's own.
    """

    name: str
    modality: str
    image: sitk.Image
    landmarks: dict[str, Floats]
    brain: sitk.Image | None
    to_image: sitk.Transform

    @property
    def placed(self) -> Placed:
        """The image where it lies."""
        return Placed(self.image, self.to_image)

    def even(self, outside: float | None = None) -> Head:
        """The same head on a cubic grid along the patient's axes.

        Outside of the field of view lies the darkest value, or what is asked for; what is no
        number stays outside.
        """
        corners = self.placed.corners()
        grid = self.placed.sample(STEP, corners.min(0), corners.max(0))
        values = grid.values if outside is None else np.where(grid.inside, grid.values, outside)
        image = sitk.GetImageFromArray(values.astype(np.float32).transpose(2, 1, 0))
        image.SetOrigin(grid.origin.tolist())
        image.SetSpacing([STEP] * 3)
        brain = self.brain and carried(self.brain, image)
        return Head(self.name, self.modality, image, self.landmarks, brain, sitk.Transform())


def carried(mask: sitk.Image, image: sitk.Image) -> sitk.Image:
    """A mask on another image's grid."""
    return sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)


def read(folder: Path, name: str, truth: dict[str, Any]) -> Head:
    """A head of a folder with truth.json: a NIfTI file, or a series of DICOM instances."""
    path = folder / truth["path"]
    modality = {"PET": "PT"}.get(truth["modality"], truth["modality"])
    landmarks = {k: np.array(p, float) for k, p in truth["landmarks"].items()}
    brain = _brain(folder / "brain" / truth["brain"]) if truth.get("brain") else None
    if path.is_file():
        image = sitk.ReadImage(str(path), sitk.sitkFloat32)
        return Head(name, modality, image, landmarks, brain, sitk.Transform())
    slices = [
        one
        for source in find([path])
        if isinstance(source, Source)
        for one in read_slices(read_instance(source))
    ]
    whole, _ = volumes(slices)
    placed = assemble(whole[0])
    return Head(name, modality, placed.image, landmarks, brain, placed.to_image)


def _brain(path: Path) -> sitk.Image | None:
    """A brain mask; None where its grid is sheared, which the reader refuses."""
    try:
        return sitk.ReadImage(str(path))
    except RuntimeError:
        return None


def gone_near(head: Head, mask: sitk.Image) -> dict[str, float]:
    """Share of the tissue within `RADIUS` of each landmark that goes; air does not count.

    The mask is uint8, in patient coordinates, on any grid.
    """
    corners = head.placed.corners()
    limit = threshold(head.placed.sample(4.0, corners.min(0), corners.max(0)), head.modality)
    shares = {}
    for name, point in head.landmarks.items():
        box = head.placed.sample(1.0, point - RADIUS, point + RADIUS)
        points = box.points(np.argwhere(box.inside & (box.values > limit)))
        points = points[np.linalg.norm(points - point, axis=1) <= RADIUS]
        if len(points):
            shares[name] = float(_at(mask, points).mean())
    return shares


def _at(mask: sitk.Image, points: Floats) -> npt.NDArray[np.bool_]:
    values = sitk.GetArrayViewFromImage(mask)
    index = np.array([mask.TransformPhysicalPointToIndex(p.tolist()) for p in points])
    within = ((index >= 0) & (index < mask.GetSize())).all(axis=1)
    result = np.zeros(len(points), bool)
    result[within] = values[tuple(index[within, ::-1].T)] > 0
    return result


def brain_touched(head: Head, mask: sitk.Image) -> float:
    """Share of the brain's voxels that go; not a number where the brain is unknown."""
    if head.brain is None:
        return float("nan")
    inside = sitk.GetArrayViewFromImage(head.brain) > 0
    gone = carried(mask, head.brain)  # a view does not keep its image
    return float((sitk.GetArrayViewFromImage(gone)[inside] > 0).mean())
