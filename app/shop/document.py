"""The one document of the site, as Streamlit sends it, with our script in it; the script's own address; old addresses.

The script is there before the first toy is: Streamlit's own way to run one loads 200 KB more, and sends it every time.
"""

from __future__ import annotations

import hashlib
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.shop.theme import page_script

HOME: Final = "/find-a-gift"
"""What the pages call the one at the bare address; Streamlit knows it by the bare one alone."""
_SCRIPT: Final = f"/page/{hashlib.sha256(page_script().encode()).hexdigest()[:16]}.js"
_ELEMENT: Final = f'<script type="module" src="{_SCRIPT}"></script></body>'.encode()
_NOT_ASKED: Final = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since"})
"""What would bring a document packed, or none: neither can be added to."""


class OwnScript:
    """ASGI middleware: a document that passes gets our script at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a document is held back until it is whole."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)  # not a page: a picture, a font, a probe
            return
        asked = [(name, value) for name, value in scope["headers"] if name not in _NOT_ASKED]
        start: Message | None = None
        body = b""

        async def send_document(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_document(message):
                start = message
            elif start is None:
                await send(message)
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await _send_whole(start, body.replace(b"</body>", _ELEMENT, 1), send)

        await self._app({**scope, "headers": asked}, receive, send_document)


def own_routes() -> list[Route]:
    """Our script, and the address that the first page would have."""
    return [Route(_SCRIPT, _script), Route(HOME, _home)]


def _is_document(message: Message) -> bool:
    return message["status"] == 200 and Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")


async def _send_whole(start: Message, body: bytes, send: Send) -> None:
    headers = MutableHeaders(scope=start)
    headers["content-length"] = str(len(body))
    for name in ("etag", "last-modified"):  # they speak of the document without our script
        del headers[name]
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _script(request: Request) -> Response:
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(page_script(), media_type="text/javascript", headers=headers)


def _home(request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}")
