"""What happens around every request: an id, a bound on the body, one log line, and no traceback for a client.

Plain ASGI: a request is about a millisecond, so each layer counts.
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from typing import Final

import structlog
from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kiosk.counts import Counts
from app.kiosk.problems import problem_response

REQUEST_ID: Final = "x-request-id"
_GOOD_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger("kiosk")


class RequestFrame:
    """Gives every request an id (the client's own, if it is harmless), times it and logs it without personal data.

    The log holds the route's pattern, never the path, the query, the body or the address of the client.
    """

    def __init__(self, app: ASGIApp, counts: Counts | None = None) -> None:
        self._app = app
        self._counts = counts or Counts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; an exception that nobody expected becomes a 500 with the request id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(REQUEST_ID.encode(), b"")
        request_id = given.decode() if _GOOD_ID.fullmatch(given) else uuid.uuid4().hex
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (REQUEST_ID.encode(), request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            _log.exception("unexpected error", request_id=request_id, route=_route(scope))
            if status:  # the answer has begun: the server must break it off
                raise
            detail = f"Tell the shop's support the request id {request_id}."
            await problem_response("internal_error", detail)(scope, receive, send_with_id)
        except asyncio.CancelledError:  # the kiosk was told to stop, and this client kept it waiting to the last
            if status:
                raise
            await problem_response("not_ready", "The kiosk is stopping. Send it again.")(scope, receive, send_with_id)
        finally:
            took, route = time.perf_counter() - started, _route(scope)
            self._counts.request(route, scope["method"], status, took)
            _log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=route,
                status=status,
                ms=round(took * 1000, 2),
            )


class BodyLimit:
    """Refuses a body of more than `limit` bytes, by what it says of itself or when that many have come."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        detail = f"The body must have at most {self._limit} bytes."
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > self._limit:
            response = problem_response(
                "body_too_large", f"{detail} It has {int(stated)}.", headers={"Connection": "close"}
            )
            await response(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise HTTPException(413, detail)
            return message

        await self._app(scope, counted, send)


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path_format", "unknown")
