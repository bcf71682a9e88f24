"""The ground on which faults are tried: inputs with planted words, runs, and who survived.

Survived means: no input byte changed, nothing unproved in OUT, the exact cause recorded without a
value, every other file done, the exit code right, and a re-run complete.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import io
import json
import os
import re
import secrets
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("ZWYRTKOWSKI", "OTTOKAR", "PLNT-770461")
"""Names and an ID that stand nowhere else; searched for in any case and in three encodings."""
CLEAN = "clean"
LEFT = frozenset({"not_dicom", "not_a_file", "dicomdir"})


def installed(program: str) -> str | None:
    """The system's program of a name: pynetdicom puts others of dcmtk's names beside Python."""
    ours = Path(sys.executable).parent
    folders = [folder for folder in os.get_exec_path() if Path(folder) != ours]
    return shutil.which(program, path=os.pathsep.join(folders))


@dataclass
class Tally:
    """What became of the trials of one family."""

    family: str
    tried: int = 0
    failures: list[str] = field(default_factory=list)

    def count(self, name: str, *wrong: str) -> None:
        """Take down one trial and what was wrong with it."""
        self.tried += 1
        if wrong:
            self.failures.append(f"{name}: {'; '.join(wrong)}")

    @property
    def survived(self) -> int:
        """Trials with which nothing was wrong."""
        return self.tried - len(self.failures)


@dataclass(frozen=True)
class Case:
    """One input file: its name, its bytes, and the outcomes that are right for it."""

    name: str
    content: bytes
    expect: frozenset[str]

    @classmethod
    def of(cls, name: str, content: bytes | FileDataset, *expect: str) -> Case:
        """A case; data sets are written as files."""
        data = content if isinstance(content, bytes) else encoded(content)
        return cls(name, data, frozenset(expect or {CLEAN}))


@dataclass
class Ran:
    """What one run of the command line left behind."""

    code: int
    printed: str
    out: Path
    private: Path

    @property
    def lines(self) -> dict[str, dict[str, Any]]:
        """Lines of the audit by source."""
        path = self.private / "audit.jsonl"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return {line["source"]: line for line in map(json.loads, text.splitlines())}

    def outcome(self, name: str) -> str:
        """`clean`, or the reason why a file was held or left."""
        line = self.lines.get(name)
        return "no line" if line is None else str(line["reason"] or line["outcome"])

    def contents(self) -> dict[str, bytes]:
        """Every file in the output folder."""
        found = (p for p in self.out.rglob("*") if p.is_file())
        return {str(p.relative_to(self.out)): p.read_bytes() for p in found}


def instance(pixels: np.ndarray | None = None, **elements: object) -> FileDataset:
    """A small secondary capture of a patient with planted words."""
    pixels = np.zeros((32, 48), np.uint8) if pixels is None else pixels
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID = meta.MediaStorageSOPClassUID
    made.SOPInstanceUID, made.StudyInstanceUID = generate_uid(), generate_uid()
    made.SeriesInstanceUID = generate_uid()
    made.PatientName, made.PatientID = "Zwyrtkowski^Ottokar", "PLNT-770461"
    made.PatientBirthDate, made.PatientSex = "19310417", "M"
    made.StudyDate, made.StudyTime, made.StudyID = "20200102", "1011", "S1"
    made.AccessionNumber, made.ReferringPhysicianName = "", ""
    made.Modality, made.ConversionType, made.InstanceNumber = "OT", "WSD", 1
    made.Rows, made.Columns = pixels.shape[:2]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    if pixels.ndim == 3:
        made.SamplesPerPixel, made.PhotometricInterpretation = 3, "RGB"
        made.PlanarConfiguration = 0
    bits = pixels.dtype.itemsize * 8
    made.BitsAllocated, made.BitsStored, made.HighBit = bits, bits, bits - 1
    made.PixelRepresentation = 0
    made.PixelData = pixels.tobytes() + bytes(pixels.nbytes % 2)
    made["PixelData"].VR = "OB" if bits == 8 else "OW"
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    return made


def encoded(data: FileDataset) -> bytes:
    """The bytes of a file."""
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _uid(length: int) -> bytes:
    digits = f"{secrets.randbits(400):0130d}"
    return b"2.25.1" + digits[-(length - 6) :].encode()


def fresh(content: bytes) -> bytes:
    """The same file as another instance: with new UIDs of the same lengths."""
    for element in (0x18, 0x0D, 0x0E):
        group = 0x08 if element == 0x18 else 0x20
        start = content.index(struct.pack("<HH2s", group, element, b"UI"))
        length = struct.unpack("<H", content[start + 6 : start + 8])[0]
        old = content[start + 8 : start + 8 + length].rstrip(b"\0")
        content = content.replace(old, _uid(len(old)))
    return content


def scrub(
    folder: Path,
    *options: str | Path,
    env: dict[str, str] | None = None,
    prefix: tuple[str, ...] = (),
    **settings: Any,
) -> Ran:
    """Run the command line on `folder/in`, with temporary files in `folder/tmp`."""
    out, private, temporary = (folder / name for name in ("out", "out-private", "tmp"))
    temporary.mkdir(exist_ok=True)
    result = subprocess.run(
        list(map(str, (*prefix, *command(folder), *options))),
        env=environment(temporary) | (env or {}),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        **settings,
    )
    return Ran(result.returncode, result.stdout + result.stderr, out, private)


def command(folder: Path) -> list[str]:
    """The command line of a run on `folder/in`."""
    arguments = ["-m", "pixelscrub", "scrub", str(folder / "in"), "-o", str(folder / "out")]
    return [sys.executable, *arguments, "--workers", "2"]


def environment(temporary: Path) -> dict[str, str]:
    """Variables of a run."""
    return os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}


def try_cases(cases: Iterable[Case], folder: Path, tally: Tally, *options: str) -> Ran:
    """Scrub all cases together with a file that has no fault, and judge each of them."""
    neighbour = Case.of("neighbour.dcm", instance())
    every = [*cases, neighbour]
    for case in every:
        path = folder / "in" / case.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(case.content)
    before = snapshot(folder / "in")
    ran = scrub(folder, *options)
    first = ran.contents()
    again = scrub(folder, "--resume", *options)
    leaks = leaking(ran)
    for case in every:
        outcome = ran.outcome(case.name)
        wrong = [] if outcome in case.expect else [f"{outcome} instead of {sorted(case.expect)}"]
        wrong += [f"planted word in {place}" for place in leaks.get(case.name, [])]
        tally.count(case.name, *wrong)
    wrong = list(judge(ran, before, folder))
    wrong += leaks.get("", [])
    wrong += ["re-run differs"] * (again.contents() != first or again.code != ran.code)
    tally.count("the run as a whole", *wrong)
    return ran


def judge(ran: Ran, before: dict[str, str], folder: Path) -> Iterator[str]:
    """What is wrong with a run whatever was in it."""
    if snapshot(folder / "in") != before:
        yield "an input changed"
    clean = {line["output"] for line in ran.lines.values() if line["outcome"] == CLEAN}
    if clean != set(ran.contents()):
        yield "OUT holds other files than were proved"
    if any((ran.private / "scratch").glob("*")):
        yield "unproved bytes were left"
    held = any(
        line["outcome"] == "held" and line["reason"] not in LEFT for line in ran.lines.values()
    )
    expected = 2 if held else 0
    if ran.code != expected:
        yield f"exit code {ran.code} instead of {expected}"
    if "Traceback" in ran.printed:
        yield "a traceback was printed"


def leaking(ran: Ran) -> dict[str, list[str]]:
    """Places that hold a planted word, by source; the run's own under the empty name."""
    places: dict[str, list[str]] = {}
    names = {line["output"]: source for source, line in ran.lines.items() if line["output"]}
    for name, content in ran.contents().items():
        if holds_word(content) or holds_word(inflated(content)) or holds_word(name.encode()):
            places.setdefault(names.get(name, ""), []).append("its output")
    for source, line in ran.lines.items():
        if holds_word(str(line.get("detail")).encode()):
            places.setdefault(source, []).append("the audit's detail")
    texts = {"what was printed": ran.printed.encode()}
    texts |= {p.name: _without_names(p, ran) for p in (ran.private / "report").glob("*.html")}
    temporary = ran.out.parent / "tmp"
    texts |= {f"temporary {p.relative_to(temporary)}": p.read_bytes() for p in files(temporary)}
    places[""] = [f"planted word in {place}" for place, text in texts.items() if holds_word(text)]
    return places


def _without_names(page: Path, ran: Ran) -> bytes:
    """A page of the report, which names files so that they are found again, without those names."""
    text = page.read_text(encoding="utf-8")
    for source in ran.lines:
        text = text.replace(html.escape(source), "").replace(source, "")
    return text.encode()


def holds_word(content: bytes) -> bool:
    """Whether a planted word stands in the bytes, in any case, as UTF-8 or UTF-16."""
    folded = content.upper()
    return any(
        word.encode(encoding) in folded
        for word in WORDS
        for encoding in ("ascii", "utf-16-le", "utf-16-be")
    )


def inflated(content: bytes) -> bytes:
    """The data set of a deflated file; nothing of another."""
    with contextlib.suppress(Exception):
        meta = dcmread(io.BytesIO(content), stop_before_pixels=True, force=True).file_meta
        if meta.TransferSyntaxUID == "1.2.840.10008.1.2.1.99":
            start = 132 + 12 + meta.FileMetaInformationGroupLength
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[start:], 2**28)
    return b""


def files(folder: Path) -> Iterator[Path]:
    """Every regular file below a folder."""
    return (p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def snapshot(folder: Path) -> dict[str, str]:
    """Digest and time of every file below a folder."""
    return {
        str(p.relative_to(folder)): f"{p.stat().st_mtime_ns} {_digest(p)}" for p in files(folder)
    }


def _digest(path: Path) -> str:
    try:
        return hashlib.blake2b(path.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def place_of(text: str) -> str:
    """A name for a file, of what names a trial."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()


Family = Callable[[Path, Tally, bool], None]
"""Tries a family in a folder; the last says whether to keep it short."""
