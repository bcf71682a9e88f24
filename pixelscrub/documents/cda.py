"""Clean clinical documents (HL7 CDA R2): the header by its entities, all text word by word.

What is not listed as harmless goes: names, addresses, telephone numbers, times, extensions of
identifiers. Codes stay. A null flavour MSK ("masked") stands for what was taken out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.identity.code_strings import is_code_value
from pixelscrub.identity.free_text import without_escapes

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from pixelscrub.identity.free_text import Cleaner
    from pixelscrub.identity.pseudonyms import Pseudonyms

HL7: Final = "urn:hl7-org:v3"
INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
MOST_ELEMENTS: Final = 1_000_000
DEEPEST: Final = 200
PERSONAL: Final = frozenset(
    {"name", "addr", "telecom", "birthTime", "deceasedTime", "time", "effectiveTime", "birthplace",
     "signatureText", "maritalStatusCode", "religiousAffiliationCode", "raceCode",
     "ethnicGroupCode", "asOrganizationPartOf", "manufacturerModelName", "softwareName",
     "lengthOfStay", "multipleBirthInd", "sdtc", "low", "high", "center", "width"}
)  # fmt: skip
"""Entities that name persons, places and times: they are emptied, with all that is in them."""
EMBEDDED: Final = frozenset({"nonXMLBody", "observationMedia"})
"""Entities that hold another document or a picture."""
HARMLESS: Final = frozenset(
    {"classCode", "moodCode", "typeCode", "contextControlCode", "contextConductionInd",
     "determinerCode", "negationInd", "inversionInd", "independentInd", "institutionSpecified",
     "unit", "nullFlavor", "styleCode", "use", "qualifier", "operator", "codeSystem",
     "codeSystemVersion", "listType", "border", "width", "align", "valign", "colspan", "rowspan",
     "scope", "inclusive", "sequenceNumber", f"{{{INSTANCE}}}type"}
)  # fmt: skip
"""Attributes of structure."""
WORDS: Final = frozenset({"code", "codeSystemName", "displayName", "value", "language"})
"""Attributes that may hold words: they are cleaned as text is."""
REGISTERED: Final = ("2.16.840.1.113883.", "1.2.840.10008.")
"""Roots of code systems that HL7 and DICOM register."""
TEMPLATES: Final = frozenset({"templateId", "typeId"})
TEMPLATE_EXTENSION: Final = re.compile(r"POCD_HD\d{6}|20\d\d-\d\d-\d\d")
"""What schemas and versions of templates are called."""
REFERENCES: Final = frozenset({"ID", "IDREF", "referencedObject"})


def clean_cda(data: bytes, cleaner: Cleaner, pseudonyms: Pseudonyms) -> bytes:
    """A document without what identifies.

    Args:
        data: the document.
        cleaner: cleans free text of the study.
        pseudonyms: makes the identifiers of documents, as in HL7 Instance Identifier.

    Raises:
        HeldError: DOCUMENT_DAMAGED, where it is no well-formed XML, has a document type, or is too
            deep or too large; DOCUMENT_CONTENT, where another document is embedded.
    """
    from defusedxml.ElementTree import fromstring

    with guarded(Reason.DOCUMENT_DAMAGED):
        root = fromstring(data.strip(b"\0 \r\n\t"), forbid_dtd=True)
    _check(root)
    for element in list(root.iter()):
        _clean(element, cleaner, pseudonyms)
    ElementTree.register_namespace("", HL7)
    ElementTree.register_namespace("xsi", INSTANCE)
    out = io.BytesIO()
    with guarded(Reason.TAGS_FAILED):
        ElementTree.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    return out.getvalue()


def document_id(root: str, extension: str, pseudonyms: Pseudonyms) -> str:
    """What stands for an identifier of root and extension (HL7 II), here and in the header."""
    return pseudonyms.uid(f"{root}^{extension}" if extension else root)


def words_of(data: bytes) -> Iterator[str]:
    """Every text and value of attributes, as the proof reads them.

    Raises:
        HeldError: as `clean_cda`.
    """
    from defusedxml.ElementTree import fromstring

    with guarded(Reason.NOT_READABLE_AGAIN):
        root = fromstring(data.strip(b"\0 "), forbid_dtd=True)
    for element in root.iter():
        yield from (text for text in (element.text, element.tail) if text)
        yield from element.attrib.values()


def _check(root: Element) -> None:
    """Refuse what is too large or deep, and what embeds another document."""
    level, count = [root], 0
    for _ in range(DEEPEST):
        count += len(level)
        if any(_name(one) in EMBEDDED or _is_binary(one) for one in level):
            raise HeldError(Reason.DOCUMENT_CONTENT, "embedded document")
        level = [child for one in level for child in one]
        if not level:
            break
    if level or count > MOST_ELEMENTS:
        raise HeldError(Reason.DOCUMENT_DAMAGED, "too deep or too large")


def _is_binary(element: Element) -> bool:
    return element.get("representation") == "B64"


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _clean(element: Element, cleaner: Cleaner, pseudonyms: Pseudonyms) -> None:
    name = _name(element)
    element.tail = _words(element.tail, cleaner)
    if name in PERSONAL:
        _mask(element)
        return
    element.text = _words(element.text, cleaner)
    given = dict(element.attrib)
    element.attrib.clear()
    if "root" in given:
        element.set("root", _root(element, given, pseudonyms))
    for key, value in given.items():
        if key in HARMLESS:
            element.set(key, cleaner.soften(value))
        elif _stays(element, key, given, cleaner):
            element.set(key, value)
        elif key in WORDS and (kept := cleaner.clean(value)):
            element.set(key, kept)
        elif key in REFERENCES:
            element.set(key, f"r{pseudonyms.code(value)}")
        elif key == "value" and value.startswith("#"):  # a reference within the document
            element.set(key, f"#r{pseudonyms.code(value[1:])}")


def _stays(element: Element, key: str, given: dict[str, str], cleaner: Cleaner) -> bool:
    """Whether a value is a code of a registered scheme, or names a template."""
    if key == "code":
        return _is_public(given[key], given, cleaner)
    return key == "extension" and _is_template(element, given[key])


def _is_public(code: str, given: dict[str, str], cleaner: Cleaner) -> bool:
    """Whether a code is one of a registered scheme, and none of the study's words."""
    scheme = given.get("codeSystem", "")
    is_own = cleaner.is_own(code) or cleaner.is_spelled(code)
    return scheme.startswith(REGISTERED) and is_code_value(code, True) and not is_own


def _is_template(element: Element, extension: str) -> bool:
    return _name(element) in TEMPLATES and TEMPLATE_EXTENSION.fullmatch(extension) is not None


def _root(element: Element, given: dict[str, str], pseudonyms: Pseudonyms) -> str:
    """A root of the standard stays; one that tells an institution or a document is replaced."""
    root, is_template = given["root"], _name(element) in TEMPLATES
    return root if is_template else document_id(root, given.get("extension", ""), pseudonyms)


def _mask(element: Element) -> None:
    kind = element.get(f"{{{INSTANCE}}}type")
    element.attrib.clear()
    element.text = None
    for child in list(element):
        element.remove(child)
    element.set("nullFlavor", "MSK")
    if kind is not None:
        element.set(f"{{{INSTANCE}}}type", kind)


def _words(text: str | None, cleaner: Cleaner) -> str | None:
    """Text without what identifies; white space stays as it is."""
    if text is None or not text.strip():
        return text
    return cleaner.clean(without_escapes(text))
