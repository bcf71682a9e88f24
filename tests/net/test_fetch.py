import json
import stat
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydicom import dcmread

from pixelscrub.errors import NothingUsableError, UsageError
from pixelscrub.net.address import WebAddress
from pixelscrub.net.fetch.fetch import Query, fetch, scrub_fetched

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
    assert {f.name for f in folder.iterdir()} == {"0001", "0002"}
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


class Service:
    """Announces one study of three instances, and gives as many bytes of them as it is told."""

    def __init__(self, files, bytes_given=None, announces_length=False):
        uid = dcmread(files[0]).StudyInstanceUID
        self.announced = {
            "/studies": [{"0020000D": {"vr": "UI", "Value": [uid]}}],
            f"/studies/{uid}/instances": [{} for _ in files],
        }
        head = b"\r\n--b\r\nContent-Type: application/dicom\r\n\r\n"
        self.body = b"".join(head + file.read_bytes() for file in files) + b"\r\n--b--"
        self.given = self.body[:bytes_given]
        self.length = len(self.body) if announces_length else len(self.given)
        self.is_told = announces_length

    def answer(self, request):
        path, _, query = request.path.partition("?")
        found = self.announced.get(path)
        request.send_response(200)
        if found is None:
            request.send_header("Content-Type", "multipart/related; boundary=b")
            if self.is_told:
                request.send_header("Content-Length", str(self.length))
            body = self.given
        else:
            request.send_header("Content-Type", "application/dicom+json")
            body = json.dumps(found if "offset=0" in query else []).encode()
        request.end_headers()
        request.wfile.write(body)


@pytest.fixture
def serve():
    """Starts services; gives their addresses."""
    started = []

    def start(service):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                service.answer(self)

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return WebAddress(f"http://127.0.0.1:{server.server_port}")

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("announces_length", "reason", "whole"),
    [(True, "ChunkedEncodingError", 2), (False, "incomplete", 2)],
)
def test_fetch_that_breaks_off_is_an_error_with_its_reason(
    serve, make_study, tmp_path, announces_length, reason, whole
):
    files = make_study(3)
    service = Service(files, -files[2].stat().st_size, announces_length)
    fetched = fetch(Query(serve(service), {}), tmp_path / "originals")
    assert (fetched.instances, fetched.missing) == (whole, 3 - whole)
    assert (fetched.broken, fetched.exit_code) == ({reason: 1}, 2 if whole else 3)
    came = sorted((tmp_path / "originals" / "0001-incomplete").iterdir())
    assert [f.read_bytes() for f in came] == [f.read_bytes() for f in files[:whole]]


def test_study_that_broke_off_is_scrubbed_when_it_is_whole(serve, make_study, tags_only, tmp_path):
    files, out = make_study(3), tmp_path / "out"
    options = {"recipe": tags_only, "private": tmp_path / "private", "workers": 1}
    half = Query(serve(Service(files, -30)), {})
    summary, fetched = scrub_fetched(half, out, **options)
    assert (summary.clean, summary.held, fetched.exit_code) == (0, 0, 2)
    assert not list(out.rglob("*"))
    summary, fetched = scrub_fetched(Query(serve(Service(files)), {}), out, **options)
    assert (summary.clean, fetched.exit_code) == (3, 0)
    assert len(list(out.rglob("*.dcm"))) == 3


def test_fewer_than_announced_are_missing_and_nothing_is_an_error(serve, make_study, tmp_path):
    service = Service(make_study(1))
    service.announced[next(p for p in service.announced if p.endswith("instances"))] *= 2
    fetched = fetch(Query(serve(service), {}), tmp_path / "fewer")
    assert (fetched.instances, fetched.missing, fetched.exit_code) == (1, 1, 2)
    service.given = b""
    fetched = fetch(Query(serve(service), {}), tmp_path / "nothing")
    assert (fetched.broken, fetched.exit_code) == ({"incomplete": 1}, 3)


def test_file_that_cannot_be_read_is_counted(serve, make_study, tags_only, tmp_path):
    good, bad = make_study(2)
    bad.write_bytes(b"no instance " * 20)
    options = {"recipe": tags_only, "private": tmp_path / "private", "workers": 1}
    query = Query(serve(Service([good, bad])), {})
    summary, fetched = scrub_fetched(query, tmp_path / "out", **options)
    assert (summary.clean, fetched.instances, fetched.missing) == (1, 1, 1)
    assert fetched.exit_code == 2


def test_nothing_found_and_nobody_there_are_told(archive, tmp_path):
    with pytest.raises(NothingUsableError):
        fetch(Query(archive[0], {"PatientID": "NOBODY"}), tmp_path / "x")
    with pytest.raises(UsageError, match="ConnectionError"):
        fetch(Query(WebAddress("http://127.0.0.1:1"), {}), tmp_path / "x")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="FileExistsError"):
        fetch(Query(archive[0], {}), tmp_path / "file")
    assert not (tmp_path / "x").exists()
