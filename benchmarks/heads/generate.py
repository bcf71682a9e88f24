"""Heads made from others: posed, scaled, cut off, thickly sliced, noisy, shaded, of other contrast.

Each change is made of steps that keep landmarks and brain true; the same seed makes the same head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation

from benchmarks.heads.head import Head

Floats = npt.NDArray[np.floating]


def posed(head: Head, angles: tuple[float, float, float]) -> Head:
    """Turned about the middle of the image by degrees of pitch, roll and yaw; no value changes."""
    image = sitk.Image(head.image)
    middle = _middle(image)
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    landmarks = {k: middle + turn @ (p - middle) for k, p in head.landmarks.items()}
    brain = head.brain and sitk.Image(head.brain)
    for one in filter(None, (image, brain)):
        one.SetOrigin((middle + turn @ (np.array(one.GetOrigin()) - middle)).tolist())
        one.SetDirection((turn @ np.reshape(one.GetDirection(), (3, 3))).ravel().tolist())
    return replace(head, image=image, landmarks=landmarks, brain=brain)


def scaled(head: Head, factors: tuple[float, float, float]) -> Head:
    """Wider, longer, higher: another person."""
    image, brain = sitk.Image(head.image), head.brain and sitk.Image(head.brain)
    landmarks = {k: p * factors for k, p in head.landmarks.items()}
    for one in filter(None, (image, brain)):
        one.SetOrigin((np.array(one.GetOrigin()) * factors).tolist())
        one.SetSpacing((np.array(one.GetSpacing()) * factors).tolist())
    return replace(head, image=image, landmarks=landmarks, brain=brain)


def cut(head: Head, below: str, distance: float) -> Head:
    """Cut off so far (mm) beneath a landmark."""
    if below not in head.landmarks:
        return head
    bottom = head.landmarks[below][2] - distance
    first = int(max(0, (bottom - head.image.GetOrigin()[2]) / head.image.GetSpacing()[2]))
    image = head.image[:, :, first:]
    seen = {k: p for k, p in head.landmarks.items() if p[2] > bottom}
    return replace(head, image=image, landmarks=seen, brain=head.brain and head.brain[:, :, first:])


def thick(head: Head, times: int) -> Head:
    """Slices so many times thicker."""
    return replace(head, image=sitk.BinShrink(head.image, [1, 1, times]))


def noisy(head: Head, share: float) -> Head:
    """Noise of a share of the bright tissue: Rician in MR, 60 HU times the share by 0.1 in CT."""
    random = np.random.default_rng(7)
    values = sitk.GetArrayFromImage(head.image)
    if head.modality == "CT":
        return _with(head, values + random.normal(0, 600 * share, values.shape))
    size = share * float(np.nanpercentile(values, 99))
    parts = [random.normal(0, size, values.shape) for _ in range(2)]
    return _with(head, np.hypot(values + parts[0], parts[1]))


def shaded(head: Head, strength: float) -> Head:
    """Bright towards one corner, as near a surface coil; CT knows no such thing."""
    if head.modality == "CT":
        return head
    values = sitk.GetArrayFromImage(head.image)
    ramps = np.meshgrid(*[np.linspace(-1, 1, n) for n in values.shape], indexing="ij", sparse=True)
    return _with(head, values * np.exp(strength * (ramps[0] - ramps[1] + 0.5 * ramps[2])))


def inverted(head: Head) -> Head:
    """Bright tissue dark and dark tissue bright, air as it was; CT has one contrast."""
    if head.modality == "CT":
        return head
    values = sitk.GetArrayFromImage(head.image)
    bright = float(np.nanpercentile(values, 99.5))
    tissue = np.clip((values / bright - 0.04) / 0.08, 0, 1)
    return _with(head, values * (1 - tissue) + tissue * np.clip(1.15 * bright - values, 0, bright))


CHANGES: Final[dict[str, Callable[[Head], Head]]] = {
    "pitch_down": partial(posed, angles=(18.0, 0.0, 0.0)),
    "pitch_up": partial(posed, angles=(-18.0, 0.0, 0.0)),
    "roll": partial(posed, angles=(0.0, 15.0, 0.0)),
    "yaw": partial(posed, angles=(0.0, 0.0, 25.0)),
    "all_angles": partial(posed, angles=(10.0, -10.0, -15.0)),
    "upside_down": partial(posed, angles=(0.0, 180.0, 0.0)),
    "back_to_front": partial(posed, angles=(0.0, 0.0, 180.0)),
    "on_its_side": partial(posed, angles=(0.0, 0.0, 90.0)),
    "wide": partial(scaled, factors=(1.07, 0.95, 1.0)),
    "long": partial(scaled, factors=(0.94, 1.06, 1.05)),
    "small": partial(scaled, factors=(0.9, 0.9, 0.9)),
    "cut_at_mouth": partial(cut, below="nose_tip", distance=15.0),
    "cut_at_nose": partial(cut, below="eye_R", distance=30.0),
    "cut_at_eyes": partial(cut, below="eye_R", distance=15.0),
    "thick": partial(thick, times=4),
    "noisy": partial(noisy, share=0.1),
    "shaded": partial(shaded, strength=0.6),
    "inverted": inverted,
}
"""Each change by its name; one more is one line."""


def generated(head: Head) -> Iterator[Head]:
    """Every change of a head on an even grid."""
    for name, change in CHANGES.items():
        yield replace(change(head), name=f"{head.name}:{name}")


def _middle(image: sitk.Image) -> Floats:
    ends = [(size - 1) / 2 for size in image.GetSize()]
    return np.array(image.TransformContinuousIndexToPhysicalPoint(ends))


def _with(head: Head, values: Floats) -> Head:
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.CopyInformation(head.image)
    return replace(head, image=image)
