from __future__ import annotations

import pytest

from pixelscrub.errors import Reason
from pixelscrub.tags.sop_classes import sop_class


@pytest.mark.parametrize(
    ("uid", "content", "reason"),
    [
        ("1.2.840.10008.5.1.4.1.1.2", "image", None),
        ("1.2.840.10008.5.1.4.1.1.88.11", "structured", None),
        ("1.2.840.10008.5.1.4.1.1.104.1", "encapsulated", Reason.UNSUPPORTED_CONTENT),
        ("1.2.840.10008.5.1.4.1.1.66", "opaque", Reason.UNSUPPORTED_CONTENT),
        ("1.2.840.10008.5.1.4.1.1.9.4.1", "opaque", Reason.UNSUPPORTED_CONTENT),
        ("1.2.3", "unknown", Reason.UNKNOWN_SOP_CLASS),
    ],
)
def test_what_sop_classes_hold(uid, content, reason):
    known = sop_class(uid)
    assert known.content == content
    assert known.can_be_judged == (reason is None)
    if reason is not None:
        assert known.held().reason is reason


def test_what_describes_pixels_is_an_image_of_whatever_class():
    described = {"Rows": 5, "Columns": 5, "BitsAllocated": 8, "SamplesPerPixel": 1}
    assert sop_class("1.2.3", described).can_be_judged
    assert not sop_class("1.2.3", described | {"Rows": None}).can_be_judged
    assert sop_class("1.2.840.10008.5.1.4.1.1.66", described).content == "opaque"
