"""Hostile peers: callers of the gateway, and DICOMweb services that `fetch` asks.

Survived means for a caller: the next honest one is let in at once, and nothing of the attack is
in OUT, on the screen or in memory. For a service: `fetch` ends in time, within its memory, with
an exit code and a reason; no value that was planted is printed, and no file lies elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.faults.ground import WORDS, Tally, encoded, environment, holds_word, instance

MEMORY = 2**30
"""Bytes that a gateway or a fetch may have in memory at any time."""
SECONDS = 180
MULTIPART = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=B'}
STUDY = "1.2.3"


def run(folder: Path, tally: Tally, short: bool) -> None:
    """Callers first, then services."""
    _try_callers(folder, tally, short)
    with _service() as service:
        for name, answers in SERVICES[:8] if short else SERVICES:
            _try_service(name, answers(), service, folder, tally)


# Callers of the gateway


@dataclass
class Gateway:
    """A gateway of its own process, for SCANNER alone, which sends on to ARCHIVE."""

    process: subprocess.Popen[bytes]
    port: int
    opened: list[socket.socket] = field(default_factory=list)

    def connect(self) -> socket.socket:
        """A connection that is closed when the trial is over."""
        self.opened.append(socket.create_connection(("127.0.0.1", self.port), timeout=10))
        return self.opened[-1]

    def let_go(self) -> None:
        """Close what a trial opened."""
        while self.opened:
            self.opened.pop().close()

    def memory(self) -> int:
        """Bytes that it had in memory at the most."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


def _try_callers(folder: Path, tally: Tally, short: bool) -> None:
    with _gateway(folder) as gateway:
        for name, attack in CALLERS.items():
            with contextlib.suppress(OSError):  # the gateway may close a connection at any time
                attack(gateway)
            began = time.monotonic()
            wrong = [] if _echo(gateway.port) else ["an honest caller was kept out"]
            wrong += ["an honest caller had to wait"] * (time.monotonic() - began > 10)
            wrong += ["memory"] * (gateway.memory() > MEMORY)
            gateway.let_go()
            tally.count(f"caller: {name}", *wrong)
        for number in range(10 if short else 200):
            with contextlib.suppress(OSError):
                _send_damaged(gateway, random.Random(number))
            gateway.let_go()
        tally.count("caller: damaged PDUs", *["kept out"] * (not _echo(gateway.port)))
    printed = (folder / "gateway.log").read_bytes()
    wrong = ["a traceback was printed"] * (b"Traceback" in printed)
    wrong += ["a value was printed"] * (holds_word(printed) or b"\x1b" in printed)
    wrong += ["something came out"] * any((folder / "out").rglob("*.dcm"))
    tally.count("callers: what was printed and written", *wrong)


@contextmanager
def _gateway(folder: Path) -> Iterator[Gateway]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    command = ["-m", "pixelscrub", "receive", "--port", str(port), "--ae", "GATE"]
    command += ["--allow", "SCANNER", "--to", "ARCHIVE@127.0.0.1:1", "-o", str(folder / "out")]
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--workers", "1"],
            env=environment(temporary),
            stdout=log,
            stderr=log,
        )
        gateway = Gateway(process, port)
        try:
            ends = time.monotonic() + SECONDS
            while not _echo(port) and time.monotonic() < ends and process.poll() is None:
                time.sleep(0.2)
            yield gateway
        finally:
            gateway.let_go()
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)


def _echo(port: int, title: str = "SCANNER") -> bool:
    from pynetdicom import AE
    from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

    entity = AE(title)
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", port, ae_title="GATE")
    is_in = association.is_established
    if is_in:
        association.release()
    return is_in


def _say(said: bytes, count: int, gateway: Gateway) -> None:
    for _ in range(count):
        gateway.connect().sendall(said)


def _trickle(gateway: Gateway) -> None:
    opened = [gateway.connect() for _ in range(20)]
    for byte in b"\x01\0\0\0\0\x99" + bytes(20):
        for connection in opened:
            connection.sendall(bytes([byte]))
        time.sleep(0.02)


def _request(calling: str = "SCANNER", contexts: int = 1) -> bytes:
    """An A-ASSOCIATE-RQ PDU for Secondary Capture (PS3.8 section 9.3.2)."""

    def sub(kind: int, content: bytes) -> bytes:
        return bytes([kind, 0]) + len(content).to_bytes(2, "big") + content

    body = b"\0\1\0\0" + b"GATE".ljust(16) + calling.encode().ljust(16)[:16] + bytes(32)
    body += sub(0x10, b"1.2.840.10008.3.1.1.1")
    syntaxes = sub(0x30, b"1.2.840.10008.5.1.4.1.1.7") + sub(0x40, b"1.2.840.10008.1.2.1")
    for number in range(contexts):
        body += sub(0x20, bytes([(2 * number + 1) % 256, 0, 0, 0]) + syntaxes)
    body += sub(0x50, sub(0x51, (2**17).to_bytes(4, "big")) + sub(0x52, b"1.2.3"))
    return b"\x01\0" + len(body).to_bytes(4, "big") + body


def _as_archive(gateway: Gateway) -> None:
    """The destination may report, and is not to send."""
    from pynetdicom import AE, build_context

    context = build_context("1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.1.2.1")
    association = AE("ARCHIVE").associate("127.0.0.1", gateway.port, [context], "GATE")
    if association.is_established:
        association.send_c_store(instance())
        association.abort()


def _within_a_pdu(gateway: Gateway) -> None:
    for _ in range(8):
        connection = gateway.connect()
        connection.sendall(_request())
        connection.recv(10)
        connection.sendall(b"\x04\0\0\0\x10\0half")


def _send_damaged(gateway: Gateway, random_numbers: random.Random) -> None:
    data = bytearray(_request() + b"\x04\0\0\0\0\x10\0\0\0\x0c\x01\x03" + bytes(10))
    for _ in range(random_numbers.choice((1, 2, 8))):
        data[random_numbers.randrange(6, len(data))] = random_numbers.randrange(256)
    connection = gateway.connect()
    connection.sendall(data)
    connection.settimeout(0.05)
    with contextlib.suppress(OSError):
        connection.recv(100)


CALLERS: dict[str, Callable[[Gateway], None]] = {
    "one byte of a header": partial(_say, b"\x01", 60),
    "nothing at all": partial(_say, b"", 100),
    "half a request": partial(_say, b"\x01\0\0\0\x01\0half", 60),
    "a byte now and then": _trickle,
    "another protocol": partial(_say, b"GET / HTTP/1.1\r\nHost: PLNT-770461\r\n\r\n", 20),
    "TLS where there is none": partial(_say, b"\x16\x03\x01\x02\x00\x01" + bytes(100), 20),
    "a PDU beyond all measure": partial(_say, b"\x01\0\xff\xff\xff\xff" + bytes(9000), 20),
    "a title that is not allowed": partial(_say, _request("ZWYRTKOWSKI"), 20),
    "a title that is an escape": partial(_say, _request("\x1b[31mX\n"), 5),
    "contexts of one number": partial(_say, _request(contexts=300), 5),
    "silence within a PDU": _within_a_pdu,
    "the destination sends": _as_archive,
}


# Services that fetch asks


Answer = tuple[int, dict[str, str], Iterator[bytes]]


class Service:
    """Answers a search with one study, and what follows it as a trial wants."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[], Answer]] = {}

    def answer(self, path: str) -> Answer:
        """What is answered to a request."""
        for part, answer in self.answers.items():
            if part in path:
                return answer()
        found = [{"0020000D": {"Value": [STUDY]}}] if "offset=0" in path else []
        return 200, {}, iter([json.dumps(found).encode()])


@contextmanager
def _service() -> Iterator[tuple[Service, int]]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = service.answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                for chunk in body:
                    self.wfile.write(chunk)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield service, server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _try_service(
    name: str,
    answers: dict[str, Callable[[], Answer]],
    started: tuple[Service, int],
    folder: Path,
    tally: Tally,
) -> None:
    service, port = started
    service.answers = answers
    place = folder / f"fetch-{tally.tried}"
    (place / "tmp").mkdir(parents=True)
    command = ["fetch", f"http://127.0.0.1:{port}", str(place / "in"), "--match-file", "-"]
    code: int | str
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "pixelscrub", *command],
            env=environment(place / "tmp"),
            input=f"PatientID={WORDS[2]}\n".encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            preexec_fn=_limit_memory,
        )
        code, printed = ran.returncode, ran.stdout + ran.stderr
    except subprocess.TimeoutExpired:
        code, printed = "none: it did not end", b""
    wrong = [] if code in (1, 2, 3) else [f"exit code {code}"]
    wrong += ["a traceback was printed"] * (b"Traceback" in printed)
    wrong += ["a value was printed"] * holds_word(printed)
    whole = [p for p in (place / "in").rglob("*.dcm") if p.stat().st_size < 4]
    wrong += ["a file that is not whole is left"] * bool(whole)
    elsewhere = [p for p in place.rglob("*") if p.is_file() and place / "in" not in p.parents]
    wrong += ["a file lies elsewhere"] * bool(elsewhere)
    tally.count(f"service: {name}", *wrong)


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2 * MEMORY, 2 * MEMORY))
    os.nice(1)


def _is(*pieces: bytes, status: int = 200, **headers: str) -> Callable[[], Answer]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: (status, MULTIPART | named, iter(pieces))


def _forever(piece: bytes, most: int = 2**22) -> Iterator[bytes]:
    return (piece for _ in range(most))


def _bomb(bits: int, head: bytes = b"") -> bytes:
    """3 MB that inflate to 3 GB of zeros: one block of a mebibyte, again and again."""
    made = zlib.compressobj(9, zlib.DEFLATED, bits)
    begin = made.compress(head) + made.flush(zlib.Z_FULL_FLUSH)
    return begin + 3000 * (made.compress(bytes(2**20)) + made.flush(zlib.Z_FULL_FLUSH))


def _endless_pages() -> dict[str, Callable[[], Answer]]:
    numbers = iter(range(10**9))

    def page() -> Answer:
        found = [{"0020000D": {"Value": [f"1.{next(numbers)}"]}} for _ in range(1000)]
        return 200, {}, iter([json.dumps(found).encode()])

    return {"/studies?": page}


HEAD = b"--B\r\nContent-Type: application/dicom\r\n\r\n"
ONE = f"/studies/{STUDY}"
SERVICES: tuple[tuple[str, Callable[[], dict[str, Callable[[], Answer]]]], ...] = (
    (
        "a study of 3 MB that inflates to 3 GB",
        lambda: {
            "/instances": _is(b"[]"),
            ONE: _is(_bomb(31, HEAD), Content_Encoding="gzip"),
        },
    ),
    ("a search of 3 MB that inflates to 3 GB", lambda: {
        "/studies?": _is(_bomb(31), Content_Encoding="gzip")}),
    ("the same by deflate", lambda: {"/studies?": _is(_bomb(15), Content_Encoding="deflate")}),
    ("codings one in another", lambda: {"/studies?": _is(b"x", Content_Encoding="gzip, gzip")}),
    ("pages without end", _endless_pages),
    ("JSON within JSON", lambda: {"/studies?": _is(b"[" * 10**6)}),
    ("a page of the web", lambda: {"/studies?": _is(b"<html>ZWYRTKOWSKI</html>")}),
    ("an error that quotes", lambda: {"/studies?": _is(b"PLNT-770461", status=500)}),
    ("a search without end", lambda: {
        "/studies?": lambda: (200, {}, _forever(b'[{"0020000D": ' * 4000))}),
    ("a redirect to itself", lambda: {"/": _is(status=302, Location="/studies?x")}),
    ("a redirect to a file", lambda: {"/": _is(status=302, Location="file:///etc/passwd")}),
    ("a redirect to another", lambda: {"/": _is(status=307, Location="http://127.0.0.2:9/x")}),
    ("a study that is a path", lambda: {
        "/studies?": _is(b'[{"0020000D": {"Value": ["../../../ZWYRTKOWSKI"]}}]'),
        "/studies/": _is(status=404)}),
    ("a study that is no text", lambda: {
        "/studies?": _is(b'[{"0020000D": {"Value": [{"a": 1}, null, 7]}}]'),
        "/studies/": _is(status=404)}),
    ("a head without end", lambda: {
        "/instances": _is(b"[]"),
        ONE: lambda: (200, MULTIPART, _forever(b"Head: er\r\n" * 400))}),
    ("parts without end", lambda: {
        "/instances": _is(b"[]"),
        ONE: lambda: (200, MULTIPART, _forever(b"\r\n--B\r\n" * 9000))}),
    ("a boundary of a megabyte", lambda: {
        "/instances": _is(b"[]"),
        ONE: _is(Content_Type="multipart/related; boundary=" + "b" * 60000)}),
    ("less than it announces", lambda: {
        "/instances": _is(b"[]"),
        ONE: _is(HEAD + encoded(instance())[:500], Content_Length="100000")}),
    ("a petabyte that it announces", lambda: {
        "/instances": _is(b"[]"), ONE: _is(HEAD, Content_Length=str(10**15))}),
    ("an answer that only begins", lambda: {"/instances": _is(b"[]"), ONE: _is(HEAD)}),
)  # fmt: skip
