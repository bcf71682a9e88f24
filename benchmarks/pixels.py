"""Measure the pixels room: equality outside the mask, size, speed and memory, as Markdown.

Every transfer syntax by every kind of pixel, then a long JPEG cine, memory against the number of
frames, the RLE encoder, and two other ways to do the same edit. Folders named as arguments are
scrubbed file by file, and what was written is read by dcmtk and GDCM as well.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image as Pillow
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from pixelscrub.compat.quiet import hush
from pixelscrub.errors import HeldError
from pixelscrub.findings import Box
from pixelscrub.pixels import codecs
from pixelscrub.pixels.adapt import adapt
from pixelscrub.pixels.check import equal_outside
from pixelscrub.pixels.edit import Edit, FrameBox
from pixelscrub.pixels.fit import fit
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.info import describe
from pixelscrub.pixels.write import write
from tests.pixels.conftest import KINDS, Bench, lossy_jpeg, scene

SIZE = (480, 640)
CINE = (743, 975)
TOOLS = {
    **dict.fromkeys(("4.50", "4.51", "4.57", "4.70"), ("dcmdjpeg",)),
    **dict.fromkeys(("4.80", "4.81"), ("dcmdjpls",)),
    "5": ("dcmdrle",),
}
GDCM = ("gdcmconv", "--raw")


def header(_pixels: np.ndarray) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    made = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID = meta.MediaStorageSOPClassUID
    made.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    made.Rows, made.Columns = _pixels.shape[:2]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    return made


def corner(rows: int, columns: int) -> Edit:
    return Edit(boxes=(FrameBox(Box(0, 0, columns // 3, rows // 8)),))


def scrub(source: Path, target: Path, check: bool = True) -> None:
    with source.open("rb") as file, target.open("w+b") as out:
        image = Image(file)
        edit = fit(image, corner(image.known.rows, image.known.columns))
        adapt(image.header, image, edit)
        write(out, image, image.header, edit)
        if check:
            equal_outside(image, Image(out), edit)


def table(folder: Path) -> Iterator[str]:
    bench, before, after = Bench(header), folder / "before.dcm", folder / "after.dcm"
    yield "| transfer syntax | pixels | outside | size out/in | MB/s | check MB/s |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for uid, codec in codecs.TABLE.items():
        for kind in KINDS:
            try:
                before.write_bytes(
                    bench.instance(uid.partition("1.2.840.10008.1.2")[2][1:], kind, 2, SIZE)
                )
                Image(before.open("rb"))
            except (HeldError, ValueError, RuntimeError):
                continue  # the syntax does not hold such pixels
            yield f"| {codec.name} | {kind} | {cell(before, after)} |"


def cell(before: Path, after: Path) -> str:
    info = Image(before.open("rb")).known
    size = info.frames * np.prod(info.shape) * info.bits_allocated / 8e6
    start = time.process_time()
    try:
        scrub(before, after, check=False)
        middle = time.process_time()
        with before.open("rb") as one, after.open("rb") as other:
            original = Image(one)
            equal_outside(original, Image(other), fit(original, corner(info.rows, info.columns)))
    except HeldError as held:
        return f"held: {held.reason} | | | "
    end = time.process_time()
    ratio = after.stat().st_size / before.stat().st_size
    return f"exact | {ratio:.3f} | {size / (middle - start):.0f} | {size / (end - middle):.0f}"


def cine(path: Path, frames: int, size: tuple[int, int] = CINE) -> list[bytes]:
    made = header(np.zeros(size, np.uint8))
    made.SamplesPerPixel, made.PlanarConfiguration = 3, 0
    made.PhotometricInterpretation, made.NumberOfFrames = "YBR_FULL_422", frames
    made.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.50")
    some = [lossy_jpeg(fan(size, i), "422") for i in range(5)]
    streams = [some[i % 5] for i in range(frames)]
    made.PixelData = encapsulate(streams)
    made["PixelData"].VR = "OB"
    made.save_as(path, enforce_file_format=True)
    return streams


def fan(size: tuple[int, int], seed: int) -> np.ndarray:
    """YCbCr of something like an ultrasound image: a fan of speckle on black."""
    down, across = np.mgrid[: size[0], : size[1]]
    inside = (np.abs(across - size[1] / 2) < down * 0.7) & (down < size[0] * 0.9)
    picture = np.full((*size, 3), 128, np.uint8)
    picture[..., 0] = scene(size, 0, 200, seed) * inside
    return picture


def speed(folder: Path) -> Iterator[str]:
    before, after = folder / "cine.dcm", folder / "masked.dcm"
    streams = cine(before, 87)
    yield "\n| 87 frames of 975 x 743, JPEG 4:2:2 | CPU ms a frame | size out/in |\n| --- | --- | --- |"  # noqa: E501
    for name, check in (("mask", False), ("mask and check", True)):
        start = time.process_time()
        scrub(before, after, check)
        spent = (time.process_time() - start) / 87 * 1000
        yield f"| {name} | {spent:.1f} | {after.stat().st_size / before.stat().st_size:.3f} |"
    start, total, raw, changed = time.process_time(), 0, 0, 0
    for stream in streams:
        picture = np.array(Pillow.open(io.BytesIO(stream)))
        masked = picture.copy()
        masked[: CINE[0] // 8, : CINE[1] // 3] = 0
        out = io.BytesIO()
        Pillow.fromarray(masked).save(out, "JPEG", quality=90)
        total, raw = total + len(out.getvalue()), raw + masked.nbytes
        if stream is streams[0]:
            again = np.array(Pillow.open(out))[CINE[0] // 4 :]
            changed = (again != picture[CINE[0] // 4 :]).any(-1).mean()
    spent = (time.process_time() - start) / 87 * 1000
    size = before.stat().st_size
    yield (
        f"| Pillow, decode and encode: {changed:.0%} of pixels change "
        f"| {spent:.1f} | {total / size:.3f} |"
    )
    yield f"| stored uncompressed | | {raw / size:.1f} |"


def memory(folder: Path) -> Iterator[str]:
    """Peak memory of a process of its own for each, because a peak never goes down."""
    yield "\n| frames | peak memory, MB |\n| --- | --- |"
    for frames in (5, 500):
        cine(folder / "long.dcm", frames, (480, 640))
        run = [sys.executable, __file__, "--peak", str(folder / "long.dcm")]
        peak = subprocess.run(run, capture_output=True, check=True, text=True).stdout.strip()
        yield f"| {frames} | {peak} |"


def rle() -> Iterator[str]:
    info = describe_u16()
    frame = scene(info.shape, *info.range).astype("u2")
    codec, start = codecs.TABLE[info.transfer_syntax], time.process_time()
    for _ in range(10):
        codecs.encode(codec, frame, info, None)
    yield f"\nRLE encoder: {frame.nbytes / 1e5 / (time.process_time() - start):.0f} MB/s"


def describe_u16() -> Any:
    made = header(np.zeros((1024, 1024)))
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 12, 11
    return describe(made, "1.2.840.10008.1.2.5", "PixelData")


def others(folder: Path, sources: list[Path]) -> Iterator[str]:
    yield "\n| other reader | files | same | differ | fails |\n| --- | --- | --- | --- | --- |"
    counts: dict[str, list[int]] = {}
    for source in sources:
        after = folder / "masked.dcm"
        try:
            scrub(source, after)
        except HeldError as held:
            print(f"held: {held}", file=sys.stderr)
            continue
        short = pydicom.dcmread(after, stop_before_pixels=True).file_meta.TransferSyntaxUID[18:]
        for command in (*([c] if (c := TOOLS.get(short)) else []), GDCM):
            counts.setdefault(command[0], [0, 0, 0])[
                verdict(command, after, folder / "read.dcm")
            ] += 1
    for name, (same, differ, unread) in counts.items():
        yield f"| {name} | {same + differ + unread} | {same} | {differ} | {unread} |"


def verdict(command: tuple[str, ...], path: Path, read: Path) -> int:
    """0 where the program reads the pixels that we read, 1 where others, 2 where none."""
    read.unlink(missing_ok=True)
    if subprocess.run(
        [*command, str(path), str(read)], capture_output=True, check=False
    ).returncode:
        return 2
    try:
        ours, theirs = Image(path.open("rb")), Image(read.open("rb"))
        frames = range(ours.known.frames)
        return 0 if all(close(ours, theirs, i) for i in frames) else 1
    except HeldError:
        return 2


def close(ours: Image, theirs: Image, index: int) -> bool:
    """Equal; JPEG decoders may round and smooth differently, and may go over to RGB."""
    one, other = ours.frame(index), theirs.frame(index)
    if ours.known.transfer_syntax[18:] not in {"4.50", "4.51"}:
        return np.array_equal(one, other)
    if one.shape != other.shape:
        return False
    if ours.known.colour_space != theirs.known.colour_space:
        import cv2

        one = cv2.cvtColor(one[..., [0, 2, 1]], cv2.COLOR_YCrCb2RGB)
    return bool(np.abs(one.astype(int) - other).mean() < 2)


def main() -> None:
    hush()
    if sys.argv[1:2] == ["--peak"]:
        path = Path(sys.argv[2])
        scrub(path, path.with_suffix(".out"))
        status = Path("/proc/self/status").read_text()  # unlike getrusage, not the parent's
        print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in (speed(folder), memory(folder), rle(), table(folder)):
            print("\n".join(part), flush=True)
        sources = [p for d in sys.argv[1:] for p in sorted(Path(d).rglob("*.dcm"))]
        print("\n".join(others(folder, sources)))


if __name__ == "__main__":
    main()
