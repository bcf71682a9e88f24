"""Parts of large pictures."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.text.tiles import SETTINGS, parts


@given(st.integers(1, 600))
def test_tiles_cover_a_side_and_overlap(steps: int) -> None:
    side = steps * SETTINGS.step
    tiles = parts(side)
    assert tiles[0].start == 0
    assert tiles[-1].stop == side
    assert all(part.start >= 0 and part.stop - part.start <= SETTINGS.side for part in tiles)
    assert all(part.start % SETTINGS.step == part.stop % SETTINGS.step == 0 for part in tiles)
    assert all(
        one.stop - two.start >= SETTINGS.overlap - SETTINGS.step
        for one, two in itertools.pairwise(tiles)
    )
