"""Words that medicine uses and that therefore identify nobody.

`data/words.txt` comes out of `scripts/derive_words.py`; words of every day, and which words are
names as well, out of `scripts/derive_everyday_words.py`, which tells their sources and licences.
`data/lang` has words of seven languages and names of techniques, each list with its source. The
other lists are written by hand.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from pixelscrub.identity.inflection import ADJECTIVES, NOUNS, as_it_is, spelled
from pixelscrub.identity.tables import DATA
from pixelscrub.identity.word_formation import is_built, is_regular
from pixelscrub.identity.word_lists import has_line, packed_lines, sections

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset((DATA / name).read_text(encoding="utf-8").split())


def is_clinical(word: str) -> bool:
    """Whether an English word is one of medicine's own, or is usual in descriptions.

    Such words in names prove nothing; `is_known` has the words of other languages too.
    """
    lower = word.lower()
    return _is_listed(lower) or _is_built(lower)


def is_known(word: str) -> bool:
    """Whether a word is usual in descriptions of images, in any of the seven languages."""
    lower = word.lower()
    if (
        lower in _never()
        or lower in _words("built_names.txt")
        or (lower in _words("also_names.txt") and lower not in _needed())
    ):
        return False
    return (
        lower in _all_known()
        or is_clinical(lower)
        or is_built(lower)
        or is_regular(lower)
        or any(_is_compound(lower, language) for language in ("de", "nl"))
    )


def _is_listed(lower: str) -> bool:
    return lower in _words("words.txt") or lower in _words("descriptions.txt")


@lru_cache(maxsize=4096)
def _is_built(lower: str) -> bool:
    """Whether a word is put together as medicine does: `maxillo` and `facial`, or `...ectomy`."""
    if _ENDING.fullmatch(lower):
        return True
    found = _BEGINNING.match(lower)
    rest = lower[found.end() :] if found else ""
    return len(rest) >= _LEAST and _is_listed(rest)


_NEEDED = frozenset({"tia", "dwi", "nicu", "ante", "delle", "dalla", "sem", "hilar"})
"""Words that are names in some country, and that descriptions cannot do without."""
_LEAST = 5
_ENDING = re.compile(
    r"[a-z]{4,}(?:algia|centesis|ectomy|edema|emia|iasis|itis|ography|ometry|opathy|oplasty|"
    r"orrhagia|oscopy|oscopic|osis|ostomy|otomy|plegia|static|trophy|tropic|uria|graphic|"
    r"ectomie|ectomia|ektomie|opathie|opatia|oskopie|oscopie|oscopia|ografie|ographie|ografia|"
    r"ometrie|ometria|oplastie|oplastica|ostomie|ostomia|otomie|otomia|algie|itide|plegie)"
)
_BEGINNING = re.compile(
    r"abdomino|angio|antero|arterio|bi|broncho|cardio|cervico|contra|cranio|endo|entero|extra|"
    r"fibro|gastro|hemo|hepato|hyper|hypo|infra|inter|intra|ipsi|latero|lumbo|macro|maxillo|"
    r"micro|multi|musculo|myo|naso|neuro|non|ortho|osteo|para|peri|pneumo|post|postero|pre|"
    r"retro|semi|sub|supra|tempo?ro|thoraco|trans|tri|ultra|un|uni|uro|veno|ventro|"
    r"thorako|zerviko|cerviko|toraco|cardio|kardio|echo|eco|mikro|makro|poly|poli"
)


def is_everyday(word: str) -> bool:
    """Whether a word is usual in one of the seven languages and no usual name.

    Medicine does not need it, so it goes beside a word that goes.
    """
    return _is_everyday(word.lower())


@lru_cache(maxsize=16384)
def _is_everyday(lower: str) -> bool:
    return _is_usual(lower) or any(_is_compound(lower, language, True) for language in ("de", "nl"))


@lru_cache(maxsize=16384)
def _is_usual(lower: str) -> bool:
    parts = unicodedata.normalize("NFKD", lower)
    word = "".join(c for c in parts if not unicodedata.combining(c))
    return len(word) >= _SHORTEST_PART and has_line(packed_lines("everyday.txt.gz"), word)


def may_be_name(word: str) -> bool:
    """Whether a word of medicine or of every day is a usual name as well."""
    lower = word.lower()
    return lower in _words("also_names.txt") or lower in _also_names()


def is_weak_name(word: str) -> bool:
    """Whether a word is seldom a name: with a capital it goes beside another such word."""
    return word.lower() in _weak_names() or word.lower() in _words("name_words.txt")


def is_name_particle(word: str) -> bool:
    """Whether a word stands in names before the family's: `de la`, `van der`."""
    return word.lower() in _particles()


def is_placeholder(word: str) -> bool:
    """Whether a word stands where a name is missing, or in the name of every hospital."""
    return word.lower() in _words("placeholders.txt")


def is_unit(word: str) -> bool:
    """Whether a word is a unit of measurement."""
    return word.lower() in _words("units.txt")


def titles() -> frozenset[str]:
    """Words before names of persons, in seven languages."""
    return _words("titles.txt")


def is_public_scheme(designator: str) -> bool:
    """Whether a coding scheme is public, so that its codes say nothing of a person."""
    return designator in _words("public_schemes.txt")


@cache
def _all_known() -> frozenset[str]:
    lists = (_forms(language) for language in (*LANGUAGES, "technique"))
    return frozenset().union(*lists)


@cache
def _weak_names() -> frozenset[str]:
    return frozenset(spelled(sections("names")["weak"]))


@cache
def _parts_of_body() -> frozenset[str]:
    return frozenset(spelled(sections("names")["nouns"]))


@cache
def _particles() -> frozenset[str]:
    return frozenset(sections("names")["particles"])


@cache
def _also_names() -> frozenset[str]:
    return frozenset(spelled(sections("names")["words"]))


@cache
def _needed() -> frozenset[str]:
    """Words that descriptions need, of which some are names as well."""
    return _all_known() | _words("descriptions.txt") | _weak_names() | _parts_of_body()


@cache
def _never() -> frozenset[str]:
    """Words of codes and attributes that are names first: animals, places, old eponyms."""
    return frozenset(sections("names")["never"]) - _NEEDED


@cache
def _forms(language: str) -> frozenset[str]:
    """Every spelling of every form of a language's words."""
    listed = sections(language)
    nouns, adjectives = NOUNS.get(language, as_it_is), ADJECTIVES.get(language, as_it_is)
    found = set(listed["words"]) | set(listed.get("heads", ()))
    if language not in _CASES:
        found |= {form for word in listed["words"] if len(word) > 4 for form in nouns(word)}
    found |= {form for word in listed.get("nouns", ()) for form in nouns(word)}
    found |= {form for word in listed.get("adjectives", ()) for form in adjectives(word)}
    return frozenset(spelled(found))


_CASES = ("de", "technique")
"""Lists whose other words are not inflected."""
_SHORTEST_PART = 3
_LONG_HEAD = 6
"""Letters from which any listed word may be the last part of a compound."""
_LEAST_EVERYDAY = 4
"""Letters of a word of every day that is a part of a compound."""
_LINKS = ("", "s", "n", "en", "e", "es", "o")
"""What stands between the parts of a compound."""


@lru_cache(maxsize=8192)
def _is_compound(lower: str, language: str, has_usual: bool = False) -> bool:
    """Whether a German or Dutch word is put together of listed ones.

    The last part has to be in the section `heads`: names of persons are compounds as well.

    Args:
        lower: the word.
        language: `de` or `nl`.
        has_usual: words of every day are parts as well.
    """
    if has_usual and lower in _words("built_names.txt"):
        return False
    heads, parts = _compounds(language)
    for at in range(len(lower) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        last = lower[at:]
        is_usual = has_usual and len(last) >= _LONG_HEAD and _is_usual(last)
        if (last in heads or is_usual) and _is_first(lower[:at], parts, has_usual):
            return True
    return False


def _is_first(start: str, parts: frozenset[str], has_usual: bool) -> bool:
    """Whether what stands before the last part is listed, or consists of listed parts."""
    if _is_part(start, parts, has_usual):
        return True
    cuts = range(_SHORTEST_PART, len(start) - _SHORTEST_PART + 1)
    return any(
        _is_part(start[:cut], parts, has_usual) and _is_first(start[cut:], parts, has_usual)
        for cut in cuts
    )


def _is_part(text: str, parts: frozenset[str], has_usual: bool) -> bool:
    starts = {text.removesuffix(link) for link in _LINKS if text.endswith(link)}
    usual = (start for start in starts if has_usual and len(start) >= _LEAST_EVERYDAY)
    return not starts.isdisjoint(parts) or any(_is_usual(start) for start in usual)


@cache
def _compounds(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Last parts and other parts of a language's compounds."""
    listed = sections(language)
    long = {word for word in _forms(language) if len(word) >= _LONG_HEAD}
    heads = spelled(listed["heads"]) | long
    stems = {word.removesuffix("e") for word in listed["adjectives"]}
    parts = heads | stems | set(_forms(language))
    return frozenset(heads), frozenset(p for p in parts if len(p) >= _SHORTEST_PART)
