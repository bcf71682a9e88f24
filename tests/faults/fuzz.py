"""Guided runs: atheris looks for bytes that reach new code, hypothesis for the simplest that fail.

``python -m tests.faults.fuzz READER -max_total_time=SECONDS`` is a run of atheris on one of the
readers in `harnesses`, with any option of libFuzzer. What it finds becomes a case of
`test_harnesses`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.faults.ground import ROOT, Tally
from tests.faults.harnesses import HARNESSES

RUNS = 20_000
LONGEST = 2**16
"""Bytes of an input."""


def run(tally: Tally) -> None:
    """One trial each; without atheris there are fewer."""
    if find_spec("atheris") is not None:
        for name in HARNESSES:
            _try(tally, f"atheris {name}", "-m", "tests.faults.fuzz", name, f"-runs={RUNS}")
    options = ("-m", "hypothesis", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=random")
    rooms = [
        f"tests/{room}"
        for room in ("dicom", "identity", "intake", "net", "pixels", "store", "tags")
    ]
    _try(tally, "hypothesis", "-m", "pytest", *rooms, *options)


def _try(tally: Tally, name: str, *arguments: str) -> None:
    ran = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False, capture_output=True)
    last = (ran.stdout + ran.stderr).decode(errors="replace").strip().splitlines()[-1:]
    tally.count(f"{name} run", *[f"exit code {ran.returncode}: {last}"] * bool(ran.returncode))


def main(name: str, *options: str) -> None:
    """Run atheris on one reader; an error ends it, and what it was fed is left as `crash-...`."""
    import atheris

    with atheris.instrument_imports(include=["pixelscrub", "pydicom"]):
        import pixelscrub.dicom.parts
        import pixelscrub.identity.terms
        import pixelscrub.intake.find
        import pixelscrub.intake.read
        import pixelscrub.net.web.multipart
        import pixelscrub.pixels.codecs
        import pixelscrub.plan
        import pixelscrub.tags.deidentify  # noqa: F401
    from pixelscrub.compat.quiet import hush
    from tests.faults.harnesses import HARNESSES, feed

    hush()
    harness = HARNESSES[name]
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        for number, seed in enumerate(harness.seeds()):
            (seeds / str(number)).write_bytes(seed)
        fixed = [f"-max_len={LONGEST}", "-timeout=60", "-verbosity=0", "-rss_limit_mb=3000"]
        atheris.Setup(
            [sys.argv[0], *fixed, *options, str(seeds)],
            lambda data: feed(harness, Path(folder), data),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
