"""What burned-in text says: names, dates, numbers, measurements, labels, in many scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

Random = np.random.Generator

SYLLABLES: Final = """
    an ba be bo ca chi da de el en er fa fi ga gu ha he in is jo ka ki la le li lo ma me mi mo
    na ne ni no on or pa pe qu ra re ri ro sa se sha so sta ta te ti to tra ul va ve wa wil ya
    za
""".split()  # noqa: SIM905
TERMS: Final = """
    MI TIS TIB Gain Depth Freq Gen DR FR Hz cm mm cm/s dB MHz kHz AP PA LAT SUPINE ERECT
    PORTABLE L R LT RT CC MLO LV RV LA RA AO PW CW CF 2D 3D M-Mode Zoom Persist Med Low High
    WF PRF Res Gn Map P C S I A H F kV mAs mA WL WW Zoom SE IM TE TR FOV Thk Loc Tilt Ex Acc
    Vol EF EDV ESV HR BPM bpm Dist Area Circ GA BPD HC AC FL EDD LMP Vmax PG Mean RI PI S/D
    Fetal Liver Kidney Spleen Heart Thyroid Abdomen Pelvis Chest Cardiac Vascular Hospital
    Clinic Medical Center Radiology Dr Name ID Sex Age DOB Patient Study Date Time Series
    Image Page Total Exam Report
""".split()  # noqa: SIM905
SIGNS: Final = ".,:;-/()%#=+*&'\"<>?!_[]@"
SINGLE: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghkmnprstuvyz0123456789LRLRLRHFAPIS"
RANGES: Final = {
    "cyrillic": (0x0410, 0x044F),
    "greek": (0x0391, 0x03C9),
    "hebrew": (0x05D0, 0x05EA),
    "arabic": (0x0621, 0x064A),
    "thai": (0x0E01, 0x0E2E),
    "latin": (0x00C0, 0x017E),
    "kana": (0x3041, 0x30FA),
    "hangul": (0xAC00, 0xD7A3),
    "han": (0x4E00, 0x8FFF),
}
"""Blocks of the scripts of PS3.3 C.12.1.1.2, beyond ASCII."""


def say(random: Random) -> str:
    """One text such as a device or a person writes on an image."""
    kind = KINDS[random.choice(len(KINDS), p=WEIGHTS)]
    text = kind(random)
    case = random.random()
    return text.upper() if case < 0.4 else text.lower() if case < 0.45 else text


def foreign(random: Random) -> str:
    """Words of another script, perhaps with a number."""
    low, high = RANGES[str(random.choice(list(RANGES)))]
    characters = [chr(c) for c in range(low, high + 1) if chr(c).isalpha()]
    few = len(characters) > 300
    words = [
        "".join(random.choice(characters, random.integers(1, 4 if few else 9)))
        for _ in range(random.integers(1, 4))
    ]
    return " ".join([*words, *([_number(random)] if random.random() < 0.2 else [])])


def short(random: Random) -> str:
    """One letter or figure, or two, perhaps with a sign before them."""
    text = _single(random) if random.random() < 0.7 else _pair(random)
    return _pick(random, "-+<>") + text if random.random() < 0.1 else text


def _word(random: Random) -> str:
    return "".join(random.choice(SYLLABLES, random.integers(1, 5))).capitalize()


def _pick(random: Random, among: list[str] | str) -> str:
    return str(among[random.integers(len(among))])


def _number(random: Random) -> str:
    whole = str(random.integers(10 ** random.integers(1, 7)))
    style = random.random()
    if style < 0.35:
        return f"{whole[:3]}.{random.integers(10 ** random.integers(1, 4))}"
    return whole if style < 0.85 else f"{_pick(random, '-+<>~#')}{whole}"


def _name(random: Random) -> str:
    joint = _pick(random, [", ", " ", "^", "-", "_", ". "])
    return joint.join(_word(random) for _ in range(random.integers(1, 4)))


def _date(random: Random) -> str:
    year, month, day = random.integers(1920, 2031), random.integers(1, 13), random.integers(1, 32)
    sign = _pick(random, ["/", "-", ".", " ", ""])
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    forms = [
        f"{year}{sign}{month:02}{sign}{day:02}",
        f"{day:02}{sign}{month:02}{sign}{year}",
        f"{month}/{day}/{year % 100:02}",
        f"{day} {months[month - 1]} {year}",
        f"{months[month - 1]} {day:02} {year % 100:02}",
    ]
    return _pick(random, forms)


def _time(random: Random) -> str:
    hour, minute, second = random.integers(24), random.integers(60), random.integers(60)
    forms = [
        f"{hour:02}:{minute:02}:{second:02}",
        f"{hour}:{minute:02}",
        f"{hour % 12}:{minute:02} PM",
    ]
    return _pick(random, forms)


def _identifier(random: Random) -> str:
    signs = "0123456789" * 3 + "ABCDEFGHKLMNPRSTUVWXYZ-"
    return "".join(random.choice(list(signs), random.integers(4, 14)))


def _measure(random: Random) -> str:
    joint = _pick(random, ["", " ", ": ", "=", "  "])
    return f"{_pick(random, TERMS)}{joint}{_number(random)}{_pick(random, ['', ' ', '', '%'])}" + (
        _pick(random, TERMS) if random.random() < 0.3 else ""
    )


def _phrase(random: Random) -> str:
    return " ".join(
        _pick(random, TERMS) if random.random() < 0.4 else _word(random)
        for _ in range(random.integers(1, 7))
    )


def _single(random: Random) -> str:
    return _pick(random, SINGLE)


def _pair(random: Random) -> str:
    return _pick(random, SINGLE) + _pick(random, SINGLE)


def _mixed(random: Random) -> str:
    signs = list(SINGLE + SIGNS)
    return _pick(random, SINGLE) + "".join(random.choice(signs, random.integers(1, 8)))


KINDS: Final[list[Callable[[Random], str]]] = [
    _word, _number, _name, _date, _time, _identifier, _measure, _phrase, _single, _pair, _mixed,
]  # fmt: skip
WEIGHTS: Final = np.array([8, 12, 12, 10, 7, 9, 14, 9, 9, 6, 4]) / 100
