"""Faces in single pictures of heads: profiles in scouts and sagittal slices, shaded renderings.

A small network (`models/face_picture.onnx`) says where the middle of a face is and which part of
the picture is one. It learned from slices, projections and renderings of heads, in any direction
and contrast (`training/faces`); faces in photographs are found by `find`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.errors import MissingComponentError
from pixelscrub.findings import Box

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = npt.NDArray[np.float32]

BRIGHT: Final = 0.6
"""Rims of pictures that are brighter than this are of inverted ones."""
STRIDE: Final = 8
"""Pixels of a picture that one number of the network's answer is about."""


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """Settings of the search.

    Attributes:
        min_score: from which score on a picture shows a face; chosen with
            `python -m benchmarks.face_pictures` on pictures of heads and of other things.
        min_expected: the same for scouts, projections and captures beside a head, which show a
            face as often as not.
        sides: pixels of the longer side at which a picture is looked at: a head takes from a
            third of a picture up to all of it.
        region: probability from which a part of the picture belongs to a face.
        around: what is masked around it, as a share of its longer side.
        smallest_px: rows and columns from which a picture can show a face.
    """

    min_score: float = 0.72
    min_expected: float = 0.6
    sides: tuple[int, ...] = (72, 116, 184)
    region: float = 0.35
    around: float = 0.15
    smallest_px: int = 32


SETTINGS: Final = PictureSettings()
"""What the program takes; benchmarks pass others."""


@dataclass(frozen=True, slots=True)
class PicturedFace:
    """A face in a picture: where, in pixels, and how sure, 0 to 1."""

    box: Box
    score: float


def find_pictured_face(
    picture: npt.NDArray[Any], settings: PictureSettings = SETTINGS
) -> PicturedFace | None:
    """The plainest face in a picture.

    Args:
        picture: numbers of any kind and unit, (rows, columns) or (rows, columns, 3).
        settings: thresholds.

    Raises:
        MissingComponentError: the network is not installed.
    """
    grey = _grey(picture)
    if grey is None or min(grey.shape) < settings.smallest_px:
        return None
    best: PicturedFace | None = None
    for small, seen in _looks(grey, settings):
        score = float(seen[0].max())
        if score >= settings.min_score and (best is None or score > best.score):
            best = PicturedFace(_box(seen, small, grey.shape, settings), score)
    return best


def face_score(picture: npt.NDArray[Any], settings: PictureSettings = SETTINGS) -> float:
    """How like a face the most face-like part of a picture is, 0 to 1."""
    grey = _grey(picture)
    if grey is None or min(grey.shape) < settings.smallest_px:
        return 0.0
    return max(float(seen[0].max()) for _, seen in _looks(grey, settings))


def _looks(grey: Floats, settings: PictureSettings) -> Iterator[tuple[tuple[int, ...], Floats]]:
    """In several sizes and turned by quarters: the size, and what is seen, turned back."""
    for small, size in _sizes(grey, settings):
        for turns in range(4):
            turned = np.ascontiguousarray(np.rot90(small, turns))
            yield size, np.rot90(_run(turned), -turns, axes=(1, 2))


def _grey(picture: npt.NDArray[Any]) -> Floats | None:
    """From 0 to 1 between nearly the darkest and the brightest, its rim dark; None: all is one."""
    values = np.asarray(picture, np.float32)
    if values.ndim == 3:
        values = values.mean(axis=2)
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, values[finite].min() if finite.any() else 0)
    low, high = np.percentile(values, (1, 99.5))
    if not high > low:
        low, high = float(values.min()), float(values.max())
    if not high > low:
        return None
    grey = np.asarray(np.clip((values - low) / (high - low), 0, 1), np.float32)
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return 1 - grey if float(np.median(rim)) > BRIGHT else grey


def _sizes(grey: Floats, settings: PictureSettings) -> Iterator[tuple[Floats, tuple[int, ...]]]:
    """Smaller pictures, filled up to whole steps, and their size before."""
    for side in settings.sides:
        scale = side / max(grey.shape)
        size = [max(STRIDE, round(n * scale)) for n in grey.shape]
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(grey, (size[1], size[0]), interpolation=way)
        missing = [(0, -n % STRIDE) for n in size]
        yield np.pad(small, missing, mode="edge"), tuple(size)


def _box(
    seen: Floats, small: tuple[int, ...], whole: tuple[int, ...], settings: PictureSettings
) -> Box:
    """The region around the peak with some room, in pixels of the whole picture."""
    peak = np.unravel_index(int(seen[0].argmax()), seen[0].shape)
    near = (seen[1] >= settings.region).astype(np.uint8)
    near[peak] = 1
    _, labels = cv2.connectedComponents(near, connectivity=8)
    rows, columns = np.nonzero(labels == labels[peak])
    ends = np.array([[rows.min(), columns.min()], [rows.max() + 1, columns.max() + 1]])
    more = 0.5 + settings.around * float((ends[1] - ends[0]).max())
    ends = ends + np.array([[-more], [more]])
    scale = max(whole) / max(small) * STRIDE
    low, high = np.floor(ends[0] * scale).astype(int), np.ceil(ends[1] * scale).astype(int)
    box = Box(int(low[1]), int(low[0]), int(high[1]), int(high[0]))
    return box.clipped(whole[1], whole[0])


def model_file() -> Path:
    """Where the network lies: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    beside = package.parent / "models" / "face_picture.onnx"
    return beside if beside.is_file() else package / "models" / "face_picture.onnx"


def _run(grey: Floats) -> Floats:
    """Probabilities (2, rows / 8, columns / 8): middles of faces, and what belongs to one."""
    seen = np.asarray(_network().run(None, {"picture": grey[None, None]})[0], np.float32)[0]
    return np.where(np.isfinite(seen), seen, np.float32(1))


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
