"""Words that medicine uses and that therefore identify nobody.

`data/words.txt` comes out of `scripts/derive_words.py`; the other lists are written by hand.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from pixelscrub.identity.tables import DATA


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset((DATA / name).read_text(encoding="utf-8").split())


def is_clinical(word: str) -> bool:
    """Whether a word is one of medicine's own, or is usual in descriptions."""
    lower = word.lower()
    return _is_listed(lower) or _is_built(lower)


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


_LEAST = 5
_ENDING = re.compile(
    r"[a-z]{4,}(?:algia|centesis|ectomy|edema|emia|iasis|itis|ography|ometry|opathy|oplasty|"
    r"orrhagia|oscopy|oscopic|osis|ostomy|otomy|plegia|static|trophy|tropic|uria|graphic)"
)
_BEGINNING = re.compile(
    r"abdomino|angio|antero|arterio|bi|broncho|cardio|cervico|contra|cranio|endo|entero|extra|"
    r"fibro|gastro|hemo|hepato|hyper|hypo|infra|inter|intra|ipsi|latero|lumbo|macro|maxillo|"
    r"micro|multi|musculo|myo|naso|neuro|non|ortho|osteo|para|peri|pneumo|post|postero|pre|"
    r"retro|semi|sub|supra|tempo?ro|thoraco|trans|tri|ultra|un|uni|uro|veno|ventro"
)


def may_be_name(word: str) -> bool:
    """Whether a word of medicine or of every day is a usual name as well."""
    return word.lower() in _words("also_names.txt")


def is_placeholder(word: str) -> bool:
    """Whether a word stands where a name is missing, or in the name of every hospital."""
    return word.lower() in _words("placeholders.txt")


def is_unit(word: str) -> bool:
    """Whether a word is a unit of measurement."""
    return word.lower() in _words("units.txt")


def is_public_scheme(designator: str) -> bool:
    """Whether a coding scheme is public, so that its codes say nothing of a person."""
    return designator in _words("public_schemes.txt")
