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
    Reason.MISSING_UID: "UIDs of class, instance, series or study are missing.",
    Reason.DUPLICATE_INSTANCE: "The same instance came in another file, byte for byte.",
    Reason.CONFLICTING_INSTANCES: "Two different files claim to be the same instance.",
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
    Reason.FACE_PARTIAL: "Only a part of the face could be found, so a part may remain.",
    Reason.FACE_FAILED: "The search for a face failed.",
    Reason.FACE_GEOMETRY: "The slices do not form a volume, so a face cannot be taken out.",
    Reason.FACE_IN_DERIVED: "A derived image may still show the face.",
    Reason.TAGS_FAILED: "The header could not be de-identified.",
    Reason.UNSUPPORTED_CONTENT: "The object holds content that cannot be de-identified.",
    Reason.NOT_READABLE_AGAIN: "What was written could not be read again.",
    Reason.GEOMETRY_CHANGED: "Written pixels would lie elsewhere in the patient than before.",
    Reason.PIXELS_CHANGED: "Pixels outside the planned region differ from the original.",
    Reason.FILL_MISSING: "Pixels that were to be masked are not.",
    Reason.IDENTIFIER_LEFT: "A value that identifies was still in the written file.",
    Reason.TEXT_LEFT: "Text that was to be masked could still be read.",
    Reason.FACE_LEFT: "A face could still be seen after defacing.",
    Reason.WRITE_FAILED: "The file could not be written; look at disk space and permissions.",
    Reason.WORKER_DIED: "The process working on the file died.",
    Reason.TIMEOUT: "The work took longer than the limit.",
    Reason.OUT_OF_MEMORY: "The work needed more memory than the limit.",
    Reason.INTERNAL_ERROR: "An error in pixelscrub; please report it with this code.",
    Reason.PLAN_INVALID: "The plan was changed into something that cannot be carried out.",
    Reason.RECORD_INVALID: "The private folder's record of this file is damaged; scrub it again.",
    Reason.HELD_BY_PERSON: "A person held it back in the review.",
    Reason.INPUT_CHANGED: "The file changed after it was looked at.",
}


def meaning(reason: str | None) -> str:
    """A sentence for a reason code; empty for one of another version."""
    return MEANING[Reason(reason)] if reason in set(Reason) else ""
