"""Metal of the CT volumes of a study, as objects in each of their slices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from scipy import ndimage

from pixelscrub.errors import HeldError
from pixelscrub.face.subject import is_projection, says_head
from pixelscrub.face.voxels.volumes import assemble, frames
from pixelscrub.findings import Box, ObjectFacts, ObjectNote
from pixelscrub.intake.volumes import Slice, Volume, read_slices, volumes
from pixelscrub.objects.ct import CtSettings, MetalPiece, find_pieces, to_hounsfield
from pixelscrub.objects.seen import SeenObject, names_device

if TYPE_CHECKING:
    from pixelscrub.face.voxels.grid import Placed
    from pixelscrub.intake.instance import Instance
    from pixelscrub.plan import FacePlan

Mask = npt.NDArray[np.bool_]

HEAD_MM: Final = (100.0, 240.0)
"""Breadth of the body beside which an ear may be."""
LATERAL: Final = 0.7
"""How far to the side of a head its ears are, as a share of half its breadth."""
LARGEST_EAR_RING: Final = 80.0
"""Millimetres."""
SATURATED: Final = 20
"""Voxels of the greatest value, from which values end there."""
MOST_IN_SLICE: Final = 100
"""Pieces of a single slice that are told apart."""


def find_metal(
    instances: Sequence[Instance],
    suspects: Collection[str],
    faces: Sequence[FacePlan],
    settings: CtSettings,
) -> dict[str, list[SeenObject]]:
    """Metal in the series that hold a suspect, by SOP Instance UID.

    Slices that make no volume are looked at one by one; there it is not told where metal is.
    """
    series = {i.series for i in instances if i.uid in suspects}
    placed: list[Slice] = []
    found: dict[str, list[SeenObject]] = defaultdict(list)
    for instance in instances:
        if instance.series in series and instance.modality == "CT" and not is_projection(instance):
            slices = _slices(instance)
            placed += slices
            if not slices and instance.uid in suspects:
                _look_at_frames(instance, found, settings)
    whole, rest = volumes(placed)
    for volume in whole:
        if not {s.instance.uid for s in (*volume.slices, *volume.repeats)}.isdisjoint(suspects):
            _look_at_volume(volume, faces, found, settings)
    _look_at_slices([s for s in rest if s.instance.uid in suspects], found, settings)
    return found


def headers_name_device(instance: Instance) -> bool:
    """Whether the header of an instance names a device in or on the patient."""
    from pydicom import dcmread

    with instance.source.open() as file:
        return names_device(dcmread(file, stop_before_pixels=True, force=True))


def _slices(instance: Instance) -> list[Slice]:
    try:
        return read_slices(instance)
    except HeldError:  # a header without sound geometry: each frame stands for itself
        return []


def _look_at_volume(
    volume: Volume,
    faces: Sequence[FacePlan],
    found: dict[str, list[SeenObject]],
    settings: CtSettings,
) -> None:
    everything = [*volume.slices, *volume.repeats]
    try:
        placed = assemble(volume)
    except HeldError:  # slices that do not line up
        _look_at_slices(everything, found, settings)
        return
    values, notes = to_hounsfield(sitk.GetArrayViewFromImage(placed.image), settings)
    across, down, along = placed.image.GetSpacing()
    spacing = (along, down, across)
    highest = float(values.max())
    if highest >= settings.metal_hu and int((values == highest).sum()) >= SATURATED:
        notes.add("values_saturate")
    pieces, body, is_widespread = find_pieces(values, spacing, settings)
    if is_widespread:
        _add_widespread(values >= settings.metal_hu, everything, volume, placed, notes, found)
        return
    is_head = _is_head(volume, faces)
    for piece in pieces:
        is_ear_ring = is_head and _is_at_ear(piece, placed, body, values.shape)
        _add(_ear_ring(piece) if is_ear_ring else piece, everything, volume, placed, notes, found)


def _ear_ring(piece: MetalPiece) -> MetalPiece:
    notes: tuple[ObjectNote, ...] = (*piece.about.notes, "in_ears")
    about = piece.about.model_copy(update={"kind": "ear_ring", "notes": notes})
    return MetalPiece(about, piece.score, piece.low, piece.mask)


def _is_head(volume: Volume, faces: Sequence[FacePlan]) -> bool:
    """Whether a head was found in the volume, or its header says so."""
    uids = {s.instance.uid for s in volume.slices}
    has_face = any(f.status != "none" and uids & {uid for uid, _ in f.slices} for f in faces)
    return has_face or says_head(volume.slices[0].instance)


def _is_at_ear(piece: MetalPiece, placed: Placed, body: Mask, shape: tuple[int, ...]) -> bool:
    """Whether an external piece is at the side of a head, left or right (x of LPS)."""
    about = piece.about
    if about.where != "external" or about.size_mm[0] > LARGEST_EAR_RING:
        return False
    middle = np.array(piece.low) + np.argwhere(piece.mask).mean(0)
    scale = np.array(shape) / np.array(body.shape)
    near = max(1, round(8.0 / (placed.image.GetSpacing()[2] * scale[0])))
    k = int(middle[0] / scale[0])
    first = max(k - near, 0)
    cells = np.argwhere(body[first : k + near + 1])
    if not len(cells):
        return False
    cells[:, 0] += first
    sides = np.percentile(_lateral((cells + 0.5) * scale, placed), [1, 99])
    breadth = float(sides[1] - sides[0])
    if not HEAD_MM[0] <= breadth <= HEAD_MM[1]:
        return False
    aside = abs(float(_lateral(middle[None], placed)[0]) - float(sides.mean()))
    return aside >= LATERAL * breadth / 2


def _lateral(index: npt.NDArray[np.floating], placed: Placed) -> npt.NDArray[np.floating]:
    """The patient's x (LPS, mm) of voxels (k, y, x)."""
    back = sitk.AffineTransform(placed.to_image.GetInverse())
    matrix = np.array(back.GetMatrix()).reshape(3, 3)
    own = index[:, ::-1] * np.array(placed.image.GetSpacing())
    return np.asarray(own @ matrix[0] + back.GetTranslation()[0])


def _add(
    piece: MetalPiece,
    slices: list[Slice],
    volume: Volume,
    placed: Placed,
    notes: set[ObjectNote],
    found: dict[str, list[SeenObject]],
) -> None:
    """One piece, in each slice that it is in; frames of one instance that follow are one."""
    about = piece.about.model_copy(update={"notes": (*piece.about.notes, *sorted(notes))})
    by_plane = dict(_boxes(piece.mask, piece.low))
    _spread(by_plane, about, piece.score, slices, volume, placed, found)


def _add_widespread(
    mask: Mask,
    slices: list[Slice],
    volume: Volume,
    placed: Placed,
    notes: set[ObjectNote],
    found: dict[str, list[SeenObject]],
) -> None:
    about = ObjectFacts(kind="widespread", notes=tuple(sorted(notes)))
    _spread(dict(_boxes(mask, (0, 0, 0))), about, 0.5, slices, volume, placed, found)


def _boxes(mask: Mask, low: tuple[int, int, int]) -> Iterator[tuple[int, Box]]:
    """The box of a mask in each plane that it is in, in voxels of the volume."""
    for k in np.flatnonzero(mask.any(axis=(1, 2))).tolist():
        rows, columns = (np.flatnonzero(mask[k].any(axis=axis)) for axis in (1, 0))
        box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        yield k + low[0], box.shifted(low[2], low[1])


def _spread(
    by_plane: dict[int, Box],
    about: ObjectFacts,
    score: float,
    slices: list[Slice],
    volume: Volume,
    placed: Placed,
    found: dict[str, list[SeenObject]],
) -> None:
    """Boxes of the volume's planes as boxes in the slices at their heights."""
    step = placed.image.GetSpacing()[2]
    across = placed.image.GetSpacing()[0] / volume.slices[0].spacing[1]
    down = placed.image.GetSpacing()[1] / volume.slices[0].spacing[0]
    boxes: dict[str, dict[int, Box]] = defaultdict(dict)
    for one in slices:
        k = round((one.height - volume.heights[0]) / step)
        if k in by_plane:
            x0, y0, x1, y1 = by_plane[k]
            box = Box(round(x0 * across), round(y0 * down), round(x1 * across), round(y1 * down))
            box = box.padded(1).clipped(one.shape[1], one.shape[0])
            boxes[one.instance.uid][one.frame] = box
    for uid, by_frame in boxes.items():
        whole = next(iter(by_frame.values()))
        for box in by_frame.values():
            whole = whole.union(box)
        only = len(by_frame) == 1 and max(by_frame) == 0
        run = None if only else (min(by_frame), max(by_frame))
        found[uid].append(SeenObject(about, whole, score, run))


def _look_at_slices(
    slices: list[Slice], found: dict[str, list[SeenObject]], settings: CtSettings
) -> None:
    for one, values in zip(slices, frames(slices), strict=True):
        found[one.instance.uid] += _in_slice(values, one.frame, settings)


def _look_at_frames(
    instance: Instance, found: dict[str, list[SeenObject]], settings: CtSettings
) -> None:
    from pixelscrub.face.voxels.volumes import rescale
    from pixelscrub.pixels.image import Image

    with instance.source.open() as file:
        image = Image(file)
        for frame in range(image.known.frames):
            slope, intercept = rescale(image.header, frame)
            values = image.frame(frame).astype(np.float32) * np.float32(slope)
            found[instance.uid] += _in_slice(values + np.float32(intercept), frame, settings)


def _in_slice(
    values: npt.NDArray[np.float32], frame: int, settings: CtSettings
) -> list[SeenObject]:
    """Metal in one slice, whose place in the body is not known."""
    values, notes = to_hounsfield(values, settings)
    mask = values >= settings.metal_hu
    labels, count = ndimage.label(ndimage.binary_dilation(mask, iterations=2))
    about = ObjectFacts(kind="metal", notes=("not_measured", *sorted(notes)))
    frames_of = None if frame == 0 else (frame, frame)
    objects = []
    for place in ndimage.find_objects(labels)[: MOST_IN_SLICE + 1]:
        box = Box(place[1].start, place[0].start, place[1].stop, place[0].stop)
        objects.append(SeenObject(about, box, 0.5, frames_of))
    if count > MOST_IN_SLICE or mask.mean() > settings.widespread:
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        kind = ObjectFacts(kind="widespread", notes=about.notes)
        return [SeenObject(kind, box, 0.5, frames_of)]
    return objects
