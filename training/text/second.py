"""Train the second look on what first networks find in scenes: text, or ground taken for it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from pixelscrub.findings import Box
from pixelscrub.text.detectors.network import _lines
from training.text.shelf import Shelf, packaged
from training.text.strips import COLUMNS, ROWS, parts, strip
from training.text.train import Scenes
from training.text.weights import read_network, save

SURE: Final = (0.2, 0.35, 0.55)
"""Thresholds that finds are taken at: also those that the first look would not believe."""
PEAK: Final = 0.35
"""Probability that a find reaches somewhere."""
IS_TEXT: Final = 0.45
"""Share of a find's core that is a text's, from which it is text."""
NO_TEXT: Final = 0.08
"""Share of it below which it is none; what lies between teaches nothing."""
MOST: Final = 6
"""Finds of one kind that are taken of one scene at one threshold."""
SHIFT: Final = 0.12
"""How far a box is moved and resized, as a share of its height: other pictures cut otherwise."""
BATCH: Final = 256
RATE: Final = 2e-3


class SecondNetwork(nn.Module):
    """Says whether the middle of a strip is text: 0.1 million parameters, 6 million products.

    In: float32 (n, 4, ROWS, COLUMNS), as `training.text.strips.strip` makes it.
    Out: (n, 1), a logit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _layer(4, 16, 2), _layer(16, 24), _layer(24, 32, 2), _layer(32, 32),
            _layer(32, 64, 2), _layer(64, 64), _layer(64, 96),
        )  # fmt: skip
        self.attention = nn.Conv2d(96, 1, 1)
        self.hidden = nn.Linear(3 * 96, 64)
        self.out = nn.Linear(64, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Logits, (n, 1)."""
        seen = self.features(picture)
        weight = torch.softmax(self.attention(seen).flatten(2), dim=2)
        within = functional.avg_pool2d(picture[:, 3:], 8).flatten(2)
        flat = seen.flatten(2)
        inside = (flat * within).sum(2) / (within.sum(2) + 1e-3)
        pooled = torch.cat([(flat * weight).sum(2), inside, flat.amax(2)], dim=1)
        return self.out(functional.relu(self.hidden(pooled)))


def _layer(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


@dataclass(frozen=True)
class Second:
    """How to train the second look.

    Attributes:
        out: the ONNX file.
        first: networks whose finds are learned from, `.pt` or `.onnx`.
        shelf: real pictures to draw on.
        scenes: how many are drawn.
        seconds: of learning, after the scenes are drawn and searched.
        workers: processes that draw and cut; 0 is this one.
    """

    out: Path
    first: list[Path]
    shelf: Shelf = field(default_factory=packaged)
    scenes: int = 20_000
    seconds: float = 300
    workers: int = 1


def train_second(settings: Second) -> dict[str, Any]:
    """Draw, search, cut, learn, and write the network; returns what the card says."""
    torch.manual_seed(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    strips, labels = _collected(settings, device)
    held = max(len(strips) // 20, 1)
    network = SecondNetwork().to(device)
    seen = _learned(network, strips[held:], labels[held:], settings.seconds, device)
    said = _asked(network, strips[:held], device)
    save(network, settings.out, (4, ROWS, COLUMNS), "likelihood")
    truth = labels[:held] > 0
    curve = {
        f"{limit:.2f}": (float((said[truth] >= limit).mean()), float((said[~truth] < limit).mean()))
        for limit in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
    }
    return {"finds": len(labels), "texts": int(labels.sum()), "strips_seen": seen, "curve": curve}


def _collected(settings: Second, device: torch.device) -> tuple[Any, Any]:
    """Strips, int8, 31 steps a deviation, and labels, 1 for text; in no order."""
    networks = [read_network(path).to(device).eval() for path in settings.first]
    random = np.random.default_rng(5)
    strips: list[npt.NDArray[np.int8]] = []
    labels: list[int] = []
    began = time.monotonic()
    with _pool(settings.workers) as mapped:
        for cut in mapped(_cut_out, _searched(settings, networks, device)):
            strips += [one for one, _ in cut]
            labels += [label for _, label in cut]
    print(f"{len(labels)} finds, {sum(labels)} texts, {time.monotonic() - began:.0f} s", flush=True)
    order = random.permutation(len(labels))
    return np.stack(strips)[order], np.array(labels, np.float32)[order]


def _pool(workers: int) -> Any:
    """A `map` over processes, or in this one."""
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Iterator[Any]:
        if not workers:
            yield map
            return
        with ProcessPoolExecutor(workers) as pool:
            yield partial(pool.map, chunksize=4)

    return opened()


def _searched(
    settings: Second, networks: Sequence[nn.Module], device: torch.device
) -> Iterator[tuple[Any, Any, list[Any]]]:
    """Pictures, what is wanted of them, and what each first network says there."""
    from torch.utils.data import DataLoader

    drawn = Scenes(77 + int(time.time()), settings.shelf, 0.0)
    batches = iter(DataLoader(drawn, 32, num_workers=settings.workers))
    for pictures, wanted in islice(batches, settings.scenes // 32):
        with torch.no_grad():
            shown = pictures.to(device).float() / 255
            said = [(255 * torch.sigmoid(n(shown))).byte().cpu().numpy() for n in networks]
        for k in range(len(pictures)):
            yield (
                pictures[k].numpy().transpose(1, 2, 0),
                wanted[k, 0].numpy(),
                [s[k, 0] for s in said],
            )


def _cut_out(searched: tuple[Any, Any, list[Any]]) -> list[tuple[npt.NDArray[np.int8], int]]:
    """Strips of the finds of one scene: levels in 31 steps a deviation, and 1 for text."""
    picture, wanted, said = searched
    picture = np.ascontiguousarray(picture)
    random = np.random.default_rng(int(picture[::7, ::5].sum()))
    cut = []
    for shares in said:
        sure = float(random.choice(SURE))
        found = list(_labelled(shares.astype(np.float32) / 255, wanted / 255, sure))
        for label in (0, 1):
            boxes = [box for box, is_text in found if is_text == label]
            for k in random.permutation(len(boxes))[:MOST]:
                box = _moved(boxes[k], random)
                some = parts(box)
                shown = strip(picture, some[random.integers(len(some))])
                cut.append((np.rint(31 * shown).astype(np.int8), label))
    return cut


def _labelled(shares: Any, wanted: Any, sure: float) -> Iterator[tuple[Box, int]]:
    """Each find of a first network, and whether it is of a text."""
    for text, _ in _lines(shares, 1, sure, PEAK):
        x0, y0, x1, y1 = (max(edge, 0) // 2 for edge in text.box)
        part = (shares[y0:y1, x0:x1] >= sure, wanted[y0:y1, x0:x1])
        share = float(part[1][part[0]].mean()) if part[0].any() else 0.0
        if share >= IS_TEXT or share <= NO_TEXT:
            yield text.box, int(share >= IS_TEXT)


def _moved(box: Box, random: np.random.Generator) -> Box:
    """A box as another cut would have it."""
    by = SHIFT * min(box.width, box.height)
    x0, y0, x1, y1 = (round(edge + random.normal(0, by)) for edge in box)
    return Box(x0, y0, max(x1, x0 + 3), max(y1, y0 + 3))


def _learned(
    network: nn.Module, strips: Any, labels: Any, seconds: float, device: torch.device
) -> int:
    """Learn for so many seconds; as many finds that are text as such that are none."""
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    random = np.random.default_rng(3)
    kinds = [np.flatnonzero(labels == kind) for kind in (0, 1)]
    began, steps = time.monotonic(), 0
    while (share := (time.monotonic() - began) / seconds) < 1:
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (steps + 1) / 100) * 0.5 * (1 + math.cos(math.pi * share))
        chosen = np.concatenate([random.choice(kind, BATCH // 2) for kind in kinds])
        shown = torch.from_numpy(strips[chosen]).to(device).float() / 31
        wanted = torch.from_numpy(labels[chosen]).to(device)[:, None]
        shown = _relit(shown)
        said = network(shown)
        lost = functional.binary_cross_entropy_with_logits(said, 0.02 + 0.96 * wanted)
        optimiser.zero_grad(set_to_none=True)
        lost.backward()
        optimiser.step()
        steps += 1
    network.eval()
    return steps * BATCH


def _relit(shown: Tensor) -> Tensor:
    """Inverted, mirrored up and down, in other colours, with more or less contrast and noise."""
    count, device = len(shown), shown.device
    sign = 1 - 2 * (torch.rand(count, 1, 1, 1, device=device) < 0.3).float()
    strength = torch.empty(count, 1, 1, 1, device=device).uniform_(0.7, 1.3)
    noise = torch.empty(count, 1, 1, 1, device=device).uniform_(0, 0.15)
    levels = shown[:, :3][:, torch.randperm(3, device=device)] * sign * strength
    levels = (levels + noise * torch.randn_like(levels)).clamp(-4, 4)
    return torch.cat([levels, shown[:, 3:]], dim=1)


@torch.no_grad()
def _asked(network: nn.Module, strips: Any, device: torch.device) -> Any:
    said = [
        torch.sigmoid(network(torch.from_numpy(strips[k : k + 1024]).to(device).float() / 31)).cpu()
        for k in range(0, len(strips), 1024)
    ]
    return torch.cat(said)[:, 0].numpy()
