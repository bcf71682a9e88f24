"""Measure face removal on heads with truth: python -m benchmarks.faces FOLDER (with truth.json).

For each head: its status, the share of tissue within 10 mm of each landmark that stays short of
all, the share of the brain mask that is touched, CPU seconds, and its own signals. Then how many
defaced heads an attacker recognises (`benchmarks/heads/attack.py`).

--only NAME...       these heads alone
--generated NAME...  every change of `benchmarks/heads/generate.py` of these heads too
--rivals             the same heads by pydeface's template and by quickshear, where installed
--attack             rendered faces before and after, fill by fill, matched by dlib's recogniser
                     (`benchmarks/heads/recognition.py`; needs the extra attack)
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np

from benchmarks.heads import recognition
from benchmarks.heads.attack import Portrait
from benchmarks.heads.baselines import available
from benchmarks.heads.generate import generated
from benchmarks.heads.head import Head, read
from benchmarks.heads.measure import (
    Row,
    before_and_after,
    likenesses,
    mask_of,
    matches,
    ours,
    recognised,
    rival,
    told,
)
from pixelscrub.compat.quiet import hush
from pixelscrub.face.mask import HeadFit
from pixelscrub.recipe import FaceFill


def person(name: str) -> str:
    """Whom a head is of: series of one person share what stands before the underscore."""
    first, *rest = name.split("_")
    return name if first == "kbp" else first if rest else name


def measured(heads: Iterable[Head], title: str) -> Iterator[tuple[Head, HeadFit | None]]:
    rows: list[Row] = []
    for head in heads:
        row, face = ours(head)
        rows.append(row)
        print(row, flush=True)
        yield head, face
    print(told(title, rows), flush=True)


def attacked(heads: list[Head], found: dict[str, HeadFit]) -> list[Portrait]:
    """Matches what is released against all originals, fill by fill; returns those."""
    before: list[Portrait] = []
    for style in get_args(FaceFill):
        pairs = {
            head.name: likenesses(head, found[head.name], mask_of(found[head.name]), style)
            for head in heads
            if head.name in found
        }
        if not before:
            before = [pair[0] for pair in pairs.values()]
            series = Counter(person(portrait.name) for portrait in before)
            others = [portrait for portrait in before if series[person(portrait.name)] > 1]
            right = matches(others, before, person)
            print(f"before, by another series of the person: {right} of {len(others)} recognised")
        after = [pair[1] for name, pair in pairs.items() if found[name].status == "removed"]
        print(f"after, {style}:", recognised(after, before, person), flush=True)
    return before


def recognised_by_network(heads: list[Head], found: dict[str, HeadFit]) -> None:
    """How many heads a face recogniser knows, before and after each fill."""
    gallery: list[recognition.Known] = []
    for style in get_args(FaceFill):
        after = []
        for head in heads:
            fit = found.get(head.name)
            if fit is None or fit.status != "removed" or "eye_R" not in head.landmarks:
                continue
            grid, values, limit = before_and_after(head, fit, mask_of(fit), style)
            eyes = (head.landmarks["eye_R"] + head.landmarks["eye_L"]) / 2
            if style == get_args(FaceFill)[0]:
                gallery.append(recognition.described(head.name, grid, eyes, limit))
            defaced = replace(grid, values=values)
            after.append(recognition.described(head.name, defaced, eyes, limit))
        if style == get_args(FaceFill)[0]:
            print(recognition.told("before, other views", gallery, gallery, 1), flush=True)
        print(recognition.told(f"after, {style}", after, gallery), flush=True)


def compared(heads: list[Head], found: dict[str, HeadFit], gallery: list[Portrait]) -> None:
    for title, method in available().items():
        rows, probes = [], []
        for head in heads:
            done = rival(head.even(), method) if head.name in found else None
            if done is not None:
                rows.append(done[0])
                print(done[0], flush=True)
                probes.append(likenesses(head, found[head.name], done[1])[1])
        print(told(title, rows))
        print(f"{title}:", recognised(probes, gallery, person), flush=True)


def main() -> None:
    hush()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--generated", nargs="*", default=[])
    parser.add_argument("--rivals", action="store_true")
    parser.add_argument("--attack", action="store_true")
    asked = parser.parse_args()
    truth = json.loads((asked.folder / "truth.json").read_text())
    names = asked.only or list(truth)
    heads = [read(asked.folder, name, truth[name]) for name in names]
    faces = measured(heads, "real heads")
    found = {head.name: face for head, face in faces if face is not None and head.landmarks}
    gallery = attacked(heads, found)
    if asked.attack:
        recognised_by_network(heads, found)
    if asked.rivals:
        compared(heads, found, gallery)
    if asked.generated:
        chosen = (head for head in heads if head.name in asked.generated)
        made = (one for head in chosen for one in generated(head.even(np.nan)))
        for _ in measured(made, "generated heads"):
            pass  # it prints; hundreds of heads are not kept


if __name__ == "__main__":
    main()
