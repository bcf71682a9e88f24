"""A short run of the training."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("onnx", reason="the extra `train` is not installed")

from training.text.shelf import packaged  # noqa: E402

SHELF = packaged()


@pytest.mark.filterwarnings("ignore")
def test_a_short_training_writes_a_network_in_8_bits(tmp_path: Path) -> None:
    from onnxruntime import InferenceSession

    from training.text.quantise import quantise
    from training.text.train import Learner, Training, train

    out = tmp_path / "text.onnx"
    seen = train(Training([Learner(out)], seconds=3, workers=0, batch=4))
    quantise(out, out, SHELF, scenes=4)
    assert seen["steps"] >= 1
    assert out.stat().st_size < 500_000
    network = InferenceSession(str(out), providers=["CPUExecutionProvider"])
    (said,) = network.run(None, {"picture": np.zeros((1, 3, 96, 128), np.float32)})
    assert said.shape == (1, 1, 48, 64)
    assert ((said >= 0) & (said <= 1)).all()


@pytest.mark.filterwarnings("ignore")
def test_two_learners_see_the_same_batches_and_what_teachers_say(tmp_path: Path) -> None:
    from training.text.network import WIDE, TextNetwork
    from training.text.train import Learner, Training, train
    from training.text.weights import save

    save(TextNetwork(WIDE), tmp_path / "wide.onnx", (3, 64, 64), "text")
    narrow, wide = Learner(tmp_path / "s.onnx"), Learner(tmp_path / "m.onnx", tmp_path / "wide.pt")
    taught = replace(wide, taught=0.5)
    teachers = [tmp_path / "wide.onnx"]
    card = train(Training([narrow, taught], teachers, seconds=2, workers=0, batch=2, repeats=2))
    assert card["steps"] % 2 == 0
    assert all(np.isfinite(lost) for lost in card["loss"])
    assert narrow.out.stat().st_size < wide.out.stat().st_size


@pytest.mark.filterwarnings("ignore")
def test_weights_are_read_back_from_onnx_in_full_and_in_8_bits(tmp_path: Path) -> None:
    from training.text.network import TextNetwork
    from training.text.quantise import quantise
    from training.text.weights import read_network, save, settle

    torch.manual_seed(0)
    network = TextNetwork().eval()
    save(network, tmp_path / "full.onnx", (3, 64, 64), "text")
    quantise(tmp_path / "full.onnx", tmp_path / "eight.onnx", SHELF, scenes=4)
    picture = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        wanted = network(picture)
        for name, near in (("full.pt", 1e-6), ("full.onnx", 1e-4), ("eight.onnx", 0.1)):
            seen = read_network(tmp_path / name).eval()
            assert (seen(picture) - wanted).abs().mean() < near * wanted.std() + 1e-5
            settle(seen, picture)
            assert (seen(picture) - wanted).abs().mean() < near * wanted.std() + 1e-3
            trained = seen.train()(picture)
            assert (trained - wanted).abs().mean() < near * wanted.std() + 1e-2


def test_a_network_of_other_widths_is_refused(tmp_path: Path) -> None:
    from training.text.network import TextNetwork
    from training.text.weights import read_network

    torch.save(TextNetwork((8, 16, 16, 16)).state_dict(), tmp_path / "small.pt")
    with pytest.raises(ValueError, match="other widths"):
        read_network(tmp_path / "small.pt")


@pytest.mark.filterwarnings("ignore")
def test_in_8_bits_a_network_says_nearly_what_it_said(tmp_path: Path) -> None:
    from onnxruntime import InferenceSession

    from training.text.network import TextNetwork
    from training.text.quantise import quantise
    from training.text.weights import save

    torch.manual_seed(0)
    save(TextNetwork(), tmp_path / "full.onnx", (3, 64, 64), "text")
    quantise(tmp_path / "full.onnx", tmp_path / "eight.onnx", SHELF, scenes=4)
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
    shown = [picture for picture, _ in islice(train.Scenes(3, SHELF), 100)]
    assert 16 <= len(drawn) < 70
    assert len({picture.tobytes() for picture in shown}) > 80


def test_a_batch_that_is_shown_again_keeps_its_text_where_the_goal_says() -> None:
    from training.text.train import SIZE, changed

    torch.manual_seed(3)
    pictures, wanted = torch.zeros(6, 3, SIZE, SIZE), torch.zeros(6, 1, SIZE // 2, SIZE // 2)
    pictures[:, :, 60:100, 60:180], wanted[:, :, 30:50, 30:90] = 1, 1
    for _ in range(4):
        shown, there = changed(pictures, wanted)
        assert shown.shape[2] == 2 * there.shape[2]
        assert shown.shape[2] % 16 == 0
        on_text = torch.nn.functional.interpolate(there, scale_factor=2)[:, 0] > 0
        for picture, inside in zip(shown.mean(dim=1), on_text, strict=True):
            assert abs(picture[inside].mean() - picture[~inside].mean()) > 0.3


@pytest.mark.filterwarnings("ignore")
def test_a_second_look_learns_from_what_the_first_finds(tmp_path: Path) -> None:
    from onnxruntime import InferenceSession

    from training.text.second import Second, train_second

    out = tmp_path / "second.onnx"
    first = [Path(__file__).parents[2] / "models" / "text.onnx"]
    card = train_second(Second(out, first, replace(SHELF, bare=0.5), 96, 1, workers=0))
    assert card["finds"] > card["texts"] > 0
    network = InferenceSession(str(out), providers=["CPUExecutionProvider"])
    (said,) = network.run(None, {"picture": np.zeros((3, 4, 32, 128), np.float32)})
    assert said.shape == (3, 1)


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
