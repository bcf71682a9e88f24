"""The output folder: holds proved, shareable files only, and each appears in one step."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, combinations, islice, product
from pathlib import Path

from pixelscrub.errors import HeldError, Reason, UsageError
from pixelscrub.store.seal import content_of
from pixelscrub.untrusted import is_output_name


@dataclass(frozen=True, slots=True)
class Output:
    """An output folder that may be written to."""

    path: Path

    @classmethod
    def open(
        cls, path: Path, is_own: Callable[[str], bool] = lambda _: False, *, resume: bool = False
    ) -> Output:
        """Make the folder, or take one that holds nothing but our own files.

        Args:
            path: the folder.
            is_own: whether a name, relative to `path`, is that of a file of an earlier run.
            resume: take it whatever it holds.

        Raises:
            UsageError: it holds foreign files, or cannot be made or written to.
        """
        path = path.absolute()  # workers have another working directory
        try:
            path.mkdir(parents=True, exist_ok=True)
            foreign = not resume and any(not is_own(name) for name in _files(path))
        except OSError as error:
            raise UsageError(f"output folder cannot be used ({type(error).__name__})") from None
        if foreign:
            raise UsageError("output folder holds other files; name a new one or use --resume")
        if not os.access(path, os.W_OK | os.X_OK):
            raise UsageError("output folder cannot be written to")
        return cls(path)

    def commit(self, scratch: Path, name: str) -> None:
        """Move proved bytes to `name`, in one step, so that no half-written file is ever seen.

        Raises:
            HeldError: WRITE_FAILED; nothing is left at `name` that was not there before.
        """
        if not is_output_name(name):
            raise HeldError(Reason.PLAN_INVALID, "no name of an output")
        target = self.path / name
        beside = target.with_name(f".{target.name}.part")
        try:
            self._make_folder(target.parent)
            scratch.chmod(shared_mode())  # from here on others may read it
            _move(scratch, target, beside)
        except OSError as error:
            with suppress(OSError):  # a file stands in place of the folder, or the disk is gone
                beside.unlink(missing_ok=True)
            raise HeldError(Reason.WRITE_FAILED, type(error).__name__) from None

    def holds(self, name: str) -> bool:
        """Whether there is such a file, and not through a link or a name that leads elsewhere."""
        if not is_output_name(name):
            return False
        return stat.S_ISREG(_mode(self.path / name)) and not self._leads_out(self.path / name)

    def has_content(self, name: str, content: str | None) -> bool:
        """Whether there is such a file, and what it holds has this SHA-256; None: no file has."""
        try:
            return (
                content is not None
                and self.holds(name)
                and (content_of(self.path / name) == content)
            )
        except OSError:
            return False

    def _make_folder(self, folder: Path) -> None:
        """Make a folder below ours; a link on the way would lead out of it."""
        if self._leads_out(folder):
            raise NotADirectoryError
        folder.mkdir(parents=True, exist_ok=True)

    def _leads_out(self, path: Path) -> bool:
        """Whether a link lies on the way from our folder to `path`, or is `path` itself."""
        below = path.parts[len(self.path.parts) :]
        steps = accumulate(below, os.path.join, initial=str(self.path))
        return any(stat.S_ISLNK(_mode(step)) for step in islice(steps, 1, None))

    def remove(self, name: str) -> None:
        """Take back a file of an earlier run, and folders that it leaves empty.

        Raises:
            UsageError: it cannot be removed.
        """
        target = self.path / name
        if not self.holds(name):
            return
        try:
            target.unlink()
        except OSError as error:
            detail = f"an output cannot be taken back ({type(error).__name__})"
            raise UsageError(detail) from None
        for folder in target.parents:
            if folder == self.path or any(folder.iterdir()):
                break
            folder.rmdir()


def check_places(inputs: Sequence[Path], *folders: Path) -> None:
    """Refuse folders that lie in one another: a later run would take outputs for inputs.

    Args:
        inputs: files and folders to read.
        folders: the folders to write to: output and private.

    Raises:
        UsageError: two of them lie in one another.
    """
    read, written = [p.resolve() for p in inputs], [p.resolve() for p in folders]
    for given, folder in product(read, written):
        if _overlap(given, folder):
            raise UsageError("input, output and private folder must not lie inside one another")
    if any(_overlap(*pair) for pair in combinations(written, 2)):
        raise UsageError("output and private folder must not lie inside one another")


def shared_mode() -> int:
    """The mode that new files have where nothing else is said: read and write, but for the umask.

    It is read without being set, which would change it for other threads for a moment.
    """
    with Path("/proc/self/status").open(encoding="ascii", errors="replace") as lines:
        told = [line.split()[1] for line in lines if line.startswith("Umask:")]
    return 0o666 & ~int(told[0], 8) if told else 0o644


def _overlap(first: Path, second: Path) -> bool:
    return first.is_relative_to(second) or second.is_relative_to(first)


def _mode(path: Path | str) -> int:
    """Kind and permissions of what is at `path` itself; 0 where there is nothing."""
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


def _files(path: Path) -> Iterator[str]:
    for folder, _, names in os.walk(path):
        for name in names:
            yield (Path(folder) / name).relative_to(path).as_posix()


def _move(scratch: Path, target: Path, beside: Path) -> None:
    """Move a file in one step; over a copy `beside` where it lies on another file system.

    Only trying tells: two mounts of one file system (bind mounts of a container, exports of one
    server) have the same number of device, and yet no file moves from one to the other.
    """
    try:
        scratch.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy_durably(scratch, beside)
        beside.replace(target)
        scratch.unlink()


def _copy_durably(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)  # what a killed run left, or a link
    with source.open("rb") as read, target.open("xb") as written:
        shutil.copyfileobj(read, written, 2**20)
        written.flush()
        os.fsync(written.fileno())
