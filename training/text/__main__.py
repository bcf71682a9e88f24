"""Train the text detector from nothing and write models/text.onnx.

Usage:
    scripts/train_text_detector [--minutes N] [--out FILE] [--workers N] [--start FILE.pt]
    scripts/train_text_detector --thresholds SCENES

Training needs the extra `train` (PyTorch). It draws its own pictures with the fonts of this machine
(see training/text/fonts.py), uses a GPU where there is one, and finishes on two CPU cores in the
minutes given. No real image with truth is seen. The second form prints what each pair of
thresholds finds and wrongly masks on drawn scenes, with the network that is installed.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import asdict
from pathlib import Path

from training.text.thresholds import rows

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Read the options, and train or measure."""
    parser = argparse.ArgumentParser(description="Train the text detector.")
    parser.add_argument("--minutes", type=float, default=110)
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "text.onnx")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw pictures")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    parser.add_argument("--thresholds", type=int, help="measure on so many scenes, and train not")
    given = parser.parse_args()
    if given.thresholds:
        for row in rows(given.thresholds):
            print(
                ", ".join(f"{name} {value:.4f}" for name, value in asdict(row).items()), flush=True
            )
        return
    from training.text.train import train

    warnings.simplefilter("ignore", DeprecationWarning)
    print(train(given.out, 60 * given.minutes, given.workers, given.start))


if __name__ == "__main__":
    main()
