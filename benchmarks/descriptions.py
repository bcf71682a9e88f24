"""Measure the cleaning of free text: 10,000 descriptions a language with somebody's data in them.

Names, towns and streets are of `mimesis` (48 locales, extra `bench`), which the cleaner never
sees. The phrases in `phrases/` were written without a look at its lists; the first two lists of a
language were looked at afterwards, the third never: it says what to expect of words that nobody
thought of. Prints a table in Markdown; a number says how many a language, `--unseen` takes the
third list alone.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pixelscrub.identity.free_text import Cleaner
from pixelscrub.identity.spellings import MONTHS

PHRASES = Path(__file__).parent / "phrases"
PARTS = {"first": "", "second": "_second", "unseen": "_third"}
"""Lists of phrases: two were looked at when the cleaner's words were chosen, the third never."""
MANY = 10_000
GENERIC = frozenset((PHRASES / "generic.txt").read_text(encoding="utf-8").split())
"""Words of addresses and names that tell nobody by themselves."""
WORD = re.compile(r"[^\W_]+")
PHONES = (
    "{a:03d}-{b:04d}",
    "+{c:02d} {a:03d} {b:04d} {c:02d}",
    "0{c:02d}/{b:04d}{a:03d}",
    "({a:03d}) {b:04d}-{c:02d}",
    "0{c:02d} {c:02d} {d:02d} {c:02d} {d:02d}",
    "{a:03d}.{b:04d}",
)
DATES = (
    "{y}-{m:02d}-{d:02d}",
    "{d:02d}.{m:02d}.{y}",
    "{d}/{m}/{y}",
    "{y}{m:02d}{d:02d}",
    "{d:02d}.{m:02d}.{s:02d}",
)
PLATES = ("{x}-{y}{z} {b}", "{b} B{z}N", "{x}{y}-{a}-Q{z}")
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
CONSONANTS = "BCDFGHJKLMNPRSTVWXZ"


def snippets() -> dict[str, list[str]]:
    """What is written beside a phrase, by language."""
    found: dict[str, list[str]] = {}
    section: list[str] = []
    for line in (PHRASES / "snippets.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        else:
            section.append(line)
    return found


@dataclass
class Score:
    """What came of the descriptions of one language.

    Attributes:
        planted, left: identifying words and numbers, and those of them that stayed.
        words, lost: words of the phrases, and those of them that went.
        missed, missing: which, for a look.
    """

    planted: int = 0
    left: int = 0
    words: int = 0
    lost: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)

    def add(self, phrase: str, told: list[str], cleaned: str) -> None:
        """Judge one description: words are counted as often as they stand there."""
        after = Counter(word.casefold() for word in WORD.findall(cleaned))
        for word in WORD.findall(phrase):
            key = word.casefold()
            self.words += 1
            if after[key]:
                after[key] -= 1
            else:
                self.lost += 1
                self.missing[key] += 1
        for word in told:
            self.planted += 1
            if after[word.casefold()]:
                after[word.casefold()] -= 1
                self.left += 1
                self.missed[word.casefold()] += 1


def people(seed: str) -> Iterator[tuple[random.Random, dict[str, str]]]:
    """Made-up persons of all locales without end; other seeds, other persons."""
    from mimesis import Address, Locale, Person

    makers = [(Person(place, seed=seed), Address(place, seed=seed)) for place in Locale]
    rng = random.Random(seed)
    while True:
        person, address = rng.choice(makers)
        family = person.surname()
        yield rng, {
            "given": person.first_name(), "family": family, "town": address.city(),
            "street": address.street_name(), "hospital": family,
        }  # fmt: skip


def told(rng: random.Random, who: dict[str, str], language: str) -> dict[str, str]:
    """All that a snippet may say of a person."""
    figures = {name: rng.randrange(11, 98) for name in "cd"}
    figures |= {"a": rng.randrange(200, 999), "b": rng.randrange(1001, 9998)}
    date = {"y": rng.randrange(1925, 2005), "m": rng.randrange(1, 13), "d": rng.randrange(1, 29)}
    letters = {name: rng.choice(CONSONANTS) for name in "xyz"}
    return who | {
        "phone": rng.choice(PHONES).format(**figures),
        "id": str(rng.randrange(10**4, 10**9)),
        "date": rng.choice(DATES).format(**date, s=date["y"] % 100),
        "number": str(rng.randrange(1, 200)),
        "room": str(rng.randrange(1, 700)),
        "bed": str(rng.randrange(1, 9)),
        "plate": rng.choice(PLATES).format(**letters, **figures),
        "day": str(date["d"]),
        "month": MONTHS[language].split()[date["m"] - 1],
        "age": str(rng.randrange(90, 106)),
        "post": str(rng.randrange(10000, 99999)),
        "initials": f"{who['given'][:1]}.",
    }


def measure(language: str, many: int, part: str, cleaner: Cleaner | None = None) -> Score:
    """Clean `many` descriptions, with phrases of one of `PARTS`."""
    phrases = (PHRASES / f"{language}{PARTS[part]}.txt").read_text(encoding="utf-8").splitlines()
    score, cleaner, said_beside = Score(), cleaner or Cleaner(), snippets()[language]
    for (rng, who), _ in zip(people(f"{language} {part}"), range(many), strict=False):
        snippet, phrase = rng.choice(said_beside), rng.choice(phrases)
        said = told(rng, who, language)
        hidden = snippet.format(**said)
        text = f"{phrase}, {hidden}" if rng.random() < 0.5 else f"{hidden} {phrase}"
        words = (w for name in re.findall(r"\{(\w+)\}", snippet) for w in WORD.findall(said[name]))
        telling = [w for w in words if (len(w) > 1 or w.isdigit()) and w.casefold() not in GENERIC]
        score.add(phrase, telling, cleaner.clean(text))
    return score


def main() -> None:
    """Print the table; `--show` adds what was missed."""
    figures = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    many = figures[0] if figures else MANY
    print("| language | phrases | identifying words gone | clinical words kept |")
    print("| --- | --- | --- | --- |")
    for language in MONTHS:
        for part in PARTS if "--unseen" not in sys.argv else ["unseen"]:
            score = measure(language, many // len(PARTS), part)
            gone = 100 - 100 * score.left / score.planted
            kept = 100 - 100 * score.lost / score.words
            print(f"| {language} | {part} | {gone:.3f} % of {score.planted:,}", end=" ")
            print(f"| {kept:.2f} % of {score.words:,} |")
            if "--show" in sys.argv:
                print(score.missed.most_common(25), file=sys.stderr)


if __name__ == "__main__":
    main()
