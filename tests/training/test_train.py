"""A short run of the training."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("onnx", reason="the extra `train` is not installed")


@pytest.mark.filterwarnings("ignore")
def test_a_short_training_writes_a_network_in_8_bits(tmp_path: Path) -> None:
    from onnxruntime import InferenceSession

    from training.text.train import train

    out = tmp_path / "text.onnx"
    seen = train(out, seconds=3, workers=0)
    assert seen["steps"] >= 1
    assert out.stat().st_size < 500_000
    network = InferenceSession(str(out), providers=["CPUExecutionProvider"])
    (said,) = network.run(None, {"picture": np.zeros((1, 3, 96, 128), np.float32)})
    assert said.shape == (1, 1, 48, 64)
    assert ((said >= 0) & (said <= 1)).all()


@pytest.mark.filterwarnings("ignore")
def test_in_8_bits_a_network_says_nearly_what_it_said(tmp_path: Path) -> None:
    from onnxruntime import InferenceSession

    from training.text.network import TextNetwork
    from training.text.quantise import quantise
    from training.text.train import export

    torch.manual_seed(0)
    export(TextNetwork(), tmp_path / "full.onnx")
    quantise(tmp_path / "full.onnx", tmp_path / "eight.onnx", scenes=4)
    picture = np.random.default_rng(0).random((1, 3, 64, 96), np.float32)
    full, eight = (
        InferenceSession(str(tmp_path / name), providers=["CPUExecutionProvider"]).run(
            None, {"picture": picture}
        )[0]
        for name in ("full.onnx", "eight.onnx")
    )
    assert 0 < np.abs(full - eight).mean() < 0.1 * full.std()


def test_scenes_are_shown_again_so_that_drawing_them_does_not_hold_up_the_learning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from training.text import train

    drawn = []
    draw = train.scene
    monkeypatch.setattr(train, "scene", lambda *given: drawn.append(1) or draw(*given))
    shown = [picture for picture, _ in islice(train.Scenes(3), 100)]
    assert train.BATCH <= len(drawn) < 70
    assert len({picture.tobytes() for picture in shown}) > 80


def test_loss_falls_where_the_network_learns() -> None:
    from training.text.network import TextNetwork, loss

    torch.manual_seed(0)
    network = TextNetwork()
    picture = torch.rand(2, 3, 64, 64)
    wanted = torch.zeros(2, 1, 32, 32)
    wanted[:, :, 8:16, 4:28] = 1
    optimiser = torch.optim.AdamW(network.parameters(), 1e-2)
    lost = []
    for _ in range(12):
        optimiser.zero_grad()
        value = loss(network(picture), wanted)
        value.backward()
        optimiser.step()
        lost.append(float(value.detach()))
    assert lost[-1] < 0.6 * lost[0]
