"""Documents made of nothing, and instances that hold them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

Drawn = tuple[int, int, bytes] | bytes | npt.NDArray[np.uint8]
PDF, CDA, STL, OBJ, MTL = (f"1.2.840.10008.5.1.4.1.1.104.{n}" for n in range(1, 6))
FONT = b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/%s>>>>"


def instance_of(sop_class: str, data: bytes, **elements: object) -> FileDataset:
    """An encapsulated document of a made-up patient."""
    header = FileDataset("", {}, preamble=bytes(128), file_meta=FileMetaDataset())
    header.SOPClassUID, header.SOPInstanceUID = sop_class, generate_uid()
    header.StudyInstanceUID, header.SeriesInstanceUID = generate_uid(), generate_uid()
    header.PatientName, header.PatientID = "Quixote^Alonso", "PLANTED-4711"
    header.PatientBirthDate, header.PatientSex = "15470929", "M"
    header.Modality, header.ConversionType, header.BurnedInAnnotation = "DOC", "WSD", "YES"
    header.StudyDate, header.InstanceNumber, header.SeriesNumber = "20200102", 1, 1
    header.DocumentTitle = "Report of Alonso Quixote"
    header.HL7InstanceIdentifier = "1.2.3.99^DOC-4711"
    header.MIMETypeOfEncapsulatedDocument = "application/pdf" if sop_class == PDF else "text/xml"
    header.EncapsulatedDocument = data + b"\0" * (len(data) % 2)
    header.EncapsulatedDocumentLength = len(data)
    for keyword, value in elements.items():
        setattr(header, keyword, value)
    meta = header.file_meta
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return header


def pdf(
    *pages: Sequence[Drawn],
    catalogue: bytes = b"",
    page: bytes = b"",
    trailer: bytes = b"",
    font: bytes = b"Helvetica",
) -> bytes:
    """A PDF; a page is a list of lines, (points, height on the page, text), and of pictures."""
    objects = [b"<</Type/Catalog/Pages 2 0 R" + catalogue + b">>", b""]
    kids = []
    for lines in pages:
        drawn = b""
        pictures: list[npt.NDArray[np.uint8]] = []
        for line in lines:
            if isinstance(line, np.ndarray):
                pictures.append(line)
                drawn += b"q 300 0 0 100 50 80 cm /I Do Q\n"
            elif isinstance(line, bytes):
                drawn += line
            else:
                drawn += b"BT /F1 %d Tf 50 %d Td (%s) Tj ET\n" % line
        number = len(objects) + 1
        kids.append(number)
        shown = b"/XObject<</I %d 0 R>>" % (number + 2) if pictures else b""
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R%s"
            b"/Resources<<%s%s>>>>" % (number + 1, page, FONT % font, shown)
        )
        objects.append(stream(b"", drawn))
        objects += [
            stream(
                b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray"
                b"/BitsPerComponent 8" % picture.shape[::-1],
                picture.tobytes(),
            )
            for picture in pictures
        ]
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (listed, len(kids))
    return written(objects, trailer)


def unnamed(line: bytes) -> bytes:
    """A PDF of one line in a font that says a space for each of its letters."""
    letters = b"".join(b"<%02X> <0020>\n" % code for code in range(0x21, 0x7F))
    names = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /x def\n"
        b"/CMapType 2 def 1 begincodespacerange <00> <FF> endcodespacerange\n"
        b"94 beginbfchar\n%sendbfchar endcmap end end" % letters
    )
    return written(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>>>>>",
            stream(b"", b"BT /F1 24 Tf 50 700 Td (%s) Tj ET" % line),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
            stream(b"", names),
        ],
        b"",
    )


def stream(entries: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def written(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    out = b"%PDF-1.7\n"
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\n" % (len(objects) + 1, trailer)
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def scan(text: str = "QUIXOTE ALONSO") -> npt.NDArray[np.uint8]:
    """A picture of a line of text, uint8."""
    picture = Image.new("L", (600, 200), 235)
    ImageDraw.Draw(picture).text((20, 60), text, font=ImageFont.load_default(40), fill=10)
    return np.asarray(picture)


REPORT = pdf(
    [
        (18, 780, b"Radiology report"),
        (12, 740, b"Patient: Alonso Quixote, born 29.09.1547, ID PLANTED-4711"),
        (12, 700, b"No focal lesion in the liver. Cyst of 23 mm in the left kidney."),
        (12, 680, b"Mr. Quixote should return in 6 months."),
        scan(),
    ],
    catalogue=b"/OpenAction<</S/JavaScript/JS(app.alert('Quixote'))>>",
)
