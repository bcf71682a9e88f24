"""What all instances of a study share, laid down once: it does not travel with every task."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from pixelscrub.identity.terms import Terms
from pixelscrub.plan import FacePlan
from pixelscrub.untrusted import make_file


@dataclass(frozen=True)
class StudyContext:
    """What tasks know of their study.

    Attributes:
        terms: what identifies in it.
        faces: the faces of its volumes.
    """

    terms: Terms = field(default_factory=Terms)
    faces: list[FacePlan] = field(default_factory=list)

    def faces_of(self, uid: str) -> list[FacePlan]:
        """The volumes that hold an instance."""
        return self._by_instance.get(uid, [])

    @cached_property
    def _by_instance(self) -> dict[str, list[FacePlan]]:
        found: dict[str, list[FacePlan]] = {}
        for face in self.faces:
            for uid in {uid for uid, _ in face.slices}:
                found.setdefault(uid, []).append(face)
        return found

    @contextmanager
    def laid_down(self, path: Path) -> Iterator[Path]:
        """Have them lie in the new file `path` while tasks read them.

        Raises:
            OSError: they cannot be written.
        """
        terms = {name: sorted(getattr(self.terms, name)) for name in Terms.__slots__}
        faces = [face.model_dump() for face in self.faces]
        with make_file(path) as file:
            file.write(json.dumps({"terms": terms, "faces": faces}).encode("ascii"))
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


@lru_cache(maxsize=16)
def read_context(path: Path) -> StudyContext:
    """What `Facts.laid_down` wrote; read once for all tasks of a study, `path` is never reused."""
    read = json.loads(path.read_text(encoding="ascii"))
    terms = {name: frozenset(values) for name, values in read["terms"].items()}
    return StudyContext(Terms(**terms), [FacePlan.model_validate(face) for face in read["faces"]])


def together(each: Iterable[Terms]) -> Terms:
    """The terms of many headers; the time grows with their number, not with its square."""
    found: dict[str, set[str]] = {name: set() for name in Terms.__slots__}
    for terms in each:
        for name, values in found.items():
            values.update(getattr(terms, name))
    return Terms(**{name: frozenset(values) for name, values in found.items()})
