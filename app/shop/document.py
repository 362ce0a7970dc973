"""The one document of the site, as Streamlit sends it, with our look and our script in it; their addresses; old ones.

Both are there before the first toy is, and are sent once. Streamlit's own way loads 200 KB more for a script, and sends
script and style sheet again with every tap.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.shop.theme import Scheme, page_script, style_sheet

HOME: Final = "/find-a-gift"
"""What the pages call the one at the bare address; Streamlit knows it by the bare one alone."""
_KINDS: Final = {"js": "text/javascript", "css": "text/css"}
_NOT_ASKED: Final = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since"})
"""What would bring a document packed, or none: neither can be added to."""


class OwnParts:
    """ASGI middleware: a document that passes gets our style sheet at the beginning of its body, our script at its end.

    Of two rules of one weight the later one holds: Streamlit's stand in the head, those of one page alone in the body.
    """

    def __init__(self, app: ASGIApp, scheme: Scheme) -> None:
        self._app = app
        sheet, script = (_address(kind, scheme) for kind in ("css", "js"))
        self._parts = {
            b"<body>": f'<body><link rel="stylesheet" href="{sheet}">'.encode(),
            b"</body>": f'<script type="module" src="{script}"></script></body>'.encode(),
        }

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
                    for place, part in self._parts.items():
                        body = body.replace(place, part, 1)
                    await _send_whole(start, body, send)

        await self._app({**scope, "headers": asked}, receive, send_document)


def own_routes(scheme: Scheme) -> list[Route]:
    """Our style sheet and our script, and the address that the first page would have."""
    return [*(Route(_address(kind, scheme), _part(kind, scheme)) for kind in _KINDS), Route(HOME, _home)]


def _content(kind: str, scheme: Scheme) -> str:
    return page_script() if kind == "js" else style_sheet(scheme)


def _address(kind: str, scheme: Scheme) -> str:
    return f"/page/{hashlib.sha256(_content(kind, scheme).encode()).hexdigest()[:16]}.{kind}"


def _is_document(message: Message) -> bool:
    return message["status"] == 200 and Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")


async def _send_whole(start: Message, body: bytes, send: Send) -> None:
    headers = MutableHeaders(scope=start)
    headers["content-length"] = str(len(body))
    for name in ("etag", "last-modified"):  # they speak of the document without our parts
        del headers[name]
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _part(kind: str, scheme: Scheme) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(_content(kind, scheme), media_type=_KINDS[kind], headers=headers)

    return answer


def _home(request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{query}")
