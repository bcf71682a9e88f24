"""Export what a run released, series by series, in worker processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pixelscrub.errors import HeldError, PixelscrubError, Reason, UsageError
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.intake.read import read_instance
from pixelscrub.jobs.pool import Pool
from pixelscrub.outcome import Outcome
from pixelscrub.store.journal import Journal
from pixelscrub.store.output import Output, check_places
from pixelscrub.store.private import Private

Format = Literal["nifti", "png", "jpeg"]


@dataclass(frozen=True, slots=True)
class SeriesJob:
    """The released instances of one series, and where their export goes."""

    instances: list[Instance]
    folder: Path
    format: Format

    @property
    def size(self) -> int:
        """Bytes of all inputs."""
        return sum(instance.source.size for instance in self.instances)


@dataclass(slots=True)
class Exported:
    """How many files were written, and how many series or instances could not be, by reason."""

    files: int = 0
    not_exported: Counter[str] = field(default_factory=Counter)

    @property
    def exit_code(self) -> int:
        """0 all, 2 some could not be exported, 3 nothing was."""
        if not self.files:
            return 3
        return 2 if self.not_exported else 0


def export(
    out: Path,
    private: Path,
    folder: Path,
    form: Format,
    workers: int | None = None,
    key: Path | None = None,
) -> Exported:
    """Write what the journal in `private` calls released in `out` into `folder`.

    Nothing else is exported, whatever lies in `out`, and no file that has been changed since. NIfTI
    goes to `sub-<patient>/ses-<study>/`, pictures to the names of their instances.

    Args:
        out: the output folder of a run.
        private: the private folder that goes with it.
        folder: a new folder.
        form: what to write.
        workers: worker processes; by default one a core.
        key: file with the key of that run; by default the private folder's own.

    Raises:
        UsageError: a folder or the key cannot be used.
    """
    out = out.absolute()  # workers have another working directory
    check_places([out, private], folder)
    if not (private / "journal.sqlite").is_file():
        raise UsageError("private folder holds no journal: what was scrubbed is not known")
    target = Output.open(folder)
    exported = Exported()
    known = Private.open(private)
    with Journal(known.journal, known.known_key(key)) as journal, Pool(workers) as pool:
        journal.require_key()
        jobs = _jobs(Output(out), journal, target.path, form, exported)
        for _, result in pool.map(export_series, jobs):
            if isinstance(result, PixelscrubError):
                exported.not_exported[_reason(result)] += 1
            else:
                exported.files += result.files
                exported.not_exported.update(result.not_exported)
    return exported


def export_series(job: SeriesJob) -> Exported:
    """Write one series; runs in a worker."""
    if job.format == "nifti":
        from pixelscrub.export.nifti import write_volumes

        return Exported(*write_volumes(job.instances, job.folder))
    from pixelscrub.export.pictures import write_pictures

    return Exported(*write_pictures(job.instances, job.folder, job.format))


def _jobs(
    out: Output, journal: Journal, folder: Path, form: Format, exported: Exported
) -> Iterator[SeriesJob]:
    series: dict[str, list[str]] = {}
    for line in journal.lines():
        if line.outcome is Outcome.CLEAN and line.output is not None:
            series.setdefault(line.output.rpartition("/")[0], []).append(line.output)
        elif line.reason is Reason.RECORD_INVALID:
            exported.not_exported[line.reason] += 1
    for names in series.values():
        instances = []
        for name in sorted(names):
            try:
                instances.append(_instance(out, name, journal.content(name)))
            except HeldError as error:
                exported.not_exported[error.reason] += 1
        yield SeriesJob(instances, folder, form)


def _instance(out: Output, name: str, content: str | None) -> Instance:
    if not out.holds(name):
        raise HeldError(Reason.UNREADABLE)
    if not out.has_content(name, content):
        raise HeldError(Reason.OUTPUT_CHANGED)
    status = (out.path / name).stat()
    return read_instance(Source(out.path, name, status.st_size, status.st_mtime_ns))


def _reason(error: PixelscrubError) -> str:
    return error.reason if isinstance(error, HeldError) else type(error).__name__
