"""What each reason code means to the person who has to deal with the file."""

from __future__ import annotations

from typing import Final

from pixelscrub.errors import Reason

MEANING: Final[dict[Reason, str]] = {
    Reason.NOT_DICOM: "The file is not DICOM.",
    Reason.NOT_A_FILE: "A link, pipe or device; links are not followed.",
    Reason.FILE_NAME: "The file name cannot be written down as text; rename the file.",
    Reason.DAMAGED_FILE: "The file is damaged: its data elements cannot be read to the end.",
    Reason.UNREADABLE: "The file or folder may not be read; look at its permissions.",
    Reason.DICOMDIR: "An index of other files; the files it names are worked on by themselves.",
    Reason.MISSING_UID: "The SOP Class UID is missing, or another UID, and the recipe does not let "
    "it be made.",
    Reason.DUPLICATE_INSTANCE: "The same instance came in another file, with the same pixels.",
    Reason.CONFLICTING_INSTANCES: "Two different files claim to be the same instance.",
    Reason.SUPERSEDED_INSTANCE: "Another file of the same instance stands for it, as the recipe's "
    "`duplicates` says.",
    Reason.ARCHIVE_LIMIT: "A member of an archive that is encrypted, nested or far too large.",
    Reason.UNKNOWN_SOP_CLASS: "The kind of object is not known, so nobody can say what it holds.",
    Reason.UNKNOWN_TRANSFER_SYNTAX: "The encoding is not known.",
    Reason.UNSUPPORTED_TRANSFER_SYNTAX: "The encoding cannot be read or written back faithfully.",
    Reason.MISSING_CODEC: "A package that reads or writes this compression is not installed.",
    Reason.UNKNOWN_PHOTOMETRIC: "The colour model is not known.",
    Reason.BAD_PIXEL_DESCRIPTION: "Rows, columns, bits or samples contradict one another.",
    Reason.BAD_PIXEL_DATA: "The pixel data are not well formed.",
    Reason.FRAME_COUNT: "The number or shape of frames is not what it should be.",
    Reason.TRUNCATED_PIXEL_DATA: "The pixel data are cut short.",
    Reason.CODESTREAM_MISMATCH: "The compressed image contradicts its header.",
    Reason.TOO_LARGE: "The image is larger than the limit.",
    Reason.DECODE_FAILED: "The pixels could not be decoded.",
    Reason.ENCODE_FAILED: "The changed pixels could not be encoded again.",
    Reason.CANNOT_CHANGE: "Pixels of this kind cannot be changed without touching the rest.",
    Reason.DETECTOR_FAILED: "A detector failed, so the image counts as not looked at.",
    Reason.NIFTI_INVALID: "The file is no NIfTI file, or its header makes no sense.",
    Reason.NIFTI_CUT: "The NIfTI file ends before its last voxel.",
    Reason.PICTURE_TYPE: "A picture of a kind that cannot be written back: animated, CMYK...",
    Reason.NIFTI_TYPE: "The voxels are complex numbers, colours or bits, not plain numbers.",
    Reason.FACE_PARTIAL: "Only a part of the face could be found, so a part may remain.",
    Reason.FACE_FAILED: "The search for a face failed.",
    Reason.FACE_GEOMETRY: "The slices do not form a volume, so a face cannot be taken out.",
    Reason.FACE_IN_DERIVED: "A derived image may still show the face.",
    Reason.TAGS_FAILED: "The header could not be de-identified.",
    Reason.UNSUPPORTED_CONTENT: "The object holds content that cannot be de-identified.",
    Reason.DOCUMENT_DAMAGED: "The encapsulated document is empty, cut or damaged, or too large.",
    Reason.DOCUMENT_ENCRYPTED: "The encapsulated document is encrypted.",
    Reason.DOCUMENT_CONTENT: "The encapsulated document is of a kind, or holds something, that "
    "cannot be cleaned.",
    Reason.DOCUMENT_HELD: "An encapsulated document; the recipe holds all of them.",
    Reason.DOCUMENT_DROPPED: "An encapsulated document; the recipe leaves them out.",
    Reason.SLIDE_LABEL_DROPPED: "A picture of a slide's label; the recipe leaves them out.",
    Reason.NOT_READABLE_AGAIN: "What was written could not be read again.",
    Reason.GEOMETRY_CHANGED: "Written pixels would lie elsewhere in the patient than before.",
    Reason.PIXELS_CHANGED: "Pixels outside the planned region differ from the original.",
    Reason.FILL_MISSING: "Pixels that were to be masked are not.",
    Reason.IDENTIFIER_LEFT: "A value that identifies was still in the written file.",
    Reason.SURPLUS_LEFT: "The written pixel data held more than frames: a comment, unused bits...",
    Reason.TEXT_LEFT: "Text that was to be masked could still be read.",
    Reason.FACE_LEFT: "A face could still be seen after defacing.",
    Reason.WRITE_FAILED: "The file could not be written; look at disk space and permissions.",
    Reason.WORKER_DIED: "The process working on the file died.",
    Reason.TIMEOUT: "The work took longer than the limit.",
    Reason.OUT_OF_MEMORY: "The work needed more memory than the limit.",
    Reason.INTERNAL_ERROR: "An error in pixelscrub; please report it with this code.",
    Reason.PLAN_INVALID: "The plan was changed into something that cannot be carried out.",
    Reason.OUTPUT_CHANGED: "The output was changed after it had been proved; it is not passed on.",
    Reason.RECORD_INVALID: "The private folder's record of this file is damaged; scrub it again.",
    Reason.HELD_BY_PERSON: "A person held it back in the review.",
    Reason.INPUT_CHANGED: "The file changed after it was looked at.",
    Reason.RARE_PATIENT: "Too few patients of the release look alike by what is kept of this one.",
}

NEXT_STEP: Final[dict[Reason, str]] = {
    Reason.NOT_DICOM: "Nothing is to be done, unless the file should be DICOM: then ask its "
    "sender for it again.",
    Reason.NOT_A_FILE: "Name the file that the link leads to as an input of its own.",
    Reason.FILE_NAME: "Rename the file to a name in UTF-8 and run again with --resume.",
    Reason.DAMAGED_FILE: "Ask the archive for the file again; `dcmdump FILE` shows where reading "
    "stops.",
    Reason.UNREADABLE: "Mend the permissions or the disk and run again with --resume.",
    Reason.DICOMDIR: "Nothing is to be done; `pixelscrub media` makes a new index over the output.",
    Reason.MISSING_UID: 'Use a recipe with `missing_uids = "make"`; without a SOP Class the '
    "sender has to mend it.",
    Reason.DUPLICATE_INSTANCE: "Nothing is to be done: the other file was worked on.",
    Reason.CONFLICTING_INSTANCES: "Decide which file is right; the recipe's `duplicates` takes "
    '"first", "newest" or "rename".',
    Reason.SUPERSEDED_INSTANCE: "Nothing is to be done: the recipe chose the other file.",
    Reason.ARCHIVE_LIMIT: "Unpack the archive by hand and name the folder as input.",
    Reason.UNKNOWN_SOP_CLASS: 'Ask the maker what the object holds; `[tags] unsupported = "drop"` '
    "releases what is understood.",
    Reason.UNKNOWN_TRANSFER_SYNTAX: "Convert the file with its maker's software or with dcmtk, "
    "and run again.",
    Reason.UNSUPPORTED_TRANSFER_SYNTAX: "Convert the file to an encoding that is listed in the "
    "docs, and run again.",
    Reason.MISSING_CODEC: "Install the package that `pixelscrub doctor` names, and run again with "
    "--resume.",
    Reason.UNKNOWN_PHOTOMETRIC: "Convert the image to MONOCHROME2 or RGB, and run again.",
    Reason.BAD_PIXEL_DESCRIPTION: "Ask the sender for the image again, or mend the header by hand.",
    Reason.BAD_PIXEL_DATA: "Ask the archive for the file again; `dcmdump FILE` shows the "
    "fragments.",
    Reason.FRAME_COUNT: "Ask the archive for the file again, or mend Number of Frames by hand.",
    Reason.TRUNCATED_PIXEL_DATA: "The transfer broke off: ask the archive for the file again.",
    Reason.CODESTREAM_MISMATCH: "Convert the file with dcmtk, which writes a header that fits, "
    "and run again.",
    Reason.TOO_LARGE: "Raise the limit with --memory, or split the object.",
    Reason.DECODE_FAILED: "Ask the archive for the file again; `dcmdjpeg FILE` shows whether "
    "others can read it.",
    Reason.ENCODE_FAILED: "Convert the file to Explicit VR Little Endian, and run again.",
    Reason.CANNOT_CHANGE: "Convert the file to Explicit VR Little Endian, and run again.",
    Reason.DETECTOR_FAILED: "Run again with --resume; if it stays, report it with the output of "
    "`pixelscrub doctor`.",
    Reason.NIFTI_INVALID: "Convert the original again, for example with dcm2niix.",
    Reason.NIFTI_CUT: "Copy or convert the original again.",
    Reason.PICTURE_TYPE: "Save the picture as PNG, TIFF or baseline JPEG in grey or RGB.",
    Reason.NIFTI_TYPE: "Save magnitude, or one channel, as whole or floating point numbers.",
    Reason.FACE_PARTIAL: "Look at the head in the report; correct its mask and run `apply`, or "
    'set `[face] partial = "release"`.',
    Reason.FACE_FAILED: "Run again with --resume; if it stays, report it with the output of "
    "`pixelscrub doctor`.",
    Reason.FACE_GEOMETRY: "Add the other slices of the series, or look at the image and release "
    "it in the review.",
    Reason.FACE_IN_DERIVED: "Look at the image: mask the face in the review, or leave it out.",
    Reason.TAGS_FAILED: "Look at the header with `dcmdump FILE`; report what it is that cannot be "
    "read.",
    Reason.UNSUPPORTED_CONTENT: 'Leave the object out, or use `[tags] unsupported = "drop"`.',
    Reason.DOCUMENT_DAMAGED: "Ask the archive for the instance again; take the document out with "
    "`dcm2pdf` and see whether a viewer opens it.",
    Reason.DOCUMENT_ENCRYPTED: "Have the sender store it without a password, and run again.",
    Reason.DOCUMENT_CONTENT: 'Look at the document by hand; `documents = "drop"` leaves it out.',
    Reason.DOCUMENT_HELD: 'Use a recipe with `documents = "redact"`, or look at it by hand.',
    Reason.DOCUMENT_DROPPED: "Nothing is to be done.",
    Reason.SLIDE_LABEL_DROPPED: "Nothing is to be done.",
    Reason.NOT_READABLE_AGAIN: "Run again with --resume; if it stays, please report it.",
    Reason.GEOMETRY_CHANGED: "Please report it: this is an error in pixelscrub.",
    Reason.PIXELS_CHANGED: "Please report it: this is an error in pixelscrub.",
    Reason.FILL_MISSING: "Please report it: this is an error in pixelscrub.",
    Reason.IDENTIFIER_LEFT: "Look where the value stands (`inspect --tags`), and add a rule for "
    "it to the recipe.",
    Reason.TEXT_LEFT: "Draw a box over the text in the review, and run `apply`.",
    Reason.FACE_LEFT: "Look at the head in the report, correct its mask, and run `apply`.",
    Reason.WRITE_FAILED: "Make room on the disk or mend its permissions, and run again with "
    "--resume.",
    Reason.WORKER_DIED: "Run again with --resume and fewer --workers; if it stays, leave the file "
    "out and report it.",
    Reason.TIMEOUT: "Run again with --resume and a longer --timeout.",
    Reason.OUT_OF_MEMORY: "Run again with --resume, more --memory or fewer --workers.",
    Reason.INTERNAL_ERROR: "Run again with --resume; if it stays, report the code and the output "
    "of `pixelscrub doctor`.",
    Reason.PLAN_INVALID: "Undo the last change to plan.json, or run `inspect` again.",
    Reason.OUTPUT_CHANGED: "Remove that file from the output and run again with --resume.",
    Reason.RECORD_INVALID: "Run again with --resume; see who else may write to the private folder.",
    Reason.HELD_BY_PERSON: "Nothing is to be done, unless the person decides otherwise in the "
    "review.",
    Reason.INPUT_CHANGED: "Run again: the file is looked at anew.",
    Reason.SURPLUS_LEFT: "Please report it: this is an error in pixelscrub.",
    Reason.RARE_PATIENT: "Add patients to the release and run with --resume, keep fewer attributes,"
    ' or set `[release] on_rare = "generalise"`.',
}
"""What that person does next."""


def meaning(reason: str | None) -> str:
    """A sentence for a reason code; empty for one of another version."""
    return MEANING[Reason(reason)] if reason in set(Reason) else ""


def next_step(reason: str | None) -> str:
    """What to do about a file that is held for a reason; empty for one of another version."""
    return NEXT_STEP[Reason(reason)] if reason in set(Reason) else ""
