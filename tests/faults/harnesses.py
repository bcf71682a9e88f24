"""What is fed by guided runs: each reader of bytes that a stranger made, one row each.

A reader takes any bytes: it returns, or raises `HeldError` (of the network: `UnreachableError`)
whose cause holds no value. Everything else, and a hang, is a finding.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from tests.faults.ground import encoded, holds_word, instance

SYNTAX = "1.2.840.10008.1.2"


@dataclass(frozen=True)
class Harness:
    """One reader.

    Attributes:
        read: takes a folder of its own and the bytes.
        seeds: what the run begins with.
    """

    read: Callable[[Path, bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def feed(harness: Harness, folder: Path, data: bytes) -> None:
    """Feed one reader; anything but a refusal without a value is raised."""
    from pixelscrub.errors import HeldError
    from pixelscrub.net.peer import UnreachableError

    try:
        harness.read(folder, data)
    except (HeldError, UnreachableError) as error:
        if holds_word(str(error).encode()):
            raise AssertionError("planted word in the cause") from None


def _read_header(folder: Path, data: bytes) -> None:
    """What a run does with a header: read it, and write it without what identifies."""
    from pixelscrub.dicom.parts import parts_of
    from pixelscrub.errors import Reason, guarded
    from pixelscrub.identity.pseudonyms import Pseudonyms
    from pixelscrub.identity.terms import Terms
    from pixelscrub.intake.instance import Source
    from pixelscrub.intake.read import read_instance
    from pixelscrub.recipe import TagSettings
    from pixelscrub.tags.deidentify import HeaderTask, rewrite
    from pixelscrub.tags.done import Done

    file = folder / "input"
    file.write_bytes(data)
    out, settings = io.BytesIO(), TagSettings()
    read_instance(Source(folder, file.name, len(data), 0))
    parts = parts_of(io.BytesIO(data))
    if parts is None:
        return
    with guarded(Reason.TAGS_FAILED):
        terms = Terms.among(parts.header)
    keyed = Pseudonyms.of(b"0" * 32, settings)
    rewrite(out, parts, HeaderTask(settings, keyed, Done(), terms, "patient"))


def _headers() -> Iterator[bytes]:
    return iter(_every_syntax().values())


@cache
def _every_syntax() -> dict[str, bytes]:
    from tests.faults.malformed import every_syntax

    return every_syntax()


def _decode(short: str, _: Path, data: bytes) -> None:
    """One frame of a transfer syntax, as a run decodes it: native libraries too."""
    from pixelscrub.pixels import codecs
    from pixelscrub.pixels.image import Image

    uid = f"{SYNTAX}.{short}"
    info = Image(io.BytesIO(_every_syntax()[uid])).known
    codecs.decode(codecs.codec_of(uid), data, info)


def _streams(short: str) -> Iterator[bytes]:
    from pixelscrub.pixels.image import Image

    image = Image(io.BytesIO(_every_syntax()[f"{SYNTAX}.{short}"]))
    return (image.stream(index) for index in range(image.known.frames))


def _load_plan(folder: Path, data: bytes) -> None:
    from pixelscrub.plan import Plan

    (folder / "plan.json").write_bytes(data)
    Plan.load(folder)


def _plans() -> Iterator[bytes]:
    from pixelscrub.intake.instance import Source
    from pixelscrub.plan import FacePlan, InstancePlan, Plan
    from pixelscrub.recipe import Recipe

    one = InstancePlan(uid="1.2", series="1", source=Source(Path("/"), "a", 1, 1), output="p")
    face = FacePlan(series="1", status="removed", mask="face.nii.gz", slices=[("1.2", 0)])
    plan = Plan(study="1", recipe=Recipe(), instances=[one], faces=[face])
    yield plan.model_dump_json().encode()
    yield json.dumps({"version": 1, "study": "1", "recipe": {}}).encode()


def _read_multipart(_: Path, data: bytes) -> None:
    from pixelscrub.net.limits import MultipartLimits
    from pixelscrub.net.web.multipart import pieces

    kind, body = data.partition(b"\n")[::2]
    size = 1 + len(body) % 13
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    longest = 0
    for piece in pieces(kind.decode("latin-1"), chunks, MultipartLimits(parts=50)):
        longest = max(longest, len(piece or b""))
    assert longest <= size + 80, "a piece was gathered that is larger than what came"


def _messages() -> Iterator[bytes]:
    kind = b'multipart/related; type="application/dicom"; boundary=B\n'
    part = b"\r\n--B\r\nContent-Type: application/dicom\r\n\r\n"
    yield kind + part + b"one" + part + b"two\r\n--B--\r\n"
    yield kind + b"--B\r\n\r\n\r\n--B--"
    yield b"application/dicom\nDICM"


def _walk_zip(folder: Path, data: bytes) -> None:
    from pixelscrub.errors import HeldError
    from pixelscrub.intake.find import SkippedFile, find
    from pixelscrub.intake.read import read_instance

    (folder / "input.zip").write_bytes(data)
    for found in find([folder / "input.zip"]):
        if not isinstance(found, SkippedFile):
            with suppress(HeldError):  # each member is judged by itself
                read_instance(found)


def _archives() -> Iterator[bytes]:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", method) as archive:
            archive.writestr("folder/1.dcm", encoded(instance()))
            archive.writestr("../text", "no DICOM")
        yield made.getvalue()


HARNESSES = {
    "header": Harness(_read_header, _headers),
    "jpeg": Harness(partial(_decode, "4.50"), partial(_streams, "4.50")),
    "lossless_jpeg": Harness(partial(_decode, "4.70"), partial(_streams, "4.70")),
    "jpeg_ls": Harness(partial(_decode, "4.80"), partial(_streams, "4.80")),
    "jpeg_2000": Harness(partial(_decode, "4.90"), partial(_streams, "4.90")),
    "rle": Harness(partial(_decode, "5"), partial(_streams, "5")),
    "plan": Harness(_load_plan, _plans),
    "multipart": Harness(_read_multipart, _messages),
    "zip": Harness(_walk_zip, _archives),
}
