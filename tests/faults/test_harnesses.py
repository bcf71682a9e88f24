"""Readers of bytes that a stranger made: seeds, damaged seeds, and what guided runs found."""

import random
import time
import warnings
import zipfile

import pytest

from tests.faults.ground import encoded, instance
from tests.faults.harnesses import HARNESSES, feed
from tests.faults.malformed import damaged

DAMAGED = 40
CUT_SCAN = bytes.fromhex(
    "000000017d457f6b83008ea8086ba227d3c6a8f27f259e3563ce465cd0e601c820602016e204020de0ca528409000ca1"
    "981520010e801001038a905030ac6b04e28210707829cd8053d711100c0620ea200e39e1b73d40011b584b302019a6a5"
    "bd1adf41144801838215a9580202387172e160664143cfc07018e060e800c030589a080bfb4101311d00000b660a262a"
    "10316840a50c1488f80d94091819812d200815202057099413128023fd3e08919e31c414185400a04a20109915c24b03"
    "4093c1a9454a94000004e40288922aa133e3300212dc50ab019fd9ea841ded50200f3c8a9941a38368c82019d3f12541"
    "d42f03045d949588341a3bcb372608524126c0404c7de830b5490eb845a0f451dc3a944000fc082d04c46bc190e9f9a0"
    "4d4fd020a00500e8427a2f67b94cae828b58798566e488fb0626cd2148c6dc542351896234b020f9831e50362beb3856"
    "0c8f898090c8535390afe28cc4cb047ea0af7f442308258024a3449c4f864884675638c1ae4b28b4f018435f604326a0"
    "fb2a20c04af33483ff4be625e11783205672fc023a1063825428ec9610c44834020ed65337231524794fe254b10226b4"
    "6bcf9104e8ab14"
)
"""The scan of a frame of 24 by 32, cut where zeros remain to be read."""


@pytest.mark.parametrize("name", HARNESSES)
def test_reader_survives_its_seeds_and_damage_to_them(name, tmp_path):
    harness, random_numbers = HARNESSES[name], random.Random(name)
    seeds = list(harness.seeds())
    assert seeds
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds:
            harness.read(tmp_path, seed)
        for number in range(DAMAGED):
            seed = seeds[number % len(seeds)]
            feed(harness, tmp_path, damaged(seed, seeds, random_numbers))


@pytest.mark.parametrize("name", HARNESSES)
@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 200, b"[" * 5000, b"{" * 5000])
def test_reader_survives_nothing_and_nonsense(name, data, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        feed(HARNESSES[name], tmp_path, data)


def test_jpeg_ls_stream_that_ends_without_a_marker_is_held_at_once(tmp_path):
    """Found by a guided run: CharLS counted zeros for seven seconds behind the end of the data."""
    from pixelscrub.errors import HeldError, Reason

    head = bytes.fromhex("ffd8fff7000b080018002001011100ffda0008010100000000")
    harness = HARNESSES["jpeg_ls"]
    for scan in (CUT_SCAN, CUT_SCAN[:-1], CUT_SCAN[:-4]):
        began = time.process_time()
        for data, reason in (
            (head + scan, Reason.TRUNCATED_PIXEL_DATA),
            (head + scan + b"\xff\xd9", Reason.DECODE_FAILED),
            (b"\xff\xd8\xff\xfe\0\x06\xff\xda\xff\xd9" + head[2:] + scan, Reason.DECODE_FAILED),
        ):
            with pytest.raises(HeldError) as caught:
                harness.read(tmp_path, data)
            assert caught.value.reason is reason
        assert time.process_time() - began < 1


def test_member_without_a_name_costs_itself_alone(tmp_path):
    """Found by a guided run: `ZipInfo.is_dir` fails on it, and with it the whole run failed."""
    from pixelscrub.errors import Reason
    from pixelscrub.intake.find import SkippedFile, find

    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("1.dcm", encoded(instance()))
        archive.writestr("X", "no DICOM")
    content = (tmp_path / "x.zip").read_bytes()
    entry = content.rindex(b"PK\x01\x02")
    unnamed = bytearray(content[: entry + 46] + content[entry + 47 :])
    unnamed[entry + 28 : entry + 30] = bytes(2)
    end = unnamed.rindex(b"PK\x05\x06")
    size = int.from_bytes(unnamed[end + 12 : end + 16], "little") - 1
    unnamed[end + 12 : end + 16] = size.to_bytes(4, "little")
    (tmp_path / "x.zip").write_bytes(unnamed)
    one, nameless = sorted(find([tmp_path / "x.zip"]), key=lambda f: isinstance(f, SkippedFile))
    assert one.path == "x.zip/1.dcm"
    assert nameless.reason is Reason.DAMAGED_FILE


def test_member_whose_own_name_does_not_decode_costs_itself_alone(tmp_path):
    """Found by a guided run: the header of the member says UTF-8, and its name is none."""
    from pixelscrub.errors import HeldError, Reason
    from pixelscrub.intake.find import find
    from pixelscrub.intake.read import read_instance

    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("1.dcm", encoded(instance()))
    content = bytearray((tmp_path / "x.zip").read_bytes())
    content[7] |= 0x08
    content[30] = 0xED
    (tmp_path / "x.zip").write_bytes(content)
    (member,) = find([tmp_path / "x.zip"])
    with pytest.raises(HeldError) as caught:
        read_instance(member)
    assert caught.value.reason is Reason.DAMAGED_FILE
