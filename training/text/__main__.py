"""Train the text detector and write models/text.onnx, or models/second.onnx.

Usage:
    python -m training.text [--grounds FOLDER]... [--minutes N] [--start FILE]
        [--teacher FILE]... [--wide FILE]
    python -m training.text --second [--grounds FOLDER]... [--first FILE]...
    python -m training.text --thresholds SCENES [--grounds FOLDER]...

Training needs the extra `train` (PyTorch). It draws its own pictures with the fonts of this machine
(see training/text/fonts.py), on drawn grounds and on real pictures without text: those that
scikit-image and pydicom carry, and the pictures and DICOM files of each FOLDER. It uses a GPU where
there is one, and finishes on two CPU cores in the minutes given (most: 40). What is learned from
counts no longer as a figure. `--teacher` distils the mean of networks into the one that is trained.
`--wide` trains the second network of the pair from these weights beside it, on the same pictures.
The second form trains the second look on what the first networks find. The third prints what each
pair of thresholds finds and wrongly masks on drawn scenes, with the networks that are installed.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import asdict
from pathlib import Path

from training.text.shelf import with_folders
from training.text.thresholds import rows

MODELS = Path(__file__).parents[2] / "models"


def main() -> None:
    """Read the options, and train or measure."""
    given = parser().parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)
    shelf = with_folders(given.grounds)
    if given.thresholds:
        for row in rows(given.thresholds, shelf):
            print(
                ", ".join(f"{name} {value:.4f}" for name, value in asdict(row).items()), flush=True
            )
        return
    if given.second:
        from training.text.second import Second, train_second

        out = given.out or MODELS / "second.onnx"
        first = given.first or [MODELS / "text.onnx"]
        minutes = 60 * given.minutes
        settings = Second(out, first, shelf, given.scenes, minutes / 2, given.workers)
        print(train_second(settings))
        return
    from training.text.quantise import quantise
    from training.text.train import Learner, Training, train

    out = given.out or MODELS / "text.onnx"
    starts = {out: given.start}
    if given.wide:
        starts[out.with_name(f"{out.stem}_wide.onnx")] = given.wide
    taught = given.taught if given.teacher else 0.0
    learners = [Learner(path, start, taught, given.rate) for path, start in starts.items()]
    print(train(Training(learners, given.teacher, shelf, 60 * given.minutes, given.workers)))
    for path in starts:
        quantise(path, path, shelf)


def parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(description="Train the text detector.")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--grounds", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw pictures")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    parser.add_argument("--teacher", type=Path, action="append", default=[])
    parser.add_argument("--wide", type=Path, help="weights of the wide network to train beside it")
    parser.add_argument("--taught", type=float, default=0.5, help="share of the goal, 0 to 1")
    parser.add_argument("--rate", type=float, default=3e-3, help="learning rate at the start")
    parser.add_argument("--second", action="store_true", help="train the second look")
    parser.add_argument("--first", type=Path, action="append", help="networks it looks after")
    parser.add_argument("--scenes", type=int, default=20_000, help="that the second look sees")
    parser.add_argument("--thresholds", type=int, help="measure on so many scenes, and train not")
    return parser


if __name__ == "__main__":
    main()
