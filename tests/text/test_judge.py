"""What may stay: whole words and measurements, never anything that may be a name."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelscrub.identity.terms import Terms
from pixelscrub.identity.vocabulary import may_be_name
from pixelscrub.text.reading.judge import LABEL_WORDS, PERSONAL, harmless, phrases, plain, stays

SURNAMES = """
SMITH JOHNSON WILLIAMS BROWN JONES GARCIA MILLER DAVIS RODRIGUEZ MARTINEZ HERNANDEZ LOPEZ GONZALEZ
WILSON ANDERSON THOMAS TAYLOR MOORE JACKSON MARTIN LEE PEREZ THOMPSON WHITE HARRIS SANCHEZ CLARK
RAMIREZ LEWIS ROBINSON WALKER YOUNG ALLEN KING WRIGHT SCOTT TORRES NGUYEN HILL FLORES GREEN ADAMS
NELSON BAKER HALL RIVERA CAMPBELL MITCHELL CARTER ROBERTS GOMEZ PHILLIPS EVANS TURNER DIAZ PARKER
CRUZ EDWARDS COLLINS REYES STEWART MORRIS MORALES MURPHY COOK ROGERS GUTIERREZ ORTIZ MORGAN COOPER
PETERSON BAILEY REED KELLY HOWARD RAMOS KIM COX WARD RICHARDSON WATSON BROOKS CHAVEZ WOOD JAMES
BENNETT GRAY MENDOZA RUIZ HUGHES PRICE ALVAREZ CASTILLO SANDERS PATEL MYERS LONG ROSS FOSTER JIMENEZ
POWELL JENKINS PERRY RUSSELL SULLIVAN BELL COLEMAN BUTLER HENDERSON BARNES LI WU NG LE HO MA XU YU
BI SU OH AN ABE ITO ONO KATO SATO MORI UEDA ENDO WADA WANG ZHANG LIU CHEN YANG HUANG ZHAO ZHOU GAO
HEAD HEART LUNG CHEST SPINE BONE SCAN SCOUT GAIN DEPTH GRIDLEY POWER FRAME STANDING FREEZE FIELD
FRANK GANTRY CONTRAST BEAM COLD HAND FOOT LOWE HIGH SHARP SMALL LITTLE BODY PAGE DAY MAY APRIL JUNE
MUELLER MÜLLER SCHMIDT SCHNEIDER FISCHER WEBER MEYER WAGNER BECKER SCHULZ HOFFMANN KOCH BAUER KLEIN
WOLF NEUMANN SCHWARZ ZIMMERMANN BRAUN KRÜGER HOFMANN HARTMANN LANGE WERNER KRAUSE LEHMANN KÖHLER
ROSSI RUSSO FERRARI ESPOSITO BIANCHI ROMANO COLOMBO RICCI MARINO GRECO BRUNO GALLO CONTI DE LUCA
LINKE LINKER RECHTER LI RE DROIT ASSIS DESTRO SUPINO GUADAGNO STEHR LIEGL SITZER DIREITOS
MANN ARTZ LATHAM RIGHTON LEFTWICH CCARTHY APPEL PAGET ERECTO PRONER CINELLI PWRIGHT
"""


@pytest.mark.parametrize("text", ["L", "RT", "R MLO", "LCC", "Right"])
def test_sides_stay(text: str) -> None:
    assert stays(text, 0.95, "laterality", None)
    assert stays(text, 0.95, "harmless", None)


@pytest.mark.parametrize(
    "text", ["16cm", "54 fps", "DR:50", "MI=0.8", "TIS<0.4 MI=0.8 AO=100%", "L 3.5 MHz", "Portable"]
)
def test_measurements_and_technique_stay_where_harmless_text_may(text: str) -> None:
    assert stays(text, 0.95, "harmless", None)
    assert not stays(text, 0.95, "laterality", None)


@pytest.mark.parametrize(
    "text",
    [
        *("", "63", "M 63", "0545234234", "1234567cm", "12345 mm", "16cm/2006", "Age 78", "J.R."),
        *("08.30.2022", "5/24/2006", "9:40:58 AM", "DOB: 06.16.1976"),
        *("SCOTT 16cm", "Gain 5 dB Smith", "L5-S1 ROSS"),
    ],
)
@pytest.mark.parametrize("keep", ["laterality", "harmless"])
def test_doubt_masks(text: str, keep: str) -> None:
    assert not stays(text, 1.0, keep, None)  # type: ignore[arg-type]


def test_nothing_stays_by_default_or_where_reading_is_uncertain() -> None:
    assert not stays("L", 1.0, "nothing", None)
    assert not stays("L", 0.79, "laterality", None)


def test_a_word_of_the_header_never_stays() -> None:
    terms = Terms(names=frozenset({"CINE^LEFT"}), ids=frozenset({"50"}))
    assert stays("LEFT", 1.0, "laterality", None)
    assert not stays("LEFT", 1.0, "laterality", terms)
    assert not stays("CINE", 1.0, "harmless", terms)
    assert not stays("DR 50", 1.0, "harmless", terms)


@pytest.mark.parametrize("keep", ["laterality", "harmless"])
def test_no_surname_stays(keep: str) -> None:
    forms = [
        form
        for name in SURNAMES.split()
        for form in (name, name.title(), f"{name} 16cm", f"L {name}")
    ]
    assert not [form for form in forms if stays(form, 1.0, keep, None)]  # type: ignore[arg-type]


BEGINNINGS = """
Al An Ba Be Bo Bru Ca Car Che Co Da De Do El En Fa Fer Fra Ga Ger Gu Ha He Ho
Ja Jo Ka Ki Ko La Le Li Lo Ma Me Mi Mo Na Ne No O Pa Pe Pi Ra Re Ri Ro Sa Sco
"""
MIDDLES = """
ba bri di er ga ha ka li lo ma mi na ne ni ra ri ro sa ta ti va
"""
ENDS = """
bach ber berg by da der dez do ez ford ger ham ini ka ki la land ley ler lin man mann
mer na ner ney no nov rez ri ro ski son stein ta te ter ton tt va vic wa way wicz
"""
NAMES = [
    a + b + c for a in BEGINNINGS.split() for b in ["", *MIDDLES.split()] for c in ENDS.split()
]


@pytest.mark.parametrize("keep", ["laterality", "harmless"])
def test_no_name_of_ten_thousand_stays(keep: str) -> None:
    names = NAMES[:: len(NAMES) // 10_000]
    assert len(names) >= 10_000
    pairs = zip(names, reversed(names), strict=True)
    forms = [form for a, b in pairs for form in (a, a.upper(), f"{b}^{a}", f"L {a}", f"{a} 50 mm")]
    assert not [form for form in forms if stays(form, 1.0, keep, None)]  # type: ignore[arg-type]


@settings(max_examples=2000, deadline=None)
@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜÉÑabcdefghijklmnopqrstuvwxyz'-", min_size=1, max_size=14)
)
def test_no_word_stays_but_those_of_the_list(word: str) -> None:
    listed = plain(word) in harmless()
    assert stays(word, 1.0, "harmless", None) == listed


@given(st.integers(0, 10**10))
def test_no_bare_number_stays(number: int) -> None:
    assert not stays(str(number), 1.0, "harmless", None)


@pytest.mark.parametrize(
    "text", ["Abdomen", "Thyroid 16cm", "LEFT KIDNEY", "Frame 12", "Gain 50 dB", "Contrast 3"]
)
def test_what_tells_nobody_stays_where_only_identifying_text_goes(text: str) -> None:
    assert stays(text, 0.95, "unidentifying", None)
    assert not stays(text, 0.5, "unidentifying", None)


@pytest.mark.parametrize(
    "text",
    [
        *("Thyroid Meier", "KIDNEY 12345", "Abdomen 3/4/2011", "LEFT KIDNEY 9:40", "1961", "J.R."),
        *("067Y M", "78F", "St. Anna Hospital", "Abdomen by Young", "An Li", "ID: 77 123"),
        *("49", "Age 49", "MALE", "Patient 12", "Physician"),
    ],
)
def test_what_may_tell_of_a_person_goes(text: str) -> None:
    assert not stays(text, 1.0, "unidentifying", None)


def test_words_of_the_header_go_though_medicine_uses_them() -> None:
    terms = Terms(names=frozenset({"LIVER^ANNA"}))
    assert stays("LIVER", 1.0, "unidentifying", None)
    assert not stays("LIVER", 1.0, "unidentifying", terms)


LABELS = {
    *("BEAM", "BODY", "BONE", "CHEST", "CONTRAST", "DEPTH", "FRAME", "GAIN", "GANTRY", "HEAD"),
    *("HEART", "HIGH", "LUNG", "POWER", "SCAN", "SCOUT", "SPINE", "STANDING"),
}
"""Surnames that images are labelled with."""


def test_no_surname_tells_nobody_but_words_that_images_are_labelled_with() -> None:
    assert {s for s in SURNAMES.split() if stays(s, 1.0, "unidentifying", None)} <= LABELS


def test_of_several_surnames_none_tells_nobody() -> None:
    names = [name for name in SURNAMES.split() if name not in LABELS]
    pairs = [f"{one} {other}" for one, other in itertools.pairwise(names)]
    assert not [pair for pair in pairs if stays(pair, 1.0, "unidentifying", None)]


@pytest.mark.parametrize(
    "text",
    [
        *("LINKS", "rechts", "beidseits", "D", "Gauche", "droite", "BILATÉRAL", "IZQUIERDA"),
        *("dcha", "SX", "destra", "Sinistra", "ESQUERDO", "direita", "beiderzijds"),
    ],
)
def test_sides_stay_in_seven_languages(text: str) -> None:
    assert stays(text, 0.95, "laterality", None)
    assert stays(text, 0.95, "harmless", None)
    assert len(text) == 1 or not stays(text, 0.95, "laterality", Terms(names=frozenset({text})))


@pytest.mark.parametrize(
    "text",
    [
        *("liegend", "IM STEHEN LINKS", "Rückenlage", "Ruckenlage", "ohne Kontrastmittel"),
        *("Debout", "DÉCUBITUS DORSAL", "avec injection", "de pie", "En bipedestación DCHA"),
        *("IN PIEDI", "senza contrasto", "Liggend", "zonder contrast", "em pé", "Decúbito dorsal"),
        *("Tiefe 12 cm", "Frequenz: 3,5 MHz", "PROFONDEUR 16 cm", "Épaisseur 5 mm"),
        *("Profundidad: 15 cm", "Profondità 12 cm", "DIEPTE 9 cm", "Frequência 5 MHz L"),
    ],
)
def test_technique_and_measurements_stay_in_seven_languages(text: str) -> None:
    assert stays(text, 0.95, "harmless", None)
    assert not stays(text, 0.95, "laterality", None)
    assert not stays(f"{text} MEYER", 0.95, "harmless", None)


@pytest.mark.parametrize(
    "text",
    [
        *("Alter 63 cm", "63 Jahre", "geb. 12.03.1961", "Patientin liegend", "né le 3 mars"),
        *("Edad 63", "años", "Nome", "PAZIENTE in piedi", "Leeftijd 63", "Idade 63 cm", "Tiefe 12"),
        *("Im", "de", "in", "pé", "lit", "Kontrastmittel Meyer", "Profondeur Martin 16 cm"),
    ],
)
@pytest.mark.parametrize("keep", ["laterality", "harmless", "unidentifying"])
def test_doubt_masks_in_other_languages_too(text: str, keep: str) -> None:
    assert not stays(text, 1.0, keep, None)  # type: ignore[arg-type]


def test_words_that_stay_are_nobodys_name_and_announce_nobody() -> None:
    """English ones are older than this rule; terms of the study mask them where they are names."""
    alone = {phrase for phrase in harmless() | phrases(LABEL_WORDS) if " " not in phrase}
    assert len(alone) > 80
    assert not alone & phrases(PERSONAL)
    longer = {word for word in alone if len(word) > 3}
    assert {word for word in longer if may_be_name(word)} <= {"LEFT", "RIGHT", "CINE", "PRONE"}
