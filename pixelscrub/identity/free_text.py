"""Clean free text word by word: what is not known to be harmless goes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pixelscrub.identity.terms import plain
from pixelscrub.identity.vocabulary import is_clinical, is_unit, may_be_name

Detector = Callable[[str], Iterable[tuple[int, int]]]
"""Finds further identifying spans (start, end) in a text; the seam for an outside detector."""

_GRAMMAR = re.compile(
    r"""
    [\w.+-]+@[\w-]+(?:\.[\w-]+)+                              # e-mail
  | (?:https?://|www\.)\S+                                    # web
  | \b\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b                       # dates with separators
  | \b(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d*\b   # dates without
  | \b\d{1,2}[ ]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?[ ]?\d{2,4}\b
  | \b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[ ]\d{1,2},?[ ]\d{2,4}\b
  | \b\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:[ ]?[ap]\.?m\b\.?)?  # times
  | (?<!\w)\+?\(?\d{2,5}\)?(?:[ ./-]\d{2,}){2,}               # telephone numbers
  | \b\d+(?:\.\d+){4,}\b                                      # UIDs
  | \b\d{1,2}(?:st|nd|rd|th)\b                                 # days of a month
  | \b(?:19|20)\d{2}\b                                        # years
  | \d{5,}                                                    # numbers long enough to be an ID
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TITLES = frozenset({"by", "dr", "dott", "frau", "herr", "mme", "mr", "mrs", "ms", "prof"})
_TOKEN = re.compile(r"[^\W_]+|_+|[^\w]+")
_NUMBERED = re.compile(r"(\d{1,4})([a-z]{0,4})|([a-z]{1,3})(\d{1,3})([a-z]{0,2})")


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Cleans texts of one study.

    Attributes:
        names: words of persons' names and of numbers, in upper case; they always go.
        words: words of the study's other terms; they go unless medicine uses them.
        leaks: finds the study's terms, phrases included.
        detectors: further detectors.
    """

    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    leaks: re.Pattern[str] | None = None
    detectors: tuple[Detector, ...] = ()

    def clean(self, text: str) -> str:
        """The text without what may identify; empty where no word of it remains.

        Words that are names as well go beside a title or beside a word that goes.
        """
        for start, end in sorted(self._spans(text), reverse=True):
            text = f"{text[:start]} {text[end:]}"
        tokens = _TOKEN.findall(text)
        stays = [self._stays(token) for token in tokens]
        words = [place for place, token in enumerate(tokens) if token.isalpha()]
        for order in (words, words[::-1]):
            for name, beside in itertools.pairwise(order):
                is_name = not stays[name] or tokens[name].lower() in _TITLES
                stays[beside] &= not (is_name and may_be_name(tokens[beside]))
        return self._tidy("".join(itertools.compress(tokens, stays)))

    def _spans(self, text: str) -> Iterable[tuple[int, int]]:
        found = [match.span() for match in _GRAMMAR.finditer(text)]
        if self.leaks is not None:
            found += [match.span() for match in self.leaks.finditer(text)]
        for detector in self.detectors:
            found += detector(text)
        return _merged(found)

    def _stays(self, token: str) -> bool:
        if not token[0].isalnum():
            return True
        word = plain(token).upper()
        if word in self.names:
            return False
        return is_clinical(word) or (word not in self.words and is_harmless(token))

    @staticmethod
    def _tidy(text: str) -> str:
        text = re.sub(r"[ \t_^]{2,}", " ", text).strip(" \t_^,;:-/")
        return text if re.search(r"[^\W_]", text) else ""


def is_harmless(word: str) -> bool:
    """Whether a word is clinical, a unit, a short number or a name such as T1 or C7."""
    lower = word.lower()
    if is_clinical(lower) or is_unit(lower):
        return True
    found = _NUMBERED.fullmatch(lower)
    if found is None:
        return False
    number, unit, letters = found[1], found[2], found[3]
    if number is not None:
        return not unit or is_unit(unit) or is_clinical(unit)
    return len(letters) == 1 or is_clinical(letters)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
