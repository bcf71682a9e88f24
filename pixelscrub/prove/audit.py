"""Audit an output, ours or another tool's, against its originals.

The auditor believes nothing that the steps say of their work. It reads both sides again, with
pydicom's decoders in place of ours, and compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from pixelscrub.errors import HeldError, Reason, UsageError, guarded
from pixelscrub.prove import conformance
from pixelscrub.prove.header_checks import check_header
from pixelscrub.prove.issues import AuditResult, Issue, Pair
from pixelscrub.prove.pairs import File, by_content, by_journal, read_all
from pixelscrub.prove.parsed import Parsed
from pixelscrub.prove.pixel_checks import check_pixels
from pixelscrub.prove.places import place_of_value
from pixelscrub.prove.search import Needles
from pixelscrub.prove.uid_checks import check_uids
from pixelscrub.tags.terms import Terms


def audit(inputs: Sequence[Path], out: Path, private: Path | None = None) -> AuditResult:
    """Compare every file of `out` with its original.

    Args:
        inputs: files or folders of the originals.
        out: the output folder.
        private: our private folder, whose audit says what was made of what; without it files are
            paired by class, size, place in the series and pixels.

    Raises:
        UsageError: a folder does not exist, or the private folder holds no audit.
    """
    if not out.is_dir():
        raise UsageError("output folder does not exist")
    originals, _ = read_all(inputs)
    outputs, others = read_all([out])
    known = by_journal(private) if private else by_content(originals, outputs)
    pairs = {o: s for o, s in sorted(known.items()) if o in outputs and s in originals}
    result = AuditResult(pairs=[Pair(source, output) for output, source in pairs.items()])
    result.unpaired = sorted(set(outputs) - set(pairs))
    result.issues = [Issue("not_dicom", name) for name in others]
    if private:
        result.issues += [Issue("output_missing", name) for name in set(known) - set(outputs)]
        result.issues += [Issue("not_in_journal", name) for name in result.unpaired]
    lines = _audit_lines(private) if private else {}
    result.issues += _check_pairs(originals, outputs, pairs, lines)
    result.issues += check_uids(originals, outputs, pairs)
    result.issues = sorted(set(result.issues))
    return result


def _audit_lines(private: Path) -> dict[str, dict[str, Any]]:
    text = (private / "audit.jsonl").read_text(encoding="utf-8")
    return {line["output"]: line for line in map(json.loads, text.splitlines())}


def _check_pairs(
    originals: Mapping[str, File],
    outputs: Mapping[str, File],
    pairs: Mapping[str, str],
    lines: Mapping[str, dict[str, Any]],
) -> Iterator[Issue]:
    needles = _needles(originals)
    for name, source in pairs.items():
        original, output = originals[source], outputs[name]
        yield from check_header(original, output, name)
        yield from check_pixels(original, output, name, lines.get(name))
        yield from _check_identifiers(output, name, needles[_study(original)])
        yield from conformance.check(original, output, name)


def _check_identifiers(output: File, name: str, needles: Needles) -> Iterator[Issue]:
    try:
        with output.open() as file, guarded(Reason.NOT_READABLE_AGAIN):
            place = place_of_value(Parsed.of(file), needles)
    except HeldError:
        yield Issue("unreadable", name)
        return
    if place is not None:
        yield Issue("identifier_left", name, place)


def _needles(originals: Mapping[str, File]) -> dict[str, Needles]:
    """What identifies, by study."""
    terms: dict[str, list[Terms]] = {}
    for file in originals.values():
        try:
            terms.setdefault(_study(file), []).append(Terms.of(file.header))
        except HeldError:
            terms.setdefault(_study(file), [])
    return {s: Needles.of(reduce(or_, found, Terms()).variants()) for s, found in terms.items()}


def _study(file: File) -> str:
    return str(file.header.get("StudyInstanceUID") or "")
