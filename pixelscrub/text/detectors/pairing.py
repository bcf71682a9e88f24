"""Network and strokes together: strokes look only where the network is not sure."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors import network
from pixelscrub.text.detectors.registry import Cost, Detector, detectors

Picture = npt.NDArray[np.uint8]


def find_lines(image: Picture) -> list[TextBox]:
    """Find lines of text by the network, and those that strokes add to them.

    Args:
        image: uint8, (rows, columns) grey or (rows, columns, 3) RGB.

    Raises:
        MissingComponentError: the network is not installed.
    """
    return network.find_lines(image, detectors()["strokes"].find)


DETECTOR: Final = Detector(
    "network+strokes", Cost.CHEAP, find_lines, joins=frozenset({"network", "strokes"})
)
