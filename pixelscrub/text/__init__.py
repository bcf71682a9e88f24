"""Burned-in text: detect, read, judge; still pictures, cines and volumes.

`find` looks through one instance. Rooms of their own: `detectors` (what finds text in a picture),
`frames` (what an instance shows, and how it is searched), `reading` (what texts say, and whether
they may stay). Beside them: `boxes` (what is found), `whole` (boxes that hold their letters whole),
`blocks` (lines of a block, without wide gaps), `measures` (sharp edges, flat ground), `tiles`
(pictures in parts), `montage` (tiles of heads).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelscrub.text.boxes import TextBox
    from pixelscrub.text.detectors import detect

__all__ = ["TextBox", "detect"]


def __getattr__(name: str) -> Any:
    """Load what is asked for; nothing heavy before."""
    if name == "detect":
        from pixelscrub.text.detectors import detect

        return detect
    if name == "TextBox":
        from pixelscrub.text.boxes import TextBox

        return TextBox
    raise AttributeError(name)
