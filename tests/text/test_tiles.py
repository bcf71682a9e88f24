"""Parts of large pictures."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.text.tiles import OVERLAP, STEP, TILE, parts


@given(st.integers(1, 600))
def test_tiles_cover_a_side_and_overlap(steps: int) -> None:
    side = steps * STEP
    tiles = parts(side)
    assert tiles[0].start == 0
    assert tiles[-1].stop == side
    assert all(part.start >= 0 and part.stop - part.start <= TILE for part in tiles)
    assert all(part.start % STEP == part.stop % STEP == 0 for part in tiles)
    assert all(one.stop - two.start >= OVERLAP - STEP for one, two in itertools.pairwise(tiles))
