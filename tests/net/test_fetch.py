import stat

import pytest
from pydicom import dcmread

from pixelscrub.errors import NothingUsableError, UsageError
from pixelscrub.net.address import WebAddress
from pixelscrub.net.fetch import Query, fetch, scrub_fetched
from pixelscrub.net.peer import UnreachableError
from pixelscrub.net.web import WebPeer

from .test_dimse import items_of
from .test_web import peer_of

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def archive(orthanc, make_study):
    """An Orthanc with a study of three and one of two instances; gives its address and files."""
    files = make_study(3, "one", AccessionNumber="ONE") + make_study(2, "two")
    assert all(error is None for _, error in peer_of(orthanc.web).send(items_of(files)))
    return WebAddress(orthanc.web), files


def test_originals_come_as_they_are_into_a_closed_folder(archive, tmp_path):
    address, files = archive
    folder = tmp_path / "deep" / "originals"
    fetched = fetch(Query(address, {"PatientID": "PLANTED-4711"}), folder)
    assert (fetched.instances, fetched.missing) == (5, 0)
    came = {dcmread(f).SOPInstanceUID: dcmread(f) for f in folder.rglob("*.dcm")}
    assert came == {dcmread(f).SOPInstanceUID: dcmread(f) for f in files}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in folder.rglob("*.dcm")} == {0o600}
    with pytest.raises(UsageError, match="other files"):
        fetch(Query(address, {}), folder)


def test_fetched_study_is_scrubbed_and_nothing_else_is_left(archive, tags_only, tmp_path):
    address, files = archive
    query, out = Query(address, {"AccessionNumber": "ONE"}), tmp_path / "out"
    options = {"recipe": tags_only, "private": tmp_path / "private", "workers": 1}
    summary, fetched = scrub_fetched(query, out, **options)
    assert (summary.clean, summary.held, fetched.instances) == (3, 0, 3)
    assert len(list(out.rglob("*.dcm"))) == 3
    assert not list((tmp_path / "private" / "spool" / "incoming").iterdir())
    originals = {dcmread(f).SOPInstanceUID for f in files}
    assert not originals & {dcmread(f).SOPInstanceUID for f in out.rglob("*.dcm")}


def test_what_breaks_off_or_cannot_be_read_is_counted(
    archive, tags_only, tmp_path, make_instance, monkeypatch
):
    def broken(self, study):
        yield make_instance(StudyInstanceUID=study)
        yield make_instance(StudyInstanceUID="")
        raise UnreachableError("ConnectionError")

    monkeypatch.setattr(WebPeer, "retrieve", broken)
    query = Query(archive[0], {"AccessionNumber": "ONE"})
    options = {"recipe": tags_only, "private": tmp_path / "private", "workers": 1}
    summary, fetched = scrub_fetched(query, tmp_path / "out", **options)
    assert (summary.clean, fetched.instances, fetched.missing) == (1, 1, 2)


def test_nothing_found_and_nobody_there_are_told(archive, tmp_path):
    with pytest.raises(NothingUsableError):
        fetch(Query(archive[0], {"PatientID": "NOBODY"}), tmp_path / "x")
    with pytest.raises(UsageError, match="ConnectionError"):
        fetch(Query(WebAddress("http://127.0.0.1:1"), {}), tmp_path / "x")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="FileExistsError"):
        fetch(Query(archive[0], {}), tmp_path / "file")
    assert not (tmp_path / "x").exists()
