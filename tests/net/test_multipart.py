import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.net.multipart import bodies
from pixelscrub.net.peer import UnreachableError

KIND = 'Multipart/Related; type="application/dicom"; boundary="--X.y"'


def message(parts, end=b"--"):
    head = b"\r\n----X.y\r\nContent-Type: application/dicom\r\n\r\n"
    return b"preamble" + b"".join(head + part for part in parts) + b"\r\n----X.y" + end


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
