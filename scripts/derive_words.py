#!/usr/bin/env python3
"""Write `identity/data/words.txt`: words of the standard's codes and attributes.

From pydicom's code and data dictionaries. A word counts that stands in small letters, or all in
capitals, or in the name of an attribute. Where codes have it only at the start of a meaning it
may be a person, a place or a breed (`Crohn disease`), so there it needs an ending of medicine's.
"""

from __future__ import annotations

import re
from pathlib import Path

from pydicom.datadict import DicomDictionary
from pydicom.sr._concepts_dict import concepts

TARGET = Path(__file__).parent.parent / "pixelscrub" / "identity" / "data" / "words.txt"


ENDINGS = re.compile(
    r".{2,}(ic|ous|oma|osis|itis|a?emia|uria|tomy|graphy|gram|scopy|metry|plasty|ology|ation|ition"
    r"|ction|sion|ity|ment|able|ible|ative|ated|pathy|plegia|algia|cele|cardia|genic|ular|inal"
    r"|onal|eral|iac|renal|endix|graft|scope|phase|tube|axis|plasm|cyte|blast)"
)


def meanings() -> list[str]:
    found = concepts.values()
    return [m[0] for scheme in found for codes in scheme.values() for m in codes.values()]


def words_of(phrase: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", phrase)


def main() -> None:
    attributes = {w.lower() for entry in DicomDictionary.values() for w in words_of(entry[2])}
    codes = [words_of(meaning) for meaning in meanings()]
    small = {w.lower() for words in codes for w in words if w.islower() or w.isupper()}
    first = {words[0].lower() for words in codes if words}
    found = attributes | small | {w for w in first if ENDINGS.fullmatch(w)}
    TARGET.write_text("\n".join(sorted(w for w in found if len(w) > 1)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
