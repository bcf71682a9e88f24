"""Faces: found in the volumes of a study, and what takes their place.

`find` is the entry for studies and `mask` for one volume; `decide` says what becomes of a volume,
`plans` writes that down, `subject` reads what headers say of the part of the body; `fill` is what
takes a face's place, `render` shows heads. Rooms within: `voxels`, `head`, `nifti`.
"""

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
