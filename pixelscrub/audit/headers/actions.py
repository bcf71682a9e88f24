"""Checks of an output's header against its original's, by the table of PS3.15 E.1-1 itself.

Nothing here asks what the steps thought of an element: the table's row and the two values are
compared again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from typing import Final

from pixelscrub.audit.headers.keeps import kept
from pixelscrub.audit.headers.words import check_words
from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File
from pixelscrub.identity.terms import Terms
from pixelscrub.prove.forbidden import DATES, STANDARD_UIDS, claimed_options
from pixelscrub.prove.places import FoundValue, values
from pixelscrub.recipe import TagRule

MARKS: Final = ("(0012,0062)", "(0012,0063)", "(0028,0301)", "(0028,0302)", "(0028,0303)")


@lru_cache
def table() -> dict[str, tuple[str, frozenset[str]]]:
    """Action code in the Basic Profile, and the options that say otherwise, by tag."""
    file = resources.files("pixelscrub") / "identity" / "data" / "ps3_15.csv"
    with file.open(encoding="utf-8") as rows:
        return {
            row["tag"]: (row["basic"], frozenset(o.split("=")[0] for o in row["options"].split()))
            for row in csv.DictReader(rows)
        }


def check_header(
    original: File,
    output: File,
    name: str,
    rules: Sequence[TagRule] = (),
    terms: Terms | None = None,
) -> Iterator[Issue]:
    """Compare two headers, element by element at any depth.

    Args:
        original: what the output was made of.
        output: the file that is judged.
        name: of the output.
        rules: of a recipe, which may keep some elements.
        terms: what identifies in the study; without them words are not read.
    """
    options = claimed_options(output.header)
    before = {value.place: value for value in values(original.header)}
    after = list(values(output.header))
    may_stay = {place for place, _ in kept(rules, after, "keep", "clean")}
    judged = {value.place: value for value in after if value.place not in may_stay}
    for value in judged.values():
        old = before.get(value.place)
        kind = _judge(value, old.data if old is not None else b"", options)
        if kind:
            yield Issue(kind, name, value.place)
    if terms is not None:
        keeps_dates = bool(options & DATES)
        yield from check_words(name, before, judged, terms, codes(options), keeps_dates)
    yield from _check_file(output, name)
    if str(output.header.get("PatientIdentityRemoved", "")) != "YES" and not may_stay:
        yield Issue("mark_missing", name, "(0012,0062)")


@lru_cache(maxsize=64)
def codes(options: frozenset[str]) -> dict[str, str]:
    """The action code of every listed tag under `options`."""
    found = {}
    for tag, (basic, _) in table().items():
        spoken = [code for option, code in _codes().get(tag, {}).items() if option in options]
        found[tag] = min(spoken, default=basic)
    return found


@lru_cache
def _codes() -> dict[str, dict[str, str]]:
    file = resources.files("pixelscrub") / "identity" / "data" / "ps3_15.csv"
    with file.open(encoding="utf-8") as rows:
        return {
            row["tag"]: dict(option.split("=", 1) for option in row["options"].split())
            for row in csv.DictReader(rows)
        }


def _judge(value: FoundValue, before: bytes, options: frozenset[str]) -> str:
    tag = value.place.rsplit(".", 1)[-1][1:10].replace(",", "")
    if int(tag[:4], 16) % 2:
        return "" if "retain_safe_private" in options else "private_element_left"
    action, otherwise = table().get(tag, ("", frozenset()))
    if not action or action == "K" or options & otherwise or value.place.startswith(MARKS):
        return ""
    data = value.data.strip(b" \0")
    is_same = bool(data) and data == before.strip(b" \0")
    if not is_same or data.startswith(STANDARD_UIDS.encode()):
        return ""
    return "uid_kept" if action == "U" else "listed_element_kept"


def _check_file(output: File, name: str) -> Iterator[Issue]:
    header = output.header
    if (header.preamble or b"").strip(b"\0"):
        yield Issue("preamble_kept", name)
    meta = header.file_meta
    if meta.get("MediaStorageSOPInstanceUID") != header.get("SOPInstanceUID"):
        yield Issue("meta_uid_differs", name, "(0002,0003)")
    for keyword in ("SourceApplicationEntityTitle", "SendingApplicationEntityTitle"):
        if meta.get(keyword):
            yield Issue("application_entity_left", name, "file meta")
