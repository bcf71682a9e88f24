"""Faces: skin surface, face region, fill, spread over the frame of reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixelscrub.face.mask import FaceMask, face_mask

__all__ = ["FaceMask", "face_mask"]


def __getattr__(name: str) -> object:
    """Import only when asked for: the command line must start fast."""
    if name in __all__:
        from pixelscrub.face import mask

        return getattr(mask, name)
    raise AttributeError(name)
