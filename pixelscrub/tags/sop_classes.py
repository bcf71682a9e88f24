"""Which SOP classes are known, as which IOD, and what they hold."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

from pixelscrub.errors import HeldError, Reason
from pixelscrub.tags.table import records

Content = Literal["image", "structured", "encapsulated", "opaque", "unknown"]


class SopClass(NamedTuple):
    """A SOP class.

    Attributes:
        iod: name of its IOD in PS3.3, empty where unknown.
        content: `image`; `structured` (reports, presentation states, RT, waveforms...);
            `encapsulated` documents; `opaque`, whose content no profile can judge (raw data,
            audio, inventories).
    """

    iod: str
    content: Content


@cache
def _known() -> dict[str, SopClass]:
    return {r["sop_class"]: SopClass(r["iod"], r["kind"]) for r in records("sop_classes.csv")}  # type: ignore[arg-type]


def sop_class(uid: str) -> SopClass:
    """What is known of a SOP Class UID."""
    return _known().get(uid, SopClass("", "unknown"))


def check(uid: str) -> None:
    """Refuse what cannot be judged.

    Raises:
        HeldError: UNKNOWN_SOP_CLASS or UNSUPPORTED_CONTENT.
    """
    content = sop_class(uid).content
    if content == "unknown":
        raise HeldError(Reason.UNKNOWN_SOP_CLASS)
    if content in {"encapsulated", "opaque"}:
        raise HeldError(Reason.UNSUPPORTED_CONTENT, content)
