"""Who may see the page: one address with a token that works once, then a cookie; nobody else.

Another site that the browser has open can neither read nor steer it: `Host` must be ours, which
stops DNS rebinding; `Origin` must be ours where there is one; the cookie is sent by our own page
only (SameSite=Strict); and a Content-Security-Policy lets the page load from nowhere else.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
}


class Guard:
    """ASGI middleware that lets in one browser.

    Args:
        app: the page.
        host: `127.0.0.1:PORT`, as the browser must name us.
        token: what the address carries; good for one visit.
    """

    def __init__(self, app: ASGIApp, host: str, token: str) -> None:
        self._app = app
        self._host = host
        self._token: str | None = token
        self._cookie = f"pixelscrub-{host.rpartition(':')[2]}"
        self._secret = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page needs no other protocol
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = self._refusal(scope) or self._entry(scope)
        if answer is None and not self._is_known(Headers(scope=scope)):
            answer = _refuse("This page is open in another browser, or its address was used up.")
        await (answer or self._app)(scope, receive, _sealed(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.getlist("host") != [self._host]:
            return _refuse("Unknown host.")
        if headers.get("origin", f"http://{self._host}") != f"http://{self._host}":
            return _refuse("Unknown origin.")
        is_ours = headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        if scope["path"] != "/" and not is_ours:
            return _refuse("Unknown origin.")
        return None

    def _entry(self, scope: Scope) -> Response | None:
        """The answer to a visit with the token: the cookie, and the address without it."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] != "/" or not given or self._token is None:
            return None
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            return None
        self._token = None
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(self._cookie, self._secret, path="/", httponly=True, samesite="strict")
        return answer

    def _is_known(self, headers: Headers) -> bool:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        given = "" if morsel is None else morsel.value
        return secrets.compare_digest(given.encode(), self._secret.encode())


def _refuse(why: str) -> Response:
    again = "Stop pixelscrub review with Ctrl-C and start it again; nothing is lost."
    return PlainTextResponse(f"{why}\n{again}\n", status_code=403)


def _sealed(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return with_headers
