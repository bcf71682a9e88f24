import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.net.limits import MultipartLimits
from pixelscrub.net.peer import UnreachableError
from pixelscrub.net.web.multipart import pieces

KIND = 'Multipart/Related; type="application/dicom"; boundary="--X.y"'


def message(parts, end=b"--"):
    head = b"\r\n----X.y\r\nContent-Type: application/dicom\r\n\r\n"
    return b"preamble" + b"".join(head + part for part in parts) + b"\r\n----X.y" + end


def bodies(kind, chunks, **limits):
    """Whole bodies, gathered of their pieces."""
    body = []
    for piece in pieces(kind, chunks, MultipartLimits(**limits)):
        if piece is None:
            yield b"".join(body)
            body.clear()
        else:
            body.append(piece)


def cut(data, size):
    return [data[k : k + size] for k in range(0, len(data), size)]


@given(st.lists(st.binary(max_size=40)), st.integers(1, 50))
def test_parts_come_whole_however_the_message_is_cut(parts, size):
    assert list(bodies(KIND, cut(message(parts), size))) == parts


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1), st.data())
def test_message_that_breaks_off_gives_whole_parts_only_and_says_so(parts, data):
    whole = message(parts)
    end = data.draw(st.integers(0, len(whole) - 2))
    came = []

    def receive():
        for part in bodies(KIND, cut(whole[:end], 7)):
            came.append(part)  # noqa: PERF402 (what came before it broke off)

    with pytest.raises(UnreachableError, match="incomplete"):
        receive()
    assert came == parts[: len(came)]
    assert len(came) == max(0, whole[:end].count(b"\r\n----X.y") - 1)


def test_message_may_begin_with_its_boundary_and_have_no_part():
    begun = b"----X.y\r\n\r\nfirst\r\n----X.y--\r\nepilogue"
    assert list(bodies(KIND, [begun])) == [b"first"]
    assert list(bodies(KIND, [b"----X.y--"])) == []


@pytest.mark.parametrize("kind", ["application/dicom", "", "nonsense; ;;"])
def test_message_without_parts_is_one_file(kind):
    assert list(bodies(kind, [b"DI", b"CM"])) == [b"DICM"]


@given(st.lists(st.binary(max_size=300), min_size=1), st.integers(1, 50))
def test_no_piece_is_larger_than_what_came_and_a_delimiter(parts, size):
    came = [p for p in pieces(KIND, cut(message(parts), size)) if p is not None]
    assert max(map(len, came), default=0) <= size + len(b"\r\n----X.y")


@pytest.mark.parametrize(
    ("chunks", "limits", "code"),
    [
        (cut(message([b"x" * 100, b"x" * 101]), 7), {"part_bytes": 100}, "too_large"),
        ([b"\r\n----X.y\r\n", *[b"Head: er\r\n"] * 100], {"head_bytes": 500}, "too_large"),
        ([message([b"x"] * 4)], {"parts": 4}, "too_many_parts"),
    ],
)
def test_message_beyond_the_limits_is_given_up(chunks, limits, code):
    with pytest.raises(UnreachableError, match=code):
        list(bodies(KIND, chunks, **limits))


def test_preamble_and_epilogue_without_end_are_not_waited_for():
    def endless():
        yield message([b"part"])
        yield from [b"epilogue"] * 10
        raise AssertionError("the epilogue is not to be waited for")

    assert list(bodies(KIND, endless())) == [b"part"]
    with pytest.raises(UnreachableError, match="too_large"):
        list(bodies(KIND, [b"preamble"] * 10_000))


def test_one_file_beyond_the_limit_is_given_up():
    with pytest.raises(UnreachableError, match="too_large"):
        list(bodies("application/dicom", [b"x" * 60] * 2, part_bytes=100))


@pytest.mark.parametrize("boundary", ['""', "ü", "x" * 71])
def test_boundary_that_cannot_be_one_is_refused(boundary):
    with pytest.raises(UnreachableError, match="no_multipart"):
        list(bodies(f"multipart/related; boundary={boundary}", [b""]))


@given(st.text(max_size=60), st.lists(st.binary(max_size=60), max_size=5))
def test_anything_is_a_message_or_given_up(kind, chunks):
    with contextlib.suppress(UnreachableError):
        for body in bodies(f"multipart/related; boundary={kind}", chunks):
            assert body in b"".join(chunks)
