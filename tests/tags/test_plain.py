from __future__ import annotations

import pytest

from pixelscrub.tags.plain import PLAIN


@pytest.mark.parametrize(
    ("vr", "value", "plain"),
    [
        ("DS", b"1.5\\-2e-3 ", True),
        ("DS", b"1.5mm", True),
        ("DS", b"Gundersen", False),
        ("DS", b"ZQ123KX", False),
        ("IS", b"", True),
        ("DA", b"20200131", True),
        ("TM", b"Ragnhild", False),
        ("US", b"\1\0", True),
        ("US", b"GUNDERSEN ", False),
        ("FD", b"\0" * 8, True),
    ],
)
def test_numbers_are_told_from_text(vr, value, plain):
    assert PLAIN[vr](value) == plain
