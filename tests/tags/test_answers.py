"""The answer key, in short: `python -m benchmarks.tags` asks more than 50,000 times."""

from __future__ import annotations

import pytest

from pixelscrub.findings import Box
from tests.tags import answers
from tests.tags.samples import masked


@pytest.mark.parametrize("unseen", [False, True])
def test_every_check_of_the_key_holds(pseudonyms, unseen):
    score = answers.Score()
    for asked in answers.made_up(4, seed=3, unseen=unseen):
        out = masked(asked.data, Box(*answers.BOX), pseudonyms, options=answers.OPTIONS)
        score.add(asked, out)
    assert set(score.done) == set(answers.CHECKS)
    assert score.failed.total() <= score.done.total() // 2000, score.failed


def test_the_key_sees_what_was_not_done():
    score = answers.Score()
    for asked in answers.made_up(1):
        score.add(asked, asked.data)
    blind = {"tag_retained", "text_notnull", "text_retained", "uid_consistent", "pixels_retained"}
    assert set(score.failed) == set(answers.CHECKS) - blind
