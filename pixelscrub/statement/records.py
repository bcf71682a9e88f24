"""What a run wrote down: the audit, the recipe, what was verified and reviewed.

Nothing of a source's name is taken over: a statement may travel with the data.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pixelscrub.errors import SKIPPED, UsageError
from pixelscrub.outcome import AuditLine, Outcome, Summary
from pixelscrub.recipe import Recipe


@dataclass
class Counts:
    """What the audit's lines add up to.

    Attributes:
        released: instances in the output.
        held: instances by reason.
        skipped: files that are no instances, or for which another stands, by reason.
        findings: findings in pixels by kind and action.
        faces: instances by the status of the face of their volume.
        tags: elements by what was done with them.
        sop_classes: released instances by SOP Class UID.
        outputs: names of all outputs.
    """

    released: int = 0
    held: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)
    faces: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    sop_classes: Counter[str] = field(default_factory=Counter)
    outputs: list[str] = field(default_factory=list)

    def add(self, line: AuditLine) -> None:
        """Count one line."""
        if line.reason in SKIPPED:
            self.skipped[str(line.reason)] += 1
            return
        if line.outcome is not Outcome.CLEAN or line.output is None:
            self.held[str(line.reason)] += 1
            return
        self.released += 1
        self.outputs.append(line.output)
        self.findings.update((found.kind, found.action) for found in line.text)
        self.findings.update(("object", found.action) for found in line.objects)
        if line.face is not None:
            self.faces[line.face.status] += 1
        self.tags.update(line.tags)
        self.sop_classes[line.sop_class or ""] += 1


@dataclass(frozen=True)
class Records:
    """What is known of a run.

    Attributes:
        counts: of the audit.
        summary: of the run.
        recipe: that the run used.
        has_key, has_crosswalk: what can turn pseudonyms back lies in the private folder.
        readable_by: who may read the private folder, by its mode: `owner` or `others`.
        verified: issues by kind, as `verify` found them last; None where it was not run since the
            audit was written.
        reviewed: decisions by the name that the reviewer gave.
    """

    counts: Counts
    summary: Summary
    recipe: Recipe
    has_key: bool
    has_crosswalk: bool
    readable_by: str
    verified: dict[str, int] | None
    reviewed: dict[str, int]


def read_records(private: Path) -> Records:
    """Read what a run wrote into its private folder.

    Raises:
        UsageError: the folder lacks an audit, or what it holds is cut or damaged.
    """
    if not (private / "audit.jsonl").is_file():
        raise UsageError("the private folder holds no audit; name it with --private")
    counts = Counts()
    for line in _audit_lines(private / "audit.jsonl"):
        counts.add(line)
    return Records(
        counts,
        _summary(private / "summary.json"),
        _recipe(private),
        (private / "key").exists(),
        _has_crosswalk(private / "journal.sqlite"),
        "others" if private.stat().st_mode & 0o077 else "owner",
        _verified(private / "verify.json", private / "audit.jsonl"),
        _reviewed(private / "decisions.jsonl"),
    )


def _audit_lines(path: Path) -> Iterator[AuditLine]:
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            try:
                yield AuditLine.model_validate_json(text)
            except ValidationError:
                raise UsageError(f"the audit is cut or damaged at line {number}") from None


def _summary(path: Path) -> Summary:
    try:
        return Summary.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageError(f"summary cannot be read ({type(error).__name__})") from None


def _recipe(private: Path) -> Recipe:
    try:
        return Recipe.model_validate_json((private / "recipe.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageError(f"recipe of the run cannot be read ({type(error).__name__})") from None


def _has_crosswalk(path: Path) -> bool:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as rows:
            return rows.execute("SELECT 1 FROM crosswalk LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return path.exists()  # what cannot be read may hold one


def _verified(path: Path, audit: Path) -> dict[str, int] | None:
    if not path.is_file() or path.stat().st_mtime_ns < audit.stat().st_mtime_ns:
        return None  # it speaks of an earlier output
    found = _json(path)
    if not isinstance(found, dict) or not isinstance(found.get("issues"), list):
        return None
    kinds = (one.get("kind") for one in found["issues"] if isinstance(one, dict))
    return dict(Counter(map(str, kinds)))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _reviewed(path: Path) -> dict[str, int]:
    """Decisions by reviewer; a reviewer is known by the name or role that he gave himself."""
    counts: Counter[str] = Counter()
    try:
        with path.open(encoding="utf-8") as file:
            for text in file:
                record = json.loads(text)
                counts[str(record.get("who", ""))] += 1
    except (OSError, ValueError):
        return dict(counts)
    return dict(counts)
