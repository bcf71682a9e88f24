"""Trains the two finders on what was drawn, and writes them as ONNX."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from training.faces.depth import quarter
from training.faces.network import STRIDE, Finder, loss, save

Random = np.random.Generator
Pair = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]

EVERY: Final = 100
"""Steps after which pictures without a face that are taken for one are looked for anew."""
HARDEST: Final = 300
REGION_WEIGHT: Final = 2.0
PEAK_CELLS: Final = 0.8
"""Standard deviation of the peak that marks a face, cells of the map."""


def train_surface(files: Sequence[Path], seconds: float, out: Path, start: Path | None) -> None:
    """The finder in views of surfaces: three channels in, one map out."""
    kept = [np.load(file) for file in files]
    shown = np.concatenate([one["pictures"] for one in kept])
    places = np.concatenate([one["places"] for one in kept])
    random = np.random.default_rng(0)

    def pair(index: int) -> Pair:
        return _surface(shown[index].astype(np.float32) / 127, places[index].copy(), random)

    network = Finder(3, 1)
    _train(network, pair, places[:, 0] >= 0, seconds, start, loss)
    save(network, out, 3, shown.shape[-1])


def train_picture(files: Sequence[Path], seconds: float, out: Path, start: Path | None) -> None:
    """The finder in single pictures: grey in; the middle of a face and what belongs to it out."""
    kept = [np.load(file) for file in files]
    shown = np.concatenate([one["pictures"] for one in kept])
    faces = np.concatenate([one["faces"] for one in kept])
    random = np.random.default_rng(0)

    def pair(index: int) -> Pair:
        return _picture(shown[index], faces[index], random)

    def judge(logits: Tensor, targets: Tensor) -> Tensor:
        known = (targets[:, 1] >= 0).float()
        region = binary_cross_entropy_with_logits(
            logits[:, 1], targets[:, 1].clamp(0, 1), reduction="none"
        )
        return loss(logits[:, :1], targets[:, :1]) + REGION_WEIGHT * (region * known).mean()

    network = Finder(1, 2)
    _train(network, pair, faces.max(axis=(1, 2)) > 100, seconds, start, judge)
    save(network, out, 1, shown.shape[-1])


def _train(
    network: Finder,
    pair: Callable[[int], Pair],
    is_face: npt.NDArray[np.bool_],
    seconds: float,
    start: Path | None,
    judge: Callable[[Tensor, Tensor], Tensor],
) -> None:
    """AdamW, a cosine of learning rates; half of the pictures show a face or nearly one."""
    torch.set_num_threads(1)
    random = np.random.default_rng(1)
    if start is not None:
        network.load_state_dict(torch.load(start))
    rate = 1e-3 if start is not None else 3e-3
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-3)
    faces, none = np.flatnonzero(is_face), np.flatnonzero(~is_face)
    hard: npt.NDArray[np.integer] = none
    began, step = time.process_time(), 0
    while (share := (time.process_time() - began) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 50) * 0.5 * (1 + np.cos(np.pi * share))
        chosen = np.concatenate(
            [random.choice(faces, 12), random.choice(none, 12), random.choice(hard, 8)]
        )
        inputs, targets = _batch(pair, chosen)
        network.train()
        value = judge(network(inputs), targets)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        step += 1
        if step % EVERY == 0:
            hard = _hardest(network, pair, none, random)
            print(f"step {step}: loss {value.item():.3f}", flush=True)
    network.eval()


def _batch(pair: Callable[[int], Pair], chosen: npt.NDArray[np.integer]) -> tuple[Tensor, Tensor]:
    pairs = [pair(int(index)) for index in chosen]
    return (
        torch.from_numpy(np.stack([one for one, _ in pairs])),
        torch.from_numpy(np.stack([one for _, one in pairs])),
    )


def _hardest(
    network: Finder, pair: Callable[[int], Pair], none: npt.NDArray[np.integer], random: Random
) -> npt.NDArray[np.integer]:
    network.eval()
    some = random.choice(none, min(len(none), 4 * HARDEST), replace=False)
    scores = []
    with torch.no_grad():
        for first in range(0, len(some), 128):
            inputs, _ = _batch(pair, some[first : first + 128])
            scores.append(network(inputs)[:, 0].amax((1, 2)).numpy())
    return np.asarray(some[np.argsort(-np.concatenate(scores))[:HARDEST]])


def _surface(
    picture: npt.NDArray[np.float32], place: npt.NDArray[np.float32], random: Random
) -> Pair:
    """Mirrored or not, moved a little; turned by quarters where there is no face."""
    is_face = place[0] >= 0
    size = picture.shape[-1]
    if random.random() < 0.5:
        picture = picture[:, :, ::-1].copy()
        picture[1] *= -1
        place[1] = size - 1 - place[1]
    if not is_face and random.random() < 0.5:
        picture = quarter(picture, int(random.integers(4)))
    moved = random.integers(-6, 7, 2)
    shift = np.array([[1, 0, moved[1]], [0, 1, moved[0]]], np.float32)
    flat = np.ascontiguousarray(picture.transpose(1, 2, 0))
    picture = cv2.warpAffine(flat, shift, (size, size)).transpose(2, 0, 1)
    target = np.zeros((1, size // STRIDE, size // STRIDE), np.float32)
    if is_face:
        target[0] = _peak((place + moved - 3.5) / STRIDE, target.shape[1:])
    return np.ascontiguousarray(picture), target


def _peak(at: npt.NDArray[np.floating], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    rows, columns = np.indices(shape)
    apart = (rows - at[0]) ** 2 + (columns - at[1]) ** 2
    peak: npt.NDArray[np.float32] = np.exp(-apart / (2 * PEAK_CELLS**2)).astype(np.float32)
    peak[np.unravel_index(int(peak.argmax()), peak.shape)] = 1
    return peak


def _picture(picture: npt.NDArray[np.uint8], face: npt.NDArray[np.uint8], random: Random) -> Pair:
    """Turned, mirrored, larger or smaller, of other contrast."""
    turns = int(random.integers(4))
    grey = np.rot90(picture, turns).astype(np.float32) / 255
    mask = np.rot90(face, turns).astype(np.float32) / 255
    if random.random() < 0.5:
        grey, mask = grey[:, ::-1], mask[:, ::-1]
    size = grey.shape[0]
    scale = random.uniform(0.75, 1.3) if random.random() < 0.6 else 1.0
    moved = random.uniform(-0.1, 0.1, 2) * size if scale != 1 else np.zeros(2)
    change = np.array([[scale, 0, 0], [0, scale, 0]], np.float32)
    change[:, 2] = size / 2 * (1 - scale) + moved
    grey = cv2.warpAffine(
        np.ascontiguousarray(grey), change, (size, size), borderMode=cv2.BORDER_REPLICATE
    )
    change[:, 2] /= 4
    mask = cv2.warpAffine(np.ascontiguousarray(mask), change, (size // 4, size // 4))
    grey = np.clip(grey, 0, 1) ** random.uniform(0.6, 1.6)
    if random.random() < 0.1:
        grey = 1 - grey
    if random.random() < 0.3:
        grey = grey + random.normal(0, random.uniform(0, 0.06), grey.shape)
    grey = np.clip(grey, 0, 1).astype(np.float32)
    cells = size // STRIDE
    share = mask.reshape(cells, 2, cells, 2).mean(axis=(1, 3))
    target = np.zeros((2, cells, cells), np.float32)
    target[1] = share
    if share.max() > 0.4:
        target[0] = _peak(np.argwhere(share > 0.4).mean(axis=0), share.shape)
    elif share.max() > 0.05:  # too little of a face to tell
        target[:] = -1
    return grey[None], target
