"""The finders' network: a few convolutions, a map of where a face is at an eighth of the size."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

STRIDE: Final = 8
WIDTHS: Final = (12, 24, 40)


class Finder(nn.Module):
    """From a picture to a map of faces.

    In: float32 (n, channels, rows, columns), sides in multiples of `STRIDE`. Out: logits, (n,
    kinds, rows / 8, columns / 8).
    """

    def __init__(self, channels: int, kinds: int, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = channels
        for width in widths:
            layers += _step(before, width, stride=2)
            if len(layers) > 3:  # the first map is the largest
                layers += _step(width, width)
            before = width
        for reach in (1, 2, 1):
            layers += _step(before, before, reach=reach)
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(before, kinds, 1)
        nn.init.constant_(self.head.bias, -4.0)

    def forward(self, picture: Tensor) -> Tensor:
        """Logits of faces."""
        result: Tensor = self.head(self.body(picture))
        return result


def _step(before: int, after: int, stride: int = 1, reach: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(
        before, after, 3, stride=stride, padding=reach, dilation=reach, bias=False
    )
    return [convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True)]


def loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Focal loss of maps with soft peaks (Zhou et al. 2019, Objects as points, equation 1)."""
    share = torch.sigmoid(logits).clamp(1e-4, 1 - 1e-4)
    peak = targets > 0.99
    known = targets >= 0  # below 0: whoever knows
    hit = -torch.log(share) * (1 - share) ** 2 * peak
    miss = -torch.log(1 - share) * share**2 * (1 - targets.clamp(0, 1)) ** 4 * (~peak & known)
    return (hit.sum() * 2 + miss.sum()) / max(int(peak.sum()), len(logits) // 4, 1)


def save(network: nn.Module, path: Path, channels: int, size: int) -> None:
    """Write it as ONNX: `picture` in, `faces` (probabilities) out; rows and columns are free."""
    whole = nn.Sequential(network, nn.Sigmoid()).eval()
    free: dict[int, str] = {0: "n", 2: "rows", 3: "columns"}
    torch.onnx.export(
        whole, (torch.zeros(1, channels, size, size),), str(path), dynamo=False,
        input_names=["picture"], output_names=["faces"],
        dynamic_axes={"picture": free, "faces": free}, opset_version=17,
    )  # fmt: skip
