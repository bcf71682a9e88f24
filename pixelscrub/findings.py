"""What detectors return: where something identifying is, and what is to be done about it.

A finding holds no value and no text that was read. Boxes are in stored pixels: x to the right,
y down, half-open (``x1`` and ``y1`` are the first column and row outside).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal[
    "text", "region", "overlay", "icon", "margin", "barcode", "photo", "face", "object", "manual"
]
Action = Literal["mask", "keep", "crop", "remove", "report"]
ObjectKind = Literal[
    "metal", "plate", "chain", "ring", "ear_ring", "implant", "device",
    "engraving", "label", "void", "widespread",
]  # fmt: skip
"""What an object is: a small piece of `metal`; a `plate` whose flat side may carry letters; a
`chain` or wire; a `ring`; an `ear_ring`, which lies in what `ears = true` removes; an `implant`
(metal inside the body in CT); a `device` (a large machine-made shape in a radiograph); an
`engraving` (text on one of these); a `label` or wristband in a photograph; a signal `void` of MR;
`widespread` metal, which is not told apart any further."""
Where = Literal["external", "internal", "unknown"]
"""On or outside the skin, inside the body, or not to be told."""
ObjectNote = Literal[
    "readable", "in_ears", "named_in_header", "values_saturate", "values_wrap", "no_rescale",
    "inverted", "not_measured",
]  # fmt: skip
"""What else a finder says: a flat side of 8 mm or more; in what `ears = true` removes; the header
names a device; values that end at the greatest one, wrap around, have no rescale, or are inverted;
slices that make no volume, so that nothing was measured."""


class Box(NamedTuple):
    """A rectangle in stored pixels, end exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Columns covered, in pixels."""
        return max(0, self.x1 - self.x0)

    @property
    def height(self) -> int:
        """Rows covered, in pixels."""
        return max(0, self.y1 - self.y0)

    @property
    def area(self) -> int:
        """Pixels covered."""
        return self.width * self.height

    def padded(self, pixels: int) -> Box:
        """The box, larger by `pixels` on every side."""
        return Box(self.x0 - pixels, self.y0 - pixels, self.x1 + pixels, self.y1 + pixels)

    def clipped(self, width: int, height: int) -> Box:
        """The part of the box that lies inside an image of `width` by `height` pixels."""
        x0, x1 = (min(max(x, 0), width) for x in (self.x0, self.x1))
        y0, y1 = (min(max(y, 0), height) for y in (self.y0, self.y1))
        return Box(x0, y0, max(x0, x1), max(y0, y1))

    def shifted(self, dx: int, dy: int) -> Box:
        """The box moved right by `dx` and down by `dy` pixels."""
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def intersection(self, other: Box) -> Box:
        """The common part; its area is 0 where there is none."""
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        return Box(x0, y0, max(x0, min(self.x1, other.x1)), max(y0, min(self.y1, other.y1)))

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )


class ObjectFacts(BaseModel):
    """What a finding of kind `object` is of.

    Attributes:
        kind: what it is.
        where: on which side of the skin.
        size_mm: its extents, longest first; empty where the header does not scale the pixels.
        notes: what else there is to say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ObjectKind
    where: Where = "unknown"
    size_mm: tuple[float, ...] = ()
    notes: tuple[ObjectNote, ...] = ()


class Finding(BaseModel):
    """One thing that identifies.

    Attributes:
        kind: what it is.
        frames: first and last frame, counted from 0, both included; None means every frame.
        box: where, in stored pixels; None where the finding is not a rectangle.
        score: how sure the detector is, 0 to 1.
        action: what is to be done.
        source: the detector, rule or person that says so.
        about: what the object is; of findings of kind `object` alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    frames: tuple[int, int] | None = None
    box: Box | None = None
    score: float = Field(default=1.0, ge=0, le=1)
    action: Action = "mask"
    source: str = ""
    about: ObjectFacts | None = None

    @model_validator(mode="after")
    def _is_well_formed(self) -> Self:
        if self.frames is not None and not 0 <= self.frames[0] <= self.frames[1]:
            raise ValueError("frames must be first and last, from 0")
        if self.box is not None and self.box.area == 0:
            raise ValueError("box must not be empty")
        if self.action in {"mask", "crop"} and self.box is None:
            raise ValueError(f"action {self.action} needs a box")
        if (self.kind == "object") != (self.about is not None):
            raise ValueError("an object says what it is, and nothing else does")
        return self

    def covers(self, frame: int) -> bool:
        """Whether the finding holds for `frame` (from 0)."""
        return self.frames is None or self.frames[0] <= frame <= self.frames[1]
