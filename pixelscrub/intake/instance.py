"""What intake knows of each file: where it is, and which instance, series and study it is."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final, Self

from pixelscrub.formats.kinds import PICTURES, SNIFFED, FileFormat, format_of
from pixelscrub.intake.archive import read_member, read_start

CHUNK: Final = 2**20
MEMORY_LIMIT: Final = 2**26
"""Bytes of a file that a worker reads into memory as a whole."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file, or one member of a zip archive.

    Attributes:
        root: the input it was found in (a folder; for a single file its parent), without links.
        path: path relative to `root`, with `/`; for a member the archive's path comes first.
        archive: the archive's path relative to `root`, or None.
        size: bytes.
        modified: nanoseconds since the epoch (of the archive, for a member).
        digest: of the content, once it was read; empty until then.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    """Plans hold sources, and are read from files that anyone may have changed."""

    root: Path
    path: str
    size: int
    modified: int
    archive: str | None = None
    digest: str = ""

    @property
    def name(self) -> str:
        """The path as it can be written down, whatever bytes it is made of."""
        return self.path.encode("utf-8", "backslashreplace").decode()

    def open(self) -> BinaryIO:
        """Open for reading; the result can seek. Members are read into memory."""
        if self.archive is None:
            return _open_regular(self.root / self.path)
        name = self.path[len(self.archive) + 1 :]
        return io.BytesIO(read_member(self.root / self.archive, name, _open_regular))

    def open_instance(self) -> BinaryIO:
        """Open an instance; one that is not written as PS3.5 says is shown as if it were.

        A picture is shown as a Secondary Capture.

        Raises:
            HeldError: DAMAGED_FILE and others, where its elements cannot be followed.
        """
        from pixelscrub.dicom.canonical import canonical

        kind = self.file_format()
        if kind in PICTURES:
            return _open_picture(self, kind)
        if self.archive is None and _is_well_formed(self):
            return self.open()
        file = self.open()
        try:
            return canonical(file)
        except BaseException:
            file.close()
            raise

    def file_format(self) -> FileFormat:
        """What the file is by its first bytes."""
        return _format_of(self)

    def start(self, length: int) -> bytes:
        """The first bytes; of a member no more than these are unpacked."""
        if self.archive is None:
            with self.open() as file:
                return file.read(length)
        name = self.path[len(self.archive) + 1 :]
        return read_start(self.root / self.archive, name, length, _open_regular)

    def read_digest(self) -> str:
        """The digest of what lies there now."""
        with self.open() as file:
            return digest_of(file)

    def in_memory(self) -> Source:
        """The same file, read once for all steps of a call; itself where it is too large.

        Raises:
            OSError and others: as of `open`.
        """
        if self.size > MEMORY_LIMIT:
            return self
        with self.open() as file:
            content = file.read(MEMORY_LIMIT + 1)
        if len(content) > MEMORY_LIMIT:
            return self
        known = {name: getattr(self, name) for name in Source.__slots__}
        return LoadedSource(**known, content=content)


@lru_cache(maxsize=4096)
def _format_of(source: Source) -> FileFormat:
    """What a file is; a process opens the same one several times."""
    return format_of(source.start(SNIFFED), source.path)


def _open_picture(source: Source, kind: FileFormat) -> BinaryIO:
    from pixelscrub.formats.wrapped import wrapped

    with source.open() as file:
        return wrapped(file, kind)


@dataclass(frozen=True, slots=True)
class LoadedSource(Source):
    """A file whose bytes are in memory, for one call: what lies on the disk may change since.

    Attributes:
        content: all bytes.
        found: parts of the instance, once they were asked for.
        is_canonical: whether it is written as PS3.5 says, once that was asked.
    """

    content: bytes = field(default=b"", repr=False, compare=False)
    found: list[Any] = field(default_factory=list, repr=False, compare=False)
    is_canonical: list[bool] = field(default_factory=list, repr=False, compare=False)

    def open(self) -> BinaryIO:
        """What was read."""
        from pixelscrub.dicom.parts import InMemory

        return InMemory(self.content, self.found)

    def open_instance(self) -> BinaryIO:
        """As of `Source`; what was found of its parts goes with it."""
        from pixelscrub.dicom.canonical import canonical, is_well_formed

        kind = self.file_format()
        if kind in PICTURES:
            return _open_picture(self, kind)
        if not self.is_canonical:
            self.is_canonical.append(is_well_formed(self.open()))
        return self.open() if self.is_canonical[0] else canonical(self.open())

    def file_format(self) -> FileFormat:
        """What the file is; not remembered, for that would keep its bytes in memory."""
        return format_of(self.start(SNIFFED), self.path)

    def start(self, length: int) -> bytes:
        """The first bytes."""
        return self.content[:length]


@lru_cache(maxsize=4096)
def _is_well_formed(source: Source) -> bool:
    """Whether a file is written as it says; a process opens the same one several times."""
    from pixelscrub.dicom.canonical import is_well_formed

    with source.open() as file:
        return is_well_formed(file)


def digest_of(file: BinaryIO) -> str:
    """BLAKE2b of a file from its start to its end, 128 bits, in hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=16)
    file.seek(0)
    while block := file.read(CHUNK):
        digest.update(block)
    return digest.hexdigest()


def _open_regular(path: Path) -> BinaryIO:
    """Open what was found to be a file, which may have become a link or a pipe since."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("not a regular file")
    return os.fdopen(descriptor, "rb")


@dataclass(frozen=True, slots=True)
class Instance:
    """One DICOM instance, known by what its header says.

    Attributes:
        source: the file.
        uid, series, study: UIDs; of those that are missing, or stand in another file too, what
            was made in their place.
        patient: Patient ID, else name and date of birth, else empty.
        sop_class, transfer_syntax, modality: as the header says, empty where it does not.
        number: Instance Number, 0 where there is none.
        frame_of_reference: UID, may be empty.
        created: Instance Creation Date and Time as digits, empty where it is not said.
        format: what the file is, as `formats.kinds.FileFormat` names it.
        made: keywords of the UIDs that were made.
    """

    source: Source
    uid: str
    series: str
    study: str
    patient: str
    sop_class: str
    transfer_syntax: str
    modality: str
    number: int
    frame_of_reference: str = ""
    created: str = ""
    format: str = "dicom"
    made: tuple[str, ...] = ()

    def row(self) -> str:
        """All but where it lies, as JSON."""
        return json.dumps([self.source.digest, *(getattr(self, name) for name in PLACED)])

    @classmethod
    def of_row(cls, source: Source, row: str) -> Self | None:
        """What `row` gave, lying at `source`; None where it does not give that."""
        try:
            digest, *placed = json.loads(row)
        except (ValueError, TypeError, RecursionError):
            return None
        kinds = [KINDS.get(name, str) for name in PLACED]
        if not isinstance(digest, str) or list(map(type, placed)) != kinds:
            return None
        placed[-1] = tuple(map(str, placed[-1]))  # JSON knows lists alone
        return cls(replace(source, digest=digest), *placed)


KINDS: Final = {"number": int, "made": list}
"""Types of what is placed, where they are no texts, as JSON has them."""
PLACED: Final = Instance.__slots__[1:]
"""All but the source."""


@dataclass(slots=True)
class Study:
    """The unit of work: a face mask and a pseudonym must agree over all its series."""

    uid: str
    patient: str
    instances: list[Instance] = field(default_factory=list)

    def series(self) -> dict[str, list[Instance]]:
        """Instances by Series Instance UID, in the order in which they were found."""
        grouped: dict[str, list[Instance]] = {}
        for instance in self.instances:
            grouped.setdefault(instance.series, []).append(instance)
        return grouped
