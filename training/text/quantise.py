"""The network in 8-bit integers: a quarter of the size, in less than half the time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from training.text.fonts import fonts
from training.text.scene import scene
from training.text.shelf import Shelf

SCENES: Final = 200
"""Scenes whose range of values each layer is made for."""
SIZE: Final = 256
SEED: Final = 11


def quantise(network: Path, out: Path, shelf: Shelf, scenes: int = SCENES) -> None:
    """Write a network with weights and values of 8 bits; its first and last layer stay as they are.

    Weights take 7 of them, so that no sum overflows on processors without VNNI, and the same is
    found on all.

    Args:
        network: an ONNX file in full precision, as `training.text.train.export` writes it.
        out: the file to write; may be the same.
        shelf: real pictures to draw on.
        scenes: how many are drawn for it.
    """
    import onnx
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            random, kinds = np.random.default_rng(SEED), fonts()
            self.left = (scene(SIZE, random, kinds, shelf).picture for _ in range(scenes))

        def get_next(self) -> dict[str, Any] | None:
            picture = next(self.left, None)
            if picture is None:
                return None
            return {"picture": np.float32(picture.transpose(2, 0, 1)[None]) / 255}

    layers = [node.name for node in onnx.load(network).graph.node if node.op_type == "Conv"]
    beside = out.with_suffix(".part")
    quantize_static(
        network,
        beside,
        Reader(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Add", "Resize"],
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[layers[0], layers[-1]],
    )
    beside.replace(out)
