"""What a text detector is, and which there are: every module of this room that has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import RecipeError
from pixelscrub.text.boxes import TextBox

Picture = npt.NDArray[np.uint8]
Finder = Callable[[Picture], list[TextBox]]


class Cost(Enum):
    """How often a detector can be asked to look."""

    QUICK = "at every frame of a cine, where something came up"
    CHEAP = "at all that changed between some frames of a cine"
    COSTLY = "at some frames of a cine"
    COSTLIEST = "at some frames of a cine, and where a quick or cheap one sees something at all"


def _nothing() -> None:
    """Nothing else is needed."""


@dataclass(frozen=True, slots=True)
class Detector:
    """One way to find text.

    Attributes:
        name: as recipes and findings say it.
        cost: how often it can look.
        find: finds text in a picture: uint8, (rows, columns) grey or (rows, columns, 3) RGB.
        require: raises MissingComponentError where a program or a file that it needs is missing.
        joins: names of the detectors that it does the work of, where all of them are asked for.
    """

    name: str
    cost: Cost
    find: Finder
    require: Callable[[], None] = _nothing
    joins: frozenset[str] = frozenset()

    @property
    def is_cheap(self) -> bool:
        """Whether it may see every frame of a cine."""
        return self.cost in (Cost.QUICK, Cost.CHEAP)


@cache
def detectors() -> dict[str, Detector]:
    """All detectors by their names."""
    import pixelscrub.text.detectors as room

    modules = [import_module(f"{room.__name__}.{one.name}") for one in iter_modules(room.__path__)]
    found = [module.DETECTOR for module in modules if hasattr(module, "DETECTOR")]
    return {detector.name: detector for detector in found}


def cheap(names: Sequence[str] | None = None) -> list[str]:
    """Those of them, or of all, that may see every frame of a cine."""
    asked = single(sorted(detectors()) if names is None else names)
    return [name for name in asked if _detector(name).is_cheap]


def quick(names: Sequence[str]) -> list[str]:
    """Those of them that see each frame of a cine; all of them, if none is made for it."""
    asked = single(names)
    return [name for name in asked if _detector(name).cost is Cost.QUICK] or asked


def single(names: Sequence[str]) -> list[str]:
    """Names with those that are joined instead of those that join them, each once.

    Raises:
        RecipeError: there is no detector of a name.
    """
    named = [one for name in names for one in sorted(_detector(name).joins) or [name]]
    return list(dict.fromkeys(named))


def chosen(names: Sequence[str]) -> list[Detector]:
    """The detectors that look, where these are asked for; the costliest last.

    Raises:
        RecipeError: there is no detector of a name.
    """
    asked = single(names)
    joined = [one for one in detectors().values() if one.joins and one.joins.issubset(asked)]
    done = {name for one in joined for name in one.joins}
    found = joined + [_detector(name) for name in asked if name not in done]
    return sorted(found, key=lambda one: one.cost is Cost.COSTLIEST)


def require(names: Sequence[str]) -> None:
    """Make sure that detectors exist and that their programs are installed.

    Raises:
        RecipeError: there is no detector of that name.
        MissingComponentError: its program is not installed.
    """
    for name in single(names):
        _detector(name).require()


def _detector(name: str) -> Detector:
    if name not in detectors():
        raise RecipeError(f"no such text detector; there are: {', '.join(detectors())}")
    return detectors()[name]
