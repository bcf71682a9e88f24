"""Nothing that hides below the level of attributes comes out, by the way that real runs go."""

from __future__ import annotations

import io

import pytest

from pixelscrub.errors import HeldError
from pixelscrub.identity.terms import Terms
from pixelscrub.pixels.edit import Edit
from pixelscrub.prove.release import release
from tests.tags import hideouts
from tests.tags.samples import rewritten

FILES = list(hideouts.hideouts(seed=3))
HELD = {"after the file", "after the pixel data"}
"""Files that nobody can read for sure."""
PROVED = {
    "comment of a JPEG": "surplus_left",
    "offset table": "surplus_left",
    "pixel data": "identifier_left",
}
"""Where pixel data are copied unseen, the proof holds such files."""


@pytest.mark.parametrize("hideout", FILES, ids=[h.place for h in FILES])
def test_what_hides_does_not_come_out(hideout, pseudonyms, tmp_path):
    if hideout.place in HELD:
        with pytest.raises(HeldError) as caught:
            rewritten(hideout.data, pseudonyms)
        assert "ZQ" not in str(caught.value)
        return
    out = rewritten(hideout.data, pseudonyms)
    assert hideouts.leaks(hideout, hideout.data)
    assert hideouts.leaks(hideout, out) == (hideout.place in PROVED)
    written = tmp_path / "out.dcm"
    written.write_bytes(out)
    terms = Terms.read(io.BytesIO(hideout.data))
    if hideout.place in PROVED:
        with pytest.raises(HeldError, match=PROVED[hideout.place]):
            release(io.BytesIO(hideout.data), written, Edit(), terms)
    else:
        release(io.BytesIO(hideout.data), written, Edit(), terms)
