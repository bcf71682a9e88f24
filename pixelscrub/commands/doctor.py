"""What is installed here and what works: `pixelscrub doctor`, for a bug report."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib import metadata, util
from pathlib import Path
from typing import Final

from pixelscrub import __version__
from pixelscrub.compat.packages import needed_packages
from pixelscrub.isolation import SAFE_FOLDER, environment, find_program

EXTRAS: Final = {
    "net": ("pynetdicom", "requests"),
    "review": ("starlette", "uvicorn"),
    "cluster": ("distributed",),
    "sign": ("cryptography",),
    "ppocr": ("rapidocr_onnxruntime",),
    "train": ("torch", "onnx"),
}
"""Modules that tell whether an extra is installed."""
PROGRAMS: Final = ("tesseract", "dciodvfy", "dcmdump", "dcm2niix")
LEAST_SPACE: Final = 2 * 2**30
"""Bytes free in the temporary folder below which a large study may not fit."""


@dataclass(frozen=True)
class Diagnosis:
    """What was found.

    Attributes:
        versions: of pixelscrub, Python, the system and every package that pixelscrub needs.
        missing: packages that are needed and not installed.
        extras: whether each extra can be used.
        programs: first line of each program's version; empty where it is not installed.
        languages: what Tesseract reads.
        machine: processors, bytes of memory, bytes free in the temporary folder.
        advice: what to do, in sentences.
    """

    versions: dict[str, str]
    missing: list[str]
    extras: dict[str, bool]
    programs: dict[str, str]
    languages: list[str]
    machine: dict[str, int]
    advice: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """5 where a needed package is missing, else 0."""
        return 5 if self.missing else 0

    def to_dict(self) -> dict[str, object]:
        """All of it, for JSON."""
        return asdict(self)

    def render(self) -> str:
        """A line for each thing that was looked at; names no folder of this machine."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for name, version in self.versions.items():
            yield f"{name}: {version}"
        for name in self.missing:
            yield f"{name}: NOT INSTALLED"
        for name, works in self.extras.items():
            yield f"extra {name}: {'yes' if works else 'not installed'}"
        for name, version in self.programs.items():
            yield f"program {name}: {version or 'not installed'}"
        yield f"Tesseract reads: {', '.join(self.languages) or 'nothing'}"
        for name, number in self.machine.items():
            yield f"{name}: {number:,}"
        for sentence in self.advice:
            yield f"! {sentence}"


def diagnose() -> Diagnosis:
    """Look at this machine; nothing is written, and no path or value is told."""
    versions = {
        "pixelscrub": __version__,
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    needed = {name: _version(name) for name in needed_packages()}
    versions |= {name: version for name, version in needed.items() if version}
    found = Diagnosis(
        versions=versions,
        missing=[name for name, version in needed.items() if not version],
        extras={name: all(map(_has, modules)) for name, modules in EXTRAS.items()},
        programs={name: _program_version(name) for name in PROGRAMS},
        languages=_languages(),
        machine=_machine(),
    )
    found.advice.extend(_advice(found))
    return found


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _has(module: str) -> bool:
    return util.find_spec(module) is not None


def _program_version(program: str) -> str:
    """What a program says of its version; empty where it is not there."""
    lines = (line for line in _said(program, "--version") if re.search(r"\d\.\d", line))
    return next(lines, "installed" if find_program(program) else "")


def _said(program: str, option: str) -> list[str]:
    path = find_program(program)
    if path is None:
        return []
    try:
        ran = subprocess.run(  # noqa: S603 (a program of this list, with an option of ours)
            [path, option],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
            cwd=SAFE_FOLDER,
            env=environment(),
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]


def _languages() -> list[str]:
    """Languages that Tesseract has data for; its own list begins with a sentence."""
    return [line for line in _said("tesseract", "--list-langs") if " " not in line]


def _machine() -> dict[str, int]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    free = shutil.disk_usage(tempfile.gettempdir()).free
    return {
        "processors": os.cpu_count() or 1,
        "bytes of memory": memory,
        "bytes free in the temporary folder": free,
    }


def _advice(found: Diagnosis) -> Iterator[str]:
    if found.missing:
        yield f"install what is missing: pip install {' '.join(found.missing)}"
    if not found.programs["tesseract"]:
        yield "recipes that read, and verify, need Tesseract: apt-get install tesseract-ocr"
    elif "eng" not in found.languages:
        yield "Tesseract has no English data: apt-get install tesseract-ocr-eng"
    if found.machine["bytes free in the temporary folder"] < LEAST_SPACE:
        yield "there is little room in the temporary folder"
    if not os.access(Path.cwd(), os.W_OK):
        yield "the working directory cannot be written to"
    if sys.flags.optimize:
        yield "Python runs with -O; nobody has tried that"
