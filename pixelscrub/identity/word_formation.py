"""Words that medicine builds of Greek and Latin parts, in seven languages.

A word is known that consists of stems of medicine and an ending: `Hepatosplenomegalie`,
`osteomuscolare`, `sternoclaviculaire`. Source of the parts: general knowledge of the terminology;
written for this project.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from pixelscrub.identity.word_lists import sections


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))


def _either(parts: list[str], shortest: int = 1) -> str:
    found = {_plain(part) for part in parts if len(part) >= shortest}
    return "|".join(sorted(found, key=lambda part: (-len(part), part)))


_BEFORE = (
    "(?:a|ab|ad|ante|antero|anti|bi|circum|co|contra|des|dis|dys|dis|ecto|endo|ento|epi|ex|exo|extra|hemi|emi|"
    "hyper|iper|hiper|hypo|ipo|hipo|in|infra|inter|intra|iso|juxta|macro|makro|mega|meso|meta|micro|mikro|"
    "mono|multi|neo|oligo|para|peri|poly|poli|post|postero|pre|prae|pro|re|retro|semi|sub|sotto|supra|sovra|super|"
    "sym|syn|trans|tri|ultra|uni|electro|elektro|eletro|echo|eco|radio|video|cine|tele|photo|foto|thermo|auto|late?ro)?"
)
_SHORTEST = 7
"""Letters: shorter words are listed, or they are names."""
_NAMES = re.compile(
    r"(?:.*(?:mann|berg|stein|hof|son|sen|ski|ova|ovic|enko))|"
    r"(?:angi|atlan|biade|buccia|calcian|carcina|carp[ai]|colon[ií]|columb|condren|melan|mammian|nervian|palm|"
    r"policarp|polisten|e?spinos|stenico|testico|trivent|vent[ou]|capill[ae]|espinal|angel|martin|valent|terr)\w*"
)
"""Endings of names, and names that begin as words of medicine do."""


@cache
def _pattern() -> re.Pattern[str]:
    """A beginning, up to three stems, one of four letters or more, and an ending."""
    parts = sections("formation")
    stems, endings = parts["stems"], parts["endings"]
    return re.compile(
        rf"{_BEFORE}(?:(?:{_either(stems, 3)})[oiae]?){{0,3}}(?:{_either(stems, 4)})[oi]?"
        rf"(?:{_either(endings)})"
    )


@lru_cache(maxsize=16384)
def is_built(word: str) -> bool:
    """Whether a word consists of stems of medicine and an ending.

    Args:
        word: in small letters, with or without accents.
    """
    if len(word) < _SHORTEST:
        return False
    bare = _plain(word)
    return _pattern().fullmatch(bare) is not None and _NAMES.fullmatch(bare) is None


_ENDINGS = re.compile(
    r"\w{3,}(?:keit|keiten|heiten|schaft|tion|tionen|tions|itat|itaten|ismus|ierung|ierungen|ungen|"
    r"issement|ement|ements|ite|ites|isme|ismes|cion|ciones|idad|idades|idade|mente|zione|zioni|sion|sions|sionen|siones|sione|sioni|sie|sies|sao|soes|ita|"
    r"iteit|iteiten|isatie|isaties|cao|coes|ness|able|ables|ible|ibles|iert|ierte|ierten|ierter|"
    r"iertes|ieren|ierend|ierende|licher|liches|ischen|ischer|isches|elijk|elijke|eerde|ized|ised|"
    r"ated|ities|ous|ives|barer|bares)"
)
_SHORTEST_REGULAR = 7
_GIVEN_NAMES = re.compile(
    r"(?:encarna|purifica|concep|concei|assun|asun|anuncia|consola|visita|presenta)(?:cion|cao)|"
    r"clement(?:e|s)?|clemente|clemence|guinness|felicities|natividad|trinidad|felicidad|soledad|caridad|"
    r"margarita|carmelita|\w*lita|\w*nita|\w*rita|afrodite|marguerite|aphrodite|graphite|"
    r"\w*melsungen|schlieren|retranchement|settlement|necessidades|universidade|comunidade?s?|"
    r"(?:ni|zui|we|noor)\w*elijke|\w*(?:indisch|britisch|amerikanisch|arabisch)\w*|\w*nation|\w*station"
)


@lru_cache(maxsize=16384)
def is_regular(word: str) -> bool:
    """Whether a word has an ending that makes nouns and adjectives of others, and hardly names.

    Args:
        word: in small letters. Accents decide: `ite` at the end of a word is `ité`.
    """
    if len(word) < _SHORTEST_REGULAR:
        return False
    bare = _plain(word)
    if bare.endswith(_ACCENTED) and word.endswith(_ACCENTED):
        return False
    return _ENDINGS.fullmatch(bare) is not None and _GIVEN_NAMES.fullmatch(bare) is None


_ACCENTED = ("ite", "ites", "ita", "cao", "sao")
"""Endings that count with their accents only: `qualité`, `qualità`, `posição`."""
