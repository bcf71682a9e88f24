from __future__ import annotations

import io

import pydicom
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from pixelscrub.dicom.parts import parts_of
from pixelscrub.findings import Box
from pixelscrub.identity.pseudonyms import Pseudonyms
from pixelscrub.pixels.adapt import adapt
from pixelscrub.pixels.edit import Edit, FrameBox
from pixelscrub.pixels.fit import fit
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.write import write
from pixelscrub.recipe import TagSettings
from pixelscrub.tags.deidentify import HeaderTask, deidentify, rewrite
from pixelscrub.tags.done import Done

KEY = b"k" * 32


def make_ct(**values: object) -> Dataset:
    """A small CT header without pixel data, with an identity."""
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 100"
    header.SOPClassUID = CTImageStorage
    header.SOPInstanceUID = "1.2.3.4.5"
    header.StudyInstanceUID = "1.2.3.4"
    header.SeriesInstanceUID = "1.2.3.4.6"
    header.StudyDate = "20200131"
    header.StudyTime = "101500"
    header.AccessionNumber = "ACC778899"
    header.Modality = "CT"
    header.PatientName = "Gundersen^Ragnhild^Astrid"
    header.PatientID = "MRN-00812345"
    header.PatientBirthDate = "19500517"
    header.PatientSex = "F"
    header.KVP = "120"
    header.BodyPartExamined = "HEAD"
    for keyword, value in values.items():
        setattr(header, keyword, value)
    return header


def written(header: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The header as a file."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    if not hasattr(header, "file_meta"):
        header.file_meta = meta
    buffer = io.BytesIO()
    header.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def read(data: bytes) -> pydicom.FileDataset:
    return pydicom.dcmread(io.BytesIO(data))


def rewritten(data: bytes, pseudonyms: Pseudonyms, **settings: object) -> bytes:
    """The file after its de-identification, as a run without changes to pixels does it."""
    file, out = io.BytesIO(data), io.BytesIO()
    parts, task = parts_of(file), HeaderTask(TagSettings(**settings), pseudonyms)
    if parts is not None:
        rewrite(out, parts, task)
    else:
        image = Image(file)
        deidentify(image.header, task)
        write(out, image, image.header, Edit())
    return out.getvalue()


def masked(data: bytes, box: Box, pseudonyms: Pseudonyms, **settings: object) -> bytes:
    """The file after its de-identification and with `box` masked, as a run does it."""
    image, out = Image(io.BytesIO(data)), io.BytesIO()
    edit = fit(image, Edit(boxes=(FrameBox(box),)))
    adapt(image.header, image, edit)
    deidentify(image.header, HeaderTask(TagSettings(**settings), pseudonyms, Done(text=True)))
    write(out, image, image.header, edit)
    return out.getvalue()
