"""Which SOP classes are known, as which IOD, and what they hold."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, Literal, NamedTuple, Protocol

from pixelscrub.errors import HeldError, Reason
from pixelscrub.identity.tables import read_records

DESCRIPTION: Final = ("Rows", "Columns", "BitsAllocated", "SamplesPerPixel")
"""What every image has (PS3.3 C.7.6.3)."""
Content = Literal["image", "structured", "encapsulated", "opaque", "unknown"]


class DescribedContent(Protocol):
    """A header that is asked by keyword."""

    def get(self, keyword: str, /) -> Any:
        """The value of an element, None where there is none."""
        ...


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

    @property
    def can_be_judged(self) -> bool:
        """Whether a profile for attributes covers all that its instances hold."""
        return self.content in {"image", "structured"}

    def held(self) -> HeldError:
        """The error for an instance that cannot be judged."""
        if self.content == "unknown":
            return HeldError(Reason.UNKNOWN_SOP_CLASS)
        return HeldError(Reason.UNSUPPORTED_CONTENT, self.content)


@cache
def _known() -> dict[str, SopClass]:
    return {r["sop_class"]: SopClass(r["iod"], r["kind"]) for r in read_records("sop_classes.csv")}  # type: ignore[arg-type]


def sop_class(uid: str, header: DescribedContent | None = None) -> SopClass:
    """What is known of a SOP Class UID.

    Args:
        uid: of a standard, a retired or a private class.
        header: of the instance. One of an unknown class that describes pixels is an image: the
            profile removes or cleans whatever else it holds.
    """
    found = _known().get(uid)
    if found is not None:
        return found
    describes_pixels = header is not None and all(map(header.get, DESCRIPTION))
    return SopClass("", "image" if describes_pixels else "unknown")
