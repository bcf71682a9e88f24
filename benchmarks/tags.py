"""Measure the tags step: leaks and retention on planted files, an answer key, and speed.

dicom-anonymizer, dicognito and deid run beside it where they can be imported; point PYTHONPATH to
a folder they are installed in. Prints tables in Markdown. `--short` does less of everything,
`--speed` measures speed alone.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage, EnhancedMRImageStorage

from benchmarks.archives import frame_groups, packed
from pixelscrub.compat.quiet import hush
from pixelscrub.dicom.parts import parts_of
from pixelscrub.findings import Box
from pixelscrub.identity.pseudonyms import Pseudonyms
from pixelscrub.identity.terms import Terms
from pixelscrub.pixels.edit import Edit
from pixelscrub.prove.release import release
from pixelscrub.recipe import TagSettings
from pixelscrub.tags.deidentify import HeaderTask, rewrite
from tests.tags import answers, hideouts, samples, torture

SYNTAXES = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2")
CLASSES = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.7")
KEY = bytes(32)
_FEW, _SLOW = 3, 0.5
"""Rounds are enough for a tool that takes so many seconds a file."""
Tool = Callable[[Path, Path], None]


def ours(source: Path, target: Path) -> None:
    """From file to file, as `pixelscrub tags` does where pixels stay."""
    with source.open("rb") as file, target.open("wb") as out:
        parts = parts_of(file)
        if parts is not None:
            rewrite(out, parts, HeaderTask(TagSettings(), Pseudonyms(KEY)))
            return
    target.write_bytes(samples.rewritten(source.read_bytes(), Pseudonyms(KEY)))


def ours_proved(source: Path, target: Path) -> None:
    """The same with the proof that a run makes before it releases anything."""
    ours(source, target)
    with source.open("rb") as original:
        release(original, target, Edit(), Terms.read(io.BytesIO(source.read_bytes())))


def dicom_anonymizer() -> Tool:
    tool = importlib.import_module("dicomanonymizer").anonymize_dicom_file
    return lambda source, target: tool(str(source), str(target))


def dicognito() -> Tool:
    tool = importlib.import_module("dicognito.anonymizer").Anonymizer(seed="")

    def run(source: Path, target: Path) -> None:
        header = dcmread(source)
        tool.anonymize(header)
        header.save_as(target)

    return run


def deid() -> Tool:
    os.environ.setdefault("MESSAGELEVEL", "QUIET")
    tool = importlib.import_module("deid.dicom").replace_identifiers

    def run(source: Path, target: Path) -> None:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            tool([str(source)], save=True, overwrite=True, output_folder=str(target.parent),
                 remove_private=True, disable_skip=True)  # fmt: skip
        made = target.parent / source.name
        made.replace(target)

    return run


def rivals() -> dict[str, Tool]:
    found = {}
    for make in (dicom_anonymizer, dicognito, deid):
        name = make.__name__.replace("_", "-")
        try:
            found[name] = make()
        except ImportError as error:
            print(f"{name} is not measured: {error.name} is not installed", file=sys.stderr)
    return found


def outcome(tool: Tool, data: bytes, folder: Path) -> bytes | None:
    """What a tool writes; None where it gives up."""
    source, target = folder / "in" / "file.dcm", folder / "out" / "written.dcm"
    source.parent.mkdir(exist_ok=True)
    target.parent.mkdir(exist_ok=True)
    source.write_bytes(data)
    target.unlink(missing_ok=True)
    try:
        tool(source, target)
        return target.read_bytes()
    except Exception:  # whatever a rival raises; ours raise HeldError
        return None


def planted(seeds: int) -> Iterator[torture.Planted]:
    for seed in range(seeds):
        for sop_class in CLASSES:
            for syntax in SYNTAXES:
                yield torture.plant(seed, sop_class, syntax)


def attributes(tool: Tool, seeds: int, folder: Path) -> str:
    """Columns of one tool: leaks, listed that stay, unlisted that are lost, files refused."""
    sums: Counter[str] = Counter()
    for made in planted(seeds):
        out = outcome(tool, made.data, folder)
        if out is None:
            sums["refused"] += 1
            continue
        sums["tokens"] += len(made.tokens)
        sums["listed"] += len(made.listed)
        sums["kept"] += len(made.kept)
        sums["leaks"] += len(torture.leaks(made, out))
        sums["untouched"] += len(torture.untouched(made, out))
        sums["lost"] += len(torture.lost(made, out))
    pairs = (("leaks", "tokens"), ("untouched", "listed"), ("lost", "kept"))
    return " | ".join(f"{sums[a]:,} of {sums[b]:,}" for a, b in pairs) + f" | {sums['refused']}"


def places(tool: Tool, seeds: int, folder: Path) -> str:
    """Leaks of one tool from below the attributes, and files refused."""
    sums: Counter[str] = Counter()
    for hideout in (h for seed in range(seeds) for h in hideouts.hideouts(seed)):
        out = outcome(tool, hideout.data, folder)
        sums["files"] += 1
        sums["refused"] += out is None
        sums["leaks"] += out is not None and hideouts.leaks(hideout, out)
    return f"{sums['leaks']} of {sums['files']} | {sums['refused']}"


def answer_key(patients: int) -> list[str]:
    rows = []
    for unseen in (False, True):
        score, pseudonyms = answers.Score(), Pseudonyms(KEY)
        for asked in answers.made_up(patients, seed=7, unseen=unseen):
            box, options = Box(*answers.BOX), answers.OPTIONS
            score.add(asked, samples.masked(asked.data, box, pseudonyms, options=options))
        name = "phrases never looked at" if unseen else "phrases looked at"
        done, failed = score.done.total(), score.failed.total()
        rows.append(f"| {name} | {done:,} | {failed} | {100 - 100 * failed / done:.3f} % |")
        rows += [f"| – {c} | {score.done[c]:,} | {score.failed[c]} | |" for c in answers.CHECKS]
    return rows


def ct() -> Dataset:
    header = Dataset()
    header.SOPClassUID, header.SOPInstanceUID = CTImageStorage, "1.2.3.4"
    header.StudyInstanceUID, header.SeriesInstanceUID = "1.2.3", "1.2.3.5"
    header.PatientName, header.PatientID = "Gundersen^Ragnhild", "MRN00812345"
    header.StudyDate, header.StudyTime, header.Modality = "20200131", "101500", "CT"
    for keyword in ("StudyDescription", "SeriesDescription", "ProtocolName", "InstitutionName"):
        setattr(header, keyword, "head")
    header.Rows = header.Columns = 512
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated = header.BitsStored = 16
    header.HighBit, header.PixelRepresentation = 15, 0
    for number in range(60):
        header.private_block(0x0019, "ACME", create=True).add_new(number, "LO", f"value {number}")
    for keyword in ("KVP", "SliceThickness", "RescaleSlope", "RescaleIntercept", "ExposureTime"):
        setattr(header, keyword, "1")
    header.PixelData = bytes(512 * 512 * 2)
    return header


def enhanced_mr(frames: int = 400) -> Dataset:
    header = ct()
    header.SOPClassUID, header.NumberOfFrames = EnhancedMRImageStorage, frames
    header.Rows = header.Columns = 16
    header.PixelData = bytes(16 * 16 * 2 * frames)
    header.PerFrameFunctionalGroupsSequence = [_frame(number) for number in range(frames)]
    return header


def _frame(number: int) -> Dataset:
    groups = frame_groups(number, "20200131101500")
    echo = Dataset()
    for element in range(14):
        echo.add_new(0x00180080 + element, "DS", "1")
    groups.MREchoSequence = [echo]
    return groups


def seconds(tool: Tool, source: Path, folder: Path, at_least: float) -> float:
    """CPU seconds a file, over as many files as take `at_least` seconds, each to a new file."""
    start = time.process_time()
    targets: list[Path] = []
    while not targets or time.process_time() - start < at_least:
        targets.append(folder / f"{len(targets)}.dcm")
        tool(source, targets[-1])
    spent = time.process_time() - start
    for target in targets:
        target.unlink()
    return spent / len(targets)


def race(data: bytes, tools: dict[str, Tool], rounds: int, folder: Path) -> dict[str, float]:
    """Files per CPU-second of each tool in its best round; tools take turns."""
    source, out = folder / "race.dcm", folder / "out"
    source.write_bytes(data)
    for tool in tools.values():
        seconds(tool, source, out, 0)
    spent: dict[str, list[float]] = {name: [] for name in tools}
    for _ in range(rounds):
        for name, tool in tools.items():
            if len(spent[name]) < _FEW or spent[name][-1] < _SLOW:
                spent[name].append(seconds(tool, source, out, 0.1))
    return {name: 1 / min(times) for name, times in spent.items()}


def speed(tools: dict[str, Tool], rounds: int, folder: Path) -> list[str]:
    rows = []
    for name, header in {"512² CT": ct(), "enhanced MR, 400 frames": enhanced_mr()}.items():
        rates = race(packed(header), tools, rounds, folder)
        best = rates["pixelscrub"]
        rows += [f"| {name} | {t} | {r:.1f} | {best / r:.1f} |" for t, r in rates.items()]
    return rows


def quality(tools: dict[str, Tool], short: bool, folder: Path) -> None:
    seeds = 1 if short else 3
    print("| tool | identifiers that leak | listed elements left | unlisted values lost "
          "| files refused |\n| --- | --- | --- | --- | --- |")  # fmt: skip
    for tool, work in tools.items():
        print(f"| {tool} | {attributes(work, seeds, folder)} |")
    print("\n| tool | leaks from below the attributes | refused |\n| --- | --- | --- |")
    for tool, work in (tools | {"pixelscrub": ours_proved}).items():
        print(f"| {tool} | {places(work, seeds, folder)} |")
    print("\n| answer key | checks | failed | right |\n| --- | --- | --- | --- |")
    print(*answer_key(4 if short else 32), sep="\n")


def main() -> None:
    hush()
    warnings.simplefilter("ignore")
    short = "--short" in sys.argv
    tools = {"pixelscrub": ours} | rivals()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "out").mkdir()
        if "--speed" not in sys.argv:
            quality(tools, short, folder)
        print("\n| file | tool | files per CPU-second | times |\n| --- | --- | --- | --- |")
        print(*speed(tools, 3 if short else 25, folder), sep="\n")


if __name__ == "__main__":
    main()
