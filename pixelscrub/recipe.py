"""What the user wants done: a small validated TOML file, one section a room.

Built-in recipes ship in `pixelscrub/recipes`; `load` takes the name of one or a file.
"""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pixelscrub.errors import RecipeError
from pixelscrub.findings import Box, ObjectKind


class Section(BaseModel):
    """A table of a recipe; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Steps(Section):
    """Which steps run. A step that is off leaves its part of the instance as it was."""

    text: bool = True
    """Mask burned-in text."""
    crop: bool = False
    """Crop margins that hold nothing but text."""
    face: bool = True
    """Remove faces from CT, MR and PET."""
    tags: bool = True
    """De-identify the header."""
    objects: bool = True
    """Look for jewellery, plates, devices and labels, and report them."""


class PixelSettings(Section):
    """How masked rectangles are filled, and whom to believe about the pixels."""

    fill: Literal["black", "grey", "border", "inpaint"] = "black"
    """`border`: the mean of what surrounds the rectangle; `inpaint`: what surrounds it, drawn on.
    """
    disagreement: Literal["correct", "keep", "hold"] = "correct"
    """What the header says of colours, bits, samples or frames and the pixel data do not: it is
    corrected, kept, or the instance is held."""


class Layout(Section):
    """Where the images of one kind of device show text; masked in addition to what is found.

    Attributes:
        manufacturer, model: of the device, as its headers say; case does not matter.
        modality, software: the same; any where empty.
        rows, columns: size of its images.
        boxes: in stored pixels: x0, y0, x1, y1, end exclusive.
    """

    manufacturer: str = Field(min_length=1)
    model: str = ""
    modality: str = ""
    software: str = ""
    rows: int = Field(gt=0)
    columns: int = Field(gt=0)
    boxes: tuple[Box, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _boxes_lie_inside(self) -> Layout:
        whole = Box(0, 0, self.columns, self.rows)
        if any(not box.area or box.intersection(whole) != box for box in self.boxes):
            raise ValueError("boxes must lie inside the image and not be empty")
        return self


class TextSettings(Section):
    """How burned-in text is looked for and judged."""

    detectors: list[str] = Field(default=["strokes", "network", "barcodes"], min_length=1)
    """What any of them finds counts; there are `tesseract` and `ppocr` too."""
    keep: Literal["nothing", "laterality", "harmless"] = "nothing"
    """What may stay, if it is read with certainty: sides; sides and measurements."""
    remove: Literal["all", "identifying"] = "all"
    """`identifying`: all may stay that is read with certainty and tells nothing of a person: words
    of medicine and technique, measurements, short numbers."""
    languages: str = Field(default="eng", pattern=r"^[A-Za-z0-9_]+(\+[A-Za-z0-9_]+)*$")
    """What Tesseract reads, by its names for languages, for example `deu+fra`."""
    padding: int = Field(default=2, ge=0, le=50)
    """Pixels around what is found that are masked with it."""
    min_score: float = Field(default=0.3, ge=0, le=1)
    """Finds of a lower score count for nothing."""
    outside_regions: bool = False
    """Mask all that lies outside the regions which an ultrasound device names (0018,6011)."""
    layouts: tuple[Layout, ...] = ()
    """Where images of known devices show text, found or not; see the recipe `devices`."""

    @property
    def spares(self) -> Literal["nothing", "laterality", "harmless", "unidentifying"]:
        """What may stay, of both settings."""
        return "unidentifying" if self.remove == "identifying" else self.keep


Orbits = Literal["take", "keep_back"]
FaceFill = Literal["air", "constant", "blur", "generic"]


class FaceSettings(Section):
    """How faces are removed from head volumes."""

    fill: FaceFill = "air"
    """What takes the face's place: air with the noise of this image's background, or at a
    `constant` level; or the smooth face of an average head, made of a `blur` of what surrounds it
    in each slice, or of `generic` tissue at one level."""
    ears: bool = False
    """Take the ears too."""
    orbits: Orbits = "take"
    """Whether the whole orbits go with the face, or their back halves stay for studies of the eyes:
    from the middle of the globes backwards, with optic nerves and muscles."""
    partial: Literal["hold", "release"] = "hold"
    """What is done with volumes in which part of the face may remain."""


TagOption = Literal[
    "retain_safe_private",
    "retain_uids",
    "retain_device_identity",
    "retain_institution_identity",
    "retain_patient_characteristics",
    "retain_full_dates",
    "retain_modified_dates",
    "clean_descriptors",
    "clean_structured_content",
    "clean_graphics",
]
TagAction = Literal["keep", "remove", "empty", "replace", "hash", "shift", "clean"]


class TagRule(Section):
    """What is done with the elements that every given field matches.

    Only `keep` and `hash` hold for the character set, the SOP class and the UIDs of instance,
    study and series; no rule can take those away.

    Attributes:
        keyword: keyword of the attribute.
        tag: eight hexadecimal digits, `x` for any (`0010xxxx`).
        creator, element: private creator, and the last two digits of its elements' numbers.
        vr: value representation.
        group: four hexadecimal digits.
        pattern: regular expression that the whole keyword matches.
        action: what is done.
    """

    keyword: str | None = None
    tag: str | None = Field(default=None, pattern=r"^[0-9A-Fa-fx]{8}$")
    creator: str | None = None
    element: str | None = Field(default=None, pattern=r"^[0-9A-Fa-f]{2}$")
    vr: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    group: str | None = Field(default=None, pattern=r"^[0-9A-Fa-f]{4}$")
    pattern: str | None = None
    action: TagAction

    @model_validator(mode="after")
    def _selects_something(self) -> TagRule:
        if not self.model_fields_set - {"action"}:
            raise ValueError("a rule needs at least one of keyword, tag, creator, vr, group")
        if self.pattern is not None:
            _compiled(self.pattern)
        return self


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error:
        raise ValueError("pattern is not a regular expression") from None


class TagSettings(Section):
    """How the header is de-identified: the Basic Profile of PS3.15 and its options."""

    options: tuple[TagOption, ...] = ()
    """Options of PS3.15 Annex E on top of the Basic Profile."""
    rules: tuple[TagRule, ...] = ()
    """The recipe's own; the first that matches an element wins over the profile."""
    uid_root: str = Field(default="2.25", pattern=r"^[0-2](\.(0|[1-9][0-9]*))+$", max_length=40)
    """Prefix of new UIDs."""
    project: str = Field(default="", max_length=64)
    """Name of a project: the same key makes other pseudonyms and moves dates otherwise in each, so
    that files of two projects cannot be put together."""
    lookup: Path | None = None
    """The site's own pseudonyms: a CSV file (`kind,original,pseudonym`), a look-up table of CTP
    (`.properties`) or the patient index of the RSNA Anonymizer (`.csv`)."""
    encrypt_for: Path | None = None
    """Certificate (PEM, RSA) of whoever may restore the original attributes; they are put into each
    instance, encrypted (PS3.15 E.1, Encrypted Attributes Sequence). Needs the extra `sign`."""
    crosswalk: bool = False
    """Write originals and pseudonyms into the private folder's journal."""
    generalise: bool = False
    """Keep ages in bands of five years, sizes and weights rounded, times to the hour, and no
    serial numbers of devices; `[release] on_rare = "generalise"` sets it."""
    unsupported: Literal["hold", "drop"] = "hold"
    """Whether unknown and opaque SOP classes are held, or what cannot be understood in them is
    dropped. Of encapsulated documents `documents` decides."""

    @field_validator("lookup", "encrypt_for")
    @classmethod
    def _is_absolute(cls, path: Path | None) -> Path | None:
        """Workers have another working directory."""
        return None if path is None else path.absolute()

    @model_validator(mode="after")
    def _options_agree(self) -> TagSettings:
        if {"retain_full_dates", "retain_modified_dates"} <= set(self.options):
            raise ValueError(
                "retain_full_dates and retain_modified_dates contradict each other: dates are "
                "either kept or moved; choose one"
            )
        return self


class ObjectSettings(Section):
    """What else identifies in pixels: jewellery, plates, devices, labels. They are reported."""

    remove: tuple[ObjectKind, ...] = ()
    """Kinds of objects that are masked, not only reported."""


class ReleaseSettings(Section):
    """How rare a patient may be in a release, by what is kept of the person."""

    k: int = Field(default=5, ge=2, le=1000)
    """Patients that have to look alike; smaller groups count as rare."""
    on_rare: Literal["report", "hold", "generalise"] = "report"
    """`report`: the statement counts them; `hold`: their instances are held; `generalise`: ages
    are kept in bands of five years, sizes and weights rounded, serial numbers of devices and
    minutes dropped, for everybody."""


Duplicates = Literal["hold", "first", "newest", "rename"]


class Recipe(Section):
    """One complete recipe; every field has a default that errs on the side of removing."""

    name: str = "default"
    description: str = ""
    steps: Steps = Steps()
    pixels: PixelSettings = PixelSettings()
    text: TextSettings = TextSettings()
    face: FaceSettings = FaceSettings()
    tags: TagSettings = TagSettings()
    objects: ObjectSettings = ObjectSettings()
    release: ReleaseSettings = ReleaseSettings()
    missing_uids: Literal["make", "hold"] = "make"
    """Where Study, Series or SOP Instance UID is missing: make one, or hold the instance."""
    documents: Literal["redact", "hold", "drop"] = "redact"
    """Encapsulated PDF, CDA and models (STL, OBJ, MTL): `redact` what identifies in them, `hold`
    them, or `drop` them, which leaves the whole instance out."""
    slide_labels: Literal["blank", "drop", "search"] = "blank"
    """Pictures of a slide's label and of the whole glass: `blank` them, `drop` them, which leaves
    the instance out, or `search` them for text and codes as any picture; handwriting may stay."""
    duplicates: Duplicates = "hold"
    """Files of one SOP Instance UID whose content differs: hold all but the first; or let the
    `first` or the `newest` stand for all; or `rename`, which releases each under a UID of its
    own. The same pixels in another transfer syntax count as one file in any case."""

    @classmethod
    def load(cls, name_or_file: str | Path = "default") -> Recipe:
        """Read a built-in recipe by its name, or a TOML file.

        Raises:
            RecipeError: there is none of that name, it is not TOML, or a field is wrong.
        """
        try:
            return cls.model_validate(tomllib.loads(source(name_or_file)))
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(f"recipe is not valid TOML: {error}") from None
        except ValidationError as error:
            lines = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise RecipeError(f"recipe is not valid: {lines}") from None

    @property
    def tag_settings(self) -> TagSettings:
        """How the header is de-identified, with what `[release]` asks for."""
        if self.release.on_rare != "generalise":
            return self.tags
        return self.tags.model_copy(update={"generalise": True})

    def with_steps(self, *names: str) -> Recipe:
        """The same recipe with only the steps of these names switched on."""
        steps = Steps(**{step: step in names for step in Steps.model_fields})
        return self.model_copy(update={"steps": steps})


def source(name_or_file: str | Path) -> str:
    """The TOML text of a built-in recipe or a file.

    Raises:
        RecipeError: neither a built-in recipe nor a readable file has that name.
    """
    built_in = resources.files("pixelscrub") / "recipes" / f"{name_or_file}.toml"
    try:
        if str(name_or_file) in names():
            return built_in.read_text(encoding="utf-8")
        return Path(name_or_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        known = ", ".join(names())
        raise RecipeError(f"no such recipe; built-in ones are: {known}") from None


def names() -> list[str]:
    """The names of the built-in recipes, in alphabetical order."""
    folder = resources.files("pixelscrub") / "recipes"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name[-5:] == ".toml")
