"""The audit finds what is hidden in bytes, by its own reading, and nothing in clean files."""

from __future__ import annotations

import pytest

from pixelscrub.api import scrub
from pixelscrub.audit.audit import audit
from pixelscrub.audit.byte_checks import check_bytes
from pixelscrub.audit.pairs import File, read_header
from pixelscrub.intake.instance import Source
from pixelscrub.prove.places import values
from pixelscrub.recipe import Recipe
from tests.audit.seeds_bytes import SEEDS, clean, saved
from tests.dicom.oddities import ODDITIES
from tests.streams import TEXT, picture


def found_in(data, tmp_path):
    path = tmp_path / "1.dcm"
    path.write_bytes(data)
    source = Source(tmp_path, "1.dcm", len(data), path.stat().st_mtime_ns)
    header = read_header(source)
    return [] if header is None else list(check_bytes(File(source, header), "1.dcm"))


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_bytes_are_found(seed, make_instance, tmp_path):
    plant, kind = SEEDS[seed]
    found = found_in(plant(make_instance), tmp_path)
    assert kind in {issue.kind for issue in found}
    assert not any(TEXT.decode()[4:12] in issue.place + issue.detail for issue in found)


@pytest.mark.parametrize("number", range(9))
def test_clean_files_raise_nothing(number, make_instance, tmp_path):
    assert found_in(clean(make_instance)[number], tmp_path) == []


def test_a_file_that_cannot_be_followed_is_said(make_instance, tmp_path):
    data = clean(make_instance)[0]
    assert [i.kind for i in found_in(data[:-9], tmp_path)] == ["unreadable"]


def test_originals_that_are_odd_are_compared(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number, name in enumerate(("implicit in explicit", "delimiter of nothing", "mixed")):
        data = ODDITIES[name]().replace(b"1.2.3.4.5.6\0", b"1.2.3.4.50%d\0" % number)
        (folder / f"{number}.dcm").write_bytes(data)
    scrub(folder, tmp_path / "out", recipe=Recipe().with_steps("tags"), workers=1)
    result = audit([folder], tmp_path / "out", tmp_path / "out-private")
    assert result.issues == []
    assert len(result.pairs) == 3


def test_outputs_that_nobody_can_convert_are_told_of(make_instance, tmp_path):
    made = make_instance(picture())
    data = saved(made)
    at = data.index(b"\x10\0\x10\0PN")
    odd = data[:at] + b"\xfe\xff\xdd\xe0\0\0\0\0" + data[at:]
    assert found_in(odd, tmp_path)
    assert list(values(read_header(Source(tmp_path, "1.dcm", 1, 1))))
