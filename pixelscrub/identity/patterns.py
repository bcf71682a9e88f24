"""Patterns of what identifies in free text: addresses, numbers, dates, ages, rooms and beds.

Seven languages: English, German, French, Spanish, Italian, Dutch, Portuguese. Whatever else is
unknown goes word by word (`freetext`); here is what consists of digits or of harmless words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pixelscrub.identity.vocabulary import is_known, is_unit, is_weak_name, may_be_name

Span = tuple[int, int]

_MONTHS = (
    r"(?:januar[iy]?|jänner|janvier|gennaio|enero|janeiro|jan|"
    r"februar[iy]?|février|fevrier|febbraio|febrero|fevereiro|feb|fev|févr|"
    r"march|märz|maerz|mars|marzo|maart|março|marco|mrz|(?-i:mrt|Mrt)|"
    r"april|avril|aprile|abril|apr|abr|avr|"
    r"may|mai|maggio|mayo|mei|maio|"
    r"june|juni|juin|giugno|junio|junho|jun|giu|"
    r"july|juli|juillet|luglio|julio|julho|jul|juil|lug|"
    r"august|augustus|août|aout|agosto|aug|"
    r"september|septembre|settembre|se[pt]tiembre|setembro|sept|"
    r"october|oktober|octobre|ottobre|octubre|outubro|oct|okt|ott|"
    r"november|novembre|noviembre|novembro|nov|"
    r"december|dezember|décembre|decembre|dicembre|diciembre|dezembro|dec|dez|déc|dic)"
)
_OTHER_MONTHS = r"(?:mar|mag|sep|set|ago|out|gen|ene)"
"""Short names of months that are words of descriptions too; they count beside a year or `de`."""
_OF = r"(?:\s*(?:of|de|del|d['’]|do)\s+)"
_ORDINAL = r"(?:\.|º|°|er|st|nd|rd|th|e|o)?"
_YEAR = r"(?:'?\d{2}|(?:19|20)\d{2})"

DATES = re.compile(
    rf"""
    \b\d{{1,4}}[-./\\]\d{{1,2}}[-./\\]\d{{1,4}}\b                  # with separators
  | \b\d{{1,2}}[ ]\d{{1,2}}[ ](?:19|20)\d{{2}}\b | \b(?:19|20)\d{{2}}[ ]\d{{1,2}}[ ]\d{{1,2}}\b
  | \b(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d*\b      # without
  | (?<![\d.])\d{{1,2}}\.[ ]?\d{{1,2}}\.(?![\d])                    # 14.3.
  | \b(?:0[1-9]|[12]\d|3[01])/(?:0[1-9]|1[0-2])\b | \b(?:0[1-9]|1[0-2])/(?:[12]\d|3[01])\b
  | \b(?:0?[1-9]|1[0-2])[/.-](?:19|20)\d{{2}}\b                     # month and year
  | \b\d{{1,2}}{_ORDINAL}(?:{_OF}|[\s.,/_-]*){_MONTHS}\b\.?(?:(?:{_OF}|[\s.,/_-]*){_YEAR}\b)?
  | \b\d{{1,2}}{_ORDINAL}{_OF}{_OTHER_MONTHS}\b\.?(?:(?:{_OF}|[\s.,/_-]*){_YEAR}\b)?
  | \b\d{{1,2}}{_ORDINAL}[\s.,/_-]*{_OTHER_MONTHS}\b\.?[\s.,/_-]*(?:19|20)\d{{2}}\b
  | \b{_MONTHS}\b\.?[\s_-]*\d{{1,2}}(?:st|nd|rd|th)?\b(?:[\s,_-]*{_YEAR}\b)?
  | \b(?:{_MONTHS}|{_OTHER_MONTHS})\b\.?{_OF}?[\s,/_-]*(?:19|20)\d{{2}}\b
  | \b\d{{1,2}}[:hH]\d{{2}}(?::\d{{2}})?(?:[.,]\d+)?(?:[ ]?[ap]\.?m\b\.?|[ ]?(?:uhr|h|uur)\b)?
  | \b\d{{1,2}}[ ]?(?:[ap]\.?m\b\.?|uhr\b|uur\b)
  | \b\d{{1,2}}(?:st|nd|rd|th)\b                                    # days of a month
  | (?<![\d.])(?:19|20)\d{{2}}(?![\d.]\d)\b                         # years
  | \b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b
    """,
    re.VERBOSE | re.IGNORECASE,
)

_FULL_DATES = re.compile(
    rf"""
    \b(?:19|20)\d{{2}}[-./]?(?:0[1-9]|1[0-2])[-./]?(?:[0-2]\d|3[01])\b
  | \b(?:0[1-9]|[12]\d|3[01])[-./](?:0[1-9]|1[0-2])[-./](?:19|20)\d{{2}}\b
  | \b(?:0[1-9]|1[0-2])[-./](?:0[1-9]|[12]\d|3[01])[-./](?:19|20)\d{{2}}\b
  | \b\d{{1,2}}{_ORDINAL}(?:{_OF}|[\s.,/_-]*)(?:{_MONTHS}|{_OTHER_MONTHS})\b\.?[\s.,/_-]*(?:19|20)\d{{2}}\b
    """,  # noqa: E501
    re.VERBOSE | re.IGNORECASE,
)

_AGE = r"(?:9\d|1[0-2]\d)"
_YEARS = (
    r"(?:years?|yrs?|yo|y/o|y\.?\s?o\.?|y|jahren?|jährig\w*|jaehrig\w*|jr?g?|ans?|años?|anos?|anni|anno|"
    r"jaar|jarige?|a)"
)
_TENS = (
    r"(?:\bninety|\b(?:one\s)?hundred\b|\w*neunzig|\w*hundert(?!el)|\bquatre[\s-]*vingts?|\bnonante|\bnoventa|"
    r"\bnovanta|\w*negentig|\bhonderd|\bcent\s(?=ans|un|deux|trois)|\bcien(?:to)?\s(?=años|uno|dos|tres)|"
    r"\bcento\s?(?=anni|uno|due|tre)|\bcem\s(?=anos))"
)
AGES = re.compile(
    rf"""
    \b0?{_AGE}[\s-]*{_YEARS}(?:[\s-]*(?:old|alte?r?|d['’]?âge|de\ edad|de\ idade|oud|di\ età))?\b
  | \b(?:aged?|alter|âge|agé|âgée?|edad|età|anni|leeftijd|idade)\b[\s:=]*(?:of|de|d['’]|di|von|van)?[\s:=]*0?{_AGE}\b
  | \b0?{_AGE}[\s-]?(?:[mfwv]\b|male|female|homme|femme|hombre|mujer|mann|frau|uomo|donna)
  | \b[mfw][\s-]?0?{_AGE}\b
  | \bin\s(?:his|her|their)\s(?:nineties|90s)\b
  | {_TENS}(?:[\s-](?:y|e|und|and|et|en|dix|onze|douze|treize|quatorze|quinze|seize|\w*(?:one|two|three|four|five|six|seven|eight|nine|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|um|dois|três|quatro|sete|oito|nove|un|deux|trois|quatre|cinq|sept|huit|neuf)))*\w*
    """,  # noqa: E501
    re.VERBOSE | re.IGNORECASE,
)

_PLACES = (
    r"(?:room|rm|bed|ward|bay|unit|floor|station|zimmer|zi|bett|chambre|chbre|lit|salle|étage|habitación|"
    r"habitacion|hab|cama|planta|sala|stanza|camera|letto|reparto|piano|kamer|bed|afdeling|zaal|quarto|leito|"
    r"enfermaria|piso|suite|box|boks|cubicle|stretcher|trolley|theatre|cabin)"
)
CONTACTS = re.compile(
    rf"""
    [\w.+-]+[ ]?(?:@|\(at\)|\[at\])[ ]?[\w-]+(?:\.[\w-]+)*          # e-mail
  | (?:https?://|ftp://|www\.)\S+                                   # web
  | \b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|de|fr|es|it|nl|pt|br|uk|ch|at|be|eu|info|io)\b(?:/\S*)?
  | \b\d+(?:\.\d+){{4,}}\b                                          # UIDs
  | \b{_PLACES}\b\.?[\s:#-]*(?:nr|no|n°|nº|num|numero|number)?\.?[\s:#-]*[a-z]?[-]?\d{{1,4}}(?:[-./]?[a-z0-9]{{1,2}})?\b(?!\s?(?:t|tesla)\b)
  | \b(?:room|bed|ward|zimmer|bett|kamer|lit|letto|chambre|cama)\b[\s:#-]*[a-z]\b
  | (?<![\w.])(?:nr|no|n°|nº|id|mrn|acc|pid|nhs|ssn|tel|ph|fax|ext)[.:#\s-]*\#?\d[\d\s/-]*\d
  | \d{{5,}}                                                        # long enough to be an ID
    """,  # noqa: E501
    re.VERBOSE | re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]+[ ]?@[ ]?[\w-]+(?:\.[\w-]+)+")
PLATES = re.compile(
    r"""
    \b[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ -]?\d{1,4}[EH]?\b
  | \b[A-Z]{2}[- ]?\d{3}[- ]?[A-Z]{2}\b
  | \b\d{4}[- ]?[BCDFGHJKLMNPRSTVWXYZ]{3}\b
  | \b[A-Z]{2}\d{2}[ ]?[A-Z]{3}\b
  | \b(?:[A-Z]{1,2}-\d{2,3}-[A-Z]{1,2}|\d{1,2}-[A-Z]{2,3}-\d{1,2}|[A-Z]{2}-\d{2}-\d{2}|\d{2}-\d{2}-[A-Z]{2}|[A-Z]{2}-[A-Z]{2}-\d{2})\b
  | \b[A-Z]{3}-\d{3,4}\b | \b\d[A-Z]{3}\d{3}\b
  | \b[A-Z]{1,2}\d[A-Z\d]?[ ]?\d(?!CH|CM|MM|ML|MS|MG)[A-BD-HJLNP-UW-Z]{2}\b
    """,  # noqa: E501
    re.VERBOSE,
)
"""Number plates, and postcodes of letters and digits; capitals only."""
_WITH_CAPITAL = r"(?:[DdLl]['’])?[A-ZÀ-ÖØ-ÞĀ-ž][^\W\d_A-Z]+"
_BETWEEN = r"(?:-(?:les|la|le|sur|sous|en|de|du|am|im|an|der))"
_TITLE_CASE = rf"(?:{_WITH_CAPITAL}(?:{_BETWEEN}{{0,2}}[-'’ ]{_WITH_CAPITAL}){{0,2}})"
_PARTICLES = (
    r"(?:(?:de|di|do|da|dos|das|del|della|des|du|van|von|der|den|la|le|las|los|el|am|an|im|in|zu|"
    r"of|St\.?)\s+)"
)
STREETS = re.compile(
    rf"""
    \b(?:[Rr]ue|[Aa]v(?:enue|enida|\.)|[Bb]oulevard|[Bb]d|[Cc]hemin|[Aa]llée|[Ii]mpasse|[Qq]uai|[Cc]alle|[Cc]/|[Pp]laza|
      [Pp]laça|[Pp]aseo|[Cc]arrer|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Ll]argo|[Rr]ua|[Tt]ravessa|[Ee]strada|[Pp]raça)
    \s+(?:{_PARTICLES}|{_TITLE_CASE}\s*)+,?\s*(?:\d{{1,4}}\w?\b)?
  | \b\d{{1,4}}\s+(?:{_TITLE_CASE}\s+){{1,3}}(?:[Ss]treet|[Ss]t|[Rr]oad|[Rr]d|[Aa]venue|[Aa]ve|[Ll]ane|[Dd]rive|[Cc]ourt|[Ww]ay|[Ss]quare)\b
  | \b\w*(?:straße|strasse|str\.|weg|platz|allee|gasse|straat|laan|plein|gracht|kade|dijk)\s+\d{{1,4}}\s?[a-z]?\b
  | \b(?:[Hh][oô]spital|\w*[Kk]linik|\w*[Kk]linikum|[Kk]rankenhaus|CHU|CHR|[Cc]lini(?:c|que|ek)|[Cc]l[ií]nica|[Oo]spedale|[Zz]iekenhuis|[Pp]raxis|[Ii]nstitut[oe]?)
    \s+(?:{_PARTICLES}*{_TITLE_CASE}\s*){{1,3}}
    """,  # noqa: E501
    re.VERBOSE,
)
"""Streets and hospitals, told by the kind of place that stands before or after them."""
HOSPITALS = re.compile(
    rf"\b(?:{_TITLE_CASE}\s+){{1,3}}(?:[Hh]ospital|[Cc]linic|[Ii]nfirmary|[Mm]edical\s[Cc]ent(?:er|re))\b"
)
PLACES = re.compile(
    rf"""
    (?<![\d./-])(?<![\d./-][ ])(?<![A-Z][A-Z][ ])(?<!-[A-Z][ ])\b\d{{4,5}}\s+
    {_PARTICLES}*{_TITLE_CASE}(?:\s+{_PARTICLES}*{_TITLE_CASE})?                # 75013 Paris
  | \b\d{{1,4}}\w?\s+(?:{_TITLE_CASE}\s+){{0,2}}{_TITLE_CASE},\s*{_TITLE_CASE}       # 126 Forest Heights, Dixon
  | \b(?:{_TITLE_CASE}\s+){{0,2}}{_TITLE_CASE}\s\d{{1,4}}\s?[a-z]?,\s*\d{{4,5}}\s+{_PARTICLES}*{_TITLE_CASE}
    """,  # noqa: E501
    re.VERBOSE,
)
"""Addresses without such a word; they count if a word in them is no plain word of medicine."""
_FOR = r"(?:for|by|für|fuer|von|pour|par|para|por|per|da|voor|door)"
FOR_SOMEBODY = re.compile(rf"\b(?i:{_FOR})\s+({_WITH_CAPITAL})\s+({_WITH_CAPITAL})\b")
NAMES = re.compile(
    r"""
    (?<![\w.])[A-Z]\.\s?(?:[A-Z]\.\s?)?[A-ZÀ-Þ][^\W\d_A-Z]+ # J. Smith
  | \b(?:[Ss]ig\.?\s?ra|[Dd]ott\.?\s?ssa|[Dd]r\.?\s?ssa|[Ss]r\.?ª|[Pp]rof\.?\s?ssa)\.?\s+\w+
    """,
    re.VERBOSE,
)
"""Names after initials, and after titles that are written with a point inside."""
_GROUPS = re.compile(r"(?<![\w.,])\+?\(?\d{1,5}\)?(?:[ ./()-]{1,3}\d{1,5}\)?){1,8}(?![\w])")
_LEAST_DIGITS, _MOST_DIGITS = 6, 16
_DECIMAL = re.compile(r"[+]?\d{1,5}\.\d{1,6}/?")
_DECIMALS = re.compile(r"\d\.\d{1,2}(?!\d)")
_AFTER = re.compile(r"[\s]*([^\W\d_]+)")


def contacts(text: str) -> Iterator[Span]:
    """Spans of addresses, telephone numbers, number plates, rooms, and long numbers."""
    for pattern in (CONTACTS, PLATES, NAMES):
        yield from (found.span() for found in pattern.finditer(text))
    yield from (_without_known_end(found, False) for found in STREETS.finditer(text))
    yield from (found.span() for found in HOSPITALS.finditer(text) if _tells_place(found[0]))
    for found in PLACES.finditer(text):
        if _tells_place(found[0].split(",")[0]):
            yield _without_known_end(found, True)
    for found in FOR_SOMEBODY.finditer(text):
        if all(_is_name(word) for word in found.groups()):
            yield found.start(1), found.end()
    for found in _GROUPS.finditer(text):
        if _is_phone(found[0], text[found.end() :]):
            yield found.span()


def _is_name(word: str) -> bool:
    """Whether a word may be somebody's or some town's: no plain word of medicine."""
    return not is_known(word) or may_be_name(word) or is_weak_name(word)


def _tells_place(text: str) -> bool:
    return any(_is_name(word[0]) for word in _WORDS.finditer(text) if word[0][0].isupper())


def _without_known_end(found: re.Match[str], may_be_none: bool) -> Span:
    """The span of an address less the words of medicine that follow it with a capital.

    Args:
        found: the address.
        may_be_none: whether the first word with a capital may be such a word as well; after
            `rue` or `hospital` it is not.
    """
    if found[0][-1:].isdigit():
        return found.span()
    capitals = [word for word in _WORDS.finditer(found[0]) if word[0][0].isupper()]
    fixed = 0 if may_be_none else 1 + (capitals[0].start() == 0)
    end = found.end()
    for word in reversed(capitals[fixed:]):
        if _is_name(word[0]):
            break
        end = found.start() + word.start()
    return found.start(), end


_WORDS = re.compile(r"[^\W\d_]+")


def has_mail(text: str) -> bool:
    """Whether a text holds an e-mail address."""
    return _MAIL.search(text) is not None


def full_dates(text: str) -> Iterator[Span]:
    """Spans of whole dates with or without separators: what no device writes as its version."""
    yield from (found.span() for found in _FULL_DATES.finditer(text))


def dates(text: str) -> Iterator[Span]:
    """Spans of dates, parts of dates, times of day, and ages above 89."""
    for pattern in (DATES, AGES):
        yield from (found.span() for found in pattern.finditer(text))


def _is_phone(group: str, after: str) -> bool:
    """Whether groups of digits are a telephone number: no measurement follows, no decimals."""
    if not _LEAST_DIGITS <= sum(c.isdigit() for c in group) <= _MOST_DIGITS:
        return False
    if _DECIMAL.fullmatch(group):
        return False
    beside = _AFTER.match(after)
    is_measured = beside is not None and len(beside[1]) > 1 and is_unit(beside[1])
    return not is_measured and not (_DECIMALS.search(group) and group.count(".") < group.count(" "))
