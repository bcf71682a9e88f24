"""Clean the words in printable models: STL, Wavefront OBJ and its materials MTL.

Shapes stay number by number; the face step looks at them. Comments, names of objects, groups and
materials, and names of files go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pixelscrub.documents.kinds import DocumentKind
from pixelscrub.errors import HeldError, Reason

if TYPE_CHECKING:
    from pixelscrub.identity.pseudonyms import Pseudonyms

STL_HEADER: Final = 80
STL_COUNT: Final = 84
STL_TRIANGLE: Final = 50
NUMBER: Final = rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf)"
STL_LINE: Final = re.compile(
    rb"(?:facet\s+normal(?:\s+(?:%b)){3}|outer\s+loop|vertex(?:\s+(?:%b)){3}|endloop|endfacet)"
    % (NUMBER, NUMBER),
    re.IGNORECASE,
)
OBJ_WORD: Final = rb"off|rat|bmatrix|bezier|bspline|cardinal|taylor|[uv]"
OBJ_LINE: Final = re.compile(
    rb"(?:v|vt|vn|vp|s|l|p|cstype|deg|curv2?|surf|parm|trim|hole|end|lod)(?:\s+(?:%b|%b))*"
    rb"|[fl]\s+[\d/\s-]+" % (NUMBER, OBJ_WORD)
)
NAMES: Final = (b"o", b"g", b"usemtl", b"newmtl")
"""Statements whose word is a name; it has a pseudonym, so that materials fit across files."""
MTL_LINE: Final = re.compile(
    rb"(?:K[adse]|N[si]|d|T[rf]|illum|sharpness|P[rmsc]|aniso)(?:\s+(?:%b))+" % NUMBER
)
FILES: Final = (b"mtllib", b"map_", b"bump", b"disp", b"decal", b"refl", b"norm")
"""Statements that name another file: they go."""


def clean_model(data: bytes, kind: DocumentKind, pseudonyms: Pseudonyms) -> bytes:
    """A model with its shape and without its words.

    Raises:
        HeldError: DOCUMENT_CONTENT, where it holds what such a model does not.
    """
    if kind is DocumentKind.STL:
        return _clean_binary_stl(data) or _clean_written_stl(data)
    known = OBJ_LINE if kind is DocumentKind.OBJ else MTL_LINE
    return _clean_written(data, known, kind, pseudonyms)


def _clean_binary_stl(data: bytes) -> bytes | None:
    """Without the comment; two bytes of each triangle are colours to some, and go as well."""
    import numpy as np

    count = int.from_bytes(data[STL_HEADER:STL_COUNT], "little")
    end = STL_COUNT + count * STL_TRIANGLE
    if not count or not end <= len(data) <= end + 1:
        return None
    triangles = np.frombuffer(data, np.uint8, count * STL_TRIANGLE, STL_COUNT).copy()
    triangles.reshape(-1, STL_TRIANGLE)[:, -2:] = 0
    return bytes(STL_HEADER) + data[STL_HEADER:STL_COUNT] + triangles.tobytes()


def _clean_written_stl(data: bytes) -> bytes:
    """STL in ASCII without the name of its solid."""
    lines = []
    for line in data.rstrip(b"\0").splitlines():
        words = line.split()
        if words and words[0].lower() in (b"solid", b"endsolid"):
            lines.append(words[0].lower())
        elif words and STL_LINE.fullmatch(b" ".join(words)):
            lines.append(b" ".join(words))
        elif words:
            raise HeldError(Reason.DOCUMENT_CONTENT, "a line that stl does not have")
    return _filled(lines)


def _clean_written(
    data: bytes, known: re.Pattern[bytes], kind: DocumentKind, pseudonyms: Pseudonyms
) -> bytes:
    """Every line that the format knows; comments and names of files go."""
    lines = []
    for line in data.rstrip(b"\0").replace(b"\\\n", b" ").splitlines():
        words = line.partition(b"#")[0].split()
        if not words or words[0].lower().startswith(FILES):
            continue
        if words[0] in NAMES:
            name = pseudonyms.code(b" ".join(words[1:]).decode("latin-1"))
            lines.append(words[0] + b" " + name.encode("ascii"))
        elif known.fullmatch(b" ".join(words)):
            lines.append(b" ".join(words))
        else:
            raise HeldError(Reason.DOCUMENT_CONTENT, f"a line that {kind} does not have")
    return _filled(lines)


def _filled(lines: list[bytes]) -> bytes:
    if not lines:
        raise HeldError(Reason.DOCUMENT_DAMAGED, "empty")
    return b"\n".join(lines) + b"\n"
