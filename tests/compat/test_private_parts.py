"""Private parts of libraries are still what we take them for; a failure here means: look anew."""

from importlib.metadata import version

import pytest
from pydicom import dcmread
from pydicom.dataelem import RawDataElement

from pixelscrub.compat.jpeglib_private import c_library
from pixelscrub.compat.pydicom_private import character_set_of, raw_elements, read_file_meta


@pytest.mark.parametrize(
    ("package", "tried"), [("pydicom", "3.0."), ("jpeglib", "1.0."), ("pynetdicom", "3.0.")]
)
def test_versions_are_those_that_were_tried(package, tried):
    assert version(package).startswith(tried)


def test_elements_stay_raw(packaged):
    header = dcmread(packaged / "CT_small.dcm")
    elements = raw_elements(header)
    assert isinstance(elements[0x00100010], RawDataElement)
    del elements[0x00100010]
    assert "PatientName" not in header


def test_file_meta_is_read_alone(packaged):
    with (packaged / "CT_small.dcm").open("rb") as file:
        file.seek(132)
        assert read_file_meta(file).TransferSyntaxUID.is_little_endian


def test_encodings_are_told(packaged):
    assert character_set_of(dcmread(packaged / "CT_small.dcm"))


def test_the_library_reads_and_writes_coefficients():
    library = c_library()
    assert {"read_jpeg_info", "read_jpeg_dct", "write_jpeg_dct"} <= {
        name for name in ("read_jpeg_info", "read_jpeg_dct", "write_jpeg_dct")
        if hasattr(library, name)
    }  # fmt: skip


def test_pynetdicom_pauses_by_an_event():
    from threading import Event

    from pynetdicom import AE
    from pynetdicom.association import Association

    association = Association(AE(), "requestor")
    assert isinstance(association._reactor_checkpoint, Event)
    assert callable(association.dimse.get_msg)
