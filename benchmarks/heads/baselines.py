"""Other methods on the same heads: a template carried over by registration, and a sheared plane.

Neither comes with the package: `pydeface` (its template and mask) and `quickshear` with `nibabel`
are used where they are installed.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import SimpleITK as sitk  # noqa: N813

from benchmarks.heads.head import Head, carried

AIR: Final = -1000.0
HALF: Final = 0.5


def available() -> dict[str, Callable[[Head], sitk.Image | None]]:
    """The rivals that can run here."""
    found: dict[str, Callable[[Head], sitk.Image | None]] = {}
    if find_spec("pydeface"):
        found["template"] = template
    if find_spec("quickshear") and find_spec("nibabel"):
        found["quickshear"] = quickshear
    return found


def template(head: Head) -> sitk.Image:
    """The template of pydeface, affine by mutual information, and its face mask carried over."""
    spec = find_spec("pydeface")
    folder = Path(str(spec and spec.origin)).parent / "data"
    moving = sitk.ReadImage(str(folder / "mean_reg2mean.nii.gz"), sitk.sitkFloat32)
    kept = sitk.ReadImage(str(folder / "facemask.nii.gz"), sitk.sitkFloat32)
    fixed = head.image if head.modality != "CT" else sitk.Clamp(head.image, lowerBound=AIR)
    moved = sitk.Resample(kept, fixed, _affine(fixed, moving), sitk.sitkLinear, 1.0)
    return sitk.Cast(moved < HALF, sitk.sitkUInt8)


def _affine(fixed: sitk.Image, moving: sitk.Image) -> sitk.Transform:
    start = sitk.CenteredTransformInitializer(
        fixed, moving, sitk.AffineTransform(3), sitk.CenteredTransformInitializerFilter.MOMENTS
    )
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(50)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.05, 1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 100)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2])
    method.SetSmoothingSigmasPerLevel([2, 1])
    method.SetInitialTransform(start)
    return method.Execute(fixed, moving)


def quickshear(head: Head) -> sitk.Image | None:
    """quickshear, given the true brain; None where that is unknown."""
    if head.brain is None:
        return None
    import nibabel
    import quickshear as rival

    def as_nibabel(image: sitk.Image) -> Any:
        axes = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
        affine = np.eye(4)
        affine[:3] = np.column_stack([axes, image.GetOrigin()])
        values = sitk.GetArrayFromImage(image).transpose(2, 1, 0)
        return nibabel.Nifti1Image(values, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine)

    ones = sitk.Image(head.image.GetSize(), sitk.sitkUInt8) + 1
    ones.CopyInformation(head.image)
    done = rival.quickshear(as_nibabel(ones), as_nibabel(carried(head.brain, head.image)))
    removed = np.asarray(done.dataobj).transpose(2, 1, 0) == 0
    mask = sitk.GetImageFromArray(removed.astype(np.uint8))
    mask.CopyInformation(head.image)
    return mask
