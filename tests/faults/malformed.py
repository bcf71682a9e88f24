"""Malformed files: damage of every kind to small instances of every transfer syntax.

Each damaged file goes through the worker's own functions, as in a run, in a worker process that
may die of it, and what is released is searched for planted words.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.uid import PYDICOM_ROOT_UID

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.find import SkippedFile, find
from pixelscrub.jobs.limits import Limits
from pixelscrub.jobs.pool import Pool
from pixelscrub.pixels import codecs
from pixelscrub.plan import InstancePlan
from pixelscrub.recipe import Recipe, TextSettings
from pixelscrub.study import records, worker
from pixelscrub.study.context import StudyContext
from pixelscrub.study.tasks import ApplyTask, FaceTask, LookTask
from tests.faults import fuzz
from tests.faults.ground import CLEAN, Tally, holds_word, inflated, instance

SYNTAX = "1.2.840.10008.1.2"
COUNT = 10_000
UNKNOWN_CAUSE = frozenset({Reason.INTERNAL_ERROR, Reason.WORKER_DIED, Reason.TIMEOUT})
"""Reasons that name no cause in the file: the instance is safe, and the trial is lost."""


@dataclass(frozen=True)
class Damage:
    """One damaged file to be tried, in a folder of its own."""

    content: bytes
    folder: Path
    number: int


def run(folder: Path, tally: Tally, short: bool) -> None:
    """Damage files of every transfer syntax and put each through a run's steps."""
    originals = list(every_syntax().values())
    random_numbers = random.Random(20261122)
    count = 300 if short else COUNT
    made = (
        Damage(damaged(originals[n % len(originals)], originals, random_numbers), folder, n)
        for n in range(count)
    )
    outcomes: Counter[str] = Counter()
    with Pool(2, limits=Limits(seconds=60)) as pool:
        for damage, result in pool.map(attempt, made):
            outcome, wrong = result if isinstance(result, tuple) else (result, [])
            if isinstance(outcome, HeldError):
                wrong = [f"{outcome}"] if outcome.reason in UNKNOWN_CAUSE else []
                wrong += ["planted word in the cause"] * holds_word(str(outcome).encode())
                outcome = outcome.reason
            outcomes[str(outcome)] += 1
            tally.count(f"damaged file {damage.number}", *wrong)
            if wrong:
                (folder / f"lost-{damage.number}.dcm").write_bytes(damage.content)
    print(f"{tally.family}: {dict(outcomes.most_common())}", file=sys.stderr)
    if not short:
        fuzz.run(tally)


def every_syntax() -> dict[str, bytes]:
    """A small instance with planted words in each transfer syntax, by its UID."""
    from tests.pixels.conftest import Bench

    bench = Bench(_header)
    made = {}
    for uid in codecs.TABLE:
        short = uid.removeprefix(SYNTAX).removeprefix(".")
        kind = "u12" if short == "4.51" else "u8"
        made[uid] = bench.instance(short, kind, 2, (24, 32))
    return made


def _header(pixels: np.ndarray) -> FileDataset:
    """The same bytes in every run, so that a fault that is found is found again."""
    made = instance(pixels)
    for number, keyword in enumerate(("SOPInstance", "StudyInstance", "SeriesInstance")):
        setattr(made, f"{keyword}UID", f"{PYDICOM_ROOT_UID}{20261122**5 + number}")
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.ImageComments = "Zwyrtkowski"
    made.private_block(0x0009, "PLANTER", create=True).add_new(1, "LO", "Ottokar")
    return made


def damaged(content: bytes, others: list[bytes], random_numbers: random.Random) -> bytes:
    """The same with one to four faults in it."""
    data = bytearray(content)
    for _ in range(random_numbers.choice((1, 1, 1, 2, 4))):
        fault = random_numbers.choice(FAULTS)
        start = 132 if random_numbers.random() < 0.95 else 0
        where = random_numbers.randrange(start, max(start + 1, len(data)))
        fault(data, where, others, random_numbers)
    return bytes(data)


def _flip(data: bytearray, where: int, _: list[bytes], random_numbers: random.Random) -> None:
    data[where : where + 1] = bytes(
        [data[min(where, len(data) - 1)] ^ 1 << random_numbers.randrange(8)]
    )


def _overwrite(data: bytearray, where: int, _: list[bytes], random_numbers: random.Random) -> None:
    count = random_numbers.choice((1, 2, 4, 16))
    data[where : where + count] = random_numbers.randbytes(count)


def _cut(data: bytearray, where: int, _: list[bytes], __: random.Random) -> None:
    del data[where:]


def _remove(data: bytearray, where: int, _: list[bytes], random_numbers: random.Random) -> None:
    del data[where : where + random_numbers.choice((1, 2, 7, 64))]


def _insert(data: bytearray, where: int, _: list[bytes], random_numbers: random.Random) -> None:
    data[where:where] = random_numbers.randbytes(random_numbers.choice((1, 2, 8, 300)))


def _repeat(data: bytearray, where: int, _: list[bytes], random_numbers: random.Random) -> None:
    data[where:where] = data[where : where + random_numbers.choice((8, 40, 400))]


def _extreme(data: bytearray, where: int, _: list[bytes], random_numbers: random.Random) -> None:
    value = random_numbers.choice(
        (b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\xfe\xff\xff\xff")
    )
    data[where : where + 4] = value


def _splice(
    data: bytearray, where: int, others: list[bytes], random_numbers: random.Random
) -> None:
    other = random_numbers.choice(others)
    cut = random_numbers.randrange(len(other))
    data[where:] = other[cut:]


FAULTS = (_flip, _overwrite, _cut, _remove, _insert, _repeat, _extreme, _splice)


def attempt(damage: Damage) -> tuple[str | HeldError, list[str]]:
    """Read, look, apply and prove one file; the outcome, and what is wrong with it."""
    with tempfile.TemporaryDirectory(dir=damage.folder) as scratch:
        folder = Path(scratch)
        path = folder / "in.dcm"
        path.write_bytes(damage.content)
        try:
            _scrub(path, folder)
        except HeldError as error:
            return error, ["unproved bytes were left"] * (folder / "scratch").exists()
        written = (folder / "scratch").read_bytes()
        wrong = ["input changed"] * (path.read_bytes() != damage.content)
        leaks = holds_word(written) or holds_word(inflated(written))
        return CLEAN, wrong + ["planted word in the output"] * leaks


def _scrub(path: Path, folder: Path) -> None:
    """The steps of a run; what it releases lies in `folder/scratch`."""
    recipe = Recipe(text=TextSettings(detectors=["strokes"]))
    (found,) = find([path])
    if isinstance(found, SkippedFile):
        raise HeldError(found.reason)
    (placed,) = worker.read_instances([found])
    if isinstance(placed, HeldError):
        raise placed
    terms = worker.read_terms(placed.source)
    faces = worker.look_faces(FaceTask([placed], recipe, folder))
    if placed.uid in faces.held:
        raise HeldError(faces.held[placed.uid])
    with StudyContext(terms, faces.plans).laid_down(
        folder / f"facts-{placed.source.digest}"
    ) as facts:
        seen = worker.look_instance(LookTask(placed, recipe, facts))
        plan: InstancePlan = records.instance_plan(placed, "p/s/r/0001.dcm", seen)
        key, places = b"0" * 32, (folder / "scratch", folder / "pictures")
        worker.apply_instance(ApplyTask(plan, facts, folder, recipe, key, *places))
