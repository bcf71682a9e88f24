import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pixelscrub.findings import Box, Finding

coordinates = st.integers(-50, 50)
boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    coordinates,
    coordinates,
    st.integers(0, 40),
    st.integers(0, 40),
)


def pixels(box):
    return {(x, y) for x in range(box.x0, box.x1) for y in range(box.y0, box.y1)}


@given(boxes, boxes)
def test_boxes_are_sets_of_pixels(first, second):
    assert first.area == len(pixels(first))
    assert pixels(first.intersection(second)) == pixels(first) & pixels(second)
    assert pixels(first.union(second)) >= pixels(first) | pixels(second)
    assert pixels(first.clipped(20, 10)) == pixels(first) & pixels(Box(0, 0, 20, 10))
    assert pixels(first.shifted(3, -2)) == {(x + 3, y - 2) for x, y in pixels(first)}
    assert pixels(first) <= pixels(first.padded(2))


def test_frames_are_first_and_last():
    finding = Finding(kind="text", frames=(2, 4), box=Box(0, 0, 1, 1))
    assert [finding.covers(frame) for frame in range(6)] == [0, 0, 1, 1, 1, 0]
    assert Finding(kind="text", box=Box(0, 0, 1, 1)).covers(99)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "nonsense", "box": [0, 0, 1, 1]},
        {"kind": "text"},
        {"kind": "text", "box": [5, 5, 5, 9]},
        {"kind": "text", "box": [0, 0, 1, 1], "frames": [3, 2]},
        {"kind": "text", "box": [0, 0, 1, 1], "frames": [-1, 2]},
        {"kind": "text", "box": [0, 0, 1, 1], "score": 2},
        {"kind": "text", "box": [0, 0, 1, 1], "text": "Quixote"},
    ],
)
def test_nonsense_is_refused(fields):
    with pytest.raises(ValidationError):
        Finding.model_validate(fields)


def test_finding_survives_json():
    finding = Finding(kind="text", frames=(0, 1), box=Box(1, 2, 3, 4), score=0.5, source="x")
    assert Finding.model_validate_json(finding.model_dump_json()) == finding
