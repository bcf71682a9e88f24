"""What the modules beside this share: where real images are, and a random generator's type."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Real images beside the checkout; optional."""

Rng = np.random.Generator
Values = npt.NDArray[np.floating]
Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
