"""The kiosk with two empty addresses more, for `toyguide bench kiosk` to compare with. Run in a process of its own.

    python -P -m app.cli.bench_kiosk_server BUNDLE DATABASE PORT

/bench/empty is a route of the kiosk that does nothing; /bench/bare is a route of an application of FastAPI alone, in
the same server: no request id, no log, no limits. The product has neither.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.kiosk.logs import configure_logs
from app.kiosk.payloads import Answer
from app.kiosk.server import create_app, serve
from app.kiosk.settings import KioskSettings, load_settings

EMPTY = "/bench/empty"
BARE = "/bench/bare"


def bench_app(settings: KioskSettings) -> ASGIApp:
    """The kiosk of `settings` with both addresses."""
    kiosk = create_app(settings)
    bare = FastAPI(openapi_url=None)
    kiosk.add_api_route(EMPTY, _empty, methods=["POST"])
    bare.add_api_route(BARE, _empty, methods=["POST"])

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        await (bare if scope.get("path") == BARE else kiosk)(scope, receive, send)

    return choose


async def _empty() -> Answer:
    return Answer({})


def main(bundle: str, database: str, port: str) -> None:
    """Serve until told to stop."""
    configure_logs()
    settings = load_settings(bundle=Path(bundle), database=Path(database), port=int(port), requests_per_second=0)
    serve(settings, lambda _: None, bench_app)


if __name__ == "__main__":
    main(*sys.argv[1:])
