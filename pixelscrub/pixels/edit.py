"""What is to change in the pixels of one instance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

FillStyle = Literal["black", "grey", "border", "inpaint"]

VoxelEdit = Callable[[int, npt.NDArray[np.generic]], "FrameFill | None"]
"""Gives, for a frame's index and its stored values, what to fill in it; None for nothing."""


@dataclass(frozen=True, slots=True)
class FrameBox:
    """A rectangle to fill, and the frames it holds for (both included; None: all)."""

    box: Box
    frames: tuple[int, int] | None = None

    def covers(self, frame: int) -> bool:
        """Whether `frame` (from 0) is filled."""
        return self.frames is None or self.frames[0] <= frame <= self.frames[1]


@dataclass(frozen=True, slots=True)
class FrameFill:
    """Voxels of one frame to overwrite.

    Attributes:
        mask: bool, (rows, columns).
        values: stored values, (rows, columns), the frame's dtype; read where `mask` is true.
    """

    mask: npt.NDArray[np.bool_]
    values: npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Edit:
    """All changes to one instance's pixels; an empty one keeps the pixel data byte for byte.

    Attributes:
        boxes: rectangles to fill, in stored pixels of the uncropped image.
        fill: how rectangles are filled.
        voxels: what to overwrite frame by frame (faces), or None.
        crop: the rectangle that stays, or None.
        drop_overlays: overlay planes go, with the bits of cells that hold some.
        keep_planes: bits of cells that hold overlay planes are no unused ones.
        clear_unused: bits of cells that stored values do not use become zero (set by `fit`).
    """

    boxes: tuple[FrameBox, ...] = ()
    fill: FillStyle = "black"
    voxels: VoxelEdit | None = None
    crop: Box | None = None
    drop_overlays: bool = False
    keep_planes: bool = False
    clear_unused: bool = False

    def __bool__(self) -> bool:
        """Whether anything changes in the pixel data."""
        has_area = self.voxels is not None or self.crop is not None
        return bool(self.boxes) or has_area or self.clear_unused

    @property
    def masks(self) -> bool:
        """Whether something that was shown is covered."""
        return bool(self.boxes) or self.voxels is not None

    def boxes_of(self, frame: int) -> list[Box]:
        """The rectangles to fill in `frame` (from 0)."""
        return [b.box for b in self.boxes if b.covers(frame)]
