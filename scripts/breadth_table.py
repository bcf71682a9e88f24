#!/usr/bin/env python3
"""Print what is read, searched, masked and written, by SOP class, transfer syntax and format.

Usage: scripts/breadth_table.py > docs/breadth.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pydicom.uid import UID, UID_dictionary

sys.path.insert(0, str(Path(__file__).parent.parent))

from pixelscrub.documents.kinds import BY_CLASS
from pixelscrub.formats.kinds import ENDING, PICTURES, FileFormat
from pixelscrub.identity.tables import read_records
from pixelscrub.pixels.codecs import TABLE, Codec
from pixelscrub.prove.shapes import may_hold_shape

HEAD = """# What is read and written

Printed by `scripts/breadth_table.py` from the tables that the program itself goes by; a test keeps
it true. *Held* files come with a reason and a next step. `python -m benchmarks.breadth FOLDER` says
what becomes of your own files.
"""
SEARCHED = {
    "image": ("words; text, codes, faces, objects in every frame", "boxes, faces"),
    "structured": ("words at any depth", "words"),
    "opaque": ("cannot be judged", "held"),
    "encapsulated": ("", ""),
}
DOCUMENTS = {
    "pdf": ("words; text layer, pictures, codes, faces of every page", "boxes in pages"),
    "cda": ("words; entities and all text of the document", "words, entities"),
    "stl": ("words; names in the model, faces in its shape", "words; a face: held"),
    "obj": ("words; names in the model, faces in its shape", "words; a face: held"),
    "mtl": ("words; names in the model", "words"),
}


def main() -> None:
    """Print the page."""
    print(page(), end="")


def page() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *_formats(), "", *_syntaxes(), "", *_classes(), ""])


def _table(title: str, note: str, *columns: str) -> Iterator[str]:
    yield from (f"## {title}", *([note] if note else []), "")
    yield f"| {' | '.join(columns)} |"
    yield "| " + " | ".join("---" for _ in columns) + " |"


def _formats() -> Iterator[str]:
    yield from _table("Files", "", "file", "searched for", "written")
    for kind in FileFormat:
        if kind in PICTURES:
            yield f"| {kind.value.upper()} | text, codes, faces, metadata | `{ENDING[kind]}` |"
    yield "| NIfTI | faces, words of the header | `.nii`, `.nii.gz` |"
    yield "| DICOM | as below | `.dcm` |"


def _syntaxes() -> Iterator[str]:
    note = "Where nothing is masked pixel data stay byte for byte, but for what is no picture."
    yield from _table("Transfer syntaxes", note, "transfer syntax", "UID", "masked", "written in")
    for uid, codec in TABLE.items():
        yield f"| {codec.name} | {uid} | {_how(codec)} | {_target(codec)} |"
    known = sorted(u for u, row in UID_dictionary.items() if row[1] == "Transfer Syntax")
    for uid in known:
        if uid not in TABLE and not UID_dictionary[uid][3]:
            yield f"| {UID(uid).name} | {uid} | held | held |"


def _how(codec: Codec) -> str:
    if codec.decode is None:
        return "in its cells"
    edited = {
        "JPEG Baseline": "in DCT coefficients",
        "JPEG Extended": "8 bits in DCT coefficients; 12 bits coded anew, losslessly",
    }
    return edited.get(codec.name, "the frame coded anew, losslessly")


def _target(codec: Codec) -> str:
    if codec.name in ("JPEG Baseline", "JPEG Extended") or not codec.lossless:
        return "the same"
    return f"the same; masked: {TABLE[codec.lossless].name}"


def _classes() -> Iterator[str]:
    note = "Classes that are not here: with a pixel module they are images, else held."
    yield from _table("SOP classes", note, "SOP class", "UID", "searched for", "masked or cut")
    for record in read_records("sop_classes.csv"):
        uid, kind = record["sop_class"], record["kind"]
        searched, masked = SEARCHED[kind]
        if uid in BY_CLASS:
            searched, masked = DOCUMENTS[BY_CLASS[uid]]
        elif may_hold_shape(uid):
            searched, masked = f"{searched}; faces in shapes", f"{masked}; shapes of a head"
        yield f"| {UID(uid).name} | {uid} | {searched} | {masked} |"


if __name__ == "__main__":
    main()
