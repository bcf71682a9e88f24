"""Keyed pseudonyms: the same for the same key over files, runs, processes and machines.

Every pseudonym is an HMAC-SHA256 of the kind and the original, so it tells nothing without the
key. A site's own look-up takes precedence.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pixelscrub.errors import RecipeError
from pixelscrub.identity.lookups import read_lookup
from pixelscrub.identity.registered_uids import is_registered
from pixelscrub.recipe import TagSettings

PROJECT = "project"
"""Kind of the crosswalk's entries that name a project."""
MAX_UID = 64
MIN_SHIFT_DAYS, MAX_SHIFT_DAYS = 365, 3650
_LEAST_DIGITS = 20

Maker = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class CrosswalkEntry:
    """One pseudonym that was made, and what it stands for.

    Attributes:
        kind: `patient`, `accession`, `uid`, `text`, `shift` (days that a patient's dates moved),
            or `project` (a name that pseudonyms were made for).
        original: what stood in the header.
        pseudonym: what stands there now.
    """

    kind: str
    original: str
    pseudonym: str


class Pseudonyms:
    """Makes pseudonyms, and remembers which it made.

    Attributes:
        uid_root: prefix of new UIDs; `2.25` is the root for UUIDs (PS3.5 B.2).
        lookup: the site's own pseudonyms by kind and original.
    """

    def __init__(
        self,
        key: bytes,
        uid_root: str = "2.25",
        lookup: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self._key = key
        self._made: dict[tuple[str, str], str] = {}
        self._lookup = dict(lookup or {})
        self.uid_root = uid_root
        self._digits = min(39, MAX_UID - len(uid_root) - 1)
        if self._digits < _LEAST_DIGITS:
            raise RecipeError(f"uid_root leaves fewer than {_LEAST_DIGITS} digits for the UID")

    @classmethod
    def of(cls, key: bytes, settings: TagSettings) -> Pseudonyms:
        """Pseudonyms for a recipe, its look-up included.

        Raises:
            RecipeError: the look-up or the UID root cannot be used.
        """
        lookup = read_lookup(settings.lookup) if settings.lookup is not None else None
        made = cls(project_key(key, settings.project), settings.uid_root, lookup)
        if settings.project:
            made._made[PROJECT, settings.project] = settings.project
        return made

    def uid(self, original: str) -> str:
        """A new UID of at most 64 characters; those of the standard itself stay.

        Two spellings that differ in padding are one UID.
        """
        original = original.strip(" \0")
        if not original or is_registered(original):
            return original
        return self._once("uid", original, self._new_uid)

    def patient_id(self, original: str) -> str:
        """A new Patient ID: `PX` and 14 letters and digits."""
        return self._once("patient", original, lambda d: "PX" + _letters(d, 14))

    def accession(self, original: str) -> str:
        """A new Accession Number of 16 characters (VR SH)."""
        return self._once("accession", original, lambda d: "AX" + _letters(d, 14))

    def code(self, original: str) -> str:
        """A pseudonym for any other text, 12 characters."""
        return self._once("text", original, lambda d: "X" + _letters(d, 11))

    def shift_days(self, patient: str) -> int:
        """By how many days all dates of a patient move: 365 to 3650 into the past.

        Whole days, so that times of day, ages and every interval stay exact; a year at least, so
        that no date stays near the true one.
        """
        text = self._once("shift", patient, _days)
        return -abs(int(text))

    def seed(self, purpose: str, original: str) -> bytes:
        """32 bytes for random numbers that must come out the same again."""
        return self._digest(f"seed {purpose}", original)

    def take(self) -> list[CrosswalkEntry]:
        """What was made since the last call, for the crosswalk; forgotten afterwards."""
        entries = [CrosswalkEntry(*place, new) for place, new in self._made.items()]
        self._made.clear()
        return entries

    def _once(self, kind: str, original: str, make: Maker) -> str:
        place = (kind, original.strip(" \0"))
        if place not in self._made:
            self._made[place] = self._lookup.get(place) or make(self._digest(*place))
        return self._made[place]

    def _digest(self, kind: str, original: str) -> bytes:
        return _digest(self._key, f"{kind}\0{original}")

    def _new_uid(self, digest: bytes) -> str:
        number = _number(digest) % (1 << 128) % 10**self._digits
        return f"{self.uid_root}.{number}"


def _days(digest: bytes) -> str:
    """Days of a shift; fewer than a year are put at the other end of the range."""
    days = _number(digest) % MAX_SHIFT_DAYS + 1
    return str(days if days >= MIN_SHIFT_DAYS else days + MAX_SHIFT_DAYS - MIN_SHIFT_DAYS)


def project_key(key: bytes, project: str) -> bytes:
    """The key of one project, made of the secret key; without a project the key itself."""
    return _digest(key, f"{PROJECT}\0{project}") if project else key


@lru_cache(maxsize=4096)
def _digest(key: bytes, message: str) -> bytes:
    """Instances of one study ask for the same ones."""
    return hmac.digest(key, message.encode("utf-8", "surrogatepass"), "sha256")


def _letters(digest: bytes, count: int) -> str:
    return base64.b32encode(digest).decode("ascii")[:count]


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "big")
