"""Peers on loopback, each started by the test that needs it: dcmtk, Orthanc, pynetdicom."""

from __future__ import annotations

import gc
import json
import logging
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, build_context, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    SecondaryCaptureImageStorage,
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind,
    Verification,
)

from pixelscrub.identity.pseudonyms import Pseudonyms
from pixelscrub.net import extra
from pixelscrub.net.gateway.receipts import Receipts
from pixelscrub.net.gateway.spool import Spool
from pixelscrub.recipe import Recipe
from tests.certificates import make_certificates
from tests.faults.ground import installed

ORTHANC = shutil.which("Orthanc")
DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
DEADLINE = 120.0

extra.require()
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
"""What pytest records of an error would keep its sockets until after the test."""


def until(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Wait for a condition, and fail where it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def tags_only() -> Recipe:
    return Recipe().with_steps("tags")


@pytest.fixture
def make_study(make_instance, save, tmp_path):
    """Makes the files of one study; keyword arguments set elements of all."""

    def make(count: int, folder: str = "in", **elements) -> list[Path]:
        study, series = generate_uid(), generate_uid()
        common = {"StudyInstanceUID": study, "SeriesInstanceUID": series} | elements
        return [
            save(make_instance(InstanceNumber=n, **common), tmp_path / folder / f"{n}.dcm")
            for n in range(1, count + 1)
        ]

    return make


@pytest.fixture
def receipts(tmp_path):
    with Receipts(tmp_path / "receipts.sqlite") as opened:
        yield opened


@pytest.fixture
def spool(tmp_path, receipts):
    pseudonyms = Pseudonyms(b"k" * 32)
    return Spool(tmp_path / "spool", receipts, lambda *uid: pseudonyms.seed(*uid).hex())


def of_dcmtk(program: str) -> str:
    """The path of a program of dcmtk's; skips where it is not installed."""
    path = installed(program)
    if path is None:
        pytest.skip(f"dcmtk's {program} is not installed")
    return path


def store(port: int, files: list[Path], calling="STORESCU", called="PIXELSCRUB", tls=None):
    """Sends files in one association; gives a status each, or None where it was rejected."""
    contexts = [build_context(SecondaryCaptureImageStorage, ExplicitVRLittleEndian)]
    association = AE(calling).associate(
        "127.0.0.1", port, contexts, called, tls_args=(tls, "localhost") if tls else None
    )
    if not association.is_established:
        return None
    try:
        return [association.send_c_store(file).Status for file in files]
    finally:
        association.release()


def let_go(server, stop: Callable[[], None]) -> None:
    """Stop a server, and have what its associations left behind collected."""
    stop()
    until(lambda: not server.active_associations)
    gc.collect()


def collect() -> None:
    """Have sockets collected that pynetdicom leaves to the collector where a connection failed.

    Tests with peers ignore `ResourceWarning`; what is collected later would fail others.
    """
    until(lambda: not any("pynetdicom" in type(t).__module__ for t in threading.enumerate()))
    gc.collect()


@dataclass
class Inbox:
    """A pynetdicom peer that remembers what it was sent.

    `statuses` are given one after another before it turns to success; `finds` and `commits` say
    what it offers: a report of commitment goes back on the same association, `early` before the
    request was answered.
    """

    port: int = field(default_factory=free_port)
    statuses: list[int] = field(default_factory=list)
    finds: bool = True
    commits: bool = False
    keeps: bool = True
    early: bool = False
    delay: float = 0.0
    received: list[Dataset] = field(default_factory=list)
    requests: list[Dataset] = field(default_factory=list)

    def start(self) -> Self:
        entity = AE("INBOX")
        entity.add_supported_context(Verification)
        entity.add_supported_context(SecondaryCaptureImageStorage, ALL_TRANSFER_SYNTAXES)
        if self.finds:
            entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
        if self.commits:
            entity.add_supported_context(StorageCommitmentPushModel)
        handlers: list[Any] = [
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_C_FIND, self._find),
            (evt.EVT_N_ACTION, self._commit),
        ]
        place = ("127.0.0.1", self.port)
        self.server = entity.start_server(place, block=False, evt_handlers=handlers)
        return self

    @property
    def uids(self) -> list[str]:
        return sorted(str(dataset.SOPInstanceUID) for dataset in self.received)

    def _store(self, event: Any) -> Any:
        time.sleep(self.delay)
        if self.statuses and (status := self.statuses.pop(0)):
            return status
        self.received.append(dcmread(event.dataset_path))
        return 0x0000

    def _find(self, event: Any) -> Iterator[Any]:
        for dataset in self.received:
            if dataset.StudyInstanceUID == event.identifier.StudyInstanceUID:
                answer = Dataset()
                answer.QueryRetrieveLevel = "IMAGE"
                answer.SOPInstanceUID = dataset.SOPInstanceUID
                yield 0xFF00, answer
        yield 0x0000, None

    def _commit(self, event: Any) -> Any:
        asked = event.action_information
        self.requests.append(asked)
        report, kind = Dataset(), 1 if self.keeps else 2
        report.TransactionUID = asked.TransactionUID
        items = "ReferencedSOPSequence" if self.keeps else "FailedSOPSequence"
        setattr(report, items, asked.ReferencedSOPSequence)
        model = StorageCommitmentPushModel
        evt_report = (report, kind, model, "1.2.840.10008.1.20.1.1")
        if self.early:
            threading.Thread(target=event.assoc.send_n_event_report, args=evt_report).start()
            time.sleep(0.5)
        else:  # a PDU is sent after its message is said to be
            event.assoc.bind(evt.EVT_PDU_SENT, self._report, [evt_report])
        return 0x0000, None

    def _report(self, event: Any, report: Any) -> None:
        event.assoc.unbind(evt.EVT_PDU_SENT, self._report)
        threading.Thread(target=event.assoc.send_n_event_report, args=report).start()


@pytest.fixture
def make_inbox(monkeypatch):
    """Starts peers of which every one remembers what it was sent."""
    monkeypatch.setattr("pixelscrub.net.gateway.dimse.SAME_ASSOCIATION", DEADLINE)
    started = []

    def make(**options) -> Inbox:
        started.append(Inbox(**options).start())
        return started[-1]

    yield make
    for inbox in started:
        assert inbox.server is not None
        let_go(inbox.server, inbox.server.shutdown)


@dataclass
class Orthanc:
    """An Orthanc with its DICOMweb plug-in, in a folder of its own."""

    dicom: int
    http: int

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=30) as answer:
            return answer.read()

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.http}/dicom-web"

    @property
    def instances(self) -> list[str]:
        return json.loads(self.get("/instances"))

    def download(self, folder: Path) -> Path:
        folder.mkdir()
        for number, name in enumerate(self.instances):
            (folder / f"{number}.dcm").write_bytes(self.get(f"/instances/{name}/file"))
        return folder

    def clear(self) -> None:
        for name in json.loads(self.get("/patients")):
            url = f"http://127.0.0.1:{self.http}/patients/{name}"
            urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=30).close()


GATEWAY_PORT = free_port()
"""Where Orthanc sends reports of storage commitment: gateways before it listen here."""


@pytest.fixture(scope="session")
def orthanc_process(tmp_path_factory):
    if ORTHANC is None or not DICOMWEB.exists():
        pytest.skip("Orthanc with its DICOMweb plug-in is not installed")
    folder = tmp_path_factory.mktemp("orthanc")
    found = Orthanc(free_port(), free_port())
    gateway = {"AET": "PIXELSCRUB", "Host": "127.0.0.1", "Port": GATEWAY_PORT}
    settings = {
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "DicomAet": "ORTHANC",
        "DicomPort": found.dicom,
        "HttpPort": found.http,
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "DicomModalities": {"gateway": gateway | {"AllowStorageCommitment": True}},
        "Plugins": [str(DICOMWEB)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([ORTHANC, folder / "orthanc.json"], stdout=log, stderr=log)
        until(lambda: is_open(found.http) and is_open(found.dicom))
        yield found
        process.terminate()
        process.wait(DEADLINE)


@pytest.fixture
def orthanc(orthanc_process):
    """Orthanc, empty."""
    orthanc_process.clear()
    return orthanc_process


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Path:
    """A CA, a certificate for localhost that it signed, and others that are not to be trusted."""
    return make_certificates(tmp_path_factory.mktemp("tls"))
