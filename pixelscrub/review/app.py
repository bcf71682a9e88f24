"""The page's addresses: static files, what is planned, pixels, and decisions."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pixelscrub.errors import HeldError, PixelscrubError
from pixelscrub.findings import Box
from pixelscrub.report.reasons import meaning
from pixelscrub.review.decisions import ReviewDecision
from pixelscrub.review.decisions import Scope as Reach
from pixelscrub.review.guard import Guard
from pixelscrub.review.images import Images, ShownFrame
from pixelscrub.review.plans import ChangedOutsideError
from pixelscrub.review.session import Asked, SaveError, Session
from pixelscrub.review.view import BrowserView, Named, finding_of
from pixelscrub.review.volumes import Volumes, plane, slice_mask

STATIC: Final = Path(__file__).parent / "static"
KINDS: Final = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
}
LONGEST: Final = 64 * 1024
"""Bytes of the longest request that the page sends."""
STATUS: Final[dict[type[Exception], int]] = {ChangedOutsideError: 409, SaveError: 507}


class Wanted(BaseModel):
    """A decision as the page sends it; `finding` names one by its kind, frames and box."""

    model_config = ConfigDict(extra="forbid", strict=True)

    verb: Literal["accept", "reject", "box", "erase", "hold", "release", "check"]
    image: int
    frame: int = 0
    scope: Reach = "frames"
    finding: Named | None = None
    box: Box | None = None


class Page:
    """What the addresses answer with."""

    def __init__(self, session: Session, private: Path) -> None:
        self.session = session
        self.view = BrowserView(session, private)
        self.images = Images()
        self.volumes = Volumes()

    def warm_up(self) -> None:
        """Decode in the background what the page shows first: codecs take a while to load."""
        threading.Thread(target=self._decode_first, daemon=True).start()

    def state(self, request: Request) -> Response:  # noqa: ARG002
        """Everything but pixels."""
        return JSONResponse(self.view.everything())

    def frame(self, request: Request) -> Response:
        """One frame as it is shown."""
        image, index = (request.path_params[name] for name in ("image", "frame"))
        return _pixels(self.images.picture(self.view.place(image).instance, index))

    def values(self, request: Request) -> Response:
        """One frame's values, to be windowed."""
        image, index = (request.path_params[name] for name in ("image", "frame"))
        return _pixels(self.images.values(self.view.place(image).instance, index))

    def mask(self, request: Request) -> Response:
        """Where the face is taken out of one frame."""
        image, index = (request.path_params[name] for name in ("image", "frame"))
        place = self.view.place(image)
        opened = self.session.plans.opened[place.plan]
        mask = slice_mask(opened.folder, opened.plan.faces, place.instance.uid, index)
        if mask is None:
            return Response(status_code=204)
        return _pixels(
            ShownFrame({"rows": mask.shape[0], "columns": mask.shape[1]}, mask.tobytes())
        )

    def volume(self, request: Request) -> Response:
        """Slices, rows and columns of a volume's planes."""
        return JSONResponse({"shape": self._volume(request).shown.shape})

    def plane(self, request: Request) -> Response:
        """One plane of a volume, and the mask on it."""
        axis, index = (request.path_params[name] for name in ("axis", "index"))
        return _pixels(plane(self._volume(request), axis, index))

    def decide(self, given: bytes) -> Response:
        """Carry out a decision."""
        try:
            wanted = Wanted.model_validate_json(given)
        except ValidationError:
            raise HTTPException(400, "this is no decision") from None
        place = self.view.place(wanted.image)
        asked = Asked(
            verb=wanted.verb,
            place=place,
            scope=wanted.scope,
            finding=finding_of(place.instance, wanted.finding) if wanted.finding else None,
            box=wanted.box,
            frame=wanted.frame,
        )
        return self._decided(self.session.decide(asked))

    def undo(self, given: bytes) -> Response:  # noqa: ARG002
        """Take the last decision back."""
        return self._decided(self.session.undo())

    def _decode_first(self) -> None:
        found = [
            (finding.score, instance, finding)
            for _, instance in self.session.plans.instances()
            for finding in instance.findings
            if finding.box is not None
        ]
        if found:
            _, instance, finding = min(found, key=lambda item: item[0])
            with suppress(PixelscrubError):
                self.images.picture(instance, finding.frames[0] if finding.frames else 0)

    def _volume(self, request: Request) -> Any:
        volume = self.view.volume(request.path_params["volume"])
        opened = self.session.plans.opened[volume.plan]
        return self.volumes.get(opened.folder, volume.face, opened.by_uid)

    def _decided(self, decision: ReviewDecision) -> Response:
        changed = {(change.plan, change.uid) for change in decision.changes}
        return JSONResponse(
            {
                "images": self.view.touched(changed),
                "undo": self.view.undo(),
                "when": decision.when,
                "recipe": str(self.session.layouts) if decision.rule else None,
            }
        )


def make_app(session: Session, private: Path, host: str, token: str) -> Starlette:
    """The page as an ASGI application.

    Args:
        session: the plans and the record.
        private: the private folder.
        host: `127.0.0.1:PORT`, the only name that it answers to.
        token: what the address that opens it must carry.
    """
    page = Page(session, private)
    page.warm_up()
    at = "/api/images/{image:int}/frames/{frame:int}"
    routes = [
        Route("/", _static),
        Route("/static/{name}", _static),
        Route("/api/state", page.state),
        Route(at, page.frame),
        Route(f"{at}/values", page.values),
        Route(f"{at}/mask", page.mask),
        Route("/api/volumes/{volume:int}", page.volume),
        Route("/api/volumes/{volume:int}/{axis:int}/{index:int}", page.plane),
        Route("/api/decisions", _posted(page.decide), methods=["POST"]),
        Route("/api/undo", _posted(page.undo), methods=["POST"]),
    ]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001
        yield
        page.images.close()

    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Guard, host=host, token=token)],
        exception_handlers={
            PixelscrubError: _told,
            HTTPException: _refused,
            Exception: _failed,
        },
    )


async def _static(request: Request) -> Response:
    """A file of the page; they are few and small, and read once."""
    name = request.path_params.get("name", "index.html")
    content = _files().get(name)
    if content is None:
        raise HTTPException(404, "there is no such file")
    return Response(content, media_type=KINDS[name.rpartition(".")[2]])


@cache
def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in STATIC.iterdir()}


def _pixels(frame: ShownFrame) -> Response:
    return Response(
        frame.body,
        media_type="application/octet-stream",
        headers={"X-Facts": json.dumps(frame.facts)},
    )


def _posted(answer: Callable[[bytes], Response]) -> Callable[[Request], Any]:
    """An endpoint that reads a small JSON object; a form of another site cannot send one."""

    async def endpoint(request: Request) -> Response:
        if request.headers.get("content-type") != "application/json":
            raise HTTPException(415, "decisions are sent as JSON")
        if int(request.headers.get("content-length") or LONGEST + 1) > LONGEST:
            raise HTTPException(413, "the decision is too long")
        return await run_in_threadpool(answer, await request.body())

    return endpoint


def _told(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """What went wrong, in words for a person."""
    if isinstance(error, HeldError):
        text = meaning(error.reason) or "This image cannot be shown."
        return JSONResponse({"error": text, "reason": error.reason}, status_code=422)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    return JSONResponse({"error": str(error)}, status_code=status)


def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, HTTPException)  # noqa: S101
    return JSONResponse({"error": error.detail}, status_code=error.status_code)


def _failed(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """An error of our own: its message could quote a value, so only its kind is told."""
    return JSONResponse({"error": f"internal error ({type(error).__name__})"}, status_code=500)
