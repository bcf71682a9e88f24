"""Try all families of faults and print how many pixelscrub survived.

Usage: scripts/faults [--short] [FAMILY...]

Survived means: no input byte changed, nothing unproved in OUT, the exact cause recorded without a
value, every other file done, the exit code right, and a re-run complete. Trials with small disks
and without permissions need root, those with errors while reading need strace, those of the
gateway the extra `net`, the guided run the extra `fuzz`; without them there are fewer trials.
All of it takes about half an hour.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
import warnings
from pathlib import Path

from pixelscrub.compat.quiet import hush
from tests.faults.ground import Tally

FAMILIES = {
    "malformed": "malformed files: damage to every transfer syntax",
    "structure": "structural oddities",
    "bombs": "bombs: inflate, dimensions, frames, nesting, noise",
    "frames": "frame faults: counts, fragments, offset tables, streams",
    "hiding": "hiding places for identifiers",
    "file_system": "file system: full, read-only, errors, names, links",
    "processes": "processes: SIGKILL of workers and of the parent, resumed",
    "identity": "identity: duplicates, conflicts, references",
    "hostile_folder": "hostile folder: code, archives and names in INPUT",
    "hostile_private": "hostile private folder: plans, journal, links, key",
    "environment": "environment: programs, codecs, locale, limits",
    "network": "network: what peers do wrong",
    "hostile_peer": "hostile peers: callers of the gateway, services that fetch asks",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(FAMILIES))
    parser.add_argument("--short", action="store_true", help="a few trials of each")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    hush()
    print("| family | survived | tried | minutes |\n| --- | --- | --- | --- |")
    tallies = [_try(name, arguments.short) for name in arguments.families or FAMILIES]
    for failure in (f"{t.family}: {f}" for t in tallies for f in t.failures):
        print(failure, file=sys.stderr)
    return int(any(tally.failures for tally in tallies))


def _try(name: str, short: bool) -> Tally:
    tally = Tally(name)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"faults-{name}-") as folder:
        importlib.import_module(f"tests.faults.{name}").run(Path(folder), tally, short)
    minutes = (time.monotonic() - began) / 60
    print(
        f"| {FAMILIES[name]} | {tally.survived:,} | {tally.tried:,} | {minutes:.1f} |", flush=True
    )
    return tally


if __name__ == "__main__":
    sys.exit(main())
