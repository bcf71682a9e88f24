"""Words that no window hides from the audit: each way of hiding a name, planted in an output."""

from __future__ import annotations

import numpy as np
import pytest

from pixelscrub.audit.document_checks import check_document
from pixelscrub.audit.pairs import read_all
from pixelscrub.audit.pixels import text as picture_checks
from pixelscrub.audit.pixels.text import check_picture
from pixelscrub.documents.pages import write_pages
from pixelscrub.documents.pdf import DOTS_PER_INCH, Pdf
from pixelscrub.errors import HeldError
from pixelscrub.prove.showing import pictures
from tests.documents.builders import PDF, instance_of, unnamed

from .seeds import HIDDEN

WORDS = frozenset({"LINDQVIST", "OTTILIE"})


@pytest.fixture(autouse=True)
def _has_tesseract():
    from pixelscrub.text.reading.tesseract import require

    require()


@pytest.mark.parametrize("kind", sorted(HIDDEN))
def test_a_name_that_a_header_hides_is_read(tmp_path, kind, make_instance, save):
    save(HIDDEN[kind](make_instance), tmp_path / "1.dcm")
    files, _ = read_all([tmp_path])
    found = [issue.kind for issue in check_picture(files["1.dcm"], "1.dcm", WORDS)]
    assert found == ["identifier_in_picture"]


def test_a_name_on_a_page_that_was_only_made_a_picture_is_read(tmp_path):
    """Letters that the text layer does not tell, let through by who trusts the layer."""
    with Pdf(unnamed(b"Lindqvist Ottilie")) as original:
        pages = write_pages([original.picture(0)], DOTS_PER_INCH)
    path = tmp_path / "1.dcm"
    instance_of(PDF, pages).save_as(path, enforce_file_format=True)
    files, _ = read_all([tmp_path])
    assert list(check_document(files["1.dcm"], "1.dcm")) == []
    found = [issue.kind for issue in check_picture(files["1.dcm"], "1.dcm", WORDS)]
    assert found == ["identifier_in_picture"]


def test_a_header_that_cannot_be_followed_is_said_to_be_unread(tmp_path, make_instance, save):
    path = save(make_instance(), tmp_path / "1.dcm")
    data, mark = path.read_bytes(), b"\xe0\x7f\x10\0"
    stray = b"\xfe\xff\xdd\xe0" + (8).to_bytes(4, "little") + mark + bytes(4)
    at = data.rindex(mark)
    path.write_bytes(data[:at] + stray + data[at:])
    files, _ = read_all([tmp_path])
    with pytest.raises(HeldError):
        list(check_picture(files["1.dcm"], "1.dcm", WORDS))


def test_ranks_tell_frequent_values_apart_in_any_range():
    values = np.full((60, 60), 100, np.uint16)
    values[20:30, 20:30] = 101
    values[0, 0] = 65535
    assert max(np.ptp(picture[10:40, 10:40]) for picture in pictures(values)) > 100


def test_a_constant_plane_and_one_without_numbers_show_nothing():
    assert len(list(pictures(np.full((9, 9), 7, np.int16)))) == 1
    assert list(pictures(np.full((9, 9), np.nan, np.float32))) == []


def test_a_picture_that_was_looked_at_is_not_shown_again():
    values = np.random.default_rng(1).integers(0, 256, (40, 40)).astype(np.uint8)
    values[0, :2] = 0, 255
    first, *_ = pictures(values)
    assert np.array_equal(first, values)
    assert not any(np.array_equal(other, values) for other in pictures(values, values))
    assert picture_checks.telling({"LINDQVIST", "AB"}) == {"LINDQVIST"}
