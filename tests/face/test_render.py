from __future__ import annotations

import numpy as np
import SimpleITK as sitk  # noqa: N813

from pixelscrub.face.render import shaded_views
from tests.face.phantom import head


def test_three_views_show_the_head_and_its_nose():
    values = sitk.GetArrayFromImage(head()).transpose(2, 1, 0)
    front, left, right = shaded_views(values, 100.0)
    assert front.shape == (96, 90)
    assert left.shape == right.shape == (96, 104)
    assert front.dtype == np.uint8
    assert front[0, 0] == 0
    assert front[48, 45] > 0
    nose = values.shape[2] - 1 - 48
    assert np.array_equal(left[nose] > 0, right[nose][::-1] > 0)
