"""Findings that tests put into plans and look for again."""

from pixelscrub.findings import Box, Finding

TEXT = Finding(kind="text", box=Box(4, 4, 20, 10), score=0.4, source="strokes")
SURE = Finding(kind="text", box=Box(24, 20, 40, 28), score=0.9, source="tesseract")
KEPT = Finding(kind="text", box=Box(2, 24, 12, 30), score=0.6, action="keep", source="strokes")
