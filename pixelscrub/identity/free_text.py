"""Clean free text word by word: what is not known to be harmless goes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from pixelscrub.identity import patterns
from pixelscrub.identity.spans import Span, merged_spans, places_in, with_marks
from pixelscrub.identity.terms import plain
from pixelscrub.identity.vocabulary import (
    is_everyday,
    is_known,
    is_name_particle,
    is_unit,
    is_weak_name,
    may_be_name,
    titles,
)

Detector = Callable[[str], Iterable[tuple[int, int]]]
"""Finds further identifying spans (start, end) in a text; the seam for an outside detector."""

_TITLES = titles()
_WEAK_TITLES = frozenset({"by", "dr", "mr", "sr", "ref", "mw", "hr", "sig", "sister"})
"""They are words of technique as well (MR, DR); before capitals alone they say nothing."""
_GONE, _DATE = "\ue000", "\ue001"
"""What stands for something that was taken out; names go beside the first."""
_MARKS = frozenset({_GONE, _DATE})
_TOKEN = re.compile(
    rf"[{_GONE}{_DATE}]|(?<![^\W_])\d{{1,4}}[.,]\d{{1,6}}(?![^\W_])|[^\W_]+|_+|[^\w{_GONE}{_DATE}]+"
)
_WORD = re.compile(r"[^\W_]+")
_NUMBERED = re.compile(
    r"(?P<number>\d{1,4})(?P<unit>[^\W\d_]{0,4})"
    r"|(?P<letters>[^\W\d_]{1,3})\d{1,3}[^\W\d_]{0,2}|(?P<word>[^\W\d_]{4,})\d{1,3}"
    r"|\d{1,2}w\d{1,2}d?|\d{1,4}x\d{1,4}(?:x\d{1,4})?|\d{1,4}[.,]\d{1,6}"
)
"""Numbers with a unit, names such as T1 or C7, weeks and days of a pregnancy, and grids."""
_ESCAPES = re.compile(r"\x1b[\x20-\x2f]*[\x30-\x7e]?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ue000\ue001]+")
_LETTER_BY_LETTER = re.compile(
    r"(?<![^\W_])(?:[^\W\d_][ _-]+){3,}[^\W\d_](?![^\W_])"
    r"|(?<![^\W_])(?:[^\W\d_][.·-]){2,}[^\W\d_](?![^\W_])"
)
_ROUND = ("00", "50")
"""How numbers of four digits end that are measurements: inversion times, b-values."""
_AT = frozenset({"at", "à", "em", "en", "te", "a"})
"""Words between a person and a town; a word with a capital after them goes with the person."""
_STREET = 3
"""Words of the name of a street after the number of a house."""
_MOST_PARTS = 24
"""Words that a name or number may be divided into."""


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Cleans texts of one study.

    Attributes:
        names: words of persons' names and of numbers, in upper case; they always go.
        words: words of the study's other terms; they go unless medicine uses them.
        leaks: finds the study's terms, phrases included.
        detectors: further detectors.
        joined: names, numbers and dates of birth as letters and digits alone, in upper case; they
            are found however they are divided into words.
    """

    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    leaks: re.Pattern[str] | None = None
    detectors: tuple[Detector, ...] = ()
    joined: frozenset[str] = frozenset()

    def clean(self, text: str) -> str:
        """The text without what may identify; empty where no word of it remains.

        Words that are names as well go beside a title or beside a word that goes; so do numbers
        without a unit.
        """
        text = without_escapes(text)
        if self._is_untouched(text):
            return _tidy(text)
        tokens = _TOKEN.findall(self._marked(text))
        stays = [self._stays(token) for token in tokens]
        _drop_beside(tokens, stays)
        return self._left(tokens, stays)

    def staying(self, text: str) -> list[tuple[int, int]]:
        """Where words stand that `clean` would leave: first character, and the one behind.

        Args:
            text: without escapes and control characters, so that places are those of its own.
        """
        if self._is_untouched(text):
            return [found.span() for found in _WORD.finditer(text)]
        spans = self._spans(text)
        marked = with_marks(text, spans)
        found = list(_TOKEN.finditer(marked))
        tokens = [one[0] for one in found]
        stays = [self._stays(token) for token in tokens]
        _drop_beside(tokens, stays)
        if self.is_spelled("".join(itertools.compress(tokens, stays))):
            return []
        places = places_in(text, spans)
        return [
            (places[one.start()], places[one.start()] + len(one[0]))
            for one, stay in zip(found, stays, strict=True)
            if stay and one[0][0].isalnum()
        ]

    def soften(self, text: str, by_maker: bool = False) -> str:
        """The text without addresses, long numbers, dates and names that stand beside a title.

        For what devices write: words that nobody knows stay, unless they are the study's.

        Args:
            text: the value.
            by_maker: it names the maker, the model or its software: numbers of any length stay
                there as long as nothing else in it tells of a person, and names of places too.
        """
        text = without_escapes(text)
        if self._is_untouched(text) or self._is_number(text):
            return text
        tokens = _TOKEN.findall(self._marked(text, dates=False))
        stays = [token != _GONE and not self.is_own(token, by_maker) for token in tokens]
        has_title = _drop_named(tokens, stays)
        if by_maker and not has_title and not self._names_somebody(text):
            return text
        left = self._left(tokens, stays)
        return text if all(stays) and left else left

    def _is_number(self, text: str) -> bool:
        """Whether a text has figures alone, and they are not the study's."""
        is_one = not any(character.isalpha() for character in text)
        return is_one and not self._names_somebody(text)

    def _names_somebody(self, text: str) -> bool:
        """Whether a text holds a term of the study, or an address."""
        is_found = self.leaks is not None and self.leaks.search(text) is not None
        own = any(self.is_own(token, True) for token in _TOKEN.findall(text))
        return is_found or own or self.is_spelled(text) or patterns.has_mail(text)

    def is_spelled(self, text: str) -> bool:
        """Whether a name or number of the study stands in `text`, however it is divided."""
        if not self.joined:
            return False
        longest = max(map(len, self.joined))
        words = _WORD.findall(plain(text).upper())
        starts = (words[at : at + _MOST_PARTS] for at in range(len(words)))
        return any(_spells(parts, self.joined, longest) for parts in starts)

    def _is_untouched(self, text: str) -> bool:
        """Whether all words are known and none is the study's: most texts need no closer look."""
        if self.detectors or not is_harmless_text(text):
            return False
        words = set(_WORD.findall(plain(text).upper()))
        if not words.isdisjoint(self.names) or self.is_spelled(text):
            return False
        return not any(word in self.words and may_be_name(word) for word in words)

    def is_own(self, token: str, by_maker: bool = False) -> bool:
        """Whether a word is one of the study's names and numbers, or of its places and devices."""
        word = plain(token).upper()
        return word in self.names or (not by_maker and word in self.words and not is_known(word))

    def _marked(self, text: str, dates: bool = True) -> str:
        """The text with a mark in place of each identifying span."""
        return with_marks(text, self._spans(text, dates))

    def _spans(self, text: str, dates: bool = True) -> list[Span]:
        """Identifying spans and what stands for each."""
        spans = [(*span, _GONE) for span in patterns.contacts(text)]
        if dates:
            spans += [(*span, _DATE) for span in patterns.dates(text)]
        else:
            spans += [(*span, _GONE) for span in patterns.full_dates(text)]
        spans += [(*match.span(), _GONE) for match in _LETTER_BY_LETTER.finditer(text)]
        if self.leaks is not None:
            spans += [(*match.span(), _GONE) for match in self.leaks.finditer(text)]
        for detector in self.detectors:
            spans += [(*span, _GONE) for span in detector(text)]
        return merged_spans(spans)

    def _stays(self, token: str) -> bool:
        if token in _MARKS:
            return False
        if not token[0].isalnum():
            return True
        word = plain(token).upper()
        if word in self.names or (word in self.words and may_be_name(word)):
            return False
        return is_known(token) or (word not in self.words and is_harmless(token))

    def _left(self, tokens: list[str], stays: list[bool]) -> str:
        left = "".join(itertools.compress(tokens, stays))
        return "" if self.is_spelled(left) else _tidy(left)


def without_escapes(text: str) -> str:
    """Text without escape sequences, which divide words unseen, and control characters."""
    return text if text.isprintable() else _CONTROLS.sub(" ", _ESCAPES.sub("", text))


def is_harmless(word: str) -> bool:
    """Whether a word is clinical, usual, a unit, a short number or a name such as T1 or C7."""
    lower = word.lower()
    if is_known(lower) or is_unit(lower) or is_everyday(lower):
        return True
    found = _NUMBERED.fullmatch(lower)
    if found is None:
        return False
    number, unit, letters = found["number"], found["unit"], found["letters"] or found["word"]
    if number is not None:
        is_short = len(number) < 4 or number.endswith(_ROUND) or bool(unit)
        return is_short and (not unit or is_unit(unit) or is_known(unit))
    return letters is None or len(letters) == 1 or is_known(letters)


@lru_cache(maxsize=16384)
def is_harmless_text(text: str) -> bool:
    """Whether every word of a text is harmless, and nothing in it looks like an identifier."""
    words = _WORD.findall(text)
    if not all(is_harmless(word) for word in words):
        return False
    if any(word.lower() in _TITLES for word in words):
        return False
    spans = itertools.chain(patterns.contacts(text), patterns.dates(text))
    return next(spans, None) is None and _LETTER_BY_LETTER.search(text) is None


def _drop_beside(tokens: list[str], stays: list[bool]) -> None:
    """Drop names after a title, names and numbers beside what goes, and particles of names."""
    words = [place for place, token in enumerate(tokens) if token[0].isalnum() or token == _GONE]
    core = [place for place in words if not is_name_particle(tokens[place])]
    for title, name in itertools.pairwise(core):
        if _is_title(tokens[title], tokens[name]) and stays[name]:
            stays[name] = _is_weak_title(tokens[title]) and not may_be_name(tokens[name])
    for order in (core, core[::-1]):
        for known, beside in itertools.pairwise(order):
            if stays[beside] and not stays[known]:
                stays[beside] = not _goes_along(tokens, beside, known)
    _drop_places(tokens, stays, core)
    for particle, name in reversed(list(itertools.pairwise(words))):
        if is_name_particle(tokens[particle]) and not stays[name]:
            stays[particle] = False


def _drop_places(tokens: list[str], stays: list[bool], core: list[int]) -> None:
    """Drop house numbers with the beginnings of streets, and towns after persons."""
    for place in [p for p in core if stays[p] and tokens[p].isdigit()]:
        for gone in _house_number(tokens, stays, place):
            stays[gone] = False
    for before, at, town in zip(core, core[1:], core[2:], strict=False):
        is_there = not stays[before] and tokens[at].lower() in _AT and tokens[town].istitle()
        stays[town] = stays[town] and not is_there


def _house_number(tokens: list[str], stays: list[bool], place: int) -> range:
    """A number and words with capitals after it, where a word that goes follows at once."""
    for at in range(place + 1, min(place + 2 * _STREET, len(tokens))):
        token = tokens[at]
        if token == _GONE or (token[0].isalnum() and not stays[at]):
            return range(place, at)
        if not (token.isspace() or token.istitle()):
            break
    return range(0)


def _goes_along(tokens: list[str], place: int, other: int) -> bool:
    """Whether a word goes where the one beside it does: a name, or a number without a unit."""
    token = tokens[place]
    if not token[0].isdigit():
        if is_unit(token) and any(t[0].isdigit() for t in tokens[max(place - 2, 0) : place]):
            return False
        return may_be_name(token) or _are_both_names(token, tokens[other])
    if token[-1].isalpha():
        return False
    after = next((t for t in tokens[place + 1 :] if t[0].isalnum() or t in _MARKS), "")
    return not is_unit(after.lower())


def _are_both_names(word: str, other: str) -> bool:
    """Whether a word that is seldom a name has a capital, as one beside it that goes."""
    is_weak = word.istitle() and (is_weak_name(word) or not is_known(word))
    return is_weak and (other.istitle() or other == _GONE)


def _drop_named(tokens: list[str], stays: list[bool]) -> bool:
    """Drop unknown words after a title and beside what goes; whether there is a title."""
    has_title = False
    words = [place for place, token in enumerate(tokens) if token[0].isalnum() or token == _GONE]
    for order in (words, words[::-1]):
        for known, beside in itertools.pairwise(order):
            is_title = order is words and _is_title(tokens[known], tokens[beside])
            if stays[beside] and (is_title or not stays[known]):
                token = tokens[beside]
                stays[beside] = not token.isalpha() or (is_known(token) and not may_be_name(token))
            has_title |= is_title
    return has_title


def _is_title(word: str, name: str) -> bool:
    lower = word.lower()
    if lower not in _TITLES:
        return False
    return lower not in _WEAK_TITLES or may_be_name(name) or (not word.isupper() and name.istitle())


def _is_weak_title(word: str) -> bool:
    return word.lower() in _WEAK_TITLES and word.isupper()


def _spells(parts: list[str], joined: frozenset[str], longest: int) -> bool:
    """Whether the first of `parts` put together are one of `joined`."""
    whole = ""
    for part in parts:
        whole += part
        if whole in joined:
            return True
        if len(whole) > longest:
            return False
    return False


def _tidy(text: str) -> str:
    text = re.sub(r"[ \t_^]{2,}", " ", text).strip(" \t_^,;:-/")
    return text if re.search(r"[^\W_]", text) else ""
