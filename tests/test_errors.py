import pickle
import warnings

import pytest

from pixelscrub.errors import (
    HeldError,
    MissingComponentError,
    Reason,
    UsageError,
    guarded,
    trace_name,
)


def test_errors_survive_the_way_back_from_a_worker():
    held = pickle.loads(pickle.dumps(HeldError(Reason.TEXT_LEFT, "frame 3")))
    assert (held.reason, held.detail) == (Reason.TEXT_LEFT, "frame 3")
    missing = pickle.loads(pickle.dumps(MissingComponentError("tesseract", "apt-get it")))
    assert (missing.component, missing.install) == ("tesseract", "apt-get it")


def test_reason_codes_are_unique_and_fit_a_column():
    codes = [reason.value for reason in Reason]
    assert len(codes) == len(set(codes))
    assert all(code.replace("_", "").islower() for code in codes)


class Panic(BaseException):
    """What a Rust extension raises."""


@pytest.mark.parametrize("kind", [ValueError, RuntimeError, Panic])
def test_library_errors_lose_their_values(kind):
    with pytest.raises(HeldError) as caught, guarded(Reason.DECODE_FAILED):
        raise kind("Quixote^Alonso")
    assert caught.value.reason is Reason.DECODE_FAILED
    assert caught.value.detail == kind.__name__
    assert "Quixote" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_lack_of_memory_is_its_own_reason():
    with pytest.raises(HeldError) as caught, guarded(Reason.DECODE_FAILED):
        raise MemoryError("Quixote^Alonso")
    assert caught.value.reason is Reason.OUT_OF_MEMORY
    assert "Quixote" not in str(caught.value)


@pytest.mark.parametrize("kind", [UsageError, KeyboardInterrupt, SystemExit])
def test_our_own_errors_and_interruptions_pass(kind):
    with pytest.raises(kind), guarded(Reason.DECODE_FAILED):
        raise kind


def test_library_warnings_are_dropped():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with guarded(Reason.DECODE_FAILED):
            warnings.warn("Quixote^Alonso", stacklevel=1)
    assert not caught


def test_an_unforeseen_error_tells_where_in_our_code_it_was():
    from pixelscrub.identity.dates import cap_age

    with pytest.raises(HeldError) as caught, guarded(Reason.INTERNAL_ERROR):
        cap_age(object())  # type: ignore[arg-type]
    trace = caught.value.trace.splitlines()
    assert trace[0] == "AttributeError"
    assert any(line.startswith("pixelscrub.identity.dates:") for line in trace)
    assert caught.value.detail == f"AttributeError {trace_name(caught.value.trace)}"
    assert pickle.loads(pickle.dumps(caught.value)).trace == caught.value.trace


def test_a_trace_holds_no_path_and_no_value():
    with pytest.raises(HeldError) as caught, guarded(Reason.INTERNAL_ERROR):
        raise ValueError("Quixote^Alonso")
    assert "/" not in caught.value.trace
    assert "Quixote" not in caught.value.trace + caught.value.detail
