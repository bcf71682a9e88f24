"""Train text networks on scenes that are drawn as they learn, and write them as ONNX."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.text.fonts import fonts
from training.text.network import NARROW, TextNetwork, loss
from training.text.scene import again, scene, target
from training.text.shelf import Shelf, packaged
from training.text.weights import read_network, save, settle

SIZE: Final = 256
RATE: Final = 3e-3
SEED: Final = 20261128
AGAIN: Final = 0.6
"""Share of scenes that have been shown before: drawing one takes longer than learning from it."""
SHELF: Final = 1024
"""Scenes that are kept to be shown again."""
KEEP: Final = 0.9985
"""How much of the averaged weights stays at each step."""
CROPS: Final = (0, 16, 32, 48)
"""Pixels by which a batch that is shown again on the card is made smaller."""


@dataclass(frozen=True)
class Learner:
    """One network that learns.

    Attributes:
        out: its ONNX file; its weights are written beside it as `.pt`.
        start: weights to go on from, `.pt` or `.onnx`; nothing known where None.
        taught: share of its goal that is what the teachers say, 0 to 1; the rest is the truth.
        rate: the learning rate it begins with.
    """

    out: Path
    start: Path | None = None
    taught: float = 0.0
    rate: float = RATE


@dataclass(frozen=True)
class Training:
    """How to train: all learners see the same batches.

    Attributes:
        learners: one or more.
        teachers: networks, `.pt` or `.onnx`, whose mean says what taught learners are to say.
        shelf: real pictures to draw on.
        seconds: how long; the learning rate falls to zero at its end.
        workers: processes that draw scenes; 0 draws in this one.
        batch: scenes of a step.
        repeats: steps that are taken on each batch, changed on the card each time.
        again: share of scenes that were shown before.
    """

    learners: list[Learner]
    teachers: list[Path] = field(default_factory=list)
    shelf: Shelf = field(default_factory=packaged)
    seconds: float = 2400
    workers: int = 1
    batch: int = 16
    repeats: int = 1
    again: float = AGAIN


class Scenes(IterableDataset[tuple[np.ndarray, np.ndarray]]):
    """Scenes without end: uint8 (3, SIZE, SIZE) and uint8 (1, SIZE / 2, SIZE / 2), 255 on text.

    Each is shown two or three times on average, changed where it is shown again.
    """

    def __init__(
        self, seed: int, shelf: Shelf, shown_again: float = AGAIN, least: int = 16
    ) -> None:
        self.seed, self.shelf, self.again, self.least = seed, shelf, shown_again, least

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        info = get_worker_info()
        random = np.random.default_rng([self.seed, info.id if info else 0])
        kinds = fonts()
        kept: list[tuple[np.ndarray, np.ndarray]] = []
        while True:
            if len(kept) >= self.least and random.random() < self.again:
                picture, wanted = again(*kept[random.integers(len(kept))], random)
            else:
                drawn = scene(SIZE, random, kinds, self.shelf)
                picture, wanted = drawn.picture, target(drawn)
                if len(kept) == SHELF:
                    del kept[random.integers(SHELF)]
                kept.append((picture, wanted))
            yield picture.transpose(2, 0, 1).copy(), (255 * wanted[None]).astype(np.uint8)


def train(training: Training) -> dict[str, Any]:
    """Train for so many seconds and write each network, with its weights beside it as `.pt`.

    Returns:
        What the card says: steps, scenes drawn or shown, and the last loss of each learner.
    """
    torch.manual_seed(SEED)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    running = [_Running(learner, device) for learner in training.learners]
    teachers = [_on(read_network(path), device).eval() for path in training.teachers]
    seed = SEED + int(time.time())  # no scene is drawn twice by runs that go on from one another
    drawn = Scenes(seed, training.shelf, training.again)
    batches = iter(
        DataLoader(
            drawn, training.batch, num_workers=training.workers, pin_memory=device.type == "cuda"
        )
    )
    began, steps = time.monotonic(), 0
    while (share := (time.monotonic() - began) / training.seconds) < 1:
        pictures, wanted = (part.to(device, non_blocking=True) for part in next(batches))
        pictures, wanted = pictures.float() / 255, wanted.float() / 255
        if not steps:
            for one in running:
                one.settle(pictures)
        for repeat in range(training.repeats):
            shown, there = changed(pictures, wanted) if repeat else (pictures, wanted)
            shown = shown.contiguous(memory_format=torch.channels_last)
            said = _said(teachers, shown)
            for one in running:
                one.step(shown, there, said, share)
            steps += 1
        if steps % 200 < training.repeats:
            lost = ", ".join(f"{np.mean(one.losses[-200:]):.4f}" for one in running)
            print(f"{steps} steps, loss {lost}, {share:.0%}", flush=True)
    for one in running:
        save(one.average, one.learner.out, (3, 64, 64), "text")
    recent = [float(np.mean(one.losses[-100:])) for one in running]
    return {"steps": steps, "scenes": steps * training.batch // training.repeats, "loss": recent}


class _Running:
    """A learner, the average of its weights and its optimiser."""

    def __init__(self, learner: Learner, device: torch.device) -> None:
        self.learner = learner
        network = read_network(learner.start) if learner.start else TextNetwork(NARROW)
        self.network = _on(network, device).train()
        self.average = copy.deepcopy(self.network)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), learner.rate, weight_decay=1e-3
        )
        self.losses: list[float] = []

    def settle(self, pictures: Tensor) -> None:
        """Measure the statistics that an ONNX file does not hold."""
        if self.learner.start is not None and self.learner.start.suffix == ".onnx":
            settle(self.network, pictures)
            self.average = copy.deepcopy(self.network)
        self.network.train()

    def step(self, pictures: Tensor, truth: Tensor, said: Tensor | None, share: float) -> None:
        """Learn from one batch, `share` of the way through the training."""
        for group in self.optimiser.param_groups:
            warm = min(1, (len(self.losses) + 1) / 100)
            group["lr"] = self.learner.rate * warm * 0.5 * (1 + math.cos(math.pi * share))
        wanted = truth if said is None else torch.lerp(truth, said, self.learner.taught)
        self.optimiser.zero_grad(set_to_none=True)
        with _short(pictures.device):
            logits = self.network(pictures)
        lost = loss(logits.float(), wanted)
        lost.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimiser.step()
        is_told = len(self.losses) % 20 == 0 or pictures.device.type == "cpu"  # waits for the card
        self.losses.append(float(lost.detach()) if is_told else self.losses[-1])
        self._follow(min(KEEP, len(self.losses) / (len(self.losses) + 10)))

    @torch.no_grad()
    def _follow(self, keep: float) -> None:
        """Average the weights over steps: steadier than the last step's."""
        mine, newest = self.average.state_dict(), self.network.state_dict()
        moving = [name for name, value in mine.items() if value.is_floating_point()]
        torch._foreach_lerp_([mine[n] for n in moving], [newest[n] for n in moving], 1 - keep)
        for name in mine.keys() - set(moving):
            mine[name].copy_(newest[name])


def _on(network: TextNetwork, device: torch.device) -> TextNetwork:
    return network.to(device, memory_format=torch.channels_last)


def _short(device: torch.device) -> Any:
    """Sixteen bits where the processor has them, not where they are emulated."""
    is_short = device.type == "cuda" or torch.cpu.get_capabilities().get("avx512_bf16", False)
    return torch.autocast(device.type, torch.bfloat16, enabled=is_short)


@torch.no_grad()
def _said(teachers: list[TextNetwork], pictures: Tensor) -> Tensor | None:
    """The mean of what the teachers say, 0 to 1."""
    if not teachers:
        return None
    with _short(pictures.device):
        said = [torch.sigmoid(teacher(pictures).float()) for teacher in teachers]
    return torch.stack(said).mean(dim=0)


def changed(pictures: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """A batch as other screens would show it: other colours, light, noise, a part of it.

    Args:
        pictures: (n, 3, SIZE, SIZE), 0 to 1.
        wanted: (n, 1, SIZE / 2, SIZE / 2).

    Returns:
        Both, changed; sides may be shorter, by whole steps of the network.
    """
    count, device = len(pictures), pictures.device

    def each(low: float, high: float) -> Tensor:
        return torch.empty(count, 1, 1, 1, device=device).uniform_(low, high)

    def now_and_then(share: float) -> Tensor:
        return (torch.rand(count, 1, 1, 1, device=device) < share).float()

    shown = pictures[:, torch.randperm(3, device=device)]
    shown = (shown * each(0.6, 1.15) + each(-0.05, 0.12)).clamp(0, 1) ** torch.exp(each(-0.4, 0.4))
    inverted = now_and_then(0.15)
    shown = shown * (1 - inverted) + (1 - shown) * inverted
    noise = torch.randn_like(shown[:, :1]) * now_and_then(0.25) * each(0.004, 0.03)
    side = (SIZE - CROPS[int(torch.randint(len(CROPS), (1,)))]) // 16 * 16
    start = 2 * int(torch.randint(0, (SIZE - side) // 2 + 1, (1,)))
    part, half = slice(start, start + side), slice(start // 2, (start + side) // 2)
    return (shown + noise).clamp(0, 1)[:, :, part, part], wanted[:, :, half, half]
