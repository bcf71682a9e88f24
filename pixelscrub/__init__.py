"""De-identifies medical images: burned-in text, margins, faces and tags, with proof.

::

    import pixelscrub
    summary = pixelscrub.scrub("archive", "shareable")

Names are imported when they are first used, so that `import pixelscrub` costs nothing.
"""

from pixelscrub import isolation

if isolation.is_own_process():  # before anything else is imported
    isolation.start_anew_without_foreign_libraries()
    isolation.forget_working_directory()

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from pixelscrub.api import apply, inspect, scrub, verify
    from pixelscrub.errors import (
        HeldError,
        MissingComponentError,
        NothingUsableError,
        PixelscrubError,
        Reason,
        RecipeError,
        UsageError,
        VerificationError,
    )
    from pixelscrub.face.mask import FaceMask, face_mask
    from pixelscrub.findings import Finding
    from pixelscrub.jobs.limits import Limits
    from pixelscrub.outcome import Outcome, Summary
    from pixelscrub.plan import Plan
    from pixelscrub.recipe import Recipe
    from pixelscrub.study.run import Progress
    from pixelscrub.text.boxes import TextBox
    from pixelscrub.text.detectors import detect as detect_text

__version__ = "0.1.0"
__all__ = [
    "FaceMask",
    "Finding",
    "HeldError",
    "Limits",
    "MissingComponentError",
    "NothingUsableError",
    "Outcome",
    "PixelscrubError",
    "Plan",
    "Progress",
    "Reason",
    "Recipe",
    "RecipeError",
    "Summary",
    "TextBox",
    "UsageError",
    "VerificationError",
    "apply",
    "detect_text",
    "face_mask",
    "inspect",
    "scrub",
    "verify",
]

_ERRORS = [name for name in __all__ if name.endswith("Error")]
_load, _, _ = lazy_loader.attach(
    __name__,
    submodules=["face", "pixels", "tags", "text"],
    submod_attrs={
        "api": ["apply", "inspect", "scrub", "verify"],
        "errors": ["Reason", *_ERRORS],
        "face.mask": ["FaceMask", "face_mask"],
        "findings": ["Finding"],
        "jobs.limits": ["Limits"],
        "outcome": ["Outcome", "Summary"],
        "plan": ["Plan"],
        "recipe": ["Recipe"],
        "study.run": ["Progress"],
        "text.boxes": ["TextBox"],
        "text.detectors": ["detect"],
    },
)


def __getattr__(name: str) -> object:
    return _load("detect" if name == "detect_text" else name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
