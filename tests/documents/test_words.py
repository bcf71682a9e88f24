"""Clinical documents and models: shapes, codes and findings stay, words that identify go."""

import numpy as np
import pytest

from pixelscrub.documents.cda import clean_cda, document_id, words_of
from pixelscrub.documents.find import find_in_document
from pixelscrub.documents.kinds import DocumentKind
from pixelscrub.documents.models import clean_model
from pixelscrub.documents.redact import redact
from pixelscrub.errors import HeldError, Reason
from pixelscrub.identity.pseudonyms import Pseudonyms
from pixelscrub.identity.terms import Terms
from pixelscrub.prove.formats.documents import check_document
from pixelscrub.recipe import Recipe
from pixelscrub.tags.deidentify import cleaner_of

from .builders import CDA, MTL, OBJ, STL, instance_of
from .test_pdf import as_file

TERMS = Terms(names=frozenset({"Quixote^Alonso"}), ids=frozenset({"PLANTED-4711"}))
PSEUDONYMS = Pseudonyms(b"k" * 32)
HEAD = b"""<?xml version="1.0"?><?xml-stylesheet href="quixote.xsl"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<!-- Alonso Quixote --><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.10.20.22.1.5" extension="2015-08-01"/>
<id root="1.2.3.99" extension="DOC-4711"/>
<code code="18748-4" codeSystem="2.16.840.1.113883.6.1" displayName="Radiology Report"/>
<title>Report of Alonso Quixote</title><effectiveTime value="20200102"/>
<recordTarget><patientRole><id root="1.2.3.98" extension="PLANTED-4711"/>
<addr><city>La Mancha</city></addr><telecom value="tel:030-1234567"/>
<patient><name><given>Alonso</given><family>Quixote</family></name>
<administrativeGenderCode code="M" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="15470929"/></patient></patientRole></recordTarget>"""
BODY = b"""<component><structuredBody><component><section><title>Findings</title>
<text><paragraph ID="quixote1">Mr. Quixote has no lesion in the liver.</paragraph></text>
<entry><observation classCode="OBS" moodCode="EVN"><text><reference value="#quixote1"/></text>
<value xsi:type="PQ" value="23" unit="mm"/></observation></entry>
</section></component></structuredBody></component></ClinicalDocument>"""


@pytest.fixture(scope="module")
def cleaned():
    return clean_cda(HEAD + BODY, cleaner_of(TERMS), PSEUDONYMS).decode()


def test_persons_places_and_times_leave_a_clinical_document(cleaned):
    for gone in ("uixote", "Alonso", "4711", "Mancha", "1234567", "15470929", "20200102", "xsl"):
        assert gone not in cleaned
    assert cleaned.count('nullFlavor="MSK"') == 5


def test_codes_measurements_and_findings_stay(cleaned):
    for kept in ('code="18748-4"', "has no lesion in the liver", 'value="23"', 'unit="mm"',
                 'extension="POCD_HD000040"', 'extension="2015-08-01"', 'code="M"',
                 'type="PQ"'):  # fmt: skip
        assert kept in cleaned


def test_references_inside_the_document_still_lead_home(cleaned):
    made = PSEUDONYMS.code("quixote1")
    assert f'ID="r{made}"' in cleaned
    assert f'value="#r{made}"' in cleaned


def test_document_and_header_name_it_alike(cleaned):
    _, identifier = redact(instance_of(CDA, HEAD + BODY), [], TERMS, PSEUDONYMS)
    assert identifier == document_id("1.2.3.99", "DOC-4711", PSEUDONYMS)
    assert f'root="{identifier}"' in cleaned


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (HEAD, Reason.DOCUMENT_DAMAGED),
        (b'<!DOCTYPE a [<!ENTITY x "Quixote">]><a>&x;</a>', Reason.DOCUMENT_DAMAGED),
        (b"<a>" * 5000 + b"</a>" * 5000, Reason.DOCUMENT_DAMAGED),
        (b"Quixote", Reason.DOCUMENT_DAMAGED),
        (b'<a xmlns="urn:hl7-org:v3"><nonXMLBody/></a>', Reason.DOCUMENT_CONTENT),
        (b'<a><value representation="B64">AAAA</value></a>', Reason.DOCUMENT_CONTENT),
    ],
    ids=["cut", "entities", "deep", "no XML", "embedded document", "embedded picture"],
)
def test_bad_clinical_documents_are_held(data, reason):
    with pytest.raises(HeldError) as held:
        find_in_document(instance_of(CDA, data), Recipe(), TERMS)
    assert held.value.reason is reason


def test_proof_reads_every_word_of_a_clinical_document():
    header = instance_of(CDA, HEAD + BODY)
    new, _ = redact(header, [], TERMS, PSEUDONYMS)
    check_document(as_file(header), as_file(instance_of(CDA, new)), [], TERMS)
    assert "Quixote" not in " ".join(words_of(new))
    with pytest.raises(HeldError) as held:
        check_document(as_file(header), as_file(header), [], TERMS)
    assert held.value.reason is Reason.IDENTIFIER_LEFT


def binary_stl(count=3):
    triangles = np.zeros(count, np.dtype([("corners", "<f4", (4, 3)), ("colour", "<u2")]))
    triangles["corners"], triangles["colour"] = np.arange(count * 12).reshape(count, 4, 3), 0x5158
    return b"Quixote skull".ljust(80) + count.to_bytes(4, "little") + triangles.tobytes()


def test_a_binary_model_keeps_its_triangles_and_loses_its_comment():
    old = binary_stl()
    new = clean_model(old, DocumentKind.STL, PSEUDONYMS)
    kind = np.dtype([("corners", "<f4", (4, 3)), ("colour", "<u2")])
    before, after = (np.frombuffer(data, kind, 3, 84) for data in (old, new))
    assert (before["corners"] == after["corners"]).all()
    assert not after["colour"].any()
    assert new[:80] == bytes(80)


WRITTEN = (
    b"solid Quixote\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 .5e-3\n"
    b"vertex 0 1 0\nendloop\nendfacet\nendsolid Quixote\n"
)


def test_names_of_written_models_go_and_numbers_stay():
    new = clean_model(WRITTEN, DocumentKind.STL, PSEUDONYMS)
    assert new == WRITTEN.replace(b" Quixote", b"")


def test_materials_still_fit_their_surfaces():
    shape = b"# Quixote\nmtllib quixote.mtl\no Quixote\nv 0 0 0\nv 1 0 0\nv 0 1 0\n"
    shape += b"usemtl Skin Q\nf 1 2 3\n"
    material = b"newmtl Skin Q\nKd 1 0 0\nmap_Kd quixote.png\n"
    one = clean_model(shape, DocumentKind.OBJ, PSEUDONYMS)
    other = clean_model(material, DocumentKind.MTL, PSEUDONYMS)
    name = PSEUDONYMS.code("Skin Q").encode()
    assert b"usemtl " + name in one
    assert other == b"newmtl " + name + b"\nKd 1 0 0\n"
    assert b"uixote" not in one
    assert b"\nv 1 0 0\nv 0 1 0\n" in one


@pytest.mark.parametrize(
    ("sop_class", "data", "reason"),
    [
        (OBJ, b"v 0 0 0\nowner Quixote\n", Reason.DOCUMENT_CONTENT),
        (STL, b"solid\nQuixote\nendsolid", Reason.DOCUMENT_CONTENT),
        (STL, binary_stl()[:-60], Reason.DOCUMENT_CONTENT),
        (STL, b" \r\n ", Reason.DOCUMENT_DAMAGED),
        (MTL, b"# Quixote\n", Reason.DOCUMENT_DAMAGED),
    ],
)
def test_models_of_which_something_is_not_understood_are_held(sop_class, data, reason):
    with pytest.raises(HeldError) as held:
        find_in_document(instance_of(sop_class, data), Recipe(), TERMS)
    assert held.value.reason is reason


def test_proof_reads_the_names_in_a_model():
    header = instance_of(OBJ, b"o Quixote\nv 0 0 0\n")
    with pytest.raises(HeldError) as held:
        check_document(as_file(header), as_file(header), [], TERMS)
    assert held.value.reason is Reason.IDENTIFIER_LEFT
