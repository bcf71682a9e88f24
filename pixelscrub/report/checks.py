"""What the figures that a face is judged by mean, and what every released file has passed."""

from __future__ import annotations

from typing import Final, NamedTuple


class Check(NamedTuple):
    """How a figure is told: its name, its unit, and what it is multiplied with."""

    label: str
    unit: str = ""
    scale: float = 1.0


FACE: Final = {
    "fit": Check("Distance to the average head (mean square; trusted up to 125)", "mm²"),
    "surface_removed": Check("Facial surface in view that was taken out", "%", 100),
    "surface_moved": Check("Facial surface that was moved by 5 mm or more", "%", 100),
    "left_right": Check("What has moved of the worse half of the face over the better", "%", 100),
    "face_in_view": Check("Part of an average face that lies in the field of view", "%", 100),
    "face_ml": Check("Taken out", "ml"),
    "brain_touched": Check("Brain that was taken out", "%", 100),
    "brain_mean_moved": Check("Mean value of the brain (SUV in PET) moved by", "%", 100),
    "orbits_taken": Check("Back halves of the orbits that were taken out", "%", 100),
    "airway_taken": Check("Pharynx and what surrounds it that were taken out", "%", 100),
}
PASSED: Final = (
    "It was read again from the bytes on disk, and every element of it can be read.",
    "Frames, rows, columns, samples and bits are those of the original, or of its planned crop.",
    "Every pixel outside the masked regions equals the original's; the regions are filled.",
    "A text detector was run on it again wherever text was masked, and found none of it.",
    "No tissue was measured inside a face mask.",
)
"""Checks of `prove/release`; an instance that fails one of them is held."""
SEARCHED: Final = (
    "Names, numbers, dates of birth, UIDs and places of the original study were searched for in "
    "its tags, private elements, pixel bytes and code streams, in several spellings and character "
    "sets, and not found, except what an option of the recipe keeps."
)
"""The same, where headers are de-identified."""


def told(name: str, value: float) -> tuple[str, str]:
    """Label and value of a figure as a reader expects them."""
    check = FACE.get(name, Check(name.replace("_", " ").capitalize()))
    return check.label, f"{value * check.scale:.4g} {check.unit}".strip()


NOTES: Final = {
    "readable": "has a flat side of 8 mm or more, which may carry letters",
    "in_ears": "at an ear: `ears = true` in the recipe's section on faces removes it",
    "named_in_header": "the original's header names a device",
    "values_saturate": "values end at the greatest one that is stored",
    "values_wrap": "values wrap around where there is metal",
    "no_rescale": "values have no rescale; air was taken for -1000 HU",
    "inverted": "on the side of the grey scale that is shown dark",
    "not_measured": "slices make no volume: which side of the skin it is on is not known",
}
"""What the notes of objects mean."""


def note_of(note: str) -> str:
    """A note on an object, in words."""
    return NOTES[note]
