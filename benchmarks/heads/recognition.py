"""An attacker with a face recogniser: renderings of heads, and a network that knows people.

Faces are found, aligned and described by dlib's networks, whose weights come in the package
`face_recognition_models` (extra `attack`; of its models only the three in the public domain are
used). The attacker owns the very scans: the gallery holds the front view of each original in
which a face is found, and a head counts as known where, from any view, the nearest in the gallery
is its own, within the distance that dlib's authors give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.errors import MissingComponentError
from pixelscrub.face.voxels.grid import Grid

Floats = npt.NDArray[np.floating]
Picture = npt.NDArray[np.uint8]

VIEWS: Final = ((0.0, 0.0), (-22.0, 0.0), (22.0, 0.0), (0.0, 12.0), (0.0, -12.0))
"""Yaw and pitch of the renderings, degrees; the first is the front."""
SIZE: Final = 240
"""Rows and columns of a rendering."""
PIXEL_MM: Final = 1.0
ALONG_MM: Final = 2.0
"""Step along a line of sight; the surface is found between two."""
DEPTH_MM: Final = 200.0
BEFORE_MM: Final = 90.0
"""How far before the middle between the eyes a line of sight begins."""
LOWER_MM: Final = 25.0
"""How far the middle of the picture lies below the eyes."""
MAX_DISTANCE: Final = 0.6
"""Distance of descriptors up to which two faces are one person's (dlib's documentation)."""
LARGER: Final = 2.0
"""Renderings are enlarged so much for the detector."""
LAMP: Final = np.array([0.15, -0.35, -1.0])


@dataclass(frozen=True, slots=True)
class Known:
    """What the recogniser makes of one head.

    Attributes:
        name: of the head.
        confidence: of the plainest face that was found in any view; 0 where none was.
        descriptors: one a view, (128,); None where no face was found.
    """

    name: str
    confidence: float
    descriptors: tuple[Floats | None, ...]


def is_available() -> bool:
    """Whether dlib and the weights are installed."""
    return find_spec("dlib") is not None and find_spec("face_recognition_models") is not None


def described(name: str, grid: Grid, eyes: Floats, limit: float) -> Known:
    """What the recogniser sees of a head.

    Args:
        name: of the head.
        grid: its values around the face.
        eyes: the point between the eyes, patient coordinates, mm.
        limit: what lies above it is solid.

    Raises:
        MissingComponentError: dlib or the weights are not installed.
    """
    detector, points, network = _networks()
    best = 0.0
    found: list[npt.NDArray[np.float64] | None] = []
    for yaw, pitch in VIEWS:
        picture = rendered(grid, eyes, limit, yaw, pitch)
        large = cv2.resize(picture, None, fx=LARGER, fy=LARGER)
        large = np.ascontiguousarray(np.repeat(large[:, :, None], 3, axis=2))
        faces = sorted(detector(large, 0), key=lambda face: face.confidence)
        if not faces:
            found.append(None)
            continue
        best = max(best, float(faces[-1].confidence))
        shape = points(large, faces[-1].rect)
        found.append(np.array(network.compute_face_descriptor(large, shape)))
    return Known(name, best, tuple(found))


def rendered(grid: Grid, eyes: Floats, limit: float, yaw: float, pitch: float) -> Picture:
    """The shaded surface from the front, turned by degrees; uint8, (SIZE, SIZE)."""
    import SimpleITK as sitk  # noqa: N813

    image = sitk.GetImageFromArray(grid.values.transpose(2, 1, 0))
    image.SetOrigin(grid.origin.tolist())
    image.SetSpacing([grid.step] * 3)
    turn = sitk.Euler3DTransform()
    turn.SetCenter(eyes.tolist())
    turn.SetRotation(*np.radians([pitch, 0.0, yaw]).tolist())
    half = SIZE * PIXEL_MM / 2
    origin = eyes + np.array([-half, -BEFORE_MM, half - LOWER_MM])
    facing = [1, 0, 0, 0, 0, 1, 0, -1, 0]  # across: to the left; down: to the feet; deep: back
    count = int(DEPTH_MM / ALONG_MM)
    seen = sitk.Resample(
        image, [SIZE, SIZE, count], turn, sitk.sitkLinear, origin.tolist(),
        [PIXEL_MM, PIXEL_MM, ALONG_MM], facing, float(grid.values.min()), sitk.sitkFloat32,
    )  # fmt: skip
    values = sitk.GetArrayFromImage(seen)
    inside = values > limit
    hit, first = inside.any(axis=0), inside.argmax(axis=0)
    after, before = (
        np.take_along_axis(values, place[None], axis=0)[0]
        for place in (first, np.maximum(first - 1, 0))
    )
    rise = np.where(after > before, after - before, np.inf)
    within = np.clip((after - limit) / rise, 0, 1)
    return _shaded(np.where(hit, (first - within) * ALONG_MM, DEPTH_MM), hit)


def _shaded(depth: Floats, hit: npt.NDArray[np.bool_]) -> Picture:
    smooth = cv2.GaussianBlur(cv2.medianBlur(depth.astype(np.float32), 3), (0, 0), 0.9)
    down, across = np.gradient(smooth / PIXEL_MM)
    normal = np.dstack([-across, -down, -np.ones_like(across)])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    light = np.clip((normal * LAMP / np.linalg.norm(LAMP)).sum(2), 0, 1) ** 0.9
    fog = np.clip(1.15 - smooth / 170, 0.35, 1)
    return np.asarray(np.where(hit, 40 + 200 * light * fog, 15).clip(0, 255), np.uint8)


def known(probes: Sequence[Known], gallery: Sequence[Known], skip: int = 0) -> int:
    """How many probes are nearest to themselves in the gallery.

    Args:
        probes: heads to recognise; of the originals the front view is left out with `skip`.
        gallery: originals.
        skip: views of each probe that are not tried.
    """
    fronts = [(one.name, one.descriptors[0]) for one in gallery if one.descriptors[0] is not None]
    return sum(_is_known(probe, fronts, skip) for probe in probes)


def _is_known(probe: Known, fronts: list[tuple[str, Any]], skip: int) -> bool:
    for descriptor in probe.descriptors[skip:]:
        if descriptor is None or not fronts:
            continue
        apart = [float(np.linalg.norm(descriptor - front)) for _, front in fronts]
        nearest = int(np.argmin(apart))
        if apart[nearest] < MAX_DISTANCE and fronts[nearest][0] == probe.name:
            return True
    return False


def told(title: str, probes: Sequence[Known], gallery: Sequence[Known], skip: int = 0) -> str:
    """How many faces are seen and known, beside chance."""
    right = known(probes, gallery, skip)
    seen = sum(probe.confidence > 0 for probe in probes)
    fronts = sum(one.descriptors[0] is not None for one in gallery)
    chance = seen / fronts if fronts else 0.0
    return (
        f"{title}: of {len(probes)} heads a face is seen in {seen}, {right} known"
        f" (rank 1 within {MAX_DISTANCE}; by chance {chance:.1f}, gallery of {fronts})"
    )


@lru_cache(maxsize=1)
def _networks() -> tuple[Any, Any, Any]:
    if not is_available():
        raise MissingComponentError("the face recogniser", "install pixelscrub's extra attack")
    import dlib

    spec = find_spec("face_recognition_models")
    folder = Path(str(spec and spec.origin)).parent / "models"
    return (
        dlib.cnn_face_detection_model_v1(str(folder / "mmod_human_face_detector.dat")),
        dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat")),
        dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat")),
    )
