"""Audit an output, ours or another tool's, against its originals.

The auditor believes nothing that the steps say of their work. It reads both sides again, with
pydicom's decoders in place of ours, and compares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Final

from pixelscrub.audit import conformance
from pixelscrub.audit.byte_checks import check_bytes
from pixelscrub.audit.document_checks import check_document
from pixelscrub.audit.headers.actions import check_header
from pixelscrub.audit.headers.dates import check_intervals
from pixelscrub.audit.headers.keeps import kept
from pixelscrub.audit.headers.uids import check_uids
from pixelscrub.audit.issues import AuditResult, Issue, Pair
from pixelscrub.audit.pairs import File, by_content, read_all
from pixelscrub.audit.pixels.changes import check_pixels
from pixelscrub.audit.pixels.faces import check_faces
from pixelscrub.audit.pixels.heads import check_heads
from pixelscrub.audit.pixels.planned import Planned, read_planned
from pixelscrub.audit.pixels.slides import check_label
from pixelscrub.audit.pixels.text import UNKNOWN, check_picture, telling
from pixelscrub.audit.volume_checks import check_volumes, split_volumes
from pixelscrub.errors import HeldError, MissingComponentError, Reason, UsageError, guarded
from pixelscrub.identity.terms import Terms
from pixelscrub.prove.forbidden import claimed_options, needles, without_makers
from pixelscrub.prove.parsed import Parsed
from pixelscrub.prove.places import places_of_values, values
from pixelscrub.recipe import Recipe, TagRule

Rules = Sequence[TagRule] | None
MOST: Final = 5
"""Names of files in one note."""


def audit(
    inputs: Sequence[Path], out: Path, private: Path | None = None, recipe: Recipe | None = None
) -> AuditResult:
    """Compare every file of `out` with its original.

    Args:
        inputs: files or folders of the originals.
        out: the output folder.
        private: our private folder, whose audit says what was made of what; without it files are
            paired by class, size, place in the series and pixels, and faces are looked for.
        recipe: what may stay: its steps that are off, and what its rules keep. By default that
            of the plans in the private folder; without one, nothing.

    Raises:
        UsageError: a folder does not exist, or the private folder holds no audit.
    """
    if not out.is_dir() or not all(path.exists() for path in inputs):
        raise UsageError("input or output folder does not exist")
    originals, read = _instances(read_all(inputs, originals=True)[0]), read_all([out])
    volumes, others = split_volumes(read[1], out)
    outputs = _instances(read[0])
    planned = read_planned(private, originals) if private else {}
    if planned.keys().isdisjoint(originals):
        planned = {}
    journal = {p.line["output"]: s for s, p in planned.items() if p.line["output"]}
    known = journal if planned else by_content(originals, outputs)
    pairs = {o: s for o, s in sorted(known.items()) if o in outputs and s in originals}
    rules = {s: _settings(recipe, planned.get(s)) for s in originals}
    both = _Both(originals, outputs, pairs, planned, rules, _terms(originals, rules))
    found = [Issue("not_dicom", name) for name in others]
    found += [Issue("output_missing", n) for n in set(journal) - set(outputs) - set(volumes)]
    found += check_volumes(volumes, {n: _place(inputs, s) for n, s in journal.items()}, out)
    found += [Issue("no_original", name) for name in set(outputs) - set(pairs)]
    found += _check_pairs(both)
    found += _check_unpaired(both, read[0], others)
    found += (issue for name, file in outputs.items() for issue in check_bytes(file, name))
    found += (issue for name, file in outputs.items() for issue in check_document(file, name))
    instances = {name: file for name, file in outputs.items() if not file.is_picture}
    ours = {o: s for o, s in pairs.items() if o in instances}
    found += check_uids(originals, instances, ours)
    found += check_intervals(originals, instances, ours)
    found += _check_labels(both, recipe)
    legible, notes = _check_pictures(both)
    found += legible
    if not planned and (recipe is None or recipe.steps.face):
        faces, more = check_heads(originals, outputs, pairs)
        found += faces
        notes += more
    if recipe is None or recipe.steps.face:
        faces, more = check_faces(originals, outputs, pairs)
        found += faces
        notes += more
    if private and not planned:
        notes.append("plans: the private folder is of other originals")
    notes += [] if conformance.program() else ["conformance: dciodvfy is not installed"]
    untouched = sum(both.rules[source] is None for source in pairs.values())
    notes += [f"headers: the recipe leaves {untouched} as they were"] if untouched else []
    return AuditResult(sorted(set(found)), [Pair(s, o) for o, s in pairs.items()], notes)


@dataclass(frozen=True, slots=True)
class _Both:
    """Both sides of an audit.

    Attributes:
        originals, outputs: by their paths.
        pairs: source by output.
        planned: what was to be done, by source.
        rules: of the recipe for headers, by source; None where headers stay as they were.
        terms: what identifies, by study.
    """

    originals: Mapping[str, File]
    outputs: Mapping[str, File]
    pairs: Mapping[str, str]
    planned: Mapping[str, Planned]
    rules: Mapping[str, Rules]
    terms: Mapping[str, Terms]

    @property
    def everything(self) -> Terms:
        """What identifies in any study: for files that nobody knows the study of."""
        return reduce(or_, self.terms.values(), Terms())


def _instances(files: Mapping[str, File]) -> dict[str, File]:
    return {name: file for name, file in files.items() if not file.is_directory}


def _settings(recipe: Recipe | None, planned: Planned | None) -> Rules:
    chosen = recipe or (planned.recipe if planned is not None else Recipe())
    return chosen.tags.rules if chosen.steps.tags else None


def _place(inputs: Sequence[Path], source: str) -> Path | None:
    """Where a source is, by its path below one of the inputs."""
    roots = [path if path.is_dir() else path.parent for path in inputs]
    return next((root / source for root in roots if (root / source).is_file()), None)


def _check_pairs(both: _Both) -> Iterator[Issue]:
    for name, source in both.pairs.items():
        original, output = both.originals[source], both.outputs[name]
        rules = both.rules[source]
        yield from check_pixels(original, output, name, both.planned.get(source))
        if output.is_picture:
            continue
        yield from _check_terms(original, name)
        if rules is not None:
            own = both.terms[_study(original)]
            yield from check_header(original, output, name, rules, own)
            yield from _check_identifiers(output, name, own)
        yield from conformance.check(original, output, name)


def _check_unpaired(
    both: _Both, read: Mapping[str, File], others: Sequence[str]
) -> Iterator[Issue]:
    """Search names of files, and files without an original, for what identifies anybody."""
    everything = both.everything
    yield from _check_names([*read, *others], everything)
    for name in set(read) - set(both.pairs):
        yield from _check_identifiers(read[name], name, everything)


def _check_labels(both: _Both, recipe: Recipe | None) -> Iterator[Issue]:
    """Look at pictures of slide labels, where the recipe does not let them be searched only."""
    for name, output in both.outputs.items():
        planned = both.planned.get(both.pairs.get(name, ""))
        chosen = recipe or (planned.recipe if planned is not None else Recipe())
        if chosen.steps.text and chosen.slide_labels != "search":
            yield from check_label(output, name)


def _check_pictures(both: _Both) -> tuple[list[Issue], list[str]]:
    """What can be read in pictures, and what kept them from being read."""
    found: list[Issue] = []
    unread = 0
    anybody = telling(both.everything.name_words())
    for name in both.outputs:
        source = both.pairs.get(name)
        own = None if source is None else both.terms.get(_study(both.originals[source]), Terms())
        words = anybody if own is None else telling(own.name_words())
        try:
            found += check_picture(both.outputs[name], name, words)
        except MissingComponentError as error:
            return found, [f"text in pictures: {error}"]
        except HeldError:
            unread += 1
    notes = [f"text in pictures: {unread} cannot be shown"] if unread else []
    if strange := [issue for issue in found if issue.kind == UNKNOWN]:
        files = ", ".join(issue.file for issue in strange[:MOST])
        notes.append(f"words that no header knows, in {len(strange)} pictures: look at {files}")
    return [issue for issue in found if issue.kind != UNKNOWN], notes


def _check_names(names: Sequence[str], terms: Terms) -> Iterator[Issue]:
    """Look in the names of files for what identifies; such a name must not reach a message."""
    found = needles(terms, frozenset())
    for number, name in enumerate(sorted(names), 1):
        if found.in_text(name.encode("utf-8", "replace")):
            yield Issue("identifier_in_name", place=f"file {number} in the order of names")


def _check_identifiers(output: File, name: str, terms: Terms) -> Iterator[Issue]:
    try:
        with output.open() as file, guarded(Reason.NOT_READABLE_AGAIN):
            sought = needles(terms, claimed_options(output.header))
            found = list(places_of_values(Parsed.of(file), sought))
    except HeldError:
        yield Issue("unreadable", name)
        return
    yield from (Issue("identifier_left", name, place) for place in found)


def _terms(originals: Mapping[str, File], rules: Mapping[str, Rules]) -> dict[str, Terms]:
    """What identifies, by study; what a recipe's rules keep proves nothing."""
    terms: dict[str, Terms] = defaultdict(Terms)
    for name, file in originals.items():
        if file.is_picture:
            continue
        spared = (text for _, text in kept(rules[name] or (), values(file.header), "keep"))
        with suppress(HeldError):  # an output that was made of it is reported by `_check_terms`
            own = Terms.of(file.header).but(spared)
            terms[_study(file)] |= without_makers(own, file.header)
    return terms


def _check_terms(original: File, name: str) -> Iterator[Issue]:
    """An output whose original cannot be read for what identifies was not searched for it."""
    try:
        Terms.of(original.header)
    except HeldError:
        yield Issue("original_unreadable", name)


def _study(file: File) -> str:
    return str(file.header.get("StudyInstanceUID") or "")
