"""The kiosk as an ASGI application, and as a process that listens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, closing
from functools import partial
from importlib.metadata import version

import uvicorn
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from app.kiosk import (
    catalogue,
    checking,
    events,
    forget,
    health,
    metrics,
    popular,
    recommendations,
    search,
    splitting,
    toys,
)
from app.kiosk.bundles import open_at_start
from app.kiosk.clock import Clock, utc_now
from app.kiosk.docs import install_docs
from app.kiosk.limits import RateLimit
from app.kiosk.memory import settle_memory
from app.kiosk.middleware import BodyLimit, RequestFrame
from app.kiosk.origins import ListedOrigins
from app.kiosk.problems import install_problems
from app.kiosk.settings import KioskSettings
from app.kiosk.staff import audit, backups, bundles, figures, key, lookup, preview, recalls, rules, searches, stock
from app.kiosk.staff import search as staff_search
from app.kiosk.staff import toys as own_toys
from app.kiosk.state import Kiosk
from app.kiosk.stopping import StoppingServer
from app.kiosk.store.care import hold, hold_as_kiosk, open_database
from app.kiosk.store.database import StoreUnavailableError
from app.ports import bind
from data.errors import ToyGuideError

GRACE_SECONDS = 10
KEEP_SECONDS = 75
"""How long an idle connection stays open: longer than clients (httpx: 5 s) and proxies (60 s) keep theirs, so that they
close it first and never send a request into one that is just being closed."""


def create_app(settings: KioskSettings, clock: Clock = utc_now) -> FastAPI:
    """The kiosk of `settings`, its bundle loaded and its store open.

    Raises BundleError or ToyGuideError with one sentence if either cannot be used.
    """
    engine, activated = open_at_start(settings)
    in_use = hold(settings.database)
    try:
        database = open_database(settings.database, in_use)
    except BaseException:
        in_use.close()
        raise

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        app.state.kiosk.start()
        yield
        await run_in_threadpool(app.state.kiosk.stop)
        database.close()
        in_use.close()

    app = FastAPI(
        title="ToyGuide kiosk",
        version=version("toyguide"),
        summary="Safe toys only, with the reason. Errors are RFC 9457 problems.",
        lifespan=lifespan,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would lead to wherever the Host header says
    )
    try:
        app.state.kiosk = Kiosk(settings, engine, database, clock, activated)
    except StoreUnavailableError as error:
        database.close()
        in_use.close()
        raise ToyGuideError(
            f"The database {settings.database} does not hold a kiosk's tables. Choose another file with --database."
        ) from error
    if settings.publish_dir is not None:
        from app.kiosk.published import pickup_of  # where nothing is published, nothing of it is in memory

        app.state.kiosk.pickup = pickup_of(app.state.kiosk, settings.publish_dir)
    for part in (
        recommendations,
        splitting,
        popular,
        search,
        toys,
        checking,
        catalogue,
        events,
        forget,
        recalls,
        stock,
        rules,
        preview,
        own_toys,
        lookup,
        staff_search,
        searches,
        figures,
        bundles,
        backups,
        audit,
        key,
        health,
        metrics,
    ):
        app.include_router(part.router)
    install_docs(app)
    install_problems(app)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    if settings.requests_per_second:
        app.add_middleware(RateLimit, rate=settings.requests_per_second)
    if settings.cors_origins:
        app.add_middleware(ListedOrigins, origins=settings.cors_origins)
    app.add_middleware(RequestFrame, counts=app.state.kiosk.counts)
    return app


def serve(
    settings: KioskSettings,
    on_listening: Callable[[str], None],
    make_app: Callable[[KioskSettings], ASGIApp] = create_app,
) -> None:
    """Load, listen, and answer until SIGINT or SIGTERM; requests under way are finished first.

    on_listening: told the address once the port is ours; make_app: what is served
    Raises ToyGuideError if the port cannot be had, or another kiosk runs with the database.
    """
    with ExitStack() as held:
        listener = held.enter_context(closing(bind(settings.host, settings.port)))
        app = make_app(settings)
        held.enter_context(closing(hold_as_kiosk(settings.database)))  # after: a mistake in a setting leaves no file
        settle_memory()
        config = uvicorn_config(app)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        listener.listen(config.backlog)  # whoever reads the address may connect: the first answers are moments away
        on_listening(f"http://{host}:{listener.getsockname()[1]}")
        StoppingServer(config, partial(_say_stopping, app), settings.drain_seconds).run(sockets=[listener])


def uvicorn_config(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn serves a kiosk: our log in place of its own, and idle connections that outlast the clients'."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _say_stopping(app: ASGIApp) -> None:
    if isinstance(app, FastAPI):
        app.state.kiosk.stopping = True
