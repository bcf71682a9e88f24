"""Heads of ellipsoids, for CT and MR, in any pose: not the average head that the fit uses."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation

BODY = [
    ((0, 2, 2), (74, 94, 86)),
    ((0, -48, -70), (56, 44, 60)),
    ((0, -40, -102), (50, 50, 36)),
    ((0, 26, -140), (56, 60, 110)),
    ((0, -100, -64), (14, 22, 14)),
    ((0, -78, -124), (24, 18, 16)),
]
BRAIN = [((0, 2, 18), (64, 80, 54)), ((0, 25, -28), (56, 50, 34))]
EYES = [((-31, -68, -32), (12, 12, 12)), ((31, -68, -32), (12, 12, 12))]
NOSE_TIP = (0.0, -120.0, -64.0)
EYE = (31.0, -68.0, -32.0)
VALUES = {"CT": (-1000.0, 50.0, 900.0, 35.0, 15.0), "MR": (2.0, 300.0, 40.0, 220.0, 60.0)}
"""Air, soft tissue, skull, brain, eyes."""


def inside(points: np.ndarray, parts: list[Any]) -> np.ndarray:
    hits = [np.sum(((points - np.array(c)) / np.array(a)) ** 2, axis=-1) <= 1 for c, a in parts]
    return np.asarray(np.any(hits, axis=0))


def head(
    modality: str = "MR",
    spacing: tuple[float, float, float] = (2.5, 2.5, 3.0),
    size: tuple[int, int, int] = (90, 104, 96),
    angles: tuple[float, float, float] = (0.0, 0.0, 0.0),
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0),
    look_at: tuple[float, float, float] = (0.0, 0.0, -40.0),
) -> sitk.Image:
    """A head in patient coordinates; `look_at` is the middle of the field of view in its frame."""
    air, soft, bone, brain, eyes = VALUES[modality]
    image = sitk.Image(size, sitk.sitkFloat32)
    image.SetSpacing(spacing)
    middle = np.array(look_at) + shift
    image.SetOrigin((middle - np.array(spacing) * (np.array(size) - 1) / 2).tolist())
    axes = [o + s * np.arange(n) for o, s, n in zip(image.GetOrigin(), spacing, size, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1) - shift
    points = points @ Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    values = np.full(points.shape[:3], air)
    values[inside(points, BODY)] = soft
    values[inside(points, [(c, tuple(a + 7 for a in r)) for c, r in BRAIN])] = bone
    values[inside(points, BRAIN)] = brain
    values[inside(points, EYES)] = eyes
    values += np.random.default_rng(1).normal(0, 4, values.shape)
    filled = sitk.GetImageFromArray(values.transpose(2, 1, 0).astype(np.float32))
    filled.CopyInformation(image)
    return filled


def to_patient(
    point: tuple[float, float, float],
    angles: tuple[float, float, float] = (0.0, 0.0, 0.0),
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> list[float]:
    turned = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.array(point)
    return [float(x) for x in turned + shift]


def brain_of(image: sitk.Image, angles: tuple[float, ...], shift: tuple[float, ...]) -> np.ndarray:
    """The phantom's true brain in an image's grid, (z, y, x)."""
    axes = [
        o + s * np.arange(n)
        for o, s, n in zip(image.GetOrigin(), image.GetSpacing(), image.GetSize(), strict=True)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1) - shift
    points = points @ Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    return inside(points, BRAIN).transpose(2, 1, 0)
