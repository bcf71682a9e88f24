"""A recipe out of a few questions: `pixelscrub recipes new`.

Each question is one row of `QUESTIONS`; an answer brings lines of TOML, each with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pixelscrub.errors import UsageError
from pixelscrub.toml import in_toml

TRIES: Final = 3
"""How often a question is asked before the command gives up."""

Lines = Mapping[str, tuple[str, ...]]
"""Section of the recipe (`""`: before the first one) to lines of TOML with comments."""


@dataclass(frozen=True)
class Answer:
    """One answer to a question.

    Attributes:
        word: what is typed.
        meaning: what it means, for the list of answers.
        lines: settings that it brings, by section.
        options: options of PS3.15 that it brings, each with its reason.
    """

    word: str
    meaning: str
    lines: Lines
    options: Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """A question and its answers; the first one is taken where nothing is typed."""

    text: str
    answers: tuple[Answer, ...]


def _answer(
    word: str, meaning: str, lines: Lines | None = None, options: Mapping[str, str] | None = None
) -> Answer:
    return Answer(word, meaning, lines or {}, options or {})


QUESTIONS: Final = (
    Question(
        "Who gets the images?",
        (
            _answer(
                "public",
                "anybody, without an agreement",
                {"text": ("outside_regions = true  # bars around ultrasound go as a whole",)},
            ),
            _answer("partner", "people who signed that they will not try to find out"),
            _answer(
                "internal",
                "colleagues in the same institution",
                {"": ('duplicates = "newest"  # what was sent again after a correction',)},
                {"retain_institution_identity": "they know where they are"},
            ),
        ),
    ),
    Question(
        "What becomes of dates?",
        (
            _answer("remove", "they go"),
            _answer(
                "move",
                "by a secret number of days for each patient",
                options={"retain_modified_dates": "every interval stays exact, no date is true"},
            ),
            _answer(
                "keep",
                "they stay as they are",
                options={"retain_full_dates": "true dates: with them patients may be looked up"},
            ),
        ),
    ),
    Question(
        "What becomes of descriptions (of study, series, protocol)?",
        (
            _answer(
                "clean",
                "words of medicine and technique stay",
                options={"clean_descriptors": "a series says what it is; unknown words go"},
            ),
            _answer("remove", "they go"),
        ),
    ),
    Question(
        "What becomes of sex, age, size and weight?",
        (
            _answer("remove", "they go"),
            _answer(
                "bands",
                "they stay, ages in bands of five years, sizes and weights rounded",
                {"release": ('on_rare = "generalise"  # so that more patients look alike',)},
                {"retain_patient_characteristics": "in bands, see [release]"},
            ),
            _answer(
                "keep",
                "they stay",
                options={"retain_patient_characteristics": "rare ones identify: see `statement`"},
            ),
        ),
    ),
    Question(
        "What becomes of scanners: maker, model, serial number, private settings?",
        (
            _answer("remove", "they go"),
            _answer(
                "keep",
                "they stay",
                options={
                    "retain_device_identity": "scanners are compared",
                    "retain_safe_private": "what PS3.15 lists as safe: b-values, slice times",
                },
            ),
        ),
    ),
    Question(
        "What becomes of faces in CT, MR and PET of heads?",
        (
            _answer("remove", "they go"),
            _answer(
                "ears",
                "they go, and the ears too",
                {"face": ("ears = true  # ears identify as faces do",)},
            ),
            _answer(
                "eyes",
                "they go, and what lies behind the eyes stays",
                {"face": ('orbits = "keep_back"  # optic nerves and muscles are looked at',)},
            ),
            _answer(
                "keep",
                "they stay",
                {"steps": ("face = false  # whoever gets the images can draw the faces",)},
            ),
        ),
    ),
    Question(
        "Which text may stay in images?",
        (
            _answer("nothing", "all of it is masked"),
            _answer(
                "sides",
                "L and R, where they are read with certainty; needs Tesseract",
                {"text": ('keep = "laterality"  # a side is lost with its letter',)},
            ),
            _answer(
                "measurements",
                "sides and measurements; needs Tesseract",
                {"text": ('keep = "harmless"  # what was measured is looked at',)},
            ),
        ),
    ),
    Question(
        "May whoever holds the key turn pseudonyms back?",
        (
            _answer("no", "there is no list"),
            _answer(
                "yes",
                "a list is kept in the private folder",
                {"tags": ("crosswalk = true  # `pixelscrub crosswalk` turns pseudonyms back",)},
            ),
        ),
    ),
)


def ask_all(name: str, read: Callable[[], str], tell: Callable[[str], None]) -> str:
    """Ask every question and make a recipe of the answers.

    Args:
        name: of the recipe.
        read: the next line that was typed, with its end; empty where there is none any more.
        tell: shows a line.

    Returns:
        The recipe as TOML, each setting with its reason.

    Raises:
        UsageError: an answer is missing, or was not understood after `TRIES` tries.
    """
    return to_recipe(name, [_ask(question, read, tell) for question in QUESTIONS])


def _ask(question: Question, read: Callable[[], str], tell: Callable[[str], None]) -> Answer:
    tell(question.text)
    for number, answer in enumerate(question.answers):
        tell(f"  {answer.word:13} {answer.meaning}{'' if number else ' (Enter)'}")
    for _ in range(TRIES):
        line = read()
        if not line:
            raise UsageError("an answer is missing")
        if not line.strip():
            return question.answers[0]
        for answer in question.answers:
            if answer.word == line.strip().lower():
                return answer
        tell(f"  one of: {', '.join(answer.word for answer in question.answers)}")
    raise UsageError("the answer was not understood")


def to_recipe(name: str, answers: Iterable[Answer]) -> str:
    """The recipe that these answers make, as TOML with a comment for each setting.

    Args:
        name: of the recipe.
        answers: one to each of `QUESTIONS`.
    """
    given = list(answers)
    words = ", ".join(answer.word for answer in given)
    sections: dict[str, list[str]] = {"": []}
    for answer in given:
        for section, lines in answer.lines.items():
            sections.setdefault(section, []).extend(lines)
    options = {option: why for answer in given for option, why in answer.options.items()}
    if options:
        sections.setdefault("tags", [])[:0] = _options(options)
    made = [
        f"name = {in_toml(name)}",
        f"description = {in_toml(f'Made by `pixelscrub recipes new`: {words}.')}",
        *sections.pop(""),
        "",
        "# What is not said here is as in the recipe `default`, which removes where in doubt;",
        "# `pixelscrub recipes show default` lists every setting.",
    ]
    for section, settings in sections.items():
        made += ["", f"[{section}]", *settings]
    return "\n".join(made) + "\n"


def _options(options: Mapping[str, str]) -> list[str]:
    listed = [f"  {in_toml(option)},  # {why}" for option, why in options.items()]
    return ["options = [  # of PS3.15 Annex E, beyond the Basic Profile", *listed, "]"]
