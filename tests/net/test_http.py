"""What a hostile or broken DICOMweb service may cost, and where credentials go."""

import base64
import contextlib
import gzip
import json
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pixelscrub.errors import UsageError
from pixelscrub.net import address
from pixelscrub.net.address import WebAddress
from pixelscrub.net.credentials import Credentials
from pixelscrub.net.limits import AnswerLimits, MultipartLimits, WebLimits
from pixelscrub.net.peer import UnreachableError
from pixelscrub.net.tls import Tls
from pixelscrub.net.web.dicomweb import WebPeer
from pixelscrub.net.web.http import Service, content_of

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
MULTIPART = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=B'}


def bomb(size, head=b"", tail=b""):
    made = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"".join(made.compress(bytes(2**20)) for _ in range(size // 2**20))
    return made.compress(head) + zeros + made.compress(tail) + made.flush()


@pytest.fixture
def serve():
    """Starts services that answer with what a function of the request gives; gives addresses."""
    started = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, body = answer(self)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def retrieve(url, folder, **limits):
    """Fetches one study into a folder, with small limits; gives the number of its instances."""
    folder.mkdir()
    names = iter(folder / str(number) for number in range(10**6))
    peer = WebPeer(WebAddress(url), Tls(), WebLimits(**limits))
    return len(list(peer.retrieve("1.2.3", lambda: next(names))))


def small(**changes):
    return AnswerLimits(
        **{"coded_bytes": 2**22, "content_bytes": 2**24, "ratio_from": 2**20} | changes
    )


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_inflating_answer_is_given_up_and_nothing_of_it_is_left(serve, tmp_path, coding):
    body = bomb(2**26, b"--B\r\n\r\n", b"\r\n--B--\r\n")
    if coding == "deflate":
        body = zlib.compress(gzip.decompress(body))
    url = serve(lambda _: (200, MULTIPART | {"Content-Encoding": coding}, body))
    with pytest.raises(UnreachableError, match="too_large"):
        retrieve(url, tmp_path / "in", images=small())
    assert not list((tmp_path / "in").iterdir())


def test_what_compresses_as_images_do_comes_whole(serve, tmp_path):
    part = bytes(range(256)) * 2**13
    body = gzip.compress(b"--B\r\n\r\n" + part + b"\r\n--B--\r\n")
    url = serve(lambda _: (200, MULTIPART | {"Content-Encoding": "gzip"}, body))
    assert retrieve(url, tmp_path / "in", images=small(ratio=1000)) == 1
    assert (tmp_path / "in" / "0").read_bytes() == part


@pytest.mark.parametrize("cut", [30, 150])
def test_inflating_answer_that_breaks_off_is_an_error(serve, tmp_path, cut):
    body = gzip.compress(b"--B\r\n\r\n%b\r\n--B--\r\n" % bytes(range(256)))[:-cut]
    url = serve(lambda _: (200, MULTIPART | {"Content-Encoding": "gzip"}, body))
    with pytest.raises(UnreachableError, match="incomplete"):
        retrieve(url, tmp_path / "in")


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "x"])
def test_coding_that_was_not_asked_for_is_refused(serve, tmp_path, coding):
    url = serve(lambda _: (200, MULTIPART | {"Content-Encoding": coding}, b"x"))
    with pytest.raises(UnreachableError, match="unknown_coding"):
        retrieve(url, tmp_path / "in")


@pytest.mark.parametrize("announced", [{}, {"Content-Length": str(10**12)}])
def test_answer_that_is_too_large_is_given_up_announced_or_not(serve, tmp_path, announced):
    body = b"--B\r\n\r\n" + bytes(2**22)
    url = serve(lambda _: (200, MULTIPART | announced, body))
    with pytest.raises(UnreachableError, match="too_large"):
        retrieve(url, tmp_path / "in", images=small(coded_bytes=2**21))


def test_limits_of_parts_hold_for_what_is_fetched(serve, tmp_path):
    url = serve(lambda _: (200, MULTIPART, b"--B\r\n\r\n%b\r\n" % bytes(132) * 50 + b"--B--"))
    with pytest.raises(UnreachableError, match="too_many_parts"):
        retrieve(url, tmp_path / "in", parts=MultipartLimits(parts=20))


def test_part_that_is_no_instance_is_given_up_and_not_kept(serve, tmp_path):
    url = serve(lambda _: (200, MULTIPART, b"--B\r\n\r\n%b\r\n--B--" % bytes(131)))
    with pytest.raises(UnreachableError, match="no_instance"):
        retrieve(url, tmp_path / "in")
    assert not list((tmp_path / "in").iterdir())


def test_search_that_inflates_or_never_ends_is_given_up(serve):
    coded = {"Content-Encoding": "gzip"}
    peer = WebPeer(WebAddress(serve(lambda _: (200, coded, bomb(2**26)))), Tls())
    with pytest.raises(UnreachableError, match="too_large"):
        peer.studies({})
    numbers = iter(range(10**6))

    def endless(_):
        page = [{"0020000D": {"Value": [f"1.{next(numbers)}"]}} for _ in range(10)]
        return 200, {}, json.dumps(page).encode()

    peer = WebPeer(WebAddress(serve(endless)), Tls(), WebLimits(results=100))
    with pytest.raises(UnreachableError, match="too_many_results"):
        peer.studies({})


def test_service_that_knows_no_pages_is_not_asked_for_ever(serve):
    found = json.dumps([{"0020000D": {"Value": ["1.2"]}}]).encode()
    peer = WebPeer(WebAddress(serve(lambda _: (200, {}, found))), Tls())
    assert peer.studies({}) == [("1.2", 1)]


def test_pages_are_asked_for_one_after_another(serve):
    asked = []

    def answer(request):
        asked.append(request.path)
        page = [{"0020000D": {"Value": [str(len(asked))]}}] if len(asked) < 4 else []
        return 200, {}, json.dumps(page).encode()

    peer = WebPeer(WebAddress(serve(answer)), Tls(), WebLimits(page=1))
    assert len(peer._search("/studies", {"PatientID": "PLANTED"})) == 3
    assert [path.rpartition("offset=")[2] for path in asked] == ["0", "1", "2", "3"]
    assert all("PatientID=PLANTED&limit=1&" in path for path in asked)


@pytest.mark.parametrize(
    "said", [b"<html>", b"[1, 2]", b'"text"', b"[" * 100_000, b"\xff\xfe", b"nul"]
)
def test_search_that_makes_no_sense_is_reduced_to_a_code(serve, said):
    with pytest.raises(UnreachableError):
        WebPeer(WebAddress(serve(lambda _: (200, {}, said))), Tls()).studies({})


class Answer:
    """An answer that comes in given pieces."""

    headers: dict = {}  # noqa: RUF012

    def __init__(self, *pieces):
        self.pieces = pieces

    @property
    def raw(self):
        return self

    def stream(self, *_, **__):
        return iter(self.pieces)


def test_answer_that_only_trickles_is_given_up():
    times = iter(range(0, 10**6, 100))
    with pytest.raises(UnreachableError, match="too_slow"):
        list(content_of(Answer(*[b"x"] * 10), small(), lambda: next(times)))
    times = iter(range(0, 10**6, 100))
    fast = [bytes(2**17)] * 10
    assert list(content_of(Answer(*fast), small(), lambda: next(times))) == fast


def redirecting(serve, status=307):
    """Two services: the first redirects to the second; gives addresses, and what both saw."""
    seen = []

    def remember(request):
        seen.append((request.command, request.path, request.headers.get("Authorization")))

    def second(request):
        remember(request)
        return 200, {}, b"[]"

    there = serve(second)

    def first(request):
        remember(request)
        return status, {"Location": f"{there}/elsewhere"}, b""

    return serve(first), there, seen


def test_redirect_to_another_origin_is_refused_unless_it_is_allowed(serve):
    here, there, seen = redirecting(serve)
    with pytest.raises(UnreachableError, match="redirect_to_another_origin"):
        Service(WebAddress(here), Tls(), WebLimits()).json("GET", "/studies")
    assert len(seen) == 1
    allowed = address.web(here, redirects=[there])
    assert Service(allowed, Tls(), WebLimits()).json("GET", "/studies") == (200, [])
    assert [path for _, path, _ in seen[1:]] == ["/studies", "/elsewhere"]


def test_credentials_go_to_their_service_alone(serve, monkeypatch, tmp_path):
    here, there, seen = redirecting(serve)
    netrc = tmp_path / "netrc"
    netrc.write_text("default login other password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for known in (Credentials("gate", "hunter2"), Credentials(token="hunter2")):
        seen.clear()
        service = Service(address.web(here, known, [there]), Tls(), WebLimits())
        service.json("GET", "/studies")
        ours, theirs = (authorization for _, _, authorization in seen)
        basic = "Basic " + base64.b64encode(b"gate:hunter2").decode()
        assert ours == (basic if known.user else "Bearer hunter2")
        assert theirs is None


def test_netrc_is_asked_without_credentials(serve, monkeypatch, tmp_path):
    seen = []
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login gate password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))

    def answer(request):
        seen.append(request.headers.get("Authorization"))
        return 200, {}, b"[]"

    Service(WebAddress(serve(answer)), Tls(), WebLimits()).json("GET", "/studies")
    assert seen == ["Basic " + base64.b64encode(b"gate:hunter2").decode()]


def test_redirect_within_the_origin_is_followed_a_bounded_number_of_times(serve):
    def answer(request):
        steps = int(request.path.rpartition("/")[2] or 0) if request.path[1:].isdigit() else 0
        if steps == 3:
            return 200, {}, b'["there"]'
        return 302, {"Location": f"/{steps + 1}"}, b""

    url = serve(answer)
    assert Service(WebAddress(url), Tls(), WebLimits()).json("GET", "/studies") == (200, ["there"])
    with pytest.raises(UnreachableError, match="too_many_redirects"):
        Service(WebAddress(url), Tls(), WebLimits(redirects=2)).json("GET", "/studies")


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "gopher://x", "https://", "//evil.example"]
)
def test_redirect_to_what_is_no_service_is_refused(serve, target):
    url = serve(lambda _: (301, {"Location": target}, b""))
    with pytest.raises(UnreachableError, match="another_origin"):
        Service(WebAddress(url), Tls(), WebLimits()).json("GET", "/studies")


def test_instances_are_posted_again_only_where_the_service_says_so(serve):
    here, there, seen = redirecting(serve, status=302)
    service = Service(address.web(here, redirects=[there]), Tls(), WebLimits())
    with pytest.raises(UnreachableError, match="http_302"):
        service.json("POST", "/studies", data=b"instances")
    here, there, seen = redirecting(serve, status=308)
    service = Service(address.web(here, redirects=[there]), Tls(), WebLimits())
    assert service.json("POST", "/studies", data=b"instances") == (200, [])
    assert [method for method, *_ in seen] == ["POST", "POST"]


def test_certificates_of_the_environment_do_not_stand_above_ours(certificates, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
    service = Service(
        WebAddress("https://localhost:1"), Tls(ca=certificates / "ca.pem"), WebLimits()
    )
    asked = {}
    monkeypatch.setattr(service._session, "request", lambda *_, **options: asked.update(options))
    service._ask("GET", "https://localhost:1", {}, True)
    assert asked["verify"] == str(certificates / "ca.pem")


@pytest.mark.parametrize("text", ["https://host/x?token=hunter2", "https://host/x#hunter2"])
def test_address_with_a_query_is_refused(text):
    with pytest.raises(UsageError) as caught:
        address.web(text)
    assert "hunter2" not in str(caught.value)


def test_origins_are_compared_with_their_ports():
    assert address.origin_of("https://Host/x") == address.origin_of("https://host:443")
    assert address.origin_of("http://host") != address.origin_of("https://host")
