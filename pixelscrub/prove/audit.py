"""Audit an output, ours or another tool's, against its originals.

The auditor believes nothing that the steps say of their work. It reads both sides again, with
pydicom's decoders in place of ours, and compares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import reduce
from operator import or_
from pathlib import Path

from pixelscrub.errors import HeldError, MissingComponentError, Reason, UsageError, guarded
from pixelscrub.prove import conformance
from pixelscrub.prove.date_checks import check_intervals
from pixelscrub.prove.forbidden import claimed_options, needles, without_makers
from pixelscrub.prove.header_checks import check_header
from pixelscrub.prove.issues import AuditResult, Issue, Pair
from pixelscrub.prove.pairs import File, by_content, read_all
from pixelscrub.prove.parsed import Parsed
from pixelscrub.prove.picture_checks import check_picture, telling
from pixelscrub.prove.pixel_checks import check_pixels
from pixelscrub.prove.places import place_of_value
from pixelscrub.prove.planned import Planned, read_planned
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
    if not out.is_dir() or not all(path.exists() for path in inputs):
        raise UsageError("input or output folder does not exist")
    given, _ = read_all(inputs)
    originals = {name: file for name, file in given.items() if not file.is_directory}
    read, others = read_all([out])
    outputs = {name: file for name, file in read.items() if not file.is_directory}
    planned = read_planned(private, originals) if private else {}
    journal = {p.line["output"]: s for s, p in planned.items() if p.line["output"]}
    known = journal if private else by_content(originals, outputs)
    pairs = {o: s for o, s in sorted(known.items()) if o in outputs and s in originals}
    found = [Issue("not_dicom", name) for name in others]
    found += [Issue("output_missing", name) for name in set(journal) - set(outputs)]
    found += [Issue("no_original", name) for name in set(outputs) - set(pairs)]
    terms = _terms(originals)
    everything = reduce(or_, terms.values(), Terms())
    found += _check_pairs(originals, outputs, pairs, planned, terms)
    found += _check_names([*read, *others], everything)
    for name in set(read) - set(pairs):
        found += _check_identifiers(read[name], name, everything)
    found += check_uids(originals, outputs, pairs)
    found += check_intervals(originals, outputs, pairs)
    legible, notes = _check_pictures(
        outputs, {o: terms[_study(originals[s])] for o, s in pairs.items()}
    )
    notes += [] if conformance.program() else ["conformance: dciodvfy is not installed"]
    found += legible
    return AuditResult(sorted(set(found)), [Pair(s, o) for o, s in pairs.items()], notes)


def _check_pairs(
    originals: Mapping[str, File],
    outputs: Mapping[str, File],
    pairs: Mapping[str, str],
    planned: Mapping[str, Planned],
    terms: Mapping[str, Terms],
) -> Iterator[Issue]:
    for name, source in pairs.items():
        original, output = originals[source], outputs[name]
        yield from _check_terms(original, name)
        yield from check_header(original, output, name)
        yield from check_pixels(original, output, name, planned.get(source))
        yield from _check_identifiers(output, name, terms[_study(original)])
        yield from conformance.check(original, output, name)


def _check_pictures(
    outputs: Mapping[str, File], terms: Mapping[str, Terms]
) -> tuple[list[Issue], list[str]]:
    """What can be read in pictures, and what kept them from being read."""
    found: list[Issue] = []
    unread = 0
    for name, known in terms.items():
        try:
            found += check_picture(outputs[name], name, telling(known.name_words()))
        except MissingComponentError as error:
            return found, [f"text in pictures: {error}"]
        except HeldError:
            unread += 1
    return found, [f"text in pictures: {unread} cannot be shown"] if unread else []


def _check_names(names: Sequence[str], terms: Terms) -> Iterator[Issue]:
    """Look in the names of files for what identifies; such a name must not reach a message."""
    found = needles(terms, frozenset())
    for number, name in enumerate(sorted(names), 1):
        if found.in_text(name.encode("utf-8", "replace")):
            yield Issue("identifier_in_name", place=f"file {number} in the order of names")


def _check_identifiers(output: File, name: str, terms: Terms) -> Iterator[Issue]:
    try:
        with output.open() as file, guarded(Reason.NOT_READABLE_AGAIN):
            values = needles(terms, claimed_options(output.header))
            place = place_of_value(Parsed.of(file), values)
    except HeldError:
        yield Issue("unreadable", name)
        return
    if place is not None:
        yield Issue("identifier_left", name, place)


def _terms(originals: Mapping[str, File]) -> dict[str, Terms]:
    """What identifies, by study."""
    terms: dict[str, Terms] = defaultdict(Terms)
    for file in originals.values():
        with suppress(HeldError):  # an output that was made of it is reported by `_check_terms`
            terms[_study(file)] |= without_makers(Terms.of(file.header), file.header)
    return terms


def _check_terms(original: File, name: str) -> Iterator[Issue]:
    """An output whose original cannot be read for what identifies was not searched for it."""
    try:
        Terms.of(original.header)
    except HeldError:
        yield Issue("original_unreadable", name)


def _study(file: File) -> str:
    return str(file.header.get("StudyInstanceUID") or "")
