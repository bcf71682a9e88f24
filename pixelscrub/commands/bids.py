"""A BIDS App: `bids BIDS_DIR OUTPUT_DIR participant` takes faces out of a BIDS data set.

BIDS Apps: Gorgolewski et al. 2017, PLoS Comput. Biol. 13:e1005209. What is written is a derivative
data set: images without faces, their side-cars without what identifies, b-values and gradients.
Everything else is left behind, as tables of participants and scans hold ages and dates.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from pixelscrub import __version__
from pixelscrub.commands.options import PrivateDir
from pixelscrub.commands.written import write_text
from pixelscrub.errors import HeldError, NothingUsableError, Reason, UsageError

BIDS_VERSION: Final = "1.10.0"
IMAGES: Final = (".nii.gz", ".nii")
BESIDE: Final = (".bval", ".bvec")
"""Files of numbers that belong to an image and say nothing of the person."""
MODALITIES: Final[dict[str, Literal["CT", "MR"]]] = {
    **dict.fromkeys(("anat", "func", "dwi", "fmap", "perf", "swi"), "MR"),
    "ct": "CT",
}
"""Data types of BIDS that hold images of heads, and what the images are."""
LARGEST_SIDECAR: Final = 16 * 2**20
"""Bytes; side-cars with slice times of long series have some hundred thousand."""
IDENTIFYING: Final = re.compile(
    r"Patient.*|.*(Date|DateTime|UID|Name|Comments?|Address)|Study.*|AccessionNumber"
    r"|Institution.*|.*SerialNumber|.*(Physician|Operator|Performer|Requester).*|.*Time",
    re.IGNORECASE,
)
"""Keys of side-cars that may name a person, a place or a moment."""
NEEDED: Final = frozenset(
    {
        "AcquisitionVoxelSize",
        "CoilCombinationMethodName",
        "DelayTime",
        "DwellTime",
        "EchoTime",
        "EchoTrainTime",
        "EffectiveDwellTime",
        "InversionTime",
        "ManufacturersModelName",
        "NonlinearGradientCorrectionName",
        "PulseSequenceName",
        "RepetitionTime",
        "ScanOptionsName",
        "SequenceName",
        "TaskName",
        "TotalReadoutTime",
    }
)
"""Keys that look like those and are parameters of the sequence."""

Deface = Callable[..., object]
Fill = Literal["air", "constant", "blur", "generic"]


@dataclass
class BidsRun:
    """What became of a data set.

    Attributes:
        defaced: images written.
        done_before: images that had been written already.
        left: files of no image, left behind.
        held: reason of each image that is not released, by its path below the data set.
    """

    defaced: int = 0
    done_before: int = 0
    left: int = 0
    held: dict[str, Reason] = field(default_factory=dict)

    def counts(self) -> Counter[str]:
        """Held images by reason."""
        return Counter(self.held.values())


def add_to(app: typer.Typer) -> None:
    """Give the command line its BIDS App."""
    app.command()(bids)


def bids(
    bids_dir: Annotated[Path, typer.Argument(help="A BIDS data set.")],
    output_dir: Annotated[Path, typer.Argument(help="Folder of the defaced data set.")],
    level: Annotated[Literal["participant"], typer.Argument(help="Level of the analysis.")],
    labels: Annotated[
        list[str] | None,
        typer.Option("--participant-label", help="Only this one, without `sub-`; repeat."),
    ] = None,
    ears: Annotated[bool, typer.Option("--ears", help="Take the ears too.")] = False,
    fill: Annotated[Fill, typer.Option("--fill", help="What takes the face's place.")] = "air",
    private: PrivateDir = None,
) -> None:
    """BIDS App: take the faces out of the images of a BIDS data set.

    Writes images, their side-cars without what identifies, b-values and gradients. Tables of
    participants and scans are left behind. What is held is listed in the private folder.
    """
    from pixelscrub import api
    from pixelscrub.commands.messages.explain import explain_held
    from pixelscrub.commands.nifti import deface_in_worker

    del level
    run = deface_data_set(bids_dir, output_dir, labels or [], deface_in_worker, ears, fill)
    typer.echo(f"defaced {run.defaced}, done before {run.done_before}, held {len(run.held)}")
    if run.held:
        folder = api.private_folder(output_dir, private)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        listed = "".join(f"{path}\t{reason}\n" for path, reason in sorted(run.held.items()))
        write_text(folder / "bids-held.tsv", f"image\treason\n{listed}")
        typer.echo(explain_held(run.counts()))
        raise typer.Exit(HeldError.exit_code)


def deface_data_set(
    bids_dir: Path,
    output_dir: Path,
    labels: list[str],
    deface: Deface,
    ears: bool = False,
    fill: Fill = "air",
) -> BidsRun:
    """Deface each image of a BIDS data set.

    Args:
        bids_dir: the data set.
        output_dir: where the derivative goes; what is there already is not done again.
        labels: participants, with or without `sub-`; all where empty.
        deface: takes an image, `out`, `modality`, `ears` and `fill`, and writes the new one.
        ears: take the ears too.
        fill: what takes the face's place.

    Raises:
        UsageError: the output is the data set, or an asked participant is not there.
        NothingUsableError: there is no image.
    """
    if output_dir.resolve() == bids_dir.resolve():
        raise UsageError("the output folder must not be the data set itself")
    run = BidsRun()
    for subject in _subjects(bids_dir, labels):
        for path in _files(subject):
            if not path.name.endswith(IMAGES):
                run.left += not path.name.endswith((*BESIDE, ".json"))
                continue
            _deface_one(run, path, bids_dir, output_dir, deface, {"ears": ears, "fill": fill})
    if not (run.defaced or run.done_before or run.held):
        raise NothingUsableError("the data set holds no images")
    output_dir.mkdir(parents=True, exist_ok=True)
    for shared in sorted(bids_dir.glob("*.json")):
        if shared.name != "dataset_description.json":
            _copy_sidecar(shared, output_dir / shared.name)
    _describe(output_dir)
    return run


def _subjects(bids_dir: Path, labels: list[str]) -> list[Path]:
    there = {path.name: path for path in sorted(bids_dir.glob("sub-*")) if path.is_dir()}
    if not labels:
        return list(there.values())
    asked = [f"sub-{label.removeprefix('sub-')}" for label in labels]
    if not set(asked) <= set(there):
        raise UsageError("the data set has no participant of such a label")
    return [there[name] for name in asked]


def _files(subject: Path) -> Iterator[Path]:
    yield from sorted(p for p in subject.rglob("*") if p.is_symlink() or not p.is_dir())


def _deface_one(
    run: BidsRun,
    path: Path,
    bids_dir: Path,
    output_dir: Path,
    deface: Deface,
    options: dict[str, Any],
) -> None:
    within = path.relative_to(bids_dir)
    target = output_dir / within
    if target.exists():
        run.done_before += 1
        return
    if (reason := _obstacle(path)) is not None:
        run.held[within.as_posix()] = reason
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        deface(path, out=target, modality=MODALITIES[path.parent.name], **options)
    except HeldError as error:
        run.held[within.as_posix()] = error.reason
        return
    run.defaced += 1
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    _copy_sidecar(path.with_name(f"{stem}.json"), target.with_name(f"{stem}.json"))
    for ending in BESIDE:
        beside = path.with_name(stem + ending)
        if beside.is_file() and not beside.is_symlink():
            shutil.copyfile(beside, target.with_name(stem + ending))


def _obstacle(path: Path) -> Reason | None:
    """Why an image is not even tried; links are not followed, as everywhere."""
    if path.is_symlink() or not path.is_file():
        return Reason.NOT_A_FILE
    return None if path.parent.name in MODALITIES else Reason.UNSUPPORTED_CONTENT


def _copy_sidecar(source: Path, target: Path) -> None:
    """Copy a side-car without what identifies; one that is no object of JSON is left behind."""
    if source.is_symlink() or not source.is_file() or source.stat().st_size > LARGEST_SIDECAR:
        return
    try:
        told = json.loads(source.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError):
        return
    if isinstance(told, dict):
        target.write_text(json.dumps(harmless(told), indent=2) + "\n", encoding="utf-8")


def harmless(sidecar: dict[str, Any]) -> dict[str, Any]:
    """A side-car without keys that may name a person, a place or a moment, at any depth."""
    kept = {k: v for k, v in sidecar.items() if k in NEEDED or not IDENTIFYING.fullmatch(k)}
    return {k: harmless(v) if isinstance(v, dict) else v for k, v in kept.items()}


def _describe(output_dir: Path) -> None:
    told = {
        "Name": "Defaced images",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "pixelscrub", "Version": __version__}],
    }
    place = output_dir / "dataset_description.json"
    place.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
