"""Heads as DICOM studies whose headers and values are changed one way each.

Each change stands for a way in which a head has left with its face: a header made the difference
between "not looked at" and "has no face". The pixels are the head's own, so that truth stays true.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    NuclearMedicineImageStorage,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
    XRay3DAngiographicImageStorage,
    XRay3DCraniofacialImageStorage,
    generate_uid,
)

from benchmarks.heads.generate import posed
from benchmarks.heads.head import Head, gone_near
from pixelscrub.face.find import FaceCheck, find_faces
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.intake.read import read_instance
from pixelscrub.recipe import FaceSettings

Values = npt.NDArray[np.floating]
Edit = Callable[[Dataset, int], None]

STORAGE: Final = {
    "CT": CTImageStorage,
    "MR": MRImageStorage,
    "PT": PositronEmissionTomographyImageStorage,
}
GONE: Final = 0.95
"""Share of the tissue near a landmark from which on it counts as gone."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of the values, of each slice's header, of all slices together.

    Attributes:
        values: from a head to one of other values or in another pose.
        header: given each slice and its index.
        is_multiframe: all slices in one object without functional groups, of this class.
        only: modalities that it makes sense for.
        keeps_rescale: whether CT has its slope and intercept.
        passes: further passes in the same series: the head moved by so many mm to a side.
    """

    values: Callable[[Head], Head] = lambda head: head
    header: Edit = lambda _header, _index: None
    is_multiframe: str = ""
    only: tuple[str, ...] = ("CT", "MR", "PT")
    keeps_rescale: bool = True
    passes: tuple[float, ...] = ()


def _array(head: Head) -> Values:
    values = sitk.GetArrayFromImage(head.image).astype(np.float64)
    return np.where(np.isfinite(values), values, np.nanmin(values))


def _with(head: Head, values: Values) -> Head:
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.CopyInformation(head.image)
    return replace(head, image=image)


def _noise(values: Values, size: float) -> Values:
    return np.random.default_rng(11).normal(0, size, (2, *values.shape))


def padded(head: Head) -> Head:
    """A round field of view with -2000 around it, as some scanners write it."""
    values = _array(head)
    y, x = np.ogrid[-1 : 1 : values.shape[1] * 1j, -1 : 1 : values.shape[2] * 1j]
    return _with(head, np.where(x * x + y * y > 1, -2000, values))


def bytes_of(head: Head) -> Head:
    """As a screen shows it: 256 levels between a window's ends."""
    values = _array(head)
    top = np.percentile(values, 99)
    return _with(head, np.clip(np.rint(255 * values / top), 0, 255))


def inverted(head: Head) -> Head:
    """The whole picture: air is bright."""
    values = _array(head)
    top = np.percentile(values, 99.8)
    return _with(head, top - np.minimum(values, top))


def quotient(head: Head) -> Head:
    """MP2RAGE: the quotient of two inversions, which is noise of the full range in air."""
    values = _array(head)
    top = np.percentile(values, 99)
    noise = _noise(values, 0.02 * top)
    tissue = np.clip(values / (0.1 * top), 0, 1)
    first, second = values - 0.5 * top * tissue + noise[0], 0.8 * values + noise[1]
    uniform = first * second / (first**2 + second**2 + 1e-9)
    return _with(head, np.rint((uniform + 0.5) * 4095))


def phase(head: Head) -> Head:
    """The angle of a complex image in a field that is not even."""
    values = _array(head)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in values.shape], indexing="ij")
    noise = _noise(values, 0.02 * np.percentile(values, 99))
    angle = np.angle(
        values * np.exp(1j * (4 * x * y + 3 * z * z + 5 * y)) + noise[0] + 1j * noise[1]
    )
    return _with(head, np.rint((angle / np.pi + 1) * 2047))


def diffusion(head: Head) -> Head:
    """Apparent diffusion: the logarithm of a quotient, noisy in air."""
    values = _array(head)
    top = np.percentile(values, 99)
    noise = _noise(values, 0.02 * top)
    strong = np.abs(values * np.exp(-0.8 - 0.5 * values / top) + noise[1]) + 1
    return _with(head, np.clip(1000 * np.log((np.abs(values + noise[0]) + 1) / strong), 0, 4095))


def offset(head: Head, by: float) -> Head:
    """Values moved by a constant, as if that were no part of them."""
    return _with(head, np.maximum(_array(head) + by, 0))


def cone_beam(head: Head) -> Head:
    """Grey values of a dental scanner: of no unit, noisy, in a round field of view."""
    values = _array(head) + _noise(_array(head), 70)[0]
    grey = np.clip(0.4 * (values + 1000) + 350, 0, 4095)
    y, x = np.ogrid[-1 : 1 : grey.shape[1] * 1j, -1 : 1 : grey.shape[2] * 1j]
    return _with(head, np.where(x * x + y * y > 1, 0, grey))


def contrast(head: Head) -> Head:
    """An angiography: vessels, here what is brightest among the soft tissue, filled to 350 HU."""
    values = _array(head)
    vessel = (values > 75) & (values < 110)
    return _with(head, np.where(vessel, 350, values))


def relabelled(**elements: Any) -> Edit:
    """Elements set in every slice; None takes one away."""

    def edit(header: Dataset, _: int) -> None:
        for name, value in elements.items():
            if value is None:
                if name in header:
                    del header[name]
            else:
                setattr(header, name, value)

    return edit


def each_its_own(*names: str) -> Edit:
    """A UID of its own for every slice."""

    def edit(header: Dataset, _: int) -> None:
        for name in names:
            setattr(header, name, generate_uid())

    return edit


def both(first: Edit, second: Edit) -> Edit:
    """One edit after another."""

    def edit(header: Dataset, index: int) -> None:
        first(header, index)
        second(header, index)

    return edit


def in_one_place(header: Dataset, _: int) -> None:
    """The same position in every slice."""
    header.ImagePositionPatient = [0, 0, 0]


def spaced(by: float) -> Edit:
    """All sizes wrong by a factor."""

    def edit(header: Dataset, _: int) -> None:
        header.PixelSpacing = [float(f"{x * by:.6g}") for x in header.PixelSpacing]
        header.ImagePositionPatient = [float(f"{x * by:.6g}") for x in header.ImagePositionPatient]
        header.SliceThickness = float(f"{header.SliceThickness * by:.6g}")

    return edit


def one_millimetre(header: Dataset, index: int) -> None:
    """What a converter writes that knows no sizes."""
    header.PixelSpacing, header.SliceThickness = [1, 1], 1
    header.ImagePositionPatient = [0, 0, index]


def coronal_said_axial(head: Head) -> Head:
    """The stack cut the other way, and its header as before."""
    values = _array(head)
    image = sitk.GetImageFromArray(values.transpose(1, 0, 2)[:, ::-1].astype(np.float32))
    image.SetSpacing([head.image.GetSpacing()[0]] * 3)
    return replace(head, image=image)


NO_PLACE: Final = {"ImagePositionPatient": None, "ImageOrientationPatient": None}
CHANGES: Final[dict[str, Change]] = {
    "as_it_is": Change(),
    "ct_without_rescale": Change(only=("CT",), keeps_rescale=False),
    "ct_offset_1000": Change(partial(offset, by=1000.0), only=("CT",), keeps_rescale=False),
    "cone_beam": Change(
        cone_beam,
        relabelled(SOPClassUID=XRay3DCraniofacialImageStorage, Modality="DX"),
        only=("CT",),
        keeps_rescale=False,
    ),
    "angiography": Change(contrast, only=("CT",)),
    "inverted": Change(inverted, only=("MR",)),
    "quotient": Change(quotient, only=("MR",)),
    "phase": Change(phase, only=("MR",)),
    "diffusion": Change(diffusion, only=("MR",)),
    "ct_offset_below": Change(partial(offset, by=-1024.0), only=("CT",)),
    "padded": Change(padded, only=("CT",)),
    "modality_empty": Change(header=relabelled(Modality="")),
    "modality_missing": Change(header=relabelled(Modality=None)),
    "modality_other": Change(header=relabelled(Modality="OT")),
    "modality_lower": Change(header=relabelled(Modality="mr"), only=("MR",)),
    "modality_mri": Change(header=relabelled(Modality="MRI"), only=("MR",)),
    "abdomen": Change(header=relabelled(BodyPartExamined="ABDOMEN")),
    "phantom": Change(header=relabelled(BodyPartExamined="PHANTOM", SeriesDescription="QA")),
    "no_place": Change(header=relabelled(**NO_PLACE)),
    "no_place_no_size": Change(
        header=relabelled(**NO_PLACE, PixelSpacing=None, SliceThickness=None)
    ),
    "no_size": Change(header=relabelled(PixelSpacing=None)),
    "in_one_place": Change(header=in_one_place),
    "frame_each": Change(header=each_its_own("FrameOfReferenceUID")),
    "series_each": Change(header=each_its_own("SeriesInstanceUID", "FrameOfReferenceUID")),
    "centimetres": Change(header=spaced(0.1)),
    "half_size": Change(header=spaced(0.5)),
    "one_millimetre": Change(header=one_millimetre),
    "coronal_said_axial": Change(coronal_said_axial),
    "secondary_capture": Change(
        is_multiframe=MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
        header=relabelled(Modality="OT"),
    ),
    "nuclear": Change(is_multiframe=NuclearMedicineImageStorage, header=relabelled(Modality="NM")),
    "angiography_3d": Change(
        is_multiframe=XRay3DAngiographicImageStorage, header=relabelled(Modality="XA"), only=("CT",)
    ),
    "byte_capture": Change(
        bytes_of,
        is_multiframe=MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
        header=relabelled(Modality="SC"),
        only=("MR",),
    ),
    "captures": Change(
        header=relabelled(
            **NO_PLACE, SOPClassUID=SecondaryCaptureImageStorage, Modality="OT", PixelSpacing=None
        )
    ),
    "series_each_alone": Change(
        header=both(each_its_own("SeriesInstanceUID"), relabelled(FrameOfReferenceUID=None))
    ),
    "no_number_no_place": Change(header=relabelled(**NO_PLACE, InstanceNumber=None)),
    "tenfold": Change(header=spaced(10.0)),
    "three_passes": Change(passes=(8.0, -14.0)),
    "two_passes": Change(passes=(12.0,)),
    "chin_up": Change(partial(posed, angles=(-25.0, 0.0, 0.0))),
    "chin_down": Change(partial(posed, angles=(25.0, 0.0, 0.0))),
}
"""Each change by its name; one more is one line."""


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
    values = _array(head)
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
        up = 0 if change.values is not Change.values and values.min() >= 0 else 1024
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
