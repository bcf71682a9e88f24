"""Cut the face out of shapes of a head by the masks of its own images."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import Reason, guarded
from pixelscrub.intake.volumes import Slice, read_slices
from pixelscrub.plan import FacePlan
from pixelscrub.study.contours import cut_contours
from pixelscrub.study.tasks import STRUCTURE_SET

if TYPE_CHECKING:
    import SimpleITK as sitk  # noqa: N813
    from pydicom.dataset import Dataset

    from pixelscrub.intake.instance import Instance

DOSE: Final = "1.2.840.10008.5.1.4.1.1.481.2"
SEGMENTATIONS: Final = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""Classes (PS3.4 B.5) whose shapes are pixels. Surfaces are not cut."""


def cut_shape(
    instance: Instance, masks: Sequence[sitk.Image], folder: Path, name: str
) -> FacePlan | None:
    """A plan that takes the face out of a shape, and is enough for it.

    Args:
        instance: a structure set, segmentation or dose.
        masks: of heads in its frame of reference, not 0 where the face goes.
        folder: where the shape's own mask is written.
        name: of that file.

    Returns:
        None where the shape cannot be cut, or where a face would still be seen.

    Raises:
        HeldError: FACE_FAILED, where it cannot be read.
    """
    import SimpleITK as sitk  # noqa: N813

    from pixelscrub.face.voxels.volumes import carry
    from pixelscrub.prove.shapes import face_in_dataset

    if not masks or instance.sop_class not in {DOSE, STRUCTURE_SET, *SEGMENTATIONS}:
        return None
    with guarded(Reason.FACE_FAILED):
        header = _read(instance)
        if instance.sop_class == STRUCTURE_SET:
            return _cut_contours(instance, header, masks, folder, name)
        slices = _frames(instance, header)
        if not slices or len(slices) != int(header.get("NumberOfFrames") or 1):
            return None
        carried = [carry(sitk.Cast(mask > 0, sitk.sitkFloat32), slices) for mask in masks]
        planes = np.max([sitk.GetArrayViewFromImage(one) for one in carried], axis=0)
        if not planes.any() or face_in_dataset(_without(header, planes > 0)).is_face:
            return None
        whole = sitk.GetImageFromArray(planes.astype(np.uint8))
        whole.CopyInformation(carried[0])
        sitk.WriteImage(whole, str(folder / name), useCompression=True)
    return _plan(instance, name, len(slices))


def _plan(instance: Instance, name: str, frames: int) -> FacePlan:
    return FacePlan(
        series=instance.series,
        status="removed",
        mask=name,
        slices=[(instance.uid, frame) for frame in range(frames)],
        style="constant",
        fill=(0.0, 0.0),
        reasons=["cut_by_head"],
    )


def _cut_contours(
    instance: Instance, header: Dataset, masks: Sequence[sitk.Image], folder: Path, name: str
) -> FacePlan | None:
    """The mask of contours is that of the head's largest volume, in that volume's grid."""
    import SimpleITK as sitk  # noqa: N813

    from pixelscrub.prove.shapes import face_in_dataset

    for mask in masks:
        tried = copy.deepcopy(header)
        if cut_contours(tried, [mask]) and not face_in_dataset(tried).is_face:
            sitk.WriteImage(mask, str(folder / name), useCompression=True)
            return _plan(instance, name, 1)
    return None


def _read(instance: Instance) -> Dataset:
    from pydicom import dcmread

    with instance.source.open_instance() as file:
        return dcmread(io.BytesIO(file.read()), force=True)


def _frames(instance: Instance, header: Dataset) -> list[Slice]:
    """Every frame and where it lies; of dose by Grid Frame Offset Vector (PS3.3 C.8.8.3.2)."""
    if instance.sop_class != DOSE:
        return read_slices(instance)
    offsets = [float(x) for x in header.get("GridFrameOffsetVector") or []]
    frames = int(header.get("NumberOfFrames") or 1)
    if len(offsets) != frames:
        return []
    position, sides, spacing = (
        np.array([float(x) for x in header[keyword].value])
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    )
    first = Slice(
        instance, 0, position, sides[:3], sides[3:], (float(spacing[0]), float(spacing[1])),
        (int(header.Rows), int(header.Columns)), 0.0,
    )  # fmt: skip
    return [  # offsets count from the first frame, or are heights of an axial grid
        replace(first, frame=k, position=position + (offset - offsets[0]) * first.normal)
        for k, offset in enumerate(offsets)
    ]


def _without(header: Dataset, gone: npt.NDArray[np.bool_]) -> Dataset:
    """The same shape as it would be written."""
    from pydicom.uid import ExplicitVRLittleEndian

    values: npt.NDArray[Any] = np.array(header.pixel_array)
    values = values.reshape(gone.shape)
    values[gone] = 0
    if int(header.BitsAllocated) == 1:
        data = np.packbits(values.ravel().astype(np.uint8), bitorder="little").tobytes()
    else:
        data = values.tobytes()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.PixelData = data + b"\0" * (len(data) % 2)
    header["PixelData"].VR = "OB" if int(header.BitsAllocated) <= 8 else "OW"
    return header
