"""Draw and train the finders of faces: python -m training.faces STEP...

  surfaces HEADS OUT     draw views of surfaces into OUT.npz; HEADS holds truth.json, or is `none`
  pictures HEADS OUT     draw pictures of heads
  grounds FOLDER OUT     draw pictures that show nobody; FOLDER holds PNG files, or is `none`
  train-surface OUT FILES...      writes OUT.onnx
  train-picture OUT FILES...

--seconds N   CPU seconds that it may take (default 120)
--seed N      of what is drawn
--start FILE  weights (.pt) to go on from
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    """Read the options, and draw or train."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("step")
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path)
    asked = parser.parse_args()
    first, *rest = asked.paths
    if asked.step.startswith("train-"):
        from training.faces.train import train_picture, train_surface

        train = train_surface if asked.step == "train-surface" else train_picture
        train(rest, asked.seconds, first, asked.start)
        return
    from training.faces import data
    from training.faces.bodies import heads_of

    folder = None if str(first) == "none" else first
    if asked.step == "grounds":
        data.draw_grounds(folder, asked.seconds, asked.seed, rest[0])
        return
    draw = data.draw_surfaces if asked.step == "surfaces" else data.draw_pictures
    draw(heads_of(folder) if folder else {}, asked.seconds, asked.seed, rest[0])


if __name__ == "__main__":
    main()
