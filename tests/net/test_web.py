import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydicom import dcmread

from pixelscrub.errors import UsageError
from pixelscrub.net.address import WebAddress
from pixelscrub.net.peer import UnreachableError
from pixelscrub.net.tls import Tls
from pixelscrub.net.web import dicomweb as web
from pixelscrub.net.web.dicomweb import WebPeer

from .test_dimse import items_of

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def peer_of(url, tls=Tls()):  # noqa: B008
    return WebPeer(WebAddress(url), tls)


def retrieved(peer, study, folder):
    """The instances of a study, as they came."""
    folder.mkdir()
    names = (folder / str(number) for number in itertools.count())
    return [dcmread(file) for file in peer.retrieve(study, lambda: next(names))]


def test_orthanc_takes_instances_and_gives_them_back(orthanc, make_study, tmp_path):
    files = make_study(3)
    items, peer = items_of(files), peer_of(orthanc.web)
    assert peer.holds(items) == set()
    assert list(peer.send(items)) == [(item, None) for item in items]
    assert peer.holds(items) == {item.instance.uid for item in items}
    study = items[0].instance.study
    assert peer.studies({"PatientID": "PLANTED-4711"}) == [(study, 3)]
    assert peer.studies({"PatientID": "NOBODY"}) == []
    back = {d.SOPInstanceUID: d for d in retrieved(peer, study, tmp_path / "back")}
    assert back == {item.instance.uid: dcmread(item.path) for item in items}


def test_compressed_instances_keep_their_transfer_syntax(orthanc, packaged, tmp_path):
    items, peer = items_of([packaged / "JPEG2000.dcm"]), peer_of(orthanc.web)
    assert list(peer.send(items)) == [(items[0], None)]
    (back,) = retrieved(peer, items[0].instance.study, tmp_path / "back")
    assert back.file_meta.TransferSyntaxUID == items[0].instance.transfer_syntax
    assert back.PixelData == dcmread(items[0].path).PixelData


def test_requests_are_of_bounded_size(orthanc, make_study, monkeypatch):
    monkeypatch.setattr(web, "BATCH_BYTES", 5000)
    items, peer = items_of(make_study(5)), peer_of(orthanc.web)
    assert max(map(len, web._batches(items))) < 5
    assert [error for _, error in peer.send(items)] == [None] * 5
    assert len(orthanc.instances) == 5


def test_there_is_no_commitment_by_dicomweb():
    assert not peer_of("http://localhost:1").ask_commitment([], "2.25.1", lambda *_: None)


@pytest.fixture
def service():
    """A service that answers every request with one status and body; gives its address."""
    started = []

    def start(status, body=b""):
        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                self.send_header("Content-Type", "application/dicom+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def named(uids, tag, failure=None):
    items = []
    for uid in uids:
        item = {"00081155": {"vr": "UI", "Value": [uid]}}
        items.append(item | ({"00081197": {"vr": "US", "Value": [failure]}} if failure else {}))
    return {tag: {"vr": "SQ", "Value": items}}


def test_only_what_the_service_names_counts_as_stored(service, make_study):
    items = items_of(make_study(3))
    uids = [item.instance.uid for item in items]
    body = named(uids[:1], "00081199") | named(uids[1:2], "00081198", 0xA900)
    results = peer_of(service(202, json.dumps([body]).encode())).send(items)
    assert [error for _, error in results] == [None, "status_a900", "not_named"]


@pytest.mark.parametrize(
    ("status", "body", "error"), [(503, b"", "http_503"), (200, b"{}", "not_named")]
)
def test_status_of_the_service_is_the_error(service, make_study, status, body, error):
    ((_, told),) = peer_of(service(status, body)).send(items_of(make_study(1)))
    assert told == error


def test_what_makes_no_sense_is_reduced_to_a_code(service, make_study):
    items = items_of(make_study(1))
    with pytest.raises(UnreachableError) as caught:
        list(peer_of(service(200, b"<html>PLANTED-4711")).send(items))
    assert "PLANTED" not in str(caught.value)
    with pytest.raises(UnreachableError, match="http_500"):
        peer_of(service(500)).studies({"PatientID": "PLANTED-4711"})
    with pytest.raises(UnreachableError) as caught:
        peer_of("http://127.0.0.1:1").studies({"PatientID": "PLANTED-4711"})
    assert str(caught.value) == "ConnectionError"


def test_certificates_are_loaded_at_the_start(certificates):
    with pytest.raises(UsageError):
        peer_of("https://localhost", Tls(ca=certificates / "missing.pem"))
    files = (certificates / "own.pem", certificates / "own.key", certificates / "ca.pem")
    service = peer_of("https://localhost", Tls(*files))._service
    assert (service._verify, service._cert) == (str(files[2]), (str(files[0]), str(files[1])))
