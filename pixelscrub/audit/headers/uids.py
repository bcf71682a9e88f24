"""Checks of UIDs over a whole output: unique, consistent, and references that still point home."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File
from pixelscrub.prove.places import values

LEVELS = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID")


def check_uids(
    originals: Mapping[str, File], outputs: Mapping[str, File], pairs: Mapping[str, str]
) -> Iterator[Issue]:
    """Compare the UIDs of all pairs (source by output)."""
    counted = Counter(file.uid for file in outputs.values())
    for name, file in outputs.items():
        if not file.uid:
            yield Issue("uid_missing", name, "(0008,0018)")
        elif counted[file.uid] > 1:
            yield Issue("duplicate_uid", name, "(0008,0018)")
    forward, backward = _maps(originals, outputs, pairs)
    for kind, mapping in (("inconsistent_uid", forward), ("merged_uid", backward)):
        for places in mapping.values():
            if len(places) > 1:
                yield Issue(kind, detail=f"{len(places)} for one")
    yield from _check_references(originals, outputs, pairs, forward)


def _maps(
    originals: Mapping[str, File], outputs: Mapping[str, File], pairs: Mapping[str, str]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    forward: dict[str, set[str]] = defaultdict(set)
    backward: dict[str, set[str]] = defaultdict(set)
    for output, source in pairs.items():
        for level in LEVELS:
            old = str(originals[source].header.get(level) or "")
            new = str(outputs[output].header.get(level) or "")
            if old:
                forward[old].add(new)
            if old and new:
                backward[new].add(old)
    return forward, backward


def _check_references(
    originals: Mapping[str, File],
    outputs: Mapping[str, File],
    pairs: Mapping[str, str],
    forward: Mapping[str, set[str]],
) -> Iterator[Issue]:
    """A nested UID that named something of the input must name what became of it."""
    for output, source in pairs.items():
        written = {v.place: v.data for v in values(outputs[output].header) if v.vr == "UI"}
        for value in values(originals[source].header):
            old = value.data.decode("ascii", "replace").strip(" \0")
            if value.vr != "UI" or "." not in value.place or old not in forward:
                continue
            new = written.get(value.place)
            if new is not None and new.decode("ascii", "replace").strip(" \0") not in forward[old]:
                yield Issue("broken_reference", output, value.place)
