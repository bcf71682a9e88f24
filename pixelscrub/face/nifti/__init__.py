"""Faces in NIfTI files, for people who have no DICOM.

`deface` is the entry; `file` reads and writes, `layout` knows the headers of both versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixelscrub.face.nifti.deface import Defaced, deface_nifti

__all__ = ["Defaced", "deface_nifti"]


def __getattr__(name: str) -> object:
    """Import only when asked for: the command line must start fast."""
    if name in __all__:
        from pixelscrub.face.nifti import deface

        return getattr(deface, name)
    raise AttributeError(name)
