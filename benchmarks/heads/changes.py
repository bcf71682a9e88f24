"""Changes of heads: of values, of headers, of the way in which slices are put together.

Each change stands for a way in which a head has left with its face: a header made the difference
between "not looked at" and "has no face". The pixels are the head's own, so that truth stays true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from pydicom.dataset import Dataset
from pydicom.uid import (
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    NuclearMedicineImageStorage,
    SecondaryCaptureImageStorage,
    XRay3DAngiographicImageStorage,
    XRay3DCraniofacialImageStorage,
    generate_uid,
)

from benchmarks.heads.generate import posed
from benchmarks.heads.head import Head

Values = npt.NDArray[np.floating]
Edit = Callable[[Dataset, int], None]


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


def values_of(head: Head) -> Values:
    """Its values (slices, rows, columns); the lowest where there is no number."""
    values: Values = sitk.GetArrayFromImage(head.image).astype(np.float64)
    return np.where(np.isfinite(values), values, np.nanmin(values))


def _with(head: Head, values: Values) -> Head:
    image = sitk.GetImageFromArray(values.astype(np.float32))
    image.CopyInformation(head.image)
    return replace(head, image=image)


def _noise(values: Values, size: float) -> Values:
    return np.random.default_rng(11).normal(0, size, (2, *values.shape))


def padded(head: Head) -> Head:
    """A round field of view with -2000 around it, as some scanners write it."""
    values = values_of(head)
    y, x = np.ogrid[-1 : 1 : values.shape[1] * 1j, -1 : 1 : values.shape[2] * 1j]
    return _with(head, np.where(x * x + y * y > 1, -2000, values))


def bytes_of(head: Head) -> Head:
    """As a screen shows it: 256 levels between a window's ends."""
    values = values_of(head)
    top = float(np.percentile(values, 99))
    return _with(head, np.clip(np.rint(255 * values / top), 0, 255))


def inverted(head: Head) -> Head:
    """The whole picture: air is bright."""
    values = values_of(head)
    top = np.percentile(values, 99.8)
    return _with(head, top - np.minimum(values, top))


def quotient(head: Head) -> Head:
    """MP2RAGE: the quotient of two inversions, which is noise of the full range in air."""
    values = values_of(head)
    top = float(np.percentile(values, 99))
    noise = _noise(values, 0.02 * top)
    tissue = np.clip(values / (0.1 * top), 0, 1)
    first, second = values - 0.5 * top * tissue + noise[0], 0.8 * values + noise[1]
    uniform = first * second / (first**2 + second**2 + 1e-9)
    return _with(head, np.rint((uniform + 0.5) * 4095))


def phase(head: Head) -> Head:
    """The angle of a complex image in a field that is not even."""
    values = values_of(head)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in values.shape], indexing="ij")
    noise = _noise(values, 0.02 * float(np.percentile(values, 99)))
    angle = np.angle(
        values * np.exp(1j * (4 * x * y + 3 * z * z + 5 * y)) + noise[0] + 1j * noise[1]
    )
    return _with(head, np.rint((angle / np.pi + 1) * 2047))


def diffusion(head: Head) -> Head:
    """Apparent diffusion: the logarithm of a quotient, noisy in air."""
    values = values_of(head)
    top = float(np.percentile(values, 99))
    noise = _noise(values, 0.02 * top)
    strong = np.abs(values * np.exp(-0.8 - 0.5 * values / top) + noise[1]) + 1
    return _with(head, np.clip(1000 * np.log((np.abs(values + noise[0]) + 1) / strong), 0, 4095))


def offset(head: Head, by: float) -> Head:
    """Values moved by a constant, as if that were no part of them."""
    return _with(head, np.maximum(values_of(head) + by, 0))


def cone_beam(head: Head) -> Head:
    """Grey values of a dental scanner: of no unit, noisy, in a round field of view."""
    values = values_of(head) + _noise(values_of(head), 70)[0]
    grey = np.clip(0.4 * (values + 1000) + 350, 0, 4095)
    y, x = np.ogrid[-1 : 1 : grey.shape[1] * 1j, -1 : 1 : grey.shape[2] * 1j]
    return _with(head, np.where(x * x + y * y > 1, 0, grey))


def contrast(head: Head) -> Head:
    """An angiography: vessels, here what is brightest among the soft tissue, filled to 350 HU."""
    values = values_of(head)
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
    values = values_of(head)
    image = sitk.GetImageFromArray(values.transpose(1, 0, 2)[:, ::-1].astype(np.float32))
    image.SetSpacing([head.image.GetSpacing()[0]] * 3)
    return replace(head, image=image)


def numbered(number: Callable[[int], int]) -> Edit:
    """Instance numbers of another order than that of the slices."""

    def edit(header: Dataset, index: int) -> None:
        header.InstanceNumber = number(index)

    return edit


def odd_first(index: int) -> int:
    """Every other slice first, as they are taken one after another."""
    return index // 2 + 1000 * (index % 2)


def scattered(index: int) -> int:
    """Any order: multiples of a number that shares no factor with 1,009."""
    return index * 389 % 1009


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
    "ct_intercept_twice": Change(header=relabelled(RescaleIntercept=-2048), only=("CT",)),
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
    "odd_first_no_place": Change(header=both(relabelled(**NO_PLACE), numbered(odd_first))),
    "shuffled_no_place": Change(header=both(relabelled(**NO_PLACE), numbered(scattered))),
    "tenfold": Change(header=spaced(10.0)),
    "three_passes": Change(passes=(8.0, -14.0)),
    "two_passes": Change(passes=(12.0,)),
    "chin_up": Change(partial(posed, angles=(-25.0, 0.0, 0.0))),
    "chin_down": Change(partial(posed, angles=(25.0, 0.0, 0.0))),
}
"""Each change by its name; one more is one line."""
