"""An answer key: made-up patients, and what must be true of each of their files afterwards.

The ten checks of the MIDI-B challenge (Medical Image De-Identification Benchmark, 2024). The
phrases of `PHRASES` were written down without a look at the package's own word lists; those in
even places were looked at afterwards, those in odd places (`unseen=True`) never.
"""

from __future__ import annotations

import datetime as dt
import io
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

CHECKS = (
    "tag_retained", "text_notnull", "text_retained", "text_removed", "date_shifted",
    "uid_changed", "uid_consistent", "patid_consistent", "pixels_hidden", "pixels_retained",
)  # fmt: skip
OPTIONS = (
    "clean_descriptors", "clean_structured_content", "clean_graphics", "retain_modified_dates",
    "retain_patient_characteristics", "retain_device_identity", "retain_safe_private",
)  # fmt: skip
BOX = (4, 2, 20, 8)
"""x0, y0, x1, y1 of what is to be hidden in each image of 32 by 24 pixels."""
ROOT = "1.3.6.1.4.1.14519"
CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
}
FAMILIES = (
    "Johnson", "Nowak", "Garcia", "Okafor", "Müller", "Tanaka", "Rossi", "Andersson",
    "Haddad", "Papadopoulos", "Kowalczyk", "White", "Young", "Long", "Gray", "Hill",
    "Armstrong", "Bloom", "Castellanos", "Dubois", "Eriksson", "Fitzgerald",
)  # fmt: skip
GIVEN = (
    "Mary", "James", "Ingrid", "Chinedu", "Jürgen", "Yuki", "Giulia", "Lars", "Layla",
    "Eleni", "Piotr", "Grace", "Mark", "Rose", "Dolores", "Étienne", "Freja", "Siobhán",
    "Ahmed", "Beatriz",
)  # fmt: skip
HOSPITALS = ("Mercy General Hospital", "Universitätsklinikum Freiburg", "Cedars of Lebanon")
STREETS = ("1420 Maple Avenue", "Hauptstrasse 12", "77 Old Mill Road")
PHRASES = (
    "CT CHEST ABDOMEN PELVIS WITH CONTRAST", "MRI BRAIN W WO CONTRAST", "AX T2 FLAIR FS",
    "CORONAL MIP 5MM", "LUNG WINDOW 1.25 MM", "PET AC 3D BODY", "BILATERAL DIAGNOSTIC MAMMOGRAM",
    "SAG T1 SE POST GAD", "THIN SLICE BONE ALGORITHM", "DELAYED PHASE LIVER",
    "US ABDOMEN COMPLETE", "LEFT KNEE LATERAL VIEW", "CT ANGIOGRAM HEAD AND NECK",
    "DYNAMIC BREAST MRI SUBTRACTION", "SCOUT AP", "CERVICAL SPINE FLEXION EXTENSION",
    "ECHOCARDIOGRAM PARASTERNAL VIEW", "DIFFUSION ADC MAP", "FOLLOW UP LUNG NODULE",
    "RENAL ARTERY DOPPLER", "ROUTINE HEAD WITHOUT CONTRAST", "ARTERIAL PHASE PANCREAS",
    "WHOLE BODY PET CT FDG", "SUSPECTED FRACTURE OF LEFT HIP", "THORAX LOW DOSE",
    "PROSTATE MULTIPARAMETRIC", "PELVIS TRANSVAGINAL ULTRASOUND", "SHOULDER EXTERNAL ROTATION",
    "STATUS POST RESECTION OF TUMOR", "PERFUSION CBF CBV MTT", "CHEST PA UPRIGHT",
    "PORTABLE SUPINE ABDOMEN", "LUMBAR SPINE SAGITTAL STIR", "METASTATIC DISEASE SCREENING",
    "CARDIAC GATED AORTA", "RECONSTRUCTION SOFT TISSUE KERNEL", "ORBITS FAT SATURATED",
    "PULMONARY EMBOLISM PROTOCOL", "LOCALIZER THREE PLANE", "MAXILLOFACIAL CONE BEAM",
)  # fmt: skip
SNIPPETS = (
    "for {given} {family}", "{family}, {given}", "MRN {number}", "DOB {birth:%m/%d/%Y}",
    "call 555-{phone:03d}-4567", "Dr. {other}", "at {hospital}", "{street}",
    "{given}.{family}@example.org", "pt {family} seen {birth:%d.%m.%Y}", "acc {accession}",
    "referred by {other_given} {other}", "{family}_{given}", "ID#{number}",
    "{family:.1}. {given}", "born {birth:%d %B %Y}", "{birth:%Y.%m.%d}",
    "tel 0{phone:03d}/12 34 56",
    "Mrs {other}", "Zimmer {phone}", "{given}{family}", "age 95",
    "{other_given} {other}, {street}",
)  # fmt: skip
KEPT = {
    "KVP": "120", "SliceThickness": "2.5", "RepetitionTime": "500", "EchoTime": "12.5",
    "FlipAngle": "15", "PixelBandwidth": "180", "ExposureTime": "750", "XRayTubeCurrent": "210",
    "FilterType": "BODY", "ConvolutionKernel": "STANDARD", "PatientPosition": "HFS",
    "BodyPartExamined": "CHEST", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "ImagePositionPatient": [1, 2, 3], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "PixelSpacing": [0.7, 0.7], "RescaleSlope": "1", "RescaleIntercept": "-1024",
    "WindowCenter": "40", "WindowWidth": "400", "Laterality": "L", "ScanningSequence": "SE",
    "SequenceVariant": "SK", "ScanOptions": "FS", "MRAcquisitionType": "2D", "ViewPosition": "AP",
    "NumberOfAverages": "2", "GantryDetectorTilt": "0", "TableHeight": "150",
    "RotationDirection": "CW", "SpacingBetweenSlices": "2.5", "Units": "BQML",
    "DecayCorrection": "START", "PatientSex": "F", "PatientAge": "052Y", "PatientWeight": "71",
    "PatientSize": "1.72", "Manufacturer": "ACME", "ManufacturerModelName": "Scanner 3",
    "SoftwareVersions": "V1.2", "LossyImageCompression": "00", "PhotometricInterpretation":
    "MONOCHROME2", "Rows": 24, "Columns": 32, "BitsStored": 12,
}  # fmt: skip
DESCRIPTIVE = (
    "StudyDescription", "SeriesDescription", "ProtocolName", "ImageComments",
    "RequestedProcedureDescription", "AdditionalPatientHistory", "DerivationDescription",
)  # fmt: skip
DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime")


@dataclass
class Person:
    """A made-up patient."""

    family: str
    given: str
    number: str
    birth: dt.date
    first: dt.date


@dataclass
class Asked:
    """One file and what is asked of it.

    Attributes:
        data: the file.
        person: whose it is.
        retained: phrases by attribute that have to be there afterwards.
        removed: texts by attribute that must not.
    """

    data: bytes
    person: Person
    retained: dict[str, str] = field(default_factory=dict)
    removed: dict[str, list[str]] = field(default_factory=dict)


def made_up(patients: int, seed: int = 0, unseen: bool = False) -> Iterator[Asked]:
    """Files of several patients, two studies each of two series of three images."""
    rng = random.Random(f"{seed} {unseen}")
    phrases = PHRASES[1::2] if unseen else PHRASES[::2]
    for count in range(patients):
        person = Person(
            rng.choice(FAMILIES), rng.choice(GIVEN), f"{rng.randrange(10**7, 10**8)}-{count}",
            dt.date(1930 + rng.randrange(60), 1 + rng.randrange(12), 1 + rng.randrange(28)),
            dt.date(2012 + rng.randrange(9), 1 + rng.randrange(12), 1 + rng.randrange(28)),
        )  # fmt: skip
        for study in range(2):
            for series in range(2):
                modality = rng.choice(sorted(CLASSES))
                for number in range(3):
                    place = (count, study, series, number)
                    yield _image(rng, person, modality, place, phrases)


def _image(
    rng: random.Random, person: Person, modality: str, place: Sequence[int], phrases: Sequence[str]
) -> Asked:
    header, asked = Dataset(), Asked(b"", person)
    patient, study, series, number = place
    uid = f"{ROOT}.{patient + 1}.{study + 1}"
    header.SpecificCharacterSet = "ISO_IR 192"
    header.SOPClassUID, header.Modality = CLASSES[modality], modality
    header.StudyInstanceUID, header.SeriesInstanceUID = uid, f"{uid}.{series + 1}"
    header.SOPInstanceUID = f"{uid}.{series + 1}.{number + 1}"
    header.FrameOfReferenceUID = f"{uid}.99"
    header.PatientName = f"{person.family}^{person.given}"
    header.PatientID, header.PatientBirthDate = person.number, f"{person.birth:%Y%m%d}"
    header.AccessionNumber = f"A{rng.randrange(10**6, 10**7)}"
    header.InstitutionName, header.PatientAddress = rng.choice(HOSPITALS), rng.choice(STREETS)
    header.ReferringPhysicianName = f"{rng.choice(FAMILIES)}^{rng.choice(GIVEN)}"
    header.StudyID, header.InstanceNumber = f"{study}", number + 1
    for keyword, value in KEPT.items():
        setattr(header, keyword, value)
    _add_dates(header, person, study)
    _add_references(header, uid, series, number)
    _add_texts(rng, header, asked, phrases)
    _add_pixels(rng, header)
    header.file_meta = FileMetaDataset()
    syntax = rng.choice([ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    header.file_meta.TransferSyntaxUID = syntax
    out = io.BytesIO()
    header.save_as(out, enforce_file_format=True)
    asked.data = out.getvalue()
    return asked


def _add_dates(header: Dataset, person: Person, study: int) -> None:
    day = f"{person.first + dt.timedelta(days=97 * study):%Y%m%d}"
    for keyword in DATES:
        setattr(header, keyword, f"{day}235959.5" if keyword.endswith("Time") else day)
    header.StudyTime = header.SeriesTime = "235959"


def _add_references(header: Dataset, uid: str, series: int, number: int) -> None:
    other = Dataset()
    other.ReferencedSOPClassUID = header.SOPClassUID
    other.ReferencedSOPInstanceUID = f"{uid}.{series + 1}.{(number + 1) % 3 + 1}"
    header.ReferencedImageSequence = [other]
    request = Dataset()
    request.RequestedProcedureID = header.PatientID
    header.RequestAttributesSequence = [request]


def _add_texts(rng: random.Random, header: Dataset, asked: Asked, phrases: Sequence[str]) -> None:
    person = asked.person
    for keyword in DESCRIPTIVE:
        phrase, snippet = rng.choice(phrases), rng.choice(SNIPPETS)
        told = {
            "given": person.given, "family": person.family, "number": person.number,
            "birth": person.birth, "phone": rng.randrange(1000), "other": rng.choice(FAMILIES),
            "hospital": rng.choice(HOSPITALS), "street": rng.choice(STREETS),
            "accession": header.AccessionNumber, "other_given": rng.choice(GIVEN),
        }  # fmt: skip
        hidden = snippet.format(**told)
        parts = [phrase, hidden] if rng.random() < 0.7 else [hidden, phrase]
        setattr(header, keyword, " ".join(parts))
        asked.retained[keyword] = phrase
        named = {part: value for part, value in told.items() if f"{{{part}" in snippet}
        asked.removed[keyword] = [
            f"{v:%Y}" if isinstance(v, dt.date) else f"{v}" for v in named.values()
        ]


def _add_pixels(rng: random.Random, header: Dataset) -> None:
    header.SamplesPerPixel, header.BitsAllocated = 1, 16
    header.HighBit, header.PixelRepresentation = 11, 0
    values = np.random.default_rng(rng.randrange(10**9)).integers(1, 4096, (24, 32), np.uint16)
    header.PixelData = values.tobytes()


@dataclass
class Score:
    """Checks done and failed, by kind; UIDs, IDs and shifts are compared over all files."""

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[str, str]] = field(default_factory=list)
    _uids: dict[str, str] = field(default_factory=dict)
    _origins: dict[str, str] = field(default_factory=dict)
    _patients: dict[str, str] = field(default_factory=dict)
    _shifts: dict[str, int] = field(default_factory=dict)

    def add(self, asked: Asked, written: bytes) -> None:
        """Check one file that was written."""
        before, after = dcmread(io.BytesIO(asked.data)), dcmread(io.BytesIO(written))
        self._check_tags(before, after)
        self._check_texts(asked, after)
        self._check_dates(asked.person.number, before, after)
        self._check_uids(before, after)
        self._check_patient(asked.person.number, after)
        self._check_pixels(before, after)

    def _note(self, check: str, holds: bool, what: str = "") -> None:
        self.done[check] += 1
        if not holds:
            self.failed[check] += 1
            self.misses.append((check, what))

    def _check_tags(self, before: Dataset, after: Dataset) -> None:
        for keyword in KEPT:
            self._note("tag_retained", before.get(keyword) == after.get(keyword), keyword)
        for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "StudyDate", "Modality",
                        "SOPClassUID", "SeriesInstanceUID", "StudyID"):  # fmt: skip
            if keyword != "StudyID":
                self._note("text_notnull", bool(after.get(keyword)), keyword)

    def _check_texts(self, asked: Asked, after: Dataset) -> None:
        for keyword, phrase in asked.retained.items():
            words = str(after.get(keyword) or "").upper().split()
            own = {asked.person.family.upper(), asked.person.given.upper()}
            missing = [w for w in phrase.split() if w not in words and w not in own]
            self._note("text_retained", not missing, " ".join(missing))
        for keyword, hidden in asked.removed.items():
            text = str(after.get(keyword) or "").casefold()
            phrase = asked.retained[keyword].casefold()
            left = [h for h in hidden if h.casefold() in text and h.casefold() not in phrase]
            self._note("text_removed", not left, " ".join(left))

    def _check_dates(self, patient: str, before: Dataset, after: Dataset) -> None:
        for keyword in DATES:
            old, new = str(before.get(keyword)), str(after.get(keyword) or "")
            days = _day(new) - _day(old) if len(new) == len(old) else 0
            same = self._shifts.setdefault(patient, days) == days and new[8:] == old[8:]
            self._note("date_shifted", days != 0 and same, keyword)

    def _check_uids(self, before: Dataset, after: Dataset) -> None:
        for old, new in zip(_uids(before), _uids(after), strict=True):
            self._note("uid_changed", old != new and 0 < len(new) <= 64, "")
            same = self._uids.setdefault(old, new) == new
            self._note("uid_consistent", same and self._origins.setdefault(new, old) == old, "")

    def _check_patient(self, patient: str, after: Dataset) -> None:
        new = str(after.PatientID)
        same = self._patients.setdefault(patient, new) == new
        self._note("patid_consistent", same and new != patient)

    def _check_pixels(self, before: Dataset, after: Dataset) -> None:
        x0, y0, x1, y1 = BOX
        old, new = (np.frombuffer(d.PixelData, np.uint16).reshape(24, 32) for d in (before, after))
        inside = np.zeros(old.shape, bool)
        inside[y0:y1, x0:x1] = True
        self._note("pixels_hidden", len(np.unique(new[inside])) == 1)
        self._note("pixels_retained", np.array_equal(old[~inside], new[~inside]))


def _day(text: str) -> int:
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal()


def _uids(header: Dataset) -> list[str]:
    own = [str(header.get(f"{level}UID")) for level in
           ("StudyInstance", "SeriesInstance", "SOPInstance", "FrameOfReference")]  # fmt: skip
    return [*own, *(str(r.ReferencedSOPInstanceUID) for r in header.ReferencedImageSequence)]
