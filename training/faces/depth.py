"""What the check of surfaces learns from: normals of solids, seen from six sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, uniform_filter1d
from scipy.spatial.transform import Rotation

from pixelscrub.prove.surface import Solid, normals, view, without_specks
from training.faces.drawn import Body

Floats = npt.NDArray[np.float32]
Random = np.random.Generator

SIZE: Final = 80
"""Rows and columns of a picture to learn from."""
IS_FACE: Final = np.cos(np.radians(50))
IS_NONE: Final = np.cos(np.radians(70))
"""A face is seen from so near to its front; from the second on it is not; between, who knows."""
FORWARD: Final = np.array([0.0, -1.0, 0.0])
UP: Final = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture: normals (3, SIZE, SIZE), and where the face is, row and column; None for none."""

    picture: Floats
    place: tuple[float, float] | None


def samples(body: Body, random: Random) -> Iterator[Sample]:
    """Pose a body at random, take its face or a part of it away or not, and look at it."""
    values, is_shown = _shown(body, random)
    turn = _turn(random)
    centre = np.array(values.shape) / 2 + random.uniform(-8, 8, 3) * 3 / body.step
    if body.nasion is not None:
        centre = (
            body.nasion + np.array([0, 55 / body.step, 0]) + random.uniform(-45, 45, 3) / body.step
        )
    step = 3.0 / body.step * random.uniform(0.8, 1.25)
    matrix = turn * step
    offset = centre - matrix @ np.full(3, SIZE / 2)
    cube = resampled(values, matrix, offset, body.air, SIZE)
    solid = _solid(np.asarray(cube, np.float32), random)
    if solid is None:
        return
    place = None
    if body.nasion is not None:
        place = np.linalg.inv(matrix) @ (body.nasion - np.array([0, 0, 15 / body.step]) - offset)
    forward, up = turn.T @ FORWARD, turn.T @ UP
    for axis in range(3):
        for is_reversed in (False, True):
            seen = view(solid, axis, is_reversed)
            toward = forward[axis] * (1 if is_reversed else -1)
            label = _label(toward, place if is_shown is not False else None, axis)
            if label == "unknown" or (is_shown is None and label != "none"):
                continue
            picture = normals(seen.depth, seen.hit)
            yield _upright(picture, None if label == "none" else place, up, axis, random)


def resampled(
    values: Floats,
    matrix: npt.NDArray[np.floating],
    offset: npt.NDArray[np.floating],
    air: float,
    size: int,
) -> Floats:
    """A volume (x, y, z) on a turned cube of `size` nodes an edge."""
    import SimpleITK as sitk  # noqa: N813

    image = sitk.GetImageFromArray(values)  # its axes are named backwards: (z, y, x) of the array
    turn = sitk.AffineTransform(3)
    turn.SetMatrix(matrix[::-1, ::-1].ravel().tolist())
    turn.SetTranslation(offset[::-1].tolist())
    target = sitk.Resample(
        image, [size] * 3, turn, sitk.sitkLinear, [0.0] * 3, [1.0] * 3,
        [1, 0, 0, 0, 1, 0, 0, 0, 1], air, sitk.sitkFloat32,
    )  # fmt: skip
    return np.asarray(sitk.GetArrayFromImage(target), np.float32)


def _label(toward: float, place: npt.NDArray[np.floating] | None, axis: int) -> str:
    if place is None or toward < IS_NONE:
        return "none"
    flat = np.delete(place, axis)
    within = ((flat > 6) & (flat < SIZE - 6)).all()
    return "face" if toward > IS_FACE and within else "unknown"


def _upright(
    picture: Floats,
    place: npt.NDArray[np.floating] | None,
    up: npt.NDArray[np.floating],
    axis: int,
    random: Random,
) -> Sample:
    """Turned by quarters so that the top of a head is at the top; at random where there is none."""
    turns = int(random.integers(4))
    if place is None:
        return Sample(quarter(picture, turns), None)
    row, column = np.delete(up, axis)
    # how many quarter turns (as np.rot90 does) bring `up` to the top of the picture
    angle = np.degrees(np.arctan2(column, -row))  # 0: up is at the top; 90: at the right
    turns = round(angle / 90) % 4
    at = np.delete(place, axis)
    for _ in range(turns):
        at = np.array([SIZE - 1 - at[1], at[0]])
    return Sample(quarter(picture, turns), (float(at[0]), float(at[1])))


def quarter(picture: Floats, turns: int) -> Floats:
    """A picture of normals turned by quarters, anticlockwise; the normals turn with it."""
    down, across, toward = np.rot90(picture, turns, axes=(1, 2))
    for _ in range(turns % 4):
        down, across = -across, down
    return np.ascontiguousarray(np.stack([down, across, toward]))


def _turn(random: Random) -> npt.NDArray[np.floating]:
    """Mostly near to the axes, any quarter turn before it."""
    quarters = Rotation.from_euler("xyz", random.integers(0, 4, 3) * 90, degrees=True)
    lean = random.normal(0, 14, 3) if random.random() < 0.8 else random.uniform(-40, 40, 3)
    lean = np.clip(lean, -45, 45)
    result: npt.NDArray[np.floating] = (
        Rotation.from_euler("xyz", lean, degrees=True) * quarters
    ).as_matrix()
    return result


def _shown(body: Body, random: Random) -> tuple[Floats, bool | None]:
    """Values with the face, without it or with a part of it; whether a face is then to be seen."""
    if body.nasion is None:
        return body.values, False
    air = body.air
    values, style = body.values, random.random()
    shown: bool | None
    height = (np.arange(values.shape[2]) - body.nasion[2]) * body.step
    if style < 0.42:
        taken, shown = np.zeros_like(body.face), True
    elif style < 0.80:
        taken, shown = _varied(body.face, random, body.step), False
    elif style < 0.9:
        taken = body.face & (height < -random.uniform(22, 40))
        shown = True
    else:
        taken = body.face & (height > -random.uniform(8, 25))
        shown = True if height[0] < -60 else None
    if style >= 0.42:
        values = np.where(taken, np.float32(air), values)
    if random.random() < 0.3:  # the field of view ends
        low = random.uniform(-70, 60)
        values = np.where(height[None, None, :] < low, air, values)
        if shown and style < 0.42:
            shown = True if low < -22 else None if low < 15 else False
        elif shown:
            shown = True if low < -60 else None
    return np.asarray(values, np.float32), shown


def _varied(face: npt.NDArray[np.bool_], random: Random, step: float) -> npt.NDArray[np.bool_]:
    """What a defacing takes, a little more of it, or a little elsewhere."""
    style = random.random()
    if style < 0.4:
        return face
    if style < 0.6:
        return np.asarray(gaussian_filter(face.astype(np.float32), 2 / step) > 0.3)
    away = np.rint(random.uniform(-5, 5, 3) / step).astype(int)
    moved = np.roll(face, away, (0, 1, 2))
    return np.asarray(face | moved if style < 0.85 else moved)


def _solid(cube: Floats, random: Random) -> Solid | None:
    """Told from air as the check might: by a threshold of any height, in noise and shading."""
    some = cube[::2, ::2, ::2]
    low, high = np.percentile(some, (2, 97))
    field = (cube - low) / (float(high - low) or 1.0)
    if random.random() < 0.3:
        field = uniform_filter1d(field, int(random.integers(2, 4)), axis=int(random.integers(3)))
    if random.random() < 0.4:
        ramp = np.linspace(-1, 1, SIZE).reshape(np.roll([SIZE, 1, 1], random.integers(3)))
        field = field * np.exp(random.uniform(-0.6, 0.6) * ramp)
    if random.random() < 0.5:
        noise = random.normal(0, random.uniform(0.02, 0.15), field.shape).astype(np.float32)
        field = field + noise
    field = gaussian_filter(field.astype(np.float32), random.uniform(0.5, 0.9))
    limit = float(random.uniform(0.12, 0.5))
    mask = without_specks(field > limit)
    if random.random() < 0.1:  # a couch
        k = int(random.integers(4, 12))
        mask = mask.copy()
        mask[:, SIZE - k : SIZE - k + 2] = True
    if not 0.01 < mask.mean() < 0.98:
        return None
    return Solid(field, limit, mask)
