"""Train the text network on scenes that are drawn as it learns, and write it as ONNX."""

from __future__ import annotations

import copy
import math
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.text.fonts import fonts
from training.text.network import TextNetwork, loss
from training.text.quantise import quantise
from training.text.scene import again, scene, target

SIZE: Final = 256
BATCH: Final = 16
RATE: Final = 3e-3
SEED: Final = 20261122
AGAIN: Final = 0.6
"""Share of scenes that have been shown before: drawing one takes longer than learning from it."""
SHELF: Final = 1024
"""Scenes that are kept to be shown again."""
KEEP: Final = 0.999
"""How much of the averaged weights stays at each step."""


class Scenes(IterableDataset[tuple[np.ndarray, np.ndarray]]):
    """Scenes without end: uint8 (3, SIZE, SIZE) and float32 (1, SIZE / 2, SIZE / 2).

    Each is shown two or three times on average, changed where it is shown again.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        cv2.setNumThreads(1)
        info = get_worker_info()
        random = np.random.default_rng([self.seed, info.id if info else 0])
        kinds = fonts()
        shelf: list[tuple[np.ndarray, np.ndarray]] = []
        while True:
            if len(shelf) >= BATCH and random.random() < AGAIN:
                picture, wanted = again(*shelf[random.integers(len(shelf))], random)
            else:
                drawn = scene(SIZE, random, kinds)
                picture, wanted = drawn.picture, target(drawn)
                if len(shelf) == SHELF:
                    del shelf[random.integers(SHELF)]
                shelf.append((picture, wanted))
            yield picture.transpose(2, 0, 1).copy(), wanted[None].copy()


def train(
    out: Path, seconds: float, workers: int = 1, start: Path | None = None
) -> dict[str, float]:
    """Train for so many seconds and write the network, and its weights beside it as `.pt`.

    Args:
        out: the ONNX file.
        seconds: how long; the learning rate falls to zero at its end.
        workers: processes that draw scenes; 0 draws in this one.
        start: the `.pt` of an earlier run to go on from; nothing known where None.

    Returns:
        What the card says: steps, scenes shown and last loss (mean of the last hundred steps).
    """
    torch.manual_seed(SEED)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = TextNetwork().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if start is not None:
        network.load_state_dict(torch.load(start, weights_only=True))
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    losses: list[float] = []
    began, rate = time.monotonic(), RATE if start is None else RATE / 2
    seed = SEED if start is None else zlib.crc32(start.read_bytes())  # no scene is drawn twice
    batches = iter(DataLoader(Scenes(seed), BATCH, num_workers=workers))
    while (share := (time.monotonic() - began) / seconds) < 1:
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, len(losses) / 100) * 0.5 * (1 + math.cos(math.pi * share))
        losses.append(_step(network, optimiser, next(batches), device))
        _follow(average, network, min(KEEP, len(losses) / (len(losses) + 10)))
        if len(losses) % 200 == 0:
            print(
                f"{len(losses)} steps, loss {np.mean(losses[-200:]):.4f}, {share:.0%}", flush=True
            )
            _save(average, out)
    _save(average, out)
    quantise(out, out)
    recent = float(np.mean(losses[-100:]))
    return {"steps": len(losses), "scenes": len(losses) * BATCH, "loss": recent}


def _step(network: TextNetwork, optimiser: Any, batch: Any, device: torch.device) -> float:
    pictures, wanted = (part.to(device) for part in batch)
    pictures = pictures.float().div_(255).contiguous(memory_format=torch.channels_last)
    optimiser.zero_grad(set_to_none=True)
    is_short = device.type == "cuda" or torch.cpu.get_capabilities().get("avx512_bf16", False)
    with torch.autocast(device.type, torch.bfloat16, enabled=is_short):  # not where it is emulated
        logits = network(pictures)
    lost = loss(logits.float(), wanted)
    lost.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
    optimiser.step()
    return float(lost.detach())


@torch.no_grad()
def _follow(average: TextNetwork, network: TextNetwork, keep: float) -> None:
    """Average the weights over steps: steadier than the last step's."""
    mine, newest = average.state_dict(), network.state_dict()
    for name, value in mine.items():
        if value.is_floating_point():
            value.lerp_(newest[name], 1 - keep)
        else:
            value.copy_(newest[name])


def _save(network: TextNetwork, out: Path) -> None:
    torch.save(network.state_dict(), out.with_suffix(".pt"))
    export(network, out)


def export(network: TextNetwork, out: Path) -> None:
    """Write it as ONNX, for pictures of any size, with probabilities out."""
    ready = torch.nn.Sequential(copy.deepcopy(network).cpu().eval(), torch.nn.Sigmoid()).eval()
    beside = out.with_suffix(".part")
    torch.onnx.export(
        ready,
        (torch.zeros(1, 3, 64, 64),),
        str(beside),
        input_names=["picture"],
        output_names=["text"],
        dynamic_axes={
            "picture": {0: "n", 2: "rows", 3: "columns"},
            "text": {0: "n", 2: "y", 3: "x"},
        },
        opset_version=13,
        dynamo=False,
    )
    beside.replace(out)
