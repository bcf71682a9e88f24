"""What an audit finds: data that names kinds and places and never a value."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from pixelscrub.untrusted import printable


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """One thing that is wrong with an output.

    Attributes:
        kind: a code such as `identifier_left` or `pixels_changed`.
        file: relative to the output folder; empty where it is about the whole.
        place: tag path or frame, or empty.
        detail: a few words, without values.
    """

    kind: str
    file: str = ""
    place: str = ""
    detail: str = ""


class Pair(NamedTuple):
    """An output and the original it was made of; both relative to their folders."""

    source: str
    output: str


@dataclass(slots=True)
class AuditResult:
    """What the audit of an output found; the output holds where `issues` is empty.

    Attributes:
        issues: what is wrong.
        pairs: outputs and their originals.
        notes: checks that could not be made, and why.
    """

    issues: list[Issue] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """All of it as one JSON document. Sources are named, so it is private."""
        return json.dumps(asdict(self) | {"holds": not self.issues}, indent=1)

    def render(self) -> str:
        """Counts by kind, and the first places of each."""
        lines = [f"{len(self.pairs)} outputs compared with their originals"]
        for kind, count in sorted(Counter(issue.kind for issue in self.issues).items()):
            lines.append(f"{kind}: {count}")
            shown = [issue for issue in self.issues if issue.kind == kind][:5]
            lines += [printable(f"  {i.file} {i.place} {i.detail}".rstrip()) for i in shown]
        lines += [f"not checked: {note}" for note in self.notes]
        return "\n".join([*lines, "nothing found" if not self.issues else "verification failed"])
