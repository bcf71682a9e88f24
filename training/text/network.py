"""The network: a small feature pyramid that says for each 2 × 2 pixels whether text is there."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

Widths = tuple[int, int, int, int]
"""Channels at a half, a fourth, an eighth and a sixteenth of the size."""
NARROW: Final[Widths] = (16, 32, 64, 96)
"""375,000 parameters."""
WIDE: Final[Widths] = (24, 48, 80, 112)
"""581,000 parameters, about twice the time."""


def _conv(inputs: int, outputs: int, size: int = 3, stride: int = 1, reach: int = 1) -> nn.Module:
    pad = size // 2 * reach
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, pad, dilation=reach, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class TextNetwork(nn.Module):
    """Looks at grey or colour, at full resolution.

    In: float32 (n, 3, rows, columns), 0 to 1, sides in multiples of 16.
    Out: float32 (n, 1, rows / 2, columns / 2), logits that the core of a text is there.
    The pyramid is that of DB (Liao et al. 2020, Real-time scene text detection), made light: one
    convolution at half, two and three at a fourth and an eighth, dilated ones at a sixteenth.
    """

    def __init__(self, widths: Widths = NARROW) -> None:
        super().__init__()
        half, fourth, eighth, last = widths
        self.stem = nn.Sequential(_conv(3, half, 5, 2), _conv(half, half))
        self.fourth = _conv(half, fourth, stride=2)
        self.fourth_more = nn.Sequential(_conv(fourth, fourth), _conv(fourth, fourth))
        self.eighth = _conv(fourth, eighth, stride=2)
        self.eighth_more = nn.Sequential(_conv(eighth, eighth), _conv(eighth, eighth))
        self.last = _conv(eighth, last, stride=2)
        self.last_more = nn.Sequential(_conv(last, last, reach=2), _conv(last, last))
        self.from_last = nn.Conv2d(last, eighth, 1)
        self.from_eighth = _conv(eighth, fourth)
        self.from_fourth = _conv(fourth, fourth)
        self.out = nn.Conv2d(fourth, 4, 1)
        nn.init.constant_(self.out.bias, -3.0)  # text is rare

    def forward(self, picture: Tensor) -> Tensor:
        """Logits of each 2 × 2 pixels."""
        fourth = self.fourth(self.stem(picture))
        fourth = fourth + self.fourth_more(fourth)
        eighth = self.eighth(fourth)
        eighth = eighth + self.eighth_more(eighth)
        last = self.last(eighth)
        last = last + self.last_more(last)
        eighth = eighth + functional.interpolate(self.from_last(last), scale_factor=2.0)
        fourth = fourth + functional.interpolate(self.from_eighth(eighth), scale_factor=2.0)
        return functional.pixel_shuffle(self.out(self.from_fourth(fourth)), 2)


def loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy and Dice, both per pixel; text weighs more where it is thin.

    Args:
        logits: (n, 1, rows, columns).
        wanted: the same shape, 0 to 1.
    """
    near = functional.avg_pool2d(wanted, 15, 1, 7)
    weight = 1 + 3 * wanted * (1 - near)
    entropy = functional.binary_cross_entropy_with_logits(logits, wanted, weight=weight)
    share = torch.sigmoid(logits)
    common = (share * wanted).sum()
    dice = 1 - (2 * common + 1) / (share.square().sum() + wanted.square().sum() + 1)
    return entropy + 0.3 * dice
