"""What can go wrong, as exceptions with exit codes and as reason codes.

::

    PixelscrubError
    ├── UsageError            exit 1   the call cannot be carried out as it was given
    │   └── RecipeError       exit 1   the recipe is not valid
    ├── NothingUsableError    exit 3   no instance was found in the input
    ├── VerificationError     exit 4   the audit of an output found something
    ├── MissingComponentError exit 5   a program or package is not installed
    └── HeldError                      one instance is held back, with a `Reason`

No message may carry a value from an image or its header: only codes, tags, types and numbers
of our own making. `HeldError` is how every room says "this instance must not be released".
"""

from __future__ import annotations

import errno
import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

TRACE_DIGITS: Final = 10
"""Of a trace's hash; enough to tell errors of one run apart."""


class PixelscrubError(Exception):
    """Base of everything that pixelscrub raises on purpose."""

    exit_code = 1


class UsageError(PixelscrubError):
    """The call cannot be carried out as it was given."""


class RecipeError(UsageError):
    """The recipe does not exist or is not valid."""


class NothingUsableError(PixelscrubError):
    """The input holds no DICOM instance that could be used."""

    exit_code = 3


class VerificationError(PixelscrubError):
    """The audit of an output against its originals found something."""

    exit_code = 4


class MissingComponentError(PixelscrubError):
    """A program or package that the work needs is not installed.

    Attributes:
        component: its name.
        install: how to install it, one line.
    """

    exit_code = 5

    def __init__(self, component: str, install: str) -> None:
        super().__init__(f"{component} is needed and not installed; {install}")
        self.component = component
        self.install = install

    def __reduce__(self) -> tuple[type[MissingComponentError], tuple[str, str]]:
        """Pickle with both arguments, so that it survives the way back from a worker."""
        return type(self), (self.component, self.install)


class Reason(StrEnum):
    """Why an instance was held back; the value is the code in the audit."""

    # intake
    NOT_DICOM = "not_dicom"
    NOT_A_FILE = "not_a_file"
    FILE_NAME = "unsupported_file_name"
    DAMAGED_FILE = "damaged_file"
    UNREADABLE = "unreadable"
    DICOMDIR = "dicomdir"
    MISSING_UID = "missing_uid"
    DUPLICATE_INSTANCE = "duplicate_instance"
    CONFLICTING_INSTANCES = "conflicting_instances"
    SUPERSEDED_INSTANCE = "superseded_instance"
    ARCHIVE_LIMIT = "archive_limit"
    UNKNOWN_SOP_CLASS = "unknown_sop_class"
    NIFTI_INVALID = "nifti_invalid"
    NIFTI_CUT = "nifti_cut"
    NIFTI_TYPE = "nifti_voxel_type"
    PICTURE_TYPE = "picture_type"
    # pixels
    UNKNOWN_TRANSFER_SYNTAX = "unknown_transfer_syntax"
    UNSUPPORTED_TRANSFER_SYNTAX = "unsupported_transfer_syntax"
    MISSING_CODEC = "missing_codec"
    UNKNOWN_PHOTOMETRIC = "unknown_photometric_interpretation"
    BAD_PIXEL_DESCRIPTION = "bad_pixel_description"
    BAD_PIXEL_DATA = "bad_pixel_data"
    FRAME_COUNT = "frame_count_mismatch"
    TRUNCATED_PIXEL_DATA = "truncated_pixel_data"
    CODESTREAM_MISMATCH = "codestream_mismatch"
    TOO_LARGE = "too_large"
    DECODE_FAILED = "decode_failed"
    ENCODE_FAILED = "encode_failed"
    CANNOT_CHANGE = "cannot_change_pixels"
    # text, face, tags
    DETECTOR_FAILED = "detector_failed"
    FACE_PARTIAL = "face_partial"
    FACE_FAILED = "face_failed"
    FACE_GEOMETRY = "face_geometry"
    FACE_IN_DERIVED = "face_in_derived_image"
    TAGS_FAILED = "tags_failed"
    UNSUPPORTED_CONTENT = "unsupported_content"
    DOCUMENT_DAMAGED = "document_damaged"
    DOCUMENT_ENCRYPTED = "document_encrypted"
    DOCUMENT_CONTENT = "document_content"
    DOCUMENT_HELD = "document_held"
    DOCUMENT_DROPPED = "document_dropped"
    SLIDE_LABEL_DROPPED = "slide_label_dropped"
    # prove, store, jobs
    NOT_READABLE_AGAIN = "not_readable_again"
    GEOMETRY_CHANGED = "geometry_changed"
    PIXELS_CHANGED = "pixels_changed_outside"
    FILL_MISSING = "fill_missing"
    IDENTIFIER_LEFT = "identifier_left"
    SURPLUS_LEFT = "surplus_left"
    TEXT_LEFT = "text_left"
    FACE_LEFT = "face_left"
    WRITE_FAILED = "write_failed"
    WORKER_DIED = "worker_died"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    INTERNAL_ERROR = "internal_error"
    PLAN_INVALID = "plan_invalid"
    RECORD_INVALID = "record_invalid"
    OUTPUT_CHANGED = "output_changed"
    HELD_BY_PERSON = "held_by_person"
    INPUT_CHANGED = "input_changed"
    RARE_PATIENT = "rare_patient"


SKIPPED = frozenset(
    {
        Reason.NOT_DICOM,
        Reason.NOT_A_FILE,
        Reason.DICOMDIR,
        Reason.DUPLICATE_INSTANCE,
        Reason.SUPERSEDED_INSTANCE,
        Reason.DOCUMENT_DROPPED,
        Reason.SLIDE_LABEL_DROPPED,
    }
)
"""Reasons of files that are no instances, or for which another file of the same instance stands:
reported, without effect on the exit code."""


RETRYABLE = frozenset(
    {
        Reason.UNREADABLE,
        Reason.MISSING_CODEC,
        Reason.DETECTOR_FAILED,
        Reason.WRITE_FAILED,
        Reason.WORKER_DIED,
        Reason.TIMEOUT,
        Reason.OUT_OF_MEMORY,
        Reason.INTERNAL_ERROR,
        Reason.INPUT_CHANGED,
        Reason.RARE_PATIENT,
        Reason.RECORD_INVALID,
    }
)
"""Reasons that do not lie in the instance: a resumed run tries again."""


class HeldError(PixelscrubError):
    """One instance is held back.

    Attributes:
        reason: the code that goes into the audit.
        detail: a short explanation that holds no value of the instance.
        trace: modules and lines of ours that an error of our own went through; else empty.
    """

    exit_code = 2

    def __init__(self, reason: Reason, detail: str = "", trace: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail
        self.trace = trace

    def __reduce__(self) -> tuple[type[HeldError], tuple[Reason, str, str]]:
        """Pickle with all arguments, so that it survives the way back from a worker."""
        return type(self), (self.reason, self.detail, self.trace)

    @classmethod
    def of_internal(cls, error: BaseException) -> HeldError:
        """What becomes of an error that nobody foresaw: its type, and where in our code it was.

        The short hash in `detail` is the name of the trace in the private folder, so that a bug
        report helps while it tells nothing of the instance.
        """
        trace = _trace_of(error)
        kind = type(error).__name__
        return cls(Reason.INTERNAL_ERROR, f"{kind} {trace_name(trace)}" if trace else kind, trace)


def trace_name(trace: str) -> str:
    """A short name of a trace: the same error in the same place has the same one."""
    return hashlib.sha256(trace.encode()).hexdigest()[:TRACE_DIGITS]


def _trace_of(error: BaseException) -> str:
    """Type of an error and `module:line` of our own frames; no path, no value."""
    lines = []
    place = error.__traceback__
    while place is not None:
        module = place.tb_frame.f_globals.get("__name__", "")
        if isinstance(module, str) and module.split(".", 1)[0] == __package__:
            lines.append(f"{module}:{place.tb_lineno}")
        place = place.tb_next
    return "\n".join([type(error).__name__, *lines]) if lines else ""


OF_THE_SYSTEM: Final = {
    errno.EIO: Reason.UNREADABLE,
    errno.ESTALE: Reason.UNREADABLE,
    errno.ENOSPC: Reason.WRITE_FAILED,
    errno.EDQUOT: Reason.WRITE_FAILED,
    errno.EROFS: Reason.WRITE_FAILED,
}
"""Error numbers that mean the same wherever they come up."""


@contextmanager
def guarded(reason: Reason) -> Iterator[None]:
    """Turn whatever a library raises into a `HeldError` that carries no value.

    Library messages quote values of the instance, so only the exception's type is kept, and
    warnings are dropped. Rust extensions panic with a `BaseException`; those are caught too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (PixelscrubError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except MemoryError:
            raise HeldError(Reason.OUT_OF_MEMORY) from None
        except BaseException as error:
            number = error.errno if isinstance(error, OSError) else None
            known = OF_THE_SYSTEM.get(number or 0, reason)
            if known is Reason.INTERNAL_ERROR:
                raise HeldError.of_internal(error) from None
            raise HeldError(known, type(error).__name__) from None
