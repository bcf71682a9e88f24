"""Heads as DICOM studies, changed one way each, and what becomes of their faces.

The pixels are the head's own, so that truth stays true.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    generate_uid,
)

from benchmarks.heads.changes import CHANGES, Change, Values, values_of
from benchmarks.heads.head import Head, gone_near
from pixelscrub.face.find import FaceCheck, find_faces
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.intake.read import read_instance
from pixelscrub.recipe import FaceSettings

STORAGE: Final = {
    "CT": CTImageStorage,
    "MR": MRImageStorage,
    "PT": PositronEmissionTomographyImageStorage,
}
GONE: Final = 0.95
"""Share of the tissue near a landmark from which on it counts as gone."""


@dataclass(slots=True)
class Written:
    """A head as instances.

    Attributes:
        instances: what was written.
        places: pass and slice of each frame of each instance.
    """

    instances: list[Instance] = field(default_factory=list)
    places: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)


def write(head: Head, change: Change, folder: Path) -> Written:
    """Write a head as a study."""
    head = change.values(head)
    if head.image.GetDirection() != (1, 0, 0, 0, 1, 0, 0, 0, 1):
        head = head.even()
    values = values_of(head)
    made = Written()
    shared = {n: generate_uid() for n in ("StudyInstanceUID", "SeriesInstanceUID")}
    shared["FrameOfReferenceUID"] = generate_uid()
    for count, shift in enumerate((0.0, *change.passes)):
        pixels = round(shift / head.image.GetSpacing()[0])
        stored, scale = _stored(np.roll(values, pixels, axis=2), head.modality, change)
        if change.is_multiframe:
            _write_frames(stored, head, change, shared | scale, folder, made)
        else:
            _write_slices(stored, head, change, shared | scale, folder, made, count)
    return made


def _stored(
    values: Values, modality: str, change: Change
) -> tuple[npt.NDArray[np.uint16], dict[str, Any]]:
    if modality == "CT" and change.keeps_rescale:
        stored = np.clip(np.rint(values + 1024), 0, 4095)
        return stored.astype(np.uint16), {"RescaleSlope": 1, "RescaleIntercept": -1024}
    if modality == "CT":
        up = 0 if values.min() >= 0 else 1024
        return np.clip(np.rint(values + up), 0, 4095).astype(np.uint16), {}
    top = float(np.percentile(values, 99.9)) or 1.0
    return np.clip(np.rint(values * 3000 / top), 0, 4095).astype(np.uint16), {}


def _header(head: Head, shared: dict[str, Any], sop_class: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    header.SOPClassUID, header.SOPInstanceUID = sop_class, generate_uid()
    header.Modality, header.PatientID, header.ImageType = head.modality, "1", ["ORIGINAL"]
    x, y, z = (float(f"{s:.6g}") for s in head.image.GetSpacing())
    header.PixelSpacing, header.SliceThickness = [y, x], z
    header.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated, header.BitsStored, header.HighBit = 16, 12, 11
    header.PixelRepresentation = 0
    for name, value in shared.items():
        setattr(header, name, value)
    return header


def _save(header: FileDataset, pixels: npt.NDArray[np.uint16], path: Path, made: Written) -> str:
    header.Rows, header.Columns = pixels.shape[-2:]
    header.PixelData = pixels.tobytes()
    header["PixelData"].VR = "OW"
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    path.parent.mkdir(parents=True, exist_ok=True)
    header.save_as(path, enforce_file_format=True)
    source = Source(path.parent, path.name, path.stat().st_size, path.stat().st_mtime_ns)
    made.instances.append(read_instance(source))
    return str(header.SOPInstanceUID)


def _write_slices(
    stored: npt.NDArray[np.uint16],
    head: Head,
    change: Change,
    shared: dict[str, Any],
    folder: Path,
    made: Written,
    count: int,
) -> None:
    origin = head.image.GetOrigin()
    for k, plane in enumerate(stored):
        header = _header(head, shared, STORAGE[head.modality])
        header.InstanceNumber = count * len(stored) + k + 1
        place = [origin[0], origin[1], origin[2] + k * head.image.GetSpacing()[2]]
        header.ImagePositionPatient = [float(f"{x:.6g}") for x in place]
        change.header(header, k)
        uid = _save(header, plane, folder / f"{count}-{k}.dcm", made)
        made.places[uid, 0] = count, k


def _write_frames(
    stored: npt.NDArray[np.uint16],
    head: Head,
    change: Change,
    shared: dict[str, Any],
    folder: Path,
    made: Written,
) -> None:
    header = _header(head, shared, change.is_multiframe)
    for name in ("ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        del header[name]
    header.NumberOfFrames = len(stored)
    change.header(header, 0)
    uid = _save(header, stored, folder / "all.dcm", made)
    made.places.update({(uid, k): (0, k) for k in range(len(stored))})


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a head.

    Attributes:
        name: of head and change.
        status: `removed`, `none` or `held`.
        gone: share of the tissue near each landmark that goes, in the worst pass.
        changed: share of all voxels that go.
        seconds: CPU time.
        detail: reasons and figures.
    """

    name: str
    status: str
    gone: dict[str, float]
    changed: float
    seconds: float
    detail: str

    @property
    def is_wrong(self) -> bool:
        """Whether it left with a part of its face, and nothing said so."""
        return self.status != "held" and (not self.gone or min(self.gone.values()) < GONE)

    def __str__(self) -> str:
        left = {k: round(v, 2) for k, v in self.gone.items() if v < GONE}
        verdict = "WRONG" if self.is_wrong else "right"
        parts = f"{verdict} {self.name:34} {self.status:8}", f"{left or ''}", self.detail
        return " ".join([*parts, f"{self.seconds:.1f} s"])


def ask(head: Head, name: str, check: FaceCheck | None) -> Answer:
    """Write a changed head as a study, look for its face, and measure what goes."""
    change = CHANGES[name]
    with tempfile.TemporaryDirectory() as folder:
        made = write(head, change, Path(folder) / "in")
        started = time.process_time()
        found = find_faces(made.instances, FaceSettings(), Path(folder), check)
        seconds = time.process_time() - started
        masks = _masks(found.plans, made, Path(folder))
    reference = change.values(head)
    if reference.image.GetDirection() != (1, 0, 0, 0, 1, 0, 0, 0, 1):
        reference = reference.even()
    gone: dict[str, float] = {}
    for count, shift in enumerate((0.0, *change.passes)):
        for key, value in _gone(head, reference, name, masks.get(count), shift).items():
            gone[key] = min(value, gone.get(key, 1.0))
    status = "held" if found.held else "removed" if masks else "none"
    detail = "; ".join(
        f"{p.status} {'+'.join(p.reasons)} {p.checks.get('fit', '')}" for p in found.plans[:3]
    )
    changed = float(np.mean([m.mean() for m in masks.values()])) if masks else 0.0
    held = sorted({str(r) for r in found.held.values()})
    return Answer(f"{head.name}:{name}", status, gone, changed, seconds, f"{detail} {held or ''}")


def _masks(plans: list[Any], made: Written, folder: Path) -> dict[int, npt.NDArray[np.uint8]]:
    """What goes, by pass, in the order in which slices were written."""
    counts: dict[int, int] = {}
    for one, k in made.places.values():
        counts[one] = max(counts.get(one, 0), k + 1)
    masks: dict[int, npt.NDArray[np.uint8]] = {}
    for plan in plans:
        if plan.mask is None:
            continue
        planes = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / plan.mask)))
        for plane, key in zip(planes, plan.slices, strict=True):
            one, k = made.places[key]
            whole = masks.setdefault(one, np.zeros((counts[one], *plane.shape), np.uint8))
            whole[k] |= plane > 0
    return masks


def _gone(
    head: Head, changed: Head, name: str, mask: npt.NDArray[np.uint8] | None, shift: float
) -> dict[str, float]:
    """Shares near the landmarks, by the values of the head before they were changed."""
    if name == "coronal_said_axial":
        changed = head
        mask = None if mask is None else mask[:, ::-1].transpose(1, 0, 2)
    if mask is None:
        return dict.fromkeys(changed.landmarks, 0.0)
    if name in {"chin_up", "chin_down"}:
        head = changed
    image = sitk.GetImageFromArray(
        np.roll(mask, -round(shift / head.image.GetSpacing()[0]), axis=2)
    )
    image.CopyInformation(head.image)
    return gone_near(replace(head, image=sitk.Image(head.image)), image)
