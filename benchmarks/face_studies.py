"""Heads whose headers and values are changed, and bodies without a head, through the whole search.

python -m benchmarks.face_studies FOLDER (with truth.json): each head as a DICOM study, changed in
each way of `benchmarks/heads/changes.py`; then drawn trunks, knees and spines, and shoulders cut
off beneath the chin (`benchmarks/heads/bodies.py`). Prints what left with its face and nothing said
so (aim: none), what is held (heads 5 %, bodies 1 %), which bodies were changed (none), and CPU
seconds.

--heads NAME...    these heads alone
--changes NAME...  these changes alone
--bodies N         so many of each drawn kind (default 3); 0 for none
--thin N           every N-th voxel of a 1.5 mm grid (default 2): coarser, and faster
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.heads.bodies import below, drawn
from benchmarks.heads.changes import CHANGES
from benchmarks.heads.head import Head, read
from benchmarks.heads.studies import Answer, ask
from pixelscrub.compat.quiet import hush
from pixelscrub.prove.face_check import find_face


def even(head: Head, thin: int) -> Head:
    """A head on a cubic grid, of every so many of its voxels."""
    made = head.even(np.nan)
    return replace(made, image=made.image[::thin, ::thin, ::thin])


def answers(heads: Iterable[Head], names: Iterable[str]) -> Iterator[Answer]:
    """What becomes of each head, changed in each way that makes sense for it."""
    for head in heads:
        for name in names:
            if head.modality in CHANGES[name].only:
                answer = ask(head, name, find_face)
                print(answer, flush=True)
                yield answer


def told(title: str, given: list[Answer]) -> str:
    """All answers in a few words."""
    held = sum(answer.status == "held" for answer in given)
    wrong = sum(answer.is_wrong for answer in given)
    seconds = np.median([answer.seconds for answer in given]) if given else 0.0
    return (
        f"{title}: {len(given)}; left with a part of the face in silence {wrong}, held {held}"
        f" ({held / max(len(given), 1):.1%}); {seconds:.1f} CPU s in the median"
    )


def told_bodies(given: list[Answer]) -> str:
    """All bodies in a few words."""
    held = sum(answer.status == "held" for answer in given)
    changed = sum(answer.changed > 0 for answer in given)
    seconds = np.median([answer.seconds for answer in given]) if given else 0.0
    return (
        f"bodies without a head: {len(given)}; changed {changed}, held {held}"
        f" ({held / max(len(given), 1):.1%}); {seconds:.1f} CPU s in the median"
    )


def main() -> None:
    """Run as asked."""
    hush()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--heads", nargs="*", default=[])
    parser.add_argument("--changes", nargs="*", default=list(CHANGES))
    parser.add_argument("--bodies", type=int, default=3)
    parser.add_argument("--thin", type=int, default=2)
    asked = parser.parse_args()
    truth = json.loads((asked.folder / "truth.json").read_text())
    names = asked.heads or [name for name, told_of in truth.items() if told_of["landmarks"]]
    heads = [even(read(asked.folder, name, truth[name]), asked.thin) for name in names]
    print(told("changed heads", list(answers(heads, asked.changes))), flush=True)
    if asked.bodies:
        shoulders = [one for head in heads if (one := below(head)) is not None]
        print(told_bodies(list(answers([*drawn(asked.bodies), *shoulders], ["as_it_is"]))))


if __name__ == "__main__":
    main()
