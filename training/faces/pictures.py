"""What the finder of faces in pictures learns from: slices, projections and shaded views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from pixelscrub.prove.surface import Solid, normals, view, without_specks
from training.faces.depth import resampled
from training.faces.drawn import Body

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Random = np.random.Generator

NODES: Final = 112
"""Edge of the cube that pictures are made of, voxels."""
SIZE: Final = 128
"""Rows and columns of a picture to learn from."""
MIDDLE: Final = 15.0
"""A sagittal slice no farther than this from the nasion shows the profile, mm."""
APART: Final = 38.0
"""One farther than this shows none."""
SHOWN_BELOW: Final = 25.0
"""So much below the nasion must be in view, mm; less than nothing shows no face."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture, grey (SIZE, SIZE), 0 to 1; what of it is a face; what was made."""

    picture: Floats
    face: Mask
    kind: str


@dataclass(frozen=True, slots=True)
class _Posed:
    """A head or another body in a cube (x, y, z), air 0 and tissue about 1."""

    values: Floats
    face: Mask
    brain: Mask | None
    nasion: npt.NDArray[np.floating] | None
    step: float
    is_shown: bool | None


def samples(body: Body, random: Random) -> Iterator[Sample]:
    """Pose a body at random, take its face away or not, and make pictures of it.

    Pictures whose face nobody could be sure of are left out.
    """
    posed = _posed(body, random)
    for kind, make in _MAKERS.items():
        if random.random() < _SHARES[kind]:
            made = make(posed, random)
            if made is not None:
                picture, face = made
                if kind == "slice" or min(picture.shape) > 8:
                    yield placed(kind, picture, face, random)


def _posed(body: Body, random: Random) -> _Posed:
    step = random.uniform(1.9, 2.6)
    lean = np.clip(random.normal(0, 7, 3), -20, 20)
    turn = Rotation.from_euler("xyz", lean, degrees=True).as_matrix() * step / body.step
    centre = np.array(body.values.shape) / 2 + random.uniform(-10, 10, 3)
    if body.nasion is not None:
        centre = body.nasion + np.array([0, 70, -15]) / body.step
        centre = centre + random.uniform(-1, 1, 3) * np.array([10, 20, 35]) / body.step
    offset = centre - turn @ np.full(3, NODES / 2)
    cube = resampled(body.values, turn, offset, body.air, NODES)
    low, high = np.percentile(cube[::3, ::3, ::3], (2, 98))
    cube = (cube - low) / (float(high - low) or 1.0)
    face = np.zeros(cube.shape, np.bool_)
    brain, nasion = None, None
    shown: bool | None = False
    if body.nasion is not None:
        nasion = np.linalg.inv(turn) @ (body.nasion - offset)
        face = resampled(body.face.astype(np.float32), turn, offset, 0.0, NODES) > 0.5
        if body.brain is not None and body.brain.size:
            brain = resampled(body.brain.astype(np.float32), turn, offset, 0.0, NODES) > 0.5
        shown = True
        if random.random() < 0.4:
            cube = np.where(face, np.float32(random.choice([0.0, 0.0, cube.min()])), cube)
            shown = False
    low_end = (nasion[2] * step) if nasion is not None else 0.0
    if shown and low_end < SHOWN_BELOW:
        shown = None if low_end > 0 else False
    return _Posed(np.asarray(cube, np.float32), face, brain, nasion, step, shown)


Made = tuple[Floats, Mask] | None


def _of(posed: _Posed, picture: Floats, face: Mask, is_face: bool | None) -> Made:
    """A picture and its face, up at the top; None where nobody could be sure."""
    if is_face is None or (is_face and posed.is_shown is None):
        return None
    shown = bool(is_face and posed.is_shown)
    marked = face if shown else np.zeros(face.shape, np.bool_)
    if shown and marked.sum() < 60:
        return None
    return np.ascontiguousarray(picture.T[::-1]), np.ascontiguousarray(marked.T[::-1])


def _sagittal(posed: _Posed, random: Random) -> Made:
    if posed.nasion is None:
        x = int(random.integers(8, NODES - 8))
        is_face: bool | None = False
    else:
        away = random.choice([-1, 1]) * random.uniform(0, 90 if random.random() < 0.3 else MIDDLE)
        x = round(posed.nasion[0] + away / posed.step)
        is_face = True if abs(away) < MIDDLE else False if abs(away) > APART else None
        if not 0 <= x < NODES:
            return None
    values = posed.values[x]
    if posed.brain is not None and random.random() < 0.12:
        values, is_face = np.where(posed.brain[x], values, 0), False
    thick = slice(max(x - int(random.integers(0, 3)), 0), x + 1)
    if values is posed.values[x]:
        values = posed.values[thick].mean(0)
    return _of(posed, values, posed.face[x], is_face)


def _lateral(posed: _Posed, random: Random) -> Made:
    """A scout, a radiograph or a projection of the brightest, from the side."""
    style = random.random()
    values = posed.values
    if style < 0.45:
        picture = np.clip(values, 0, 3).sum(0)
    elif style < 0.75:
        picture = values.max(0)
    else:
        picture = np.clip(values - 0.1, 0, 1.0).sum(0) ** random.uniform(0.4, 1.0)
    return _of(posed, picture, np.any(posed.face, axis=0), posed.nasion is not None)


def _axial(posed: _Posed, random: Random) -> Made:
    z = int(random.integers(4, NODES - 4))
    if posed.nasion is not None and random.random() < 0.7:
        z = int(np.clip(posed.nasion[2] + random.uniform(-70, 60) / posed.step, 0, NODES - 1))
    picture = posed.values[:, :, z]
    if random.random() < 0.15:
        picture = posed.values.max(2) if random.random() < 0.5 else posed.values.sum(2)
    return _of(posed, picture[:, ::-1], np.zeros(picture.shape, np.bool_), False)


def _coronal(posed: _Posed, random: Random) -> Made:
    y = int(random.integers(12, NODES - 4))
    if posed.nasion is not None:
        y = int(np.clip(posed.nasion[1] + random.uniform(10, 130) / posed.step, 0, NODES - 1))
    picture = posed.values[:, y]
    return _of(posed, picture, np.zeros(picture.shape, np.bool_), False)


def _rendered(posed: _Posed, random: Random) -> Made:
    """The shaded surface from the front or from a side, or from the back or the top."""
    axis = int(random.choice([0, 1, 1, 1, 1, 2]))
    return _render(posed, random, axis, axis == 2 or bool(random.random() < 0.3))


def _render(posed: _Posed, random: Random, axis: int, is_reversed: bool) -> Made:
    values, face, nasion = posed.values, posed.face, posed.nasion
    yaw = 0.0
    if axis == 1:  # turned about the long axis
        most = 35 if is_reversed else 75  # a profile may show from behind
        yaw = float(np.clip(random.normal(0, 30), -most, most))
        values, face = _yawed(values, yaw), _yawed(face.astype(np.float32), yaw) > 0.5
    field = gaussian_filter(values, random.uniform(0.4, 0.9))
    limit = float(random.uniform(0.12, 0.45))
    mask = without_specks(field > limit)
    if not 0.01 < mask.mean() < 0.98:
        return None
    seen = view(Solid(np.asarray(field, np.float32), limit, mask), axis, is_reversed)
    down, across, toward = normals(seen.depth, seen.hit)
    light = np.array([random.normal(0, 0.35), random.normal(0, 0.35), 1.0])
    light /= np.linalg.norm(light)
    shade = np.clip(down * light[0] + across * light[1] + toward * light[2], 0, 1)
    fog = 1 - random.uniform(0, 0.7) * seen.depth / seen.length
    if random.random() < 0.15:  # depth alone
        shade, fog = np.ones_like(shade), 1 - seen.depth / seen.length
    elif random.random() < 0.3:
        shade = shade ** random.uniform(0.6, 3)
    picture = np.where(seen.hit, 0.1 + 0.9 * shade * fog, 0)
    is_face = nasion is not None and not (axis == 2 or (axis == 1 and is_reversed))
    where = face.any(axis) & seen.hit
    return _of(posed, np.asarray(picture, np.float32), where, is_face)


def _yawed(values: Floats, degrees: float) -> Floats:
    """Turned about the long axis (the third)."""
    middle = (NODES - 1) / 2
    turn = cv2.getRotationMatrix2D((middle, middle), degrees, 1.0)
    flat = values.reshape(NODES, NODES, NODES)
    return np.asarray(
        cv2.warpAffine(flat, turn, (NODES, NODES), flags=cv2.INTER_LINEAR), np.float32
    )


_MAKERS: Final[dict[str, Callable[[_Posed, Random], Made]]] = {
    "sagittal": _sagittal,
    "lateral": _lateral,
    "axial": _axial,
    "coronal": _coronal,
    "rendered": _rendered,
}
_SHARES: Final = {"sagittal": 0.8, "lateral": 0.6, "axial": 0.7, "coronal": 0.35, "rendered": 1.0}


def placed(kind: str, picture: Floats, face: Mask, random: Random) -> Sample:
    """A picture of any contrast and nearly any size on a page."""
    low, high = np.percentile(picture, (1, random.uniform(97, 99.8)))
    grey = np.clip((picture - low) / (float(high - low) or 1.0), 0, 1).astype(np.float32)
    grey = grey ** np.float32(random.uniform(0.5, 1.8))
    ground = 0.0 if random.random() < 0.8 else float(random.uniform(0, 0.5))
    if kind == "rendered" and ground > 0:
        grey = np.where(picture <= 0, np.float32(ground), grey)
    page = np.full((SIZE, SIZE), ground, np.float32)
    marks = np.zeros((SIZE, SIZE), np.bool_)
    longest = random.uniform(80, 136)
    scale = longest / max(grey.shape)
    stretch = random.uniform(0.92, 1.08)
    size = max(8, round(grey.shape[1] * scale * stretch)), max(8, round(grey.shape[0] * scale))
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    face = cv2.resize(face.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0.5
    top, left = (int(random.integers(min(0, SIZE - n), max(0, SIZE - n) + 1)) for n in grey.shape)
    rows, columns = (
        (
            slice(max(0, t), min(SIZE, t + n)),
            slice(max(0, -t), max(0, -t) + min(SIZE, t + n) - max(0, t)),
        )
        for t, n in zip((top, left), grey.shape, strict=True)
    )
    page[rows[0], columns[0]] = grey[rows[1], columns[1]]
    marks[rows[0], columns[0]] = face[rows[1], columns[1]]
    if random.random() < 0.5:
        page = page + random.normal(0, random.uniform(0, 0.05), page.shape).astype(np.float32)
    if not marks.any():  # the finder turns pictures by quarters, so faces are upright
        page = np.rot90(page, int(random.integers(4)))
    if random.random() < 0.5:
        page, marks = page[:, ::-1], marks[:, ::-1]
    return Sample(np.ascontiguousarray(np.clip(page, 0, 1)), np.ascontiguousarray(marks), kind)
