"""De-identifies medical images: burned-in text, margins, faces and tags, with proof.

::

    import pixelscrub
    summary = pixelscrub.scrub("archive", "shareable")

Names are imported when they are first used, so that `import pixelscrub` costs nothing.
"""

from pixelscrub import isolation

if isolation.is_own_process():  # before anything else is imported
    isolation.forget_working_directory()

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelscrub.api import apply, inspect, scrub, verify
    from pixelscrub.findings import Finding
    from pixelscrub.outcome import Outcome, Summary
    from pixelscrub.plan import Plan
    from pixelscrub.recipe import Recipe

__version__ = "0.1.0"
__all__ = [
    "Finding",
    "Outcome",
    "Plan",
    "Recipe",
    "Summary",
    "apply",
    "inspect",
    "scrub",
    "verify",
]

_HOMES = {
    "Finding": "findings",
    "Outcome": "outcome",
    "Plan": "plan",
    "Recipe": "recipe",
    "Summary": "outcome",
    "apply": "api",
    "inspect": "api",
    "scrub": "api",
    "verify": "api",
}
_ROOMS = ("text", "face", "pixels", "tags")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"pixelscrub.{_HOMES[name]}"), name)
    if name in _ROOMS:
        return import_module(f"pixelscrub.{name}")
    raise AttributeError(f"module 'pixelscrub' has no attribute {name!r}")
