"""Weights of the text network: read from `.pt`, or back from an ONNX file, and written as ONNX."""

from __future__ import annotations

import copy
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from training.text.network import NARROW, WIDE, TextNetwork


def read_network(path: Path) -> TextNetwork:
    """A network as it was written, its widths read from its weights.

    Args:
        path: `.pt` of a training run, or the `.onnx` that is shipped, in 8 bits or in full.

    Raises:
        ValueError: its widths are neither `NARROW` nor `WIDE`.
    """
    if path.suffix == ".onnx":
        return _from_onnx(path)
    state = torch.load(path, map_location="cpu", weights_only=True)
    network = _sized(int(state["stem.0.0.weight"].shape[0]))
    network.load_state_dict(
        {name: v.float() if v.is_floating_point() else v for name, v in state.items()}
    )
    return network


def _sized(half: int) -> TextNetwork:
    for widths in (NARROW, WIDE):
        if widths[0] == half:
            return TextNetwork(widths)
    raise ValueError("a network of other widths")


@torch.no_grad()
def _from_onnx(path: Path) -> TextNetwork:
    """Convolutions follow one another as the modules do; the norms are part of them there."""
    import onnx

    graph = onnx.load(path).graph
    values = _values(graph)
    found = [
        [values[name] for name in node.input[1:]] for node in graph.node if node.op_type == "Conv"
    ]
    network = _sized(found[0][0].shape[0])
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    norms = dict(pairwise(layers))
    convolutions = [m for m in layers if isinstance(m, nn.Conv2d)]
    for layer, (weight, bias) in zip(convolutions, found, strict=True):
        layer.weight.copy_(torch.from_numpy(weight))
        if layer.bias is not None:
            layer.bias.copy_(torch.from_numpy(bias))
        elif isinstance(norm := norms[layer], nn.BatchNorm2d):
            norm.weight.fill_(float(np.sqrt(1 + norm.eps)))
            norm.bias.copy_(torch.from_numpy(bias))
    return network.eval()


@torch.no_grad()
def settle(network: nn.Module, pictures: torch.Tensor) -> None:
    """Give each norm the statistics of what it sees, so that nothing changes when it trains.

    Args:
        network: as `read_network` returns it from ONNX, where norms do nothing.
        pictures: (n, 3, rows, columns), 0 to 1, as it will see them.
    """

    def measure(norm: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None:
            values = given[0].float()
            mean, var = values.mean(dim=(0, 2, 3)), values.var(dim=(0, 2, 3), unbiased=False)
            norm.weight.copy_(torch.sqrt(var + norm.eps))
            norm.bias.add_(mean)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(var)

    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    network.eval()(pictures)
    for hook in hooks:
        hook.remove()


def _values(graph: Any) -> dict[str, Any]:
    """Initial values by name, those of 8 bits as what they stand for."""
    from onnx import numpy_helper

    values = {one.name: np.array(numpy_helper.to_array(one)) for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in values:  # two that are alike
            values[node.output[0]] = values[node.input[0]]
        if node.op_type == "DequantizeLinear" and node.input[0] in values:
            stored, scale, zero = (values[name] for name in node.input)
            shape = (-1, *[1] * (stored.ndim - 1)) if scale.ndim else ()
            level = stored.astype(np.float32) - zero.reshape(shape).astype(np.float32)
            values[node.output[0]] = (level * scale.reshape(shape)).astype(np.float32)
    return values


def save(network: nn.Module, out: Path, sides: tuple[int, int, int], name: str) -> None:
    """Write weights as `.pt` and, beside them, probabilities as ONNX.

    Args:
        network: logits out.
        out: the ONNX file.
        sides: channels, rows and columns of an example.
        name: of the output.
    """
    torch.save(network.state_dict(), out.with_suffix(".pt"))
    ready = nn.Sequential(copy.deepcopy(network).cpu().eval(), nn.Sigmoid()).eval()
    beside = out.with_suffix(".part")
    free = {0: "n", 2: "rows", 3: "columns"}
    torch.onnx.export(
        ready,
        (torch.zeros(1, *sides),),
        str(beside),
        input_names=["picture"],
        output_names=[name],
        dynamic_axes={"picture": free, name: {0: "n", 2: "y", 3: "x"}}
        if name == "text"
        else {"picture": {0: "n"}, name: {0: "n"}},
        opset_version=13,
        dynamo=False,
    )
    beside.replace(out)
