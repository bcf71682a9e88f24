"""Is there a face in a volume? A check that shares nothing with what placed the face mask.

The surface of whatever is solid is looked at from its six sides, turned by quarters, and a small
network says where it sees a face (`models/face_surface.onnx`). Neither header, template nor the
plan has a say in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pixelscrub.errors import MissingComponentError
from pixelscrub.prove.surface import Solid, SurfaceView, cubes, normals, solids, views

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = npt.NDArray[np.float32]
Spacing = tuple[float, float, float]

STRIDE: Final = 8
"""Pixels of a view that one number of the network's answer is about."""
ROOM: Final = 8
"""Pixels around what is seen; a face may end where the field of view does."""
SMALLEST_PX: Final = 20
"""Rows and columns from which a view can show a face."""


@dataclass(frozen=True, slots=True)
class FaceCheckSettings:
    """Settings of the check.

    Attributes:
        min_score: from which score on a surface counts as a face; chosen with
            `python -m benchmarks.face_check` on heads before and after defacing.
        certain: a score that ends the search.
        head_mm: the greatest extent of a head with some neck, mm, for volumes of unknown spacing.
        stretches: how many times farther apart planes may lie than the pixels in them, where
            nothing says how far.
    """

    min_score: float = 0.8
    certain: float = 0.95
    head_mm: float = 240.0
    stretches: tuple[float, ...] = (1.0, 1.7, 3.0, 5.0)


SETTINGS: Final = FaceCheckSettings()
"""What the program takes; benchmarks pass others."""


@dataclass(frozen=True, slots=True)
class SeenFace:
    """What the check saw.

    Attributes:
        score: of the view that is most like a face, 0 to 1.
        place: the middle of that face as an index into the volume, in the order of its axes;
            None where nothing was seen at all.
        is_face: whether it counts as one.
    """

    score: float = 0.0
    place: tuple[float, float, float] | None = None
    is_face: bool = False


def find_face(
    volume: npt.NDArray[Any],
    spacing: Spacing | None,
    ignored: npt.NDArray[np.bool_] | None = None,
    settings: FaceCheckSettings = SETTINGS,
) -> SeenFace:
    """Look for a face in a volume.

    Args:
        volume: numbers of any kind and unit, three axes in any order and direction.
        spacing: distance between voxels along each axis, mm; None where it is not known.
        ignored: the same shape: what counts as air, such as a region that was filled with an
            average face.
        settings: thresholds.

    Raises:
        MissingComponentError: the network is not installed.
    """
    best = SeenFace()
    if min(volume.shape) < 2:
        return best
    for guess in _spacings(volume.shape, spacing, settings):
        field, _ = cubes(volume, guess)
        back = np.array(volume.shape) / np.array(field.shape)
        hidden = None if ignored is None else _carried(ignored, field.shape)
        for solid in solids(field):
            seen = look_at(_without(solid, hidden), settings)
            if seen.score > best.score and seen.place is not None:
                place = (np.array(seen.place) + 0.5) * back - 0.5
                at = (float(place[0]), float(place[1]), float(place[2]))
                best = SeenFace(seen.score, at, seen.score >= settings.min_score)
            if best.score >= settings.certain:
                return best
    return best


def _spacings(
    shape: tuple[int, ...], spacing: Spacing | None, settings: FaceCheckSettings
) -> Iterator[Spacing]:
    """The spacing that is known, or those that make the volume as large as a head."""
    if spacing is not None:
        yield spacing
        return
    planes = int(np.argmin(shape))
    for stretch in settings.stretches:
        parts = np.ones(3)
        parts[planes] = stretch
        scale = settings.head_mm / float((parts * shape).max())
        yield (scale * parts[0], scale * parts[1], scale * parts[2])


def _carried(mask: npt.NDArray[np.bool_], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    zoom = [n / m for n, m in zip(shape, mask.shape, strict=True)]
    shares = ndimage.zoom(mask.astype(np.float32), zoom, order=1, mode="nearest", grid_mode=True)
    return np.asarray(shares >= 0.5)


def _without(solid: Solid, hidden: npt.NDArray[np.bool_] | None) -> Solid:
    if hidden is None:
        return solid
    return Solid(solid.field, solid.limit, solid.mask & ~hidden)


def look_at(
    shown: Solid | Iterable[SurfaceView], settings: FaceCheckSettings = SETTINGS
) -> SeenFace:
    """Look for a face in what is seen of a solid, or in given views.

    Returns:
        what was seen; its place is an index into the solid's grid.
    """
    best = SeenFace()
    seen_from = views(shown) if isinstance(shown, Solid) else shown
    for seen, (top, left, cut) in ((v, _cut(v)) for v in seen_from):
        if cut is None:
            continue
        pictures = [np.rot90(cut, turns, axes=(1, 2)) for turns in range(4)]
        for turns, picture in enumerate(pictures):
            shares = _run(_faced(picture, turns))
            score = float(shares.max())
            if score > best.score:
                at = np.array(np.unravel_index(int(shares.argmax()), shares.shape)) * STRIDE + 3.5
                row, column = _turned_back(at, turns, cut.shape[1:])
                place = _place(seen, row + top, column + left)
                best = SeenFace(score, place, score >= settings.min_score)
            if best.score >= settings.certain:
                return best
    return best


def _cut(seen: SurfaceView) -> tuple[int, int, Floats | None]:
    """First row and column of what is met, and its normals with some room around them."""
    rows, columns = (np.flatnonzero(seen.hit.any(axis=axis)) for axis in (1, 0))
    if not rows.size or min(np.ptp(rows), np.ptp(columns)) < SMALLEST_PX:
        return 0, 0, None
    top, left = int(rows[0]), int(columns[0])
    part = slice(top, int(rows[-1]) + 1), slice(left, int(columns[-1]) + 1)
    picture = normals(seen.depth[part], seen.hit[part])
    around = [(ROOM, ROOM + -(n + 2 * ROOM) % STRIDE) for n in picture.shape[1:]]
    return top - ROOM, left - ROOM, np.pad(picture, [(0, 0), *around])


def _faced(picture: Floats, turns: int) -> Floats:
    """Normals of a picture that was turned by quarters, anticlockwise, turn with it."""
    down, across, toward = picture
    for _ in range(turns):
        down, across = -across, down
    return np.ascontiguousarray(np.stack([down, across, toward]))


def _turned_back(
    at: npt.NDArray[np.floating], turns: int, shape: tuple[int, ...]
) -> tuple[float, float]:
    """Row and column before a picture of `shape` was turned by quarters, anticlockwise."""
    row, column = float(at[0]), float(at[1])
    rows, columns = (shape if turns % 2 == 0 else shape[::-1])[:2]
    for _ in range(turns):
        row, column = column, rows - 1 - row
        rows, columns = columns, rows
    return row, column


def _place(seen: SurfaceView, row: float, column: float) -> tuple[float, float, float]:
    """Index into the grid of what is met at a row and a column of a view."""
    rows, columns = seen.depth.shape
    r, c = int(np.clip(row, 0, rows - 1)), int(np.clip(column, 0, columns - 1))
    near = seen.depth[max(r - 4, 0) : r + 5, max(c - 4, 0) : c + 5]
    depth = float(near.min())
    if seen.is_reversed:
        depth = seen.length - 1 - depth
    place = [row, column]
    place.insert(seen.axis, depth)
    return place[0], place[1], place[2]


def model_file() -> Path:
    """Where the network lies: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    beside = package.parent / "models" / "face_surface.onnx"
    return beside if beside.is_file() else package / "models" / "face_surface.onnx"


def _run(picture: Floats) -> Floats:
    shares = np.asarray(_network().run(None, {"picture": picture[None]})[0], np.float32)[0, 0]
    return np.where(np.isfinite(shares), shares, np.float32(1))


@lru_cache(maxsize=1)
def _network() -> InferenceSession:
    """One thread: work is spread over instances, not inside of one."""
    import onnxruntime

    if not model_file().is_file():
        raise MissingComponentError("the face network", "install pixelscrub again, with its models")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(model_file()), options, providers=["CPUExecutionProvider"]
    )
