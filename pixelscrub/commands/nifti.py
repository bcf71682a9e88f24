"""`deface-nifti` in a process of its own: a library reads what may be a bomb."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelscrub.errors import PixelscrubError

if TYPE_CHECKING:
    from pixelscrub.face.nifti.deface import Defaced


@dataclass(frozen=True, slots=True)
class DefaceTask:
    """One volume to deface; `options` are those of `face.nifti.deface_nifti`."""

    source: Path
    options: dict[str, Any]

    @property
    def size(self) -> int:
        """Bytes of the input."""
        return self.source.stat().st_size if self.source.is_file() else 0


def run_deface(task: DefaceTask) -> Defaced:
    """Deface one volume; runs in a worker."""
    from pixelscrub.face.nifti.deface import deface_nifti
    from pixelscrub.prove.face_check import find_face

    return deface_nifti(task.source, check=find_face, **task.options)


def deface_in_worker(source: Path, **options: Any) -> Defaced:
    """As `face.nifti.deface_nifti`, within the limits of time and memory of one instance.

    Args:
        source: the volume.
        options: of `deface_nifti`; paths may be relative.

    Raises:
        PixelscrubError: as of `deface_nifti`; HeldError with TIMEOUT, OUT_OF_MEMORY or
            WORKER_DIED, where it takes too much.
    """
    from pixelscrub.jobs.pool import Pool

    given = {k: v.absolute() if isinstance(v, Path) else v for k, v in options.items()}
    with Pool(1) as pool:
        done: Defaced | PixelscrubError = pool.call(
            run_deface, DefaceTask(source.absolute(), given)
        )
    if isinstance(done, PixelscrubError):
        raise done
    return done
