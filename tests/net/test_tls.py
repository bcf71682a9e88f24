import contextlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pixelscrub.errors import UsageError
from pixelscrub.net.address import DicomAddress, WebAddress
from pixelscrub.net.gateway.dimse import DimsePeer
from pixelscrub.net.peer import UnreachableError
from pixelscrub.net.tls import Tls
from pixelscrub.net.web.dicomweb import WebPeer

from .peers import collect
from .test_dimse import items_of

DISTRUSTED = ["stranger", "expired", "early", "elsewhere"]
"""Signed by itself, not valid any more, not valid yet, of another host."""


def test_contexts_are_strict(certificates):
    tls = Tls(certificates / "own.pem", certificates / "own.key", certificates / "ca.pem")
    server, client = tls.server(), tls.client()
    assert server.verify_mode is ssl.CERT_REQUIRED
    assert client.verify_mode is ssl.CERT_REQUIRED
    assert client.check_hostname
    assert server.minimum_version == client.minimum_version == ssl.TLSVersion.TLSv1_2


def test_without_a_certificate_there_is_no_tls(certificates):
    assert Tls().server() is None
    with pytest.raises(UsageError, match="CA alone"):
        Tls(ca=certificates / "ca.pem").server()


@pytest.mark.parametrize("key", ["missing.key", "locked.key", "stranger.key", "own.csr"])
def test_key_that_cannot_be_loaded_is_refused_without_asking(certificates, key):
    with pytest.raises(UsageError, match="cannot be loaded"):
        Tls(certificates / "own.pem", certificates / key).server()


def test_ca_that_cannot_be_loaded_is_refused(certificates):
    with pytest.raises(UsageError, match="cannot be loaded"):
        Tls(ca=certificates / "own.key").client()


def test_half_a_pair_is_refused(certificates):
    with pytest.raises(UsageError, match="both"):
        Tls(cert=certificates / "own.pem")
    with pytest.raises(UsageError, match="both"):
        Tls(key=certificates / "own.key")


@pytest.fixture
def serve(certificates):
    """Serves TLS with a certificate: what is answered is 200 and []; gives port and what came."""
    started = []

    def start(name, version=None):
        came = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                came.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"[]")

            def log_message(self, *_):
                pass

        class Server(HTTPServer):
            def handle_error(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        key = "stranger.key" if name == "stranger" else "own.key"
        context.load_cert_chain(certificates / f"{name}.pem", certificates / key)
        if version is not None:
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = version
        server = Server(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return server.server_port, came

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("name", DISTRUSTED)
def test_service_with_a_wrong_certificate_is_sent_nothing(serve, certificates, name):
    port, came = serve(name)
    tls = Tls(ca=certificates / "ca.pem")
    with pytest.raises(UnreachableError, match="SSLError"):
        WebPeer(WebAddress(f"https://localhost:{port}"), tls).studies({"PatientID": "PLANTED"})
    assert came == []
    port, came = serve("own")
    assert WebPeer(WebAddress(f"https://localhost:{port}"), tls).studies({}) == []
    assert len(came) == 1


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("name", DISTRUSTED)
def test_archive_with_a_wrong_certificate_is_sent_nothing(serve, certificates, make_study, name):
    port, came = serve(name)
    context = Tls(ca=certificates / "ca.pem").client()
    peer = DimsePeer(DicomAddress("ARCHIVE", "localhost", port, secure=True), "GATE", context)
    with pytest.raises(UnreachableError):
        list(peer.send(items_of(make_study(1))))
    assert came == []
    collect()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_service_that_speaks_old_tls_only_is_sent_nothing(serve, certificates):
    port, came = serve("own", ssl.TLSVersion.TLSv1_1)
    peer = WebPeer(WebAddress(f"https://localhost:{port}"), Tls(ca=certificates / "ca.pem"))
    with pytest.raises(UnreachableError, match="SSLError"):
        peer.studies({})
    assert came == []


@pytest.mark.parametrize("name", ["stranger", "expired", "early"])
def test_caller_with_a_wrong_certificate_does_not_come_in(certificates, name):
    own = Tls(certificates / "own.pem", certificates / "own.key", certificates / "ca.pem")
    ours, theirs = socket.socketpair()
    caller = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    caller.check_hostname, caller.verify_mode = False, ssl.CERT_NONE
    key = "stranger.key" if name == "stranger" else "own.key"
    caller.load_cert_chain(certificates / f"{name}.pem", certificates / key)

    def call():
        with contextlib.suppress(OSError):
            caller.wrap_socket(theirs).close()

    thread = threading.Thread(target=call)
    thread.start()
    with pytest.raises(ssl.SSLCertVerificationError):
        own.server().wrap_socket(ours, server_side=True)
    ours.close()
    thread.join()
    theirs.close()
