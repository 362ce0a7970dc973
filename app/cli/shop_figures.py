"""How quick the shop is for the one in front of it: a real kiosk, a real shop, a real browser, and the browser's clock.

A time begins with the tap (or with the navigation) and ends when what was asked for stands: drawn, with its pictures.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final

from app.cli.kiosk_figures import running
from data.errors import ToyGuideError
from recommender.serving.bundle import CATALOGUE, read_manifest
from recommender.serving.catalogue import read_catalogue

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LIMITS: Final = {"first_page": 2500, "like": 400}
"""Milliseconds that the shop may take."""
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_WINDOW: Final = {"width": 1280, "height": 900}
_PATIENCE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds, and what the shop sent over its socket meanwhile in KiB (the middle of all rounds)."""

    median: float
    p90: float
    socket_kib: float
    limit: int | None


@dataclass(frozen=True, slots=True)
class ShopFigures:
    """What was measured. untrained: the bundle was made for the measurement; steps: in the order of a visit."""

    bundle: str
    toys: int
    untrained: bool
    rounds: int
    browser: str
    steps: dict[str, Took]


def browser_path() -> str:
    """The system's Chromium. Raises ToyGuideError that says what to install."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError as error:
        raise ToyGuideError(
            "Measuring the shop needs Playwright. Install it with: pip install 'toyguide[dev]'."
        ) from error
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise ToyGuideError(
            "Measuring the shop needs the system's Chromium, which was not found. "
            "Install it; on Debian or Ubuntu: apt-get install chromium."
        )
    return found


def measure_shop(bundle: Path, rounds: int, folder: Path, untrained: bool = False) -> ShopFigures:
    """Every time of `bundle`'s shop; a database and logs are left in `folder`.

    rounds: visits by a browser that knows nothing yet; one more warms the servers and is not counted
    Raises ToyGuideError where a server or the browser does not come up, or a page does not get there.
    """
    from playwright.sync_api import Error, sync_playwright

    path = browser_path()
    read_manifest(bundle)
    toys = len(read_catalogue(bundle / CATALOGUE, whole=False))
    kiosk = ["app.cli", "kiosk", "--bundle", str(bundle), "--database", str(folder / "kiosk.sqlite"), "--port"]
    with running(kiosk, folder / "kiosk.log") as (_, kiosk_port, _):
        shop = ["app.cli", "shop", "--api", f"http://127.0.0.1:{kiosk_port}", "--port"]
        with running(shop, folder / "shop.log", "/_stcore/health", "shop") as (_, port, _):
            try:
                with sync_playwright() as playwright:
                    browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
                    _visit(browser, port)
                    visits = [_visit(browser, port) for _ in range(rounds)]
                    version = browser.version
                    browser.close()
            except Error as error:
                raise ToyGuideError(f"The measurement broke off: {error.message.splitlines()[0]}") from error
    steps = {name: _took(name, [visit[name] for visit in visits]) for name in visits[0]}
    return ShopFigures(str(bundle), toys, untrained, rounds, f"Chromium {version}", steps)


def _took(name: str, measured: list[tuple[float, float]]) -> Took:
    times = [time for time, _ in measured]
    p90 = quantiles(times, n=10, method="inclusive")[-1] if len(times) > 1 else times[0]
    return Took(median(times), p90, median(size for _, size in measured) / 1024, LIMITS.get(name))


def _visit(browser: Browser, port: int) -> dict[str, tuple[float, float]]:
    """step → (milliseconds, bytes over the socket) of one visit from the bare address."""
    home = f"http://127.0.0.1:{port}/"
    with _fresh_page(browser) as (page, received):
        steps: dict[str, tuple[float, float]] = {}

        def step(name: str, tap: Any, condition: str, argument: str = "") -> None:
            before = received[0]
            page.evaluate("([condition, argument]) => toyguideBench.arm(condition, argument)", [condition, argument])
            tap()
            took = page.evaluate("() => toyguideBench.took")
            steps[name] = (took, received[0] - before)

        for name in ("first_page", "next_visit"):
            before = received[0]
            page.goto(home)
            took = page.evaluate("() => toyguideBench.until('shelf', '')")
            steps[name] = (took, received[0] - before)
        page.evaluate("() => toyguideBench.quiet()")
        step("answer", page.locator("button[data-variant=pills]").nth(4).click, "answered")
        like = page.locator("[class*='st-key-like-list-']").first
        key = next(name for name in str(like.get_attribute("class")).split() if name.startswith("st-key-like-"))
        step("like", like.locator("button").click, "gone", key)  # places on the shelf stay: the toy in one is another
        page.evaluate("() => toyguideBench.quiet()")
        title = page.locator("[class*='st-key-card-list-'] a").first
        step("toy", title.click, "toy", title.inner_text())
        step("back", page.locator(".st-key-way-back a").click, "shelf")
        step("switch_page", page.locator("[class*='st-key-nav-browse'] a").click, "switched")
        page.evaluate("() => toyguideBench.quiet()")
        page.locator(".st-key-search input").fill("train")
        step("search", lambda: page.locator(".st-key-search input").press("Enter"), "found", "train")
        return steps


@contextmanager
def _fresh_page(browser: Browser) -> Iterator[tuple[Page, list[int]]]:
    """A page of a browser that has nothing cached, and a count of bytes that came over its sockets."""
    context = browser.new_context(viewport=_WINDOW, locale="en-GB")  # type: ignore[arg-type]
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(files("app.cli").joinpath("bench_shop.js").read_text(encoding="utf-8"))
    received = [0]

    def came(frame: str | bytes) -> None:
        received[0] += len(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", came))
    try:
        yield page, received
    finally:
        context.close()
