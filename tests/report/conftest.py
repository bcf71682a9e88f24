from __future__ import annotations

import json

import numpy as np
import pytest

from pixelscrub.findings import Box
from pixelscrub.report import pictures


class PrivateFolder:
    """A private folder with an audit that grows line by line."""

    def __init__(self, path):
        self.path = path
        (path / "report").mkdir(parents=True)

    def add(self, **values):
        line = {
            "source": "in/1",
            "output": "P1/S1/E1/1.dcm",
            "outcome": "clean",
            "sop_class": "1.2.840.10008.5.1.4.1.1.6.1",
        } | values
        with (self.path / "audit.jsonl").open("a", encoding="utf-8") as audit:
            audit.write(json.dumps(line) + "\n")

    def add_masked(
        self, number, boxes, size=(800, 600), series="E1", score=0.9, device="", **values
    ):
        grey = np.full((size[1], size[0]), 80, np.uint8)
        output = f"P1/S1/{series}/{number}.dcm"
        box_list = [Box(*box) for box in boxes]
        name = pictures.save(
            self.path / "report" / "pictures", output, grey, grey, box_list, device
        )
        text = [
            {"frames": None, "box": b, "kind": "text", "score": score, "action": "mask"}
            for b in box_list
        ]
        self.add(source=f"in/{number}", output=output, text=text, pictures=[name], **values)

    def hold(self, source, reason, **values):
        self.add(source=source, output=None, outcome="held", reason=reason, **values)


@pytest.fixture
def private(tmp_path):
    return PrivateFolder(tmp_path / "private")
