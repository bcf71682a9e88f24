"""The end of each command's help: two examples, what it writes, and its exit codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import typer

MEANS: Final = {
    0: "all went well",
    1: "usage or recipe wrong",
    2: "some held",
    3: "nothing could be used",
    4: "verification failed",
    5: "a component is missing",
    130: "interrupted",
}
"""What an exit code says; the same for every command."""
RUNS: Final = (0, 1, 2, 3, 5, 130)
WRITES_OUT: Final = "clean files to OUT; plans, audit, report and key to OUT-private"


@dataclass(frozen=True)
class Usage:
    """The end of a command's help.

    Attributes:
        examples: two command lines, without `pixelscrub`.
        writes: what the command writes.
        codes: exit codes that it can end with.
    """

    examples: tuple[str, str]
    writes: str
    codes: tuple[int, ...]

    def epilog(self) -> str:
        """As text whose lines stay as they are."""
        codes = [f"  {code}  {MEANS[code]}" for code in self.codes]
        lines = ["Examples:", *(f"  pixelscrub {example}" for example in self.examples)]
        told = ["Writes:", f"  {self.writes}", "", "\b", "Exit codes:", *codes]
        return "\n".join(["\b", *lines, "", "\b", *told])


USAGES: Final = {
    "scrub": Usage(
        ("scrub scans/ -o clean/", "scrub scans/ -o clean/ --recipe tcia --resume"),
        WRITES_OUT,
        RUNS,
    ),
    "text": Usage(
        ("text ultrasound/ -o masked/", "text a.dcm b.dcm -o masked/ --workers 2"),
        WRITES_OUT,
        RUNS,
    ),
    "crop": Usage(
        ("crop ultrasound/ -o cropped/", "crop ultrasound/ -o cropped/ --dry-run"),
        WRITES_OUT,
        RUNS,
    ),
    "deface": Usage(
        ("deface heads/ -o faceless/", "deface heads/ -o faceless/ --log deface.log"),
        WRITES_OUT,
        RUNS,
    ),
    "tags": Usage(
        ("tags scans/ -o clean/", "tags --files-from names.txt -o clean/"),
        WRITES_OUT,
        RUNS,
    ),
    "deface-nifti": Usage(
        (
            "deface-nifti t1.nii.gz -o faceless.nii.gz --modality MR",
            "deface-nifti ct.nii -o faceless.nii --modality CT --ears",
        ),
        "the new volume; the mask too with --mask FILE",
        (0, 1, 2, 5),
    ),
    "inspect": Usage(
        ("inspect scans/ --private plans/", "inspect scans/ --tags"),
        "plans to --private, the result to --json; no image",
        (0, 1, 2, 3, 5, 130),
    ),
    "apply": Usage(
        ("apply plans/ -o clean/", "apply plans/ -o clean/ --quiet --log apply.log"),
        "clean files to OUT; audit and report to PRIVATE",
        RUNS,
    ),
    "review": Usage(
        ("review plans/", "review plans/ --port 8765 --as reader1"),
        "decisions into the plans and the record of PRIVATE",
        (0, 1, 3, 5, 130),
    ),
    "receive": Usage(
        (
            "receive --to ARCHIVE@localhost:104 -o clean/",
            "receive --to https://pacs/dicom-web -o clean/ --host 0.0.0.0 --allow CT1",
        ),
        "clean files to OUT and to the destination; the spool to OUT-private",
        (0, 1, 5, 130),
    ),
    "send": Usage(
        ("send clean/ ARCHIVE@localhost:104", "send clean/ https://pacs/dicom-web"),
        "what was sent, into the private folder",
        (0, 1, 2, 3, 5, 130),
    ),
    "fetch": Usage(
        (
            "fetch https://pacs/dicom-web originals/ --match-file which.txt",
            "fetch https://pacs/dicom-web -o clean/ --match StudyDate=20240101-20240131",
        ),
        "originals to FOLDER; or with --out clean files to OUT and the rest to OUT-private",
        (0, 1, 2, 3, 5, 130),
    ),
    "mask-service": Usage(("mask-service", "mask-service --port 8000"), "nothing", (0, 1, 5, 130)),
    "explain": Usage(("explain face_partial", "explain timeout"), "nothing", (0, 1)),
    "doctor": Usage(("doctor", "doctor --json doctor.json"), "the result to --json", (0, 5)),
    "verify": Usage(
        ("verify scans/ clean/", "verify clean/ --statement statement.json"),
        "verify.json to the private folder, where there is one, and to --json",
        (0, 1, 3, 4, 5),
    ),
    "media": Usage(
        ("media clean/ -o disc/", "media clean/ -o /mnt/usb/study"),
        "a copy with short names and a DICOMDIR to the new folder",
        (0, 1, 3),
    ),
    "crosswalk": Usage(
        ("crosswalk clean-private/", "crosswalk clean-private/ --csv originals.csv"),
        "originals to --csv, for the owner's eyes; else to the terminal",
        (0, 1),
    ),
    "export": Usage(
        ("export clean/ nifti/ --format nifti", "export clean/ pictures/ --format png"),
        "volumes or pictures to FOLDER",
        (0, 1, 2, 3, 5),
    ),
    "evaluate": Usage(
        ("evaluate images/ truth.json", "evaluate images/ truth.json --gallery misses/"),
        "figures to --json, pictures to --gallery",
        (0, 1, 3, 5),
    ),
    "statement": Usage(
        ("statement clean/", "statement clean/ --sign key.pem --html statement.html"),
        "statement.json and statement.html to the private folder, or to --json and --html",
        (0, 1, 3),
    ),
    "bids": Usage(
        (
            "bids dataset/ derivatives/faceless/ participant",
            "bids dataset/ out/ participant --participant-label 01",
        ),
        "defaced images and their side-cars to OUTPUT_DIR; held ones to bids-held.tsv (private)",
        (0, 1, 2, 3, 5),
    ),
    "demo": Usage(
        ("demo", "demo /tmp/try-it"),
        "sample images to FOLDER/original, clean ones to FOLDER/scrubbed",
        RUNS,
    ),
    "recipes": Usage(
        ("recipes", "recipes show default"), "nothing; `recipes new` writes a recipe", (0, 1)
    ),
    "recipes show": Usage(
        ("recipes show default", "recipes show tcia"), "the recipe to standard output", (0, 1)
    ),
    "recipes new": Usage(
        ("recipes new -o trial.toml", "yes '' | pixelscrub recipes new -o strict.toml"),
        "the new recipe to --out",
        (0, 1),
    ),
}
"""By the words of the command."""


def add_to(app: typer.Typer, group: str = "") -> None:
    """Give every command of the command line, groups included, the end of its help.

    Args:
        app: the command line, or a group of it.
        group: words of the group, with a space after them.
    """
    for command in app.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "").replace("_", "-")
        command.epilog = USAGES[group + name].epilog()
    for below in app.registered_groups:
        if below.typer_instance is not None:
            below.epilog = USAGES[f"{group}{below.name}"].epilog()
            add_to(below.typer_instance, f"{group}{below.name} ")
