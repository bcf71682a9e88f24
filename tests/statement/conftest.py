"""A release of two hundred made-up patients, scrubbed once for all tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset

from pixelscrub import api
from pixelscrub.recipe import Recipe, Steps, TagSettings

PATIENTS = 200
INSTANCES = PATIENTS + 8
"""The first eight have two."""
KEPT = Recipe(
    name="kept", steps=Steps(text=False, face=False), tags=TagSettings(
        options=("retain_patient_characteristics",)
    ),
)  # fmt: skip


def age_of(number: int) -> str:
    """Ages of which two stand alone: 41 for most, 93 for one, 7 for one."""
    return {0: "093Y", 1: "007Y"}.get(number, f"{40 + number % 5:03d}Y")


@pytest.fixture(scope="session")
def originals(
    make_instance: Callable[..., FileDataset],
    save: Callable[[FileDataset, Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Patients with an instance each, some with two."""
    folder = tmp_path_factory.mktemp("originals")
    for number in range(PATIENTS):
        first = make_instance(
            np.full((8, 8), number % 256, np.uint8),
            PatientID=f"ID-{number:04d}",
            PatientName=f"Quixote{number}^Alonso",
            PatientAge=age_of(number),
            PatientSex="F" if number % 2 else "M",
        )
        save(first, folder / f"{number}-1.dcm")
        if number >= INSTANCES - PATIENTS:
            continue
        first.SOPInstanceUID += ".2"
        first.InstanceNumber = 2
        save(first, folder / f"{number}-2.dcm")
    return folder


@pytest.fixture(scope="session")
def released(originals: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Output and private folder."""
    out = tmp_path_factory.mktemp("run") / "out"
    summary = api.scrub(originals, out, recipe=KEPT, workers=1)
    assert summary.exit_code == 0
    return out, out.with_name("out-private")
