import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.errors import UsageError
from pixelscrub.net import address
from pixelscrub.net.address import DicomAddress, WebAddress


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ARCHIVE@10.0.0.7:104", DicomAddress("ARCHIVE", "10.0.0.7", 104)),
        ("dicom://A B@pacs.example:11112", DicomAddress("A B", "pacs.example", 11112)),
        ("dicoms://A@[::1]:2762", DicomAddress("A", "::1", 2762, secure=True)),
        ("https://pacs.example/dicom-web/", WebAddress("https://pacs.example/dicom-web")),
    ],
)
def test_addresses_are_read(text, meant):
    assert address.parse(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ARCHIVE",
        "ARCHIVE@host",
        "ARCHIVE@host:0",
        "ARCHIVE@host:65536",
        "SEVENTEEN LETTERS@host:104",
        "A\\B@host:104",
        "ftp://host/x",
        "http://",
        "https://host:0/x",
        "https://host:nine/x",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(UsageError):
        address.parse(text)


def test_passwords_have_no_place_on_the_command_line():
    with pytest.raises(UsageError, match="netrc") as caught:
        address.parse("https://user:hunter2@host/dicom-web")
    assert "hunter2" not in str(caught.value)


@given(st.text())
def test_any_text_is_an_address_or_refused(text):
    try:
        found = address.parse(text)
    except UsageError:
        return
    assert isinstance(found, DicomAddress | WebAddress)


def test_spaces_around_a_title_do_not_count():
    assert address.title(" GATE ") == "GATE"
    with pytest.raises(UsageError):
        address.title(" ")
