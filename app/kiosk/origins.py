"""Which pages of other origins may read the kiosk's answers in a browser: by default none."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class ListedOrigins:
    """CORS for the listed origins. Of all others the kiosk answers as one that knows nothing of CORS."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)
        self._cors = CORSMiddleware(
            app, allow_origins=origins, allow_methods=["*"], allow_headers=["*"], expose_headers=["X-Request-ID"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, through CORS if its origin is listed."""
        listed = scope["type"] == "http" and dict(scope["headers"]).get(b"origin") in self._origins
        await (self._cors if listed else self._app)(scope, receive, send)
