"""Tell DICOM from other files, and read the few elements that place an instance in its study.

The file format is PS3.10 section 7; files without preamble and meta information (data sets as
they travel on the network) are taken too where they start like one.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, Final

from pixelscrub.dicom.constants import DEFLATED_UID, EXPLICIT_BIG_UID
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.formats.kinds import PICTURES, FileFormat
from pixelscrub.formats.wrapped import SECONDARY_CAPTURE
from pixelscrub.intake import uids
from pixelscrub.intake.directory import describe_index
from pixelscrub.intake.element_count import check_element_count
from pixelscrub.intake.instance import Instance, Source, digest_of
from pixelscrub.intake.plain import Said, plain_header

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MEDIA_STORAGE_DIRECTORY: Final = "1.2.840.10008.1.3.10"
DEFLATED_HEADER_LIMIT: Final = 64 * 2**20
"""Bytes of a deflated data set that are inflated to find its UIDs."""
DAMAGED_ARCHIVE: Final = (
    UnicodeDecodeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    KeyError,
    RuntimeError,
    NotImplementedError,
)
"""What reading a member raises where the archive is damaged, or packed in a way not known here."""
META_LIMIT: Final = 2**16
"""Bytes that hold the file meta information."""
FIRST_BYTES: Final = 160
"""Preamble, prefix and the first element: they tell whether a file is worth reading."""
CLAIMS_DICOM: Final = (".dcm", ".dicom", ".dic", ".ima")
UIDS: Final = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
PATIENT: Final = ("PatientID", "PatientName", "PatientBirthDate")
CREATED: Final = ("InstanceCreationDate", "InstanceCreationTime")
TAGS: Final = [
    *UIDS,
    "SOPClassUID",
    "Modality",
    *PATIENT,
    "InstanceNumber",
    "FrameOfReferenceUID",
    *CREATED,
    *uids.STUDY,
    *uids.SERIES,
]
PIXEL_GROUP: Final = 0x7FE00000


def read_instance(source: Source) -> Instance:
    """Read what places an instance in its study.

    Raises:
        HeldError: NOT_DICOM, DICOMDIR, DAMAGED_FILE, MISSING_UID or UNREADABLE.
    """
    try:
        if source.file_format() is not FileFormat.DICOM:
            return _read_other(source)
        if not _looks_like_dicom(source.start(FIRST_BYTES)):
            raise HeldError(_reason_not_dicom(source))
        loaded = source.in_memory()
        with loaded.open() as file:
            known = replace(source, digest=digest_of(file))
            _check_count(file)
        with loaded.open_instance() as file:
            return _place(known, *(plain_header(file, TAGS) or _read_header(file)))
    except OSError:
        raise HeldError(Reason.UNREADABLE) from None
    except DAMAGED_ARCHIVE as error:
        raise HeldError(Reason.DAMAGED_FILE, type(error).__name__) from None


def _read_other(source: Source) -> Instance:
    """Place a picture or a NIfTI volume: those of one folder are one study of one patient.

    Raises:
        HeldError: ARCHIVE_LIMIT, of a volume in an archive; those of `formats.wrapped`.
    """
    kind = source.file_format()
    if kind is FileFormat.NIFTI and source.archive is not None:
        raise HeldError(Reason.ARCHIVE_LIMIT)
    known = replace(source, digest=source.read_digest())
    if kind in PICTURES:
        known.open_instance().close()
    folder = f"{source.root.name}/{source.path.rpartition('/')[0]}"
    study = uids.made_uid("folder", folder)
    return Instance(
        source=known,
        uid=uids.made_uid("file", known.digest, source.path),
        series=uids.made_uid("series", study, kind),
        study=study,
        patient=folder,
        sop_class=SECONDARY_CAPTURE if kind in PICTURES else "",
        transfer_syntax="",
        modality="OT" if kind in PICTURES else "",
        number=0,
        format=kind.value,
    )


def read_again(earlier: Instance) -> Instance:
    """As `read_instance`; the header of a file whose digest is as it was is not read again."""
    try:
        unchanged = earlier.source.read_digest() == earlier.source.digest
    except (OSError, *DAMAGED_ARCHIVE):
        unchanged = False
    return earlier if unchanged else read_instance(replace(earlier.source, digest=""))


def _looks_like_dicom(start: bytes) -> bool:
    """Whether a file that starts so is worth reading: a data set, after a preamble or without."""
    if start[128:132] == b"DICM":
        return _starts_like_data_set(start[132:])
    is_without_preamble = _starts_like_data_set(start[4:] if start[:4] == b"DICM" else start)
    return is_without_preamble or (not any(start[:128]) and _starts_like_data_set(start[128:]))


def _starts_like_data_set(start: bytes) -> bool:
    """Whether the first element has group 0002 or 0008 and a believable VR or length."""
    if len(start) < 12 or start[:2] not in (b"\x02\x00", b"\x08\x00", b"\x00\x02", b"\x00\x08"):
        return False
    explicit = start[4:6].isalpha() and start[4:6].isupper()
    return explicit or int.from_bytes(start[4:8], "little") <= 64


def _reason_not_dicom(source: Source) -> Reason:
    claims = source.path.lower().endswith(CLAIMS_DICOM)
    return Reason.DAMAGED_FILE if claims else Reason.NOT_DICOM


def _read_header(file: BinaryIO) -> tuple[Dataset, Dataset]:
    """File meta information and the elements of `TAGS`; what comes after them is not read."""
    from pydicom import dcmread
    from pydicom.dataset import Dataset
    from pydicom.filereader import read_dataset

    with guarded(Reason.DAMAGED_FILE):
        file.seek(128)
        has_meta = file.read(4) == b"DICM"
        if has_meta:
            meta = read_dataset(file, False, True, stop_when=lambda tag, *_: tag >> 16 != 2)
            if meta.get("TransferSyntaxUID") == DEFLATED_UID:
                return meta, _read_deflated(file)
        file.seek(0)
        header = dcmread(file, force=True, stop_before_pixels=True, specific_tags=list(TAGS))
        return getattr(header, "file_meta", None) or Dataset(), header


def _check_count(file: BinaryIO) -> None:
    """Count the elements of a data set before any is kept, whatever its transfer syntax."""
    from pixelscrub.dicom.parts import meta_of

    file.seek(0)
    syntax, start = meta_of(file.read(META_LIMIT))
    if syntax == DEFLATED_UID:
        return
    file.seek(start)
    first = file.read(8)
    file.seek(start)
    is_big_endian = syntax == EXPLICIT_BIG_UID
    check_element_count(file, is_explicit=first[4:6].isalpha(), is_big_endian=is_big_endian)


def _read_deflated(file: BinaryIO) -> Dataset:
    """Inflate no more than the header: the rest may be a bomb."""
    from pydicom.filereader import read_dataset

    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    start = inflater.decompress(file.read(DEFLATED_HEADER_LIMIT), DEFLATED_HEADER_LIMIT)
    check_element_count(io.BytesIO(start), is_explicit=True, is_big_endian=False)
    return read_dataset(
        io.BytesIO(start), False, True, stop_when=lambda tag, *_: tag >= PIXEL_GROUP
    )


def _place(source: Source, meta: Said, header: Said) -> Instance:
    with guarded(Reason.DAMAGED_FILE):
        sop_class = str(header.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or "")
        if sop_class == MEDIA_STORAGE_DIRECTORY:
            raise HeldError(Reason.DICOMDIR, describe_index(source))
        uid, study, series = (str(header.get(name) or "") for name in UIDS)
        if not (sop_class or uid or study or series):
            raise HeldError(_reason_not_dicom(source))
        if not sop_class:
            raise HeldError(Reason.MISSING_UID)
        uid, study, series, made = uids.complete(header, source.digest, uid, study, series)
        return Instance(
            source=source,
            uid=uid,
            series=series,
            study=study,
            patient=_patient(header),
            sop_class=sop_class,
            transfer_syntax=str(meta.get("TransferSyntaxUID") or ""),
            modality=str(header.get("Modality") or ""),
            number=_number(header),
            frame_of_reference=str(header.get("FrameOfReferenceUID") or ""),
            created="".join(str(header.get(keyword) or "").strip() for keyword in CREATED),
            made=made,
        )


def _patient(header: Said) -> str:
    """Patient ID, else name and date of birth; empty where the header says neither."""
    number, name, birth = (str(header.get(keyword) or "").strip() for keyword in PATIENT)
    return number or f"{name}|{birth}".strip("|")


def _number(header: Said) -> int:
    try:
        return int(header.get("InstanceNumber") or 0)
    except (TypeError, ValueError):
        return 0
