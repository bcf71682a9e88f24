"""Guided runs: atheris looks for bytes that reach new code, hypothesis for the simplest that fail.

``python -m faults.fuzz RUNS`` is the run of atheris. It feeds what reads and rewrites headers in
Python; what is decoded natively is damaged in `faults.malformed`, in processes that may die of it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.faults.ground import ROOT, Tally

RUNS = 20_000
LONGEST = 2**16
"""Bytes of an input."""


def run(tally: Tally) -> None:
    """One trial each; without atheris there is one less."""
    if find_spec("atheris") is not None:
        _try(tally, "atheris", "-m", "tests.faults.fuzz", str(RUNS))
    options = ("-m", "hypothesis", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=random")
    rooms = [f"tests/{room}" for room in ("intake", "pixels", "store", "tags")]
    _try(tally, "hypothesis", "-m", "pytest", *rooms, *options)


def _try(tally: Tally, name: str, *arguments: str) -> None:
    ran = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False, capture_output=True)
    last = (ran.stdout + ran.stderr).decode(errors="replace").strip().splitlines()[-1:]
    tally.count(f"{name} run", *[f"exit code {ran.returncode}: {last}"] * bool(ran.returncode))


def main(runs: int) -> None:
    """Run atheris on small instances of every transfer syntax; an error ends it."""
    import atheris

    with atheris.instrument_imports(include=["pixelscrub", "pydicom"]):
        import pixelscrub.dicom.parts
        import pixelscrub.identity.terms  # noqa: F401
    from pixelscrub.compat.quiet import hush
    from tests.faults.malformed import every_syntax

    hush()
    with tempfile.TemporaryDirectory() as folder:
        for uid, content in every_syntax().items():
            (Path(folder) / uid).write_bytes(content)
        options = [f"-runs={runs}", f"-max_len={LONGEST}", "-timeout=60", "-verbosity=0"]
        file = Path(folder) / "input"
        atheris.Setup([sys.argv[0], *options, folder], lambda data: read_and_rewrite(file, data))
        atheris.Fuzz()


def read_and_rewrite(file: Path, data: bytes) -> None:
    """What a run does with a header; anything but `HeldError` ends the guided run."""
    import io

    from pixelscrub.dicom.parts import parts_of
    from pixelscrub.errors import HeldError, Reason, guarded
    from pixelscrub.identity.pseudonyms import Pseudonyms
    from pixelscrub.identity.terms import Terms
    from pixelscrub.intake.instance import Source
    from pixelscrub.intake.read import read_instance
    from pixelscrub.recipe import TagSettings
    from pixelscrub.tags.deidentify import rewrite
    from pixelscrub.tags.done import Done
    from tests.faults.ground import holds_word

    file.write_bytes(data)
    out, settings = io.BytesIO(), TagSettings()
    try:
        read_instance(Source(file.parent, file.name, len(data), 0))
        parts = parts_of(io.BytesIO(data))
        if parts is None:
            return
        with guarded(Reason.TAGS_FAILED):
            terms = Terms.among(parts.header)
        keyed = Pseudonyms.of(b"0" * 32, settings)
        rewrite(out, parts, settings, keyed, Done(), terms, "patient")
    except HeldError as error:
        if holds_word(str(error).encode()):
            raise AssertionError("planted word in the cause") from None


if __name__ == "__main__":
    main(int(sys.argv[1]))
