"""Encapsulated PDF: what is found, what is written, what is refused."""

import io

import numpy as np
import pydicom
import pytest

from pixelscrub.documents.find import find_in_document
from pixelscrub.documents.kinds import DocumentKind, document_of
from pixelscrub.documents.pages import write_pages
from pixelscrub.documents.pdf import Pdf
from pixelscrub.documents.redact import boxes_of, redact
from pixelscrub.documents.unread import unread_letters
from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box, Finding
from pixelscrub.identity.pseudonyms import Pseudonyms
from pixelscrub.identity.terms import Terms
from pixelscrub.prove.formats.documents import check_document, check_pictures_only
from pixelscrub.recipe import Recipe

from .builders import OBJ, PDF, REPORT, instance_of, pdf, scan, stream, unnamed, written

TERMS = Terms(
    names=frozenset({"Quixote^Alonso"}),
    ids=frozenset({"PLANTED-4711"}),
    births=frozenset({"15470929"}),
)
STRIPED = Recipe.model_validate(
    {"text": {"detectors": ["strokes", "network"]}, "steps": {"face": False}}
)


@pytest.fixture(scope="module")
def found():
    return find_in_document(instance_of(PDF, REPORT), STRIPED, TERMS)


def words_shown(data, page, findings):
    """Words of the text layer that no box covers."""
    with Pdf(data) as opened:
        text = opened.text(page)
    boxes = boxes_of(findings, page)
    return [
        text.text[w.start : w.end]
        for w in text.words
        if not any(w.boxes[0].intersection(box) == w.boxes[0] for box in boxes)
    ]


def test_names_numbers_and_dates_go_and_findings_of_the_liver_stay(found):
    shown = " ".join(words_shown(REPORT, 0, found))
    assert "No focal lesion in the liver. Cyst of 23 mm in the left kidney." in shown
    assert "Radiology report" in shown
    assert not {"Alonso", "Quixote,", "Quixote", "29.09.1547,", "PLANTED-4711"} & set(shown.split())


def test_text_in_a_scanned_picture_is_masked(found):
    letters = Box(125, 1448, 478, 1488)  # of the picture that stands 80 points above the edge
    drawn = [f.box for f in found if f.source != "text layer"]
    assert sum(box.intersection(letters).area for box in drawn) > 0.6 * letters.area


def test_text_under_a_picture_does_not_speak_for_the_picture():
    """A text layer behind a scan says what it likes: what is seen are the scan's letters."""
    page = [(12, 130, b"liver liver liver"), scan()]
    found = find_in_document(instance_of(PDF, pdf(page)), STRIPED, TERMS)
    assert any(f.source != "text layer" and f.box.width > 200 for f in found)


def test_letters_in_forms_are_words_like_others():
    inner = stream(
        b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F1<</Type/Font"
        b"/Subtype/Type1/BaseFont/Helvetica>>>>>>",
        b"BT /F1 18 Tf 50 600 Td (Quixote has no lesion) Tj ET",
    )
    drawn = stream(b"", b"/X Do")
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</XObject<</X 5 0 R>>>>>>"
    )
    tree = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    data = written([b"<</Type/Catalog/Pages 2 0 R>>", tree, page, drawn, inner])
    found = find_in_document(instance_of(PDF, data), STRIPED, TERMS)
    assert words_shown(data, 0, found) == ["has", "no", "lesion"]


@pytest.mark.parametrize("turned", [b"/Rotate 90", b"/CropBox[40 40 500 800]", b"/Rotate 270"])
def test_masks_lie_on_the_words_of_turned_and_cropped_pages(turned):
    data = pdf([(20, 500, b"Quixote liver")], page=turned)
    with Pdf(data) as opened:
        picture, text = opened.picture(0), opened.text(0)
        bare = opened.picture(0, with_text=False)
    assert (bare == 255).all()
    covered = np.zeros(picture.shape[:2], bool)
    for word in text.words:
        for box in word.boxes:
            around = box.padded(1)
            covered[max(around.y0, 0) : around.y1, max(around.x0, 0) : around.x1] = True
    assert (picture[covered] < 128).any()
    assert (picture[~covered] > 128).all()


def redacted(header, findings):
    new, identifier = redact(header, findings, TERMS, Pseudonyms(b"k" * 32))
    after = instance_of(PDF, new, SOPInstanceUID=header.SOPInstanceUID)
    return new, identifier, after


def as_file(header):
    file = io.BytesIO()
    header.save_as(file, enforce_file_format=True)
    file.seek(0)
    return file


def test_written_pages_are_pictures_and_nothing_else(found):
    header = instance_of(PDF, REPORT)
    new, identifier, after = redacted(header, found)
    assert identifier.startswith("2.25.")
    for word in (b"Quixote", b"JavaScript", b"OpenAction", b"Font", b"/ID", b"Date"):
        assert word not in new
    with Pdf(REPORT) as old, Pdf(new) as opened:
        assert opened.pages == old.pages
        assert not opened.text(0).text.strip()
        picture, stored = old.picture(0), opened.stored(0)[0]
    for box in boxes_of(found, 0):
        picture[box.y0 : box.y1, box.x0 : box.x1] = 0
    assert (picture == stored).all()
    check_document(as_file(header), as_file(after), found, TERMS)
    assert redacted(header, found)[0] == new  # the same input, the same bytes


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data, found: (data, found[1:]), Reason.PIXELS_CHANGED),
        (lambda data, found: (REPORT, found), Reason.SURPLUS_LEFT),
        (lambda data, found: (write_pages([], 150), found), Reason.NOT_READABLE_AGAIN),
    ],
    ids=["another plan", "not rewritten", "no page"],
)
def test_proof_refuses_what_is_not_as_planned(found, change, reason):
    header = instance_of(PDF, REPORT)
    data, planned = change(redacted(header, found)[0], found)
    with pytest.raises(HeldError) as held:
        check_document(as_file(header), as_file(instance_of(PDF, data)), planned, TERMS)
    assert held.value.reason in {reason, Reason.DOCUMENT_DAMAGED}


def test_proof_sees_a_name_that_no_mask_covers():
    header = instance_of(PDF, pdf([(12, 700, b"Quixote")]))
    after = redacted(header, [])[2]
    with pytest.raises(HeldError) as held:
        check_document(as_file(header), as_file(after), [], TERMS)
    assert held.value.reason is Reason.IDENTIFIER_LEFT


def test_letters_go_that_the_text_layer_does_not_tell():
    """A font may say a space for each letter: the layer is empty, and the name is on the page."""
    header = instance_of(PDF, unnamed(b"Sancho Panza"))
    found = find_in_document(header, STRIPED, TERMS)
    new, *_, after = redacted(header, found)
    with Pdf(header.EncapsulatedDocument) as before, Pdf(new) as opened:
        ink = (before.picture(0) < 128).any(axis=2)
        assert ink.sum() > 1000
        assert not opened.stored(0)[0][ink].any()
    check_document(as_file(header), as_file(after), found, TERMS)
    with pytest.raises(HeldError) as held:
        check_document(as_file(header), as_file(redacted(header, [])[2]), [], TERMS)
    assert held.value.reason is Reason.TEXT_LEFT


@pytest.mark.parametrize("font", [b"Helvetica-Oblique", b"Times-BoldItalic", b"Symbol"])
def test_letters_that_reach_beyond_their_box_are_not_unread(font):
    lines = [(size, 820 - 90 * at, b"fjord fully _l/I| j") for at, size in enumerate((6, 16, 64))]
    with Pdf(pdf(lines, font=font)) as opened:
        picture, bare = opened.picture(0), opened.picture(0, with_text=False)
        assert (picture != bare).any()
        assert unread_letters(picture, bare, opened.text(0).words) == []


def test_coloured_pages_stay_coloured():
    page = np.full((20, 30, 3), (10, 200, 90), np.uint8)
    with Pdf(write_pages([page, page[..., :1].repeat(3, 2)], 150)) as opened:
        assert (opened.stored(0)[0] == page).all()
        assert (opened.stored(1)[0] == 10).all()


ENCRYPTED = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<00><00>]" % (
    b"00" * 32,
    b"11" * 32,
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.DOCUMENT_DAMAGED),
        (b"hello Quixote", Reason.DOCUMENT_DAMAGED),
        (REPORT[:200], Reason.DOCUMENT_DAMAGED),
        (b"%PDF-1.7\n" + b"x" * 100, Reason.DOCUMENT_DAMAGED),
        (pdf(), Reason.DOCUMENT_DAMAGED),
        (pdf([(12, 700, b"Quixote")], trailer=ENCRYPTED), Reason.DOCUMENT_ENCRYPTED),
    ],
    ids=["empty", "text", "cut", "head alone", "no pages", "encrypted"],
)
def test_bad_documents_are_held_with_a_reason(data, reason):
    with pytest.raises(HeldError) as held:
        find_in_document(instance_of(PDF, data), STRIPED, TERMS)
    assert held.value.reason is reason


def test_huge_pages_are_drawn_smaller():
    data = pdf([(12, 700, b"liver")]).replace(b"[0 0 595 842]", b"[0 0 9e5 9e5]")
    with Pdf(data) as opened:
        assert max(opened.picture(0).shape) <= 6001


def test_bytes_tell_what_a_document_is_and_its_class_does_not():
    assert document_of(instance_of(OBJ, REPORT)).kind is DocumentKind.PDF


def test_recipe_may_hold_documents():
    with pytest.raises(HeldError) as held:
        find_in_document(instance_of(PDF, REPORT), Recipe(documents="hold"), TERMS)
    assert held.value.reason is Reason.DOCUMENT_HELD


def test_more_than_pictures_is_seen_in_a_pdf():
    with pytest.raises(HeldError) as held:
        check_pictures_only(pdf([scan()]))  # resources name a font
    assert held.value.reason is Reason.SURPLUS_LEFT
    check_pictures_only(write_pages([np.zeros((4, 4, 3), np.uint8)], 150))


def test_a_finding_of_a_page_is_masked_in_that_page_alone():
    box = Finding(kind="manual", box=Box(0, 0, 2, 2), frames=(1, 1))
    assert boxes_of([box], 0) == []
    assert boxes_of([box], 1) == [box.box]


def test_instance_is_read_by_pydicom_again(found, tmp_path):
    _, _, after = redacted(instance_of(PDF, REPORT), found)
    after.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert pydicom.dcmread(tmp_path / "a.dcm").EncapsulatedDocument.startswith(b"%PDF-")


def test_a_name_goes_that_a_line_end_divides_and_what_begins_a_line_stays():
    data = pdf(
        [(12, 700, b"Patient PLANTED-4711"), (12, 680, b"No lesion, says Dr."), (12, 660, b"House")]
    )
    found = find_in_document(instance_of(PDF, data), STRIPED, TERMS)
    shown = words_shown(data, 0, found)
    assert "No" in shown
    assert "House" not in shown


def test_forms_that_draw_themselves_end(monkeypatch):
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X 5 0 R>>>>"
    inner = stream(head, b"/X Do 10 10 5 5 re f")
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</XObject<</X 5 0 R>>>>>>"
    )
    tree, drawn = b"<</Type/Pages/Kids[3 0 R]/Count 1>>", stream(b"", b"/X Do")
    data = written([b"<</Type/Catalog/Pages 2 0 R>>", tree, page, drawn, inner])
    with Pdf(data) as opened:
        assert opened.picture(0, with_text=False).any()
    monkeypatch.setattr("pixelscrub.documents.pdf.MOST_OBJECTS", 1)
    with Pdf(data) as opened, pytest.raises(HeldError) as held:
        opened.picture(0, with_text=False)
    assert held.value.reason is Reason.DOCUMENT_DAMAGED
