from __future__ import annotations

from pydicom.uid import ExplicitVRBigEndian

from pixelscrub.dicom.file_meta import IMPLEMENTATION
from pixelscrub.recipe import TagSettings
from pixelscrub.tags.deidentify import HeaderTask, deidentify
from tests.tags.samples import make_ct, read, written


def test_file_meta_is_made_anew_and_the_preamble_is_empty(pseudonyms):
    made = make_ct()
    made.preamble = b"GUNDERSEN".ljust(128, b"\0")
    header = read(written(made, ExplicitVRBigEndian))
    header.file_meta.SourceApplicationEntityTitle = "STOLAV"
    deidentify(header, HeaderTask(TagSettings(), pseudonyms))
    clean = read(written(header))
    assert clean.preamble == bytes(128)
    assert clean.file_meta.MediaStorageSOPInstanceUID == pseudonyms.uid("1.2.3.4.5")
    assert clean.file_meta.MediaStorageSOPClassUID == made.SOPClassUID
    assert clean.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    assert clean.file_meta.ImplementationClassUID == IMPLEMENTATION
    assert "SourceApplicationEntityTitle" not in clean.file_meta
