"""Shapes of a head are told from others by what they show, whatever they are called."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from pixelscrub.errors import HeldError
from pixelscrub.prove.shapes import face_in_shapes, may_hold_shape
from tests.face.phantom import BODY, inside

STEP = 3.0
LOW = np.array([-90.0, -135.0, -150.0])


def solid(parts=BODY, size=(60, 85, 80)):
    """Whether each voxel (x, y, z) of 3 mm is inside."""
    axes = [low + STEP * np.arange(n) for low, n in zip(LOW, size, strict=True)]
    return inside(np.stack(np.meshgrid(*axes, indexing="ij"), -1), parts)


HEAD = solid()
FACELESS = HEAD & ~((np.arange(85) * STEP + LOW[1] < -52)[None, :, None] & HEAD
                    & (np.arange(80) * STEP + LOW[2] < 0)[None, None, :])  # fmt: skip
TRUNK = solid([((0, 0, -30), (85, 60, 400))])
BRAIN = solid([((0, 2, 18), (64, 80, 54))])


def written(dataset):
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = io.BytesIO()
    dataset.save_as(file, implicit_vr=False, little_endian=True)
    file.seek(0)
    return file


def seen(dataset):
    return face_in_shapes(written(dataset)).is_face


def item(**values):
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def structure_set(*solids, closed=True):
    regions = []
    for one in solids:
        rings = []
        for k in range(one.shape[2]):
            found, _ = cv2.findContours(
                np.ascontiguousarray(one[:, :, k].T).astype(np.uint8), cv2.RETR_EXTERNAL,
                cv2.CHAIN_APPROX_NONE,
            )  # fmt: skip
            for ring in found:
                flat = ring[:, 0] * STEP + LOW[:2]
                points = np.column_stack([flat, np.full(len(flat), LOW[2] + k * STEP)])
                rings.append(
                    item(
                        ContourGeometricType="CLOSED_PLANAR",
                        NumberOfContourPoints=len(points),
                        ContourData=[f"{x:.1f}" for x in points.ravel()],
                    )
                )
        regions.append(item(ContourSequence=Sequence(rings)))
    return item(ROIContourSequence=Sequence(regions), Modality="RTSTRUCT")


def segmentation(one, geometry=True):
    frames = np.ascontiguousarray(one.transpose(2, 1, 0)).astype(np.uint8)
    made = item(
        SegmentSequence=Sequence([item(SegmentNumber=1)]), SamplesPerPixel=1, BitsAllocated=1,
        BitsStored=1, HighBit=0, PixelRepresentation=0, PhotometricInterpretation="MONOCHROME2",
        Rows=frames.shape[1], Columns=frames.shape[2], NumberOfFrames=len(frames),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4",
    )  # fmt: skip
    packed = np.packbits(frames.ravel(), bitorder="little").tobytes()
    made.PixelData = packed + b"\0" * (len(packed) % 2)
    made["PixelData"].VR = "OB"
    if geometry:
        made.SharedFunctionalGroupsSequence = Sequence([
            item(
                PixelMeasuresSequence=Sequence([item(PixelSpacing=[STEP, STEP])]),
                PlaneOrientationSequence=Sequence(
                    [item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
                ),
            )
        ])  # fmt: skip
        made.PerFrameFunctionalGroupsSequence = Sequence([
            item(
                SegmentIdentificationSequence=Sequence([item(ReferencedSegmentNumber=1)]),
                PlanePositionSequence=Sequence(
                    [item(ImagePositionPatient=[LOW[0], LOW[1], LOW[2] + k * STEP])]
                ),
            )
            for k in range(len(frames))
        ])  # fmt: skip
    return made


def skin(one):
    """Points of a solid's surface, (n, 3), mm."""
    edge = one & ~np.all([np.roll(one, s, a) for a in range(3) for s in (-1, 1)], axis=0)
    return np.argwhere(edge) * STEP + LOW


def surface(one, double=False):
    points = skin(one).astype("<f8" if double else "<f4")
    name = "DoublePointCoordinatesData" if double else "PointCoordinatesData"
    return item(
        SurfaceSequence=Sequence(
            [item(SurfacePointsSequence=Sequence([item(**{name: points.tobytes()})]))]
        )
    )


def model(data):
    return item(
        EncapsulatedDocument=data + b"\0" * (len(data) % 2),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.104.3",
    )


def stl(one):
    corners = np.repeat(skin(one)[:, None], 3, axis=1).astype("<f4")
    corners[:, 1, 0] += STEP
    corners[:, 2, 1] += STEP
    kind = np.dtype([("numbers", "<f4", (4, 3)), ("rest", "<u2")])
    made = np.zeros(len(corners), kind)
    made["numbers"][:, 1:] = corners
    return model(b"made".ljust(80) + len(corners).to_bytes(4, "little") + made.tobytes())


def ascii_stl(one):
    near = np.array([[0, 0, 0], [STEP, 0, 0], [0, STEP, 0]])
    lines = [f"vertex {x} {y} {z}" for point in skin(one) for x, y, z in point + near]
    return model(("solid a\n" + "\n".join(lines)).encode())


def obj(one):
    lines = [f"v {x / 1000} {y / 1000} {z / 1000}" for x, y, z in skin(one)]  # metres
    return model(("o nobody\n" + "\n".join(lines)).encode())


def dose(one):
    frames = (one.transpose(2, 1, 0) * np.linspace(900, 300, 85)[None, :, None]).astype(np.uint16)
    return item(
        DoseGridScaling="0.001", SamplesPerPixel=1, BitsAllocated=16, BitsStored=16, HighBit=15,
        PixelRepresentation=0, PhotometricInterpretation="MONOCHROME2", Rows=frames.shape[1],
        Columns=frames.shape[2], NumberOfFrames=len(frames), PixelData=frames.tobytes(),
        PixelSpacing=[STEP, STEP], GridFrameOffsetVector=[k * STEP for k in range(len(frames))],
    )  # fmt: skip


MAKERS = [structure_set, segmentation, surface, stl, ascii_stl, obj, dose]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_shape_of_a_head_shows_its_face(make):
    assert seen(make(HEAD))


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("one", [FACELESS, TRUNK, BRAIN], ids=["faceless", "trunk", "brain"])
def test_other_shapes_show_none(make, one):
    assert not seen(make(one))


def test_face_in_parts_is_seen_as_a_whole():
    left = HEAD.copy()
    left[30:] = False
    right = HEAD & ~left
    assert seen(structure_set(left, right))


def test_segments_without_geometry_are_looked_at():
    assert seen(segmentation(HEAD, geometry=False))


def test_points_in_double_precision_are_read():
    assert seen(surface(HEAD, double=True))


def test_small_shapes_are_not_drawn():
    assert not seen(structure_set(solid([((0, 0, 0), (20, 20, 20))])))


@pytest.mark.parametrize(
    "dataset",
    [
        item(Modality="RTSTRUCT"),
        item(
            ROIContourSequence=Sequence([item(ContourSequence=Sequence([item(ContourData=[1])]))])
        ),
        item(SurfaceSequence=Sequence([item(SurfacePointsSequence=Sequence([item()]))])),
        item(EncapsulatedDocument=b"%PDF-1.4" + b" " * 100),
        item(EncapsulatedDocument=b"v 1 2 x\n" * 30),
        item(EncapsulatedDocument=bytes(80) + (9).to_bytes(4, "little") + bytes(450)),
        item(SegmentSequence=Sequence([item()])),
    ],
    ids=["nothing", "one number", "no points", "paper", "no numbers", "one place", "no pixels"],
)
def test_nothing_is_seen_in_what_holds_no_shape(dataset):
    assert not seen(dataset)


def test_what_cannot_be_read_is_held():
    made = segmentation(HEAD)
    made.PixelData = b"\0\0"
    with pytest.raises(HeldError):
        seen(made)


def test_classes_of_images_are_not_opened():
    assert not may_hold_shape("1.2.840.10008.5.1.4.1.1.2")
    assert may_hold_shape("1.2.840.10008.5.1.4.1.1.481.3")
    assert may_hold_shape("1.2.840.10008.5.1.4.1.1.66.5")
