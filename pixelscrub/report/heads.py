"""The head of a volume before and after, for people: its surface from three sides, and three cuts.

Slices are placed by the geometry of the face mask, which lies in the volume's own grid. Pictures
need no more: uneven gaps and the shear of gantry tilt are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from scipy.ndimage import binary_dilation

from pixelscrub.errors import Reason, guarded
from pixelscrub.face.render import shaded_views
from pixelscrub.face.voxels.grid import Grid
from pixelscrub.face.voxels.skin import threshold
from pixelscrub.face.voxels.volumes import cut, rescale
from pixelscrub.intake.nifti import check_nifti
from pixelscrub.pixels.image import Image
from pixelscrub.plan import Tile
from pixelscrub.report.pictures import save_views

if TYPE_CHECKING:
    from pixelscrub.intake.instance import Source

Pixels = npt.NDArray[np.uint8]
Values = npt.NDArray[np.floating]

STEP: Final = 1.0
"""Millimetres between the voxels that are shown."""
AROUND: Final = np.array([115.0, 90.0, 90.0]), np.array([115.0, 170.0, 120.0])
"""What is shown before and behind the middle of the mask, along the patient's axes (LPS), mm."""
SMOOTH: Final = 1.5
"""Millimetres over which noise is smoothed before a surface is drawn."""
CT_WINDOW: Final = (-160.0, 240.0)
VIEWS: Final = ("front", "left", "right")
CUTS: Final = ("axial", "coronal", "sagittal")
OUTLINE: Final = (255, 176, 0)


@dataclass(frozen=True, slots=True)
class DrawnHead:
    """Where the slices of one volume are, in the order of its mask's planes.

    Attributes:
        mask: the face mask.
        before: originals, the frame in each, and the place in it where that is a mosaic.
        after: the files that were written, in the same order; none where the volume is held.
    """

    mask: Path
    before: Sequence[tuple[Source, int, Tile | None]]
    after: Sequence[tuple[Source, int, Tile | None]]


def save(head: DrawnHead, folder: Path, name: str) -> None:
    """Write views and cuts of a head into the private folder's `report/pictures`.

    Raises:
        HeldError: as of `draw`.
    """
    both = draw(head)
    for kind, names in (("head", VIEWS), ("cuts", CUTS)):
        shown = [{n: pictures[n] for n in names if n in pictures} for pictures in both]
        save_views(folder, name, kind, *shown)


def draw(head: DrawnHead) -> tuple[dict[str, Pixels], dict[str, Pixels]]:
    """Views and cuts of a head, before and after.

    Returns:
        twice the pictures by name (`VIEWS`, uint8, (rows, columns); `CUTS`, with RGB); of those
        from before the cuts have the mask's outline. There are none after of what is held.

    Raises:
        HeldError: FACE_FAILED, where the mask cannot be read; errors of decoding.
    """
    with guarded(Reason.FACE_FAILED):
        check_nifti(head.mask, Reason.FACE_FAILED)
        mask = sitk.ReadImage(str(head.mask))
        corner, size = _field(mask)
        covered = _sampled(mask, corner, size, sitk.sitkNearestNeighbor) > 0
        before, *after = (
            _sampled(_stack(slices, mask), corner, size, sitk.sitkLinear)
            for slices in (head.before, head.after)
            if slices
        )
        modality = _modality(head.before[0][0])
        limit = threshold(Grid(before, before > before.min(), corner, STEP), modality)
        low, high = _window(before, modality)
        face = covered & (before > limit)
        place = [int(np.median(axis)) for axis in np.nonzero(face if face.any() else covered)]
        shown = [(before, covered), *((values, np.zeros_like(covered)) for values in after)]
        pictures: list[dict[str, Pixels]] = []
        for values, outlined in shown:
            views = shaded_views(_smooth(values), limit)
            grey = np.clip((values - low) * 255 / (high - low), 0, 255).astype(np.uint8)
            cuts = _cuts(grey, outlined, place)
            pictures.append(dict(zip((*VIEWS, *CUTS), (*views, *cuts), strict=True)))
        return pictures[0], pictures[-1] if after else {}


def _modality(source: Source) -> str:
    with source.open_instance() as file:
        return str(Image(file).header.get("Modality", ""))


def _field(mask: sitk.Image) -> tuple[Values, list[int]]:
    """The corner and the size in voxels of what is shown: the head around the mask."""
    inside = np.argwhere(sitk.GetArrayViewFromImage(mask) > 0)[:, ::-1]
    if not len(inside):
        raise ValueError("mask is empty")
    ends = [mask.TransformContinuousIndexToPhysicalPoint(i.tolist()) for i in inside[::97]]
    middle = np.median(np.array(ends, float), axis=0)
    corners = _corners(mask)
    low = np.maximum(middle - AROUND[0], corners.min(0))
    high = np.minimum(middle + AROUND[1], corners.max(0))
    return low, [max(2, int(n)) for n in (high - low) / STEP]


def _corners(image: sitk.Image) -> Values:
    sides = [(0.0, n - 1.0) for n in image.GetSize()]
    ends = np.stack(np.meshgrid(*sides), -1).reshape(-1, 3).tolist()
    return np.array([image.TransformContinuousIndexToPhysicalPoint(end) for end in ends])


def _sampled(
    image: sitk.Image, corner: Values, size: list[int], how: int
) -> npt.NDArray[np.float32]:
    """Values at cubic voxels along the patient's axes, (x, y, z)."""
    darkest = float(sitk.GetArrayViewFromImage(image).min())
    axes = [1.0, 0, 0, 0, 1, 0, 0, 0, 1]
    sampled = sitk.Resample(
        image, size, sitk.Transform(), how, corner.tolist(), [STEP] * 3, axes, darkest,
        sitk.sitkFloat32,
    )  # fmt: skip
    values: npt.NDArray[np.float32] = sitk.GetArrayFromImage(sampled).transpose(2, 1, 0)
    return values


def _stack(slices: Sequence[tuple[Source, int, Tile | None]], mask: sitk.Image) -> sitk.Image:
    """Slices in real units, placed like the mask; fine pixels are skipped."""
    spacing, shape = mask.GetSpacing(), mask.GetSize()[1::-1]
    skip = [max(1, int(STEP / spacing[k])) for k in (0, 1)]
    planes: list[Any] = []
    for source, run in groupby(slices, key=itemgetter(0)):
        with source.open_instance() as file:
            image = Image(file)
            planes += [
                _plane(image, frame, tile, shape)[:: skip[1], :: skip[0]] for _, frame, tile in run
            ]
    stack = sitk.GetImageFromArray(np.stack(planes))
    stack.SetSpacing([spacing[0] * skip[0], spacing[1] * skip[1], spacing[2]])
    stack.SetOrigin(mask.GetOrigin())
    stack.SetDirection(mask.GetDirection())
    return stack


def _plane(
    image: Image, frame: int, tile: Tile | None, shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    slope, intercept = rescale(image.header, frame)
    return (cut(image.frame(frame), tile, shape) * slope + intercept).astype(np.float32)


def _window(values: Values, modality: str) -> tuple[float, float]:
    if modality == "CT":
        return CT_WINDOW
    low, high = np.percentile(values, (1, 99.5))
    return float(low), float(max(high, low + 1))


def _smooth(values: npt.NDArray[np.float32]) -> Values:
    image = sitk.GetImageFromArray(values)
    smoothed: Values = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(image, SMOOTH / STEP))
    return smoothed


def _cuts(
    grey: Pixels, covered: npt.NDArray[np.bool_], place: Sequence[int]
) -> list[npt.NDArray[np.uint8]]:
    """Axial, coronal and sagittal planes through `place`, head up, with the mask's outline."""
    x, y, z = place
    picks: Mapping[str, Any] = {
        "axial": np.s_[:, :, z],
        "coronal": np.s_[:, y, ::-1],
        "sagittal": np.s_[x, :, ::-1],
    }
    return [_outlined(grey[pick].T, covered[pick].T) for pick in picks.values()]


def _outlined(grey: Pixels, covered: npt.NDArray[np.bool_]) -> Pixels:
    picture = np.repeat(grey[..., None], 3, axis=2)
    picture[binary_dilation(covered) & ~covered] = OUTLINE
    return picture
