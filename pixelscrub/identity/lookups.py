"""Read pseudonyms that a site has already: our CSV, CTP's look-up tables, RSNA's patient index."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from pixelscrub.errors import RecipeError

_FORMS = {
    "patient": r"[ -\[\]-~]{1,64}",
    "accession": r"[ -\[\]-~]{1,16}",
    "text": r"[ -\[\]-~]{1,16}",
    "uid": r"(?=.{1,64}$)[0-2](\.(0|[1-9][0-9]*))+",
    "shift": r"[0-9]{1,4}",
}
"""What a site's own pseudonyms may look like: printable ASCII without backslash, UIDs, days."""
Row = tuple[str, str, str]
"""Kind, original, pseudonym."""
_OURS = ("kind", "original", "pseudonym")
_RSNA = {
    "patient": ("phipatientid", "anonpatientid"),
    "shift": ("phipatientid", "dateoffset"),
    "accession": ("phiaccession", "anonaccession"),
    "uid": ("phistudyuid", "anonstudyuid"),
}
"""Columns of the RSNA Anonymizer's patient index, in small letters without signs, by kind."""
_CTP_KINDS = (
    ("accession", re.compile(r"acc", re.IGNORECASE)),
    ("uid", re.compile(r"uid", re.IGNORECASE)),
    ("shift", re.compile(r"date|shift|increment|offset", re.IGNORECASE)),
    ("patient", re.compile(r"p(?:a?t|id)|mrn|subj", re.IGNORECASE)),
)
"""What the key types of CTP's tables mean; their names are free."""
_CTP_LINE = re.compile(r"\s*([^\s#!/=:]+)/((?:\\.|[^=:\\])+?)\s*[=:]\s*(.*?)\s*")


@lru_cache(maxsize=4)
def read_lookup(path: Path) -> dict[tuple[str, str], str]:
    """Read a site's own pseudonyms.

    Kinds are `patient`, `accession`, `uid`, `text` and `shift` (days).

    Args:
        path: a CSV with the columns kind, original and pseudonym; a look-up table of CTP, whose
            lines are `type/original = pseudonym`; or a CSV of the RSNA Anonymizer's patient index.

    Raises:
        RecipeError: the file cannot be read, is none of these, names an unknown kind or gives two
            originals of one kind the same pseudonym.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise RecipeError("look-up cannot be read") from None
    is_ctp = path.suffix.lower() == ".properties"
    rows = list(_of_ctp(text) if is_ctp else _of_table(text))
    if any(kind not in _FORMS for kind, _, _ in rows):
        raise RecipeError("look-up names an unknown kind")
    if any(re.fullmatch(_FORMS[kind], new or "") is None for kind, _, new in rows):
        raise RecipeError("look-up holds a pseudonym that is not valid for its kind")
    found = {(kind, original.strip()): new.strip() for kind, original, new in rows}
    unique = {(kind, new) for (kind, _), new in found.items() if kind != "shift"}
    if len(unique) < sum(kind != "shift" for kind, _ in found):
        raise RecipeError("look-up gives two originals the same pseudonym")
    return found


def _of_ctp(text: str) -> Iterator[Row]:
    """Lines of a Java properties file, whose keys are a type and an original."""
    for line in text.splitlines():
        if not line.strip() or line.lstrip()[0] in "#!":
            continue
        found = _CTP_LINE.fullmatch(line)
        if found is None:
            raise RecipeError("look-up holds a line that is not `type/original = pseudonym`")
        kind = next((k for k, pattern in _CTP_KINDS if pattern.search(found[1])), "text")
        yield kind, re.sub(r"\\(.)", r"\1", found[2]), _positive(kind, found[3])


def _of_table(text: str) -> Iterable[Row]:
    """Rows of our own CSV or of RSNA's patient index."""
    reader = csv.DictReader(text.splitlines())
    try:
        columns = reader.fieldnames or ()
        if set(_OURS) <= set(columns):
            return [(row["kind"], row["original"], row["pseudonym"]) for row in reader]
        named = {re.sub(r"[^a-z]", "", column.lower()): column for column in columns if column}
        if {"phipatientid", "anonpatientid"} <= named.keys():
            return sorted({made for row in reader for made in _of_rsna(row, named)})
    except (csv.Error, KeyError):
        pass
    raise RecipeError("look-up must be a CSV with kind, original and pseudonym")


def _of_rsna(row: Mapping[str, str], named: Mapping[str, str]) -> Iterator[Row]:
    for kind, (original, pseudonym) in _RSNA.items():
        if original in named and pseudonym in named:
            old, new = row[named[original]] or "", row[named[pseudonym]] or ""
            if old.strip() and new.strip():
                yield kind, old, _positive(kind, new)


def _positive(kind: str, text: str) -> str:
    """Days without their sign: all dates move into the past."""
    return text.strip().lstrip("+-") if kind == "shift" else text
