"""Text detectors, one file each: what any of them finds counts.

A detector is a module of this room that has a `DETECTOR`: `strokes` (drawn letters, without
weights), `network` (two trained networks), `pairing` (both, where both are asked for), `barcodes`,
`ppocr`, and `words` (Tesseract). A new one is one more file. Beside them: `registry` (what a
detector is, and which there are), `search` (`detect`: one picture, several detectors), `ink`,
`probability`, `flow` and `drawn`, which the detectors look with.
"""

from pixelscrub.text.detectors.registry import Cost, Detector, cheap, detectors, quick, require
from pixelscrub.text.detectors.search import detect

__all__ = ["Cost", "Detector", "cheap", "detect", "detectors", "quick", "require"]
