"""Forms of nouns and adjectives in seven languages, and how a word is spelled without accents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable


def spelled(words: Iterable[str]) -> set[str]:
    """Words as they are, without accents, and with umlauts written as two letters."""
    found = set(words)
    for word in list(found):
        parts = unicodedata.normalize("NFKD", word)
        found.add("".join(c for c in parts if not unicodedata.combining(c)))
        found.add(word.translate(_UMLAUTS))
    return found


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "œ": "oe", "æ": "ae"})


def as_it_is(word: str) -> set[str]:
    """A word of a list that is not inflected."""
    return {word}


def _german_noun(word: str) -> set[str]:
    endings = ("", "s", "n", "e", "en", "es") if not word.endswith("e") else ("", "n", "s")
    return {word + ending for ending in endings}


def _german_adjective(word: str) -> set[str]:
    stem = word.removesuffix("e")
    return {stem + ending for ending in ("", "e", "er", "es", "en", "em")}


def _dutch(word: str) -> set[str]:
    return {word, f"{word}s", f"{word}e", f"{word}en", f"{word}n"} if len(word) > 3 else {word}


def _french_noun(word: str) -> set[str]:
    plural = re.sub("al$", "aux", word)
    return {word, f"{word}s", f"{word}x" if word.endswith("eau") else word, plural}


def _french_adjective(word: str) -> set[str]:
    feminine = word
    for old, new in (("eux", "euse"), ("el", "elle"), ("en", "enne"), ("in", "ine"), ("if", "ive")):
        if word.endswith(old):
            feminine = word.removesuffix(old) + new
            break
    else:
        feminine = word if word.endswith("e") else f"{word}e"
    return {word, feminine, f"{feminine}s", *_french_noun(word)}


def _spanish(word: str) -> set[str]:
    forms = {word, f"{word}s"}
    if word.endswith("ión"):
        forms.add(f"{word[:-2]}ones")
    elif word[-1] not in "aeiou":
        forms.add(f"{word}es")
    return forms


def _with_genders(plural: Callable[[str], set[str]]) -> Callable[[str], set[str]]:
    def forms(word: str) -> set[str]:
        feminine = f"{word[:-1]}a" if word.endswith("o") else word
        return plural(word) | plural(feminine)

    return forms


def _italian_noun(word: str) -> set[str]:
    stem, last = word[:-1], word[-1]
    hard = {"c", "g"} & {stem[-1:]}
    plurals = {"o": {"i", "hi"} if hard else {"i"}, "a": {"he", "e"} if hard else {"e", "i"}}
    return {word} | {stem + end for end in plurals.get(last, {"i"} if last == "e" else set())}


def _portuguese(word: str) -> set[str]:
    forms = {word, f"{word}s"}
    if word.endswith("ão"):
        forms.add(f"{word[:-2]}ões")
    elif word.endswith("al"):
        forms.add(f"{word[:-1]}is")
    elif word[-1] in "rzm":
        forms |= {f"{word}es", f"{word[:-1]}ns"}
    return forms


def _english(word: str) -> set[str]:
    return {word, f"{word}s"} if len(word) > 3 else {word}


NOUNS: dict[str, Callable[[str], set[str]]] = {
    "en": _english,
    "de": _german_noun,
    "fr": _french_noun,
    "es": _spanish,
    "it": _italian_noun,
    "nl": _dutch,
    "pt": _portuguese,
}
"""Forms of nouns by language."""
ADJECTIVES: dict[str, Callable[[str], set[str]]] = {
    "de": _german_adjective,
    "fr": _french_adjective,
    "es": _with_genders(_spanish),
    "it": _with_genders(_italian_noun),
    "nl": _dutch,
    "pt": _with_genders(_portuguese),
}
"""Forms of adjectives by language."""
