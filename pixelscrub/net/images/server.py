"""Answers over HTTP what `image_service` finds; one image at a time, nothing kept or logged."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from pixelscrub.errors import PixelscrubError, UsageError, guarded
from pixelscrub.errors import Reason as HoldReason
from pixelscrub.net.images.form import read_form
from pixelscrub.net.images.service import VERSION, ImageRequest, answer, find_masks, status_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pixelscrub.recipe import TextSettings

PATH: Final = "/deidentify-image"
LARGEST: Final = 2**28
"""Bytes of the largest form that is read."""
WAIT_SECONDS: Final = 60.0
"""A sender that says nothing for so long is hung up on."""
VERSIONS: Final = re.compile(r"version\s*=\s*(\d{1,9})")


class ImageServer(ThreadingHTTPServer):
    """Listens until `shutdown` is called.

    Attributes:
        settings: how text is looked for and judged.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, settings: TextSettings) -> None:
        super().__init__((host, port), _Handler)
        self.settings = settings
        self._at_work = Lock()

    def masks(self, content_type: str, body: bytes) -> dict[str, Any]:
        """The answer to one form; others wait.

        Raises:
            PixelscrubError: the form cannot be read, or its image not searched.
        """
        request = ImageRequest.of(read_form(content_type, body))
        with self._at_work, guarded(HoldReason.DETECTOR_FAILED):
            return answer(find_masks(request, self.settings), request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a traceback may hold what was posted."""


class _Handler(BaseHTTPRequestHandler):
    server: ImageServer
    timeout = WAIT_SECONDS
    server_version = "pixelscrub"
    sys_version = ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer whether we are there."""
        if self.path == "/health":
            self._tell(200, {"status": "ok"})
        else:
            self._tell(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        """Answer with masks."""
        refused = self._refusal()
        if refused is not None:
            self.close_connection = True  # its body is not read
            self._tell(*refused)
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._tell(*self._answered(lambda: self.server.masks(self.headers["Content-Type"], body)))

    def _answered(self, work: Callable[[], dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        try:
            return 200, work()
        except PixelscrubError as error:
            return status_of(error), {"detail": str(error)}

    def _refusal(self) -> tuple[int, dict[str, Any]] | None:
        """Why a request is not read at all: status and what is said."""
        if self.path != PATH:
            return 404, {"detail": "Not Found"}
        wanted = VERSIONS.search(self.headers.get("Accept", ""))
        if wanted and int(wanted.group(1)) != VERSION:
            return 406, {"detail": f"Unsupported API version. Supported: [{VERSION}]"}
        if not self.headers.get("Content-Type"):
            return 400, {"detail": "the request is no form"}
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            return 411, {"detail": "Content-Length is needed"}
        return (413, {"detail": "too large"}) if int(length) > LARGEST else None

    def _tell(self, status: int, said: dict[str, Any]) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", f"application/json; version={VERSION}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def serve(host: str, port: int, settings: TextSettings) -> None:
    """Listen until interrupted.

    Raises:
        UsageError: the address cannot be listened on.
        MissingComponentError: a detector's program is not installed.
    """
    from pixelscrub.text.detectors import require

    require(settings.detectors)
    try:
        server = ImageServer(host, port, settings)
    except OSError:
        raise UsageError("the address cannot be listened on") from None
    with server:
        server.serve_forever()
