"""The pictures of README and docs, taken anew: the shop and the report as they are, seen by Chromium.

    .venv/bin/python -m scripts.take_pictures [--bundle var/demo/bundle] [--out docs/pictures]

Needs the bundle of 'make demo', with the rest of its shop beside it, and Debian's chromium. A picture is kept in at
most 256 colours, as a PNG.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app.ports import free_port
from scripts.kiosks import ROOT, TOYGUIDE, environment, start, until

CHROMIUM: Final = ("--headless", "--no-sandbox", "--disable-gpu")
REPORT: Final = "report.png"
FIRST_PAGE_MS: Final = 60_000


@dataclass(frozen=True)
class Picture:
    """One file. address: the page's; screen: the browser's options; then: what the visitor does there."""

    name: str
    address: str
    screen: dict[str, Any]
    then: Callable[[Page], None]


def say(*answers: str) -> Callable[[Page], None]:
    """Tap these answers at the side."""

    def taps(page: Page) -> None:
        for answer in answers:
            chips = page.locator("[class*='st-key-answers'] button[data-variant=pills]")
            chips.filter(has_text=re.compile(f"{answer}$")).first.click()
            settled(page)

    return taps


def open_first(page: Page) -> None:
    """Tap the first card."""
    page.locator("[class*='st-key-card-'] a").first.click()
    page.locator(".details h1").wait_for()
    settled(page)


def like_one_of_three_years(page: Page) -> None:
    """Say who it is for, and like the first toy."""
    say("3 years")(page)
    page.locator("[class*='st-key-like-'] button").first.click()
    page.locator("[class*='st-key-unlike-']").first.wait_for()
    settled(page)


PICTURES: Final = (
    Picture("shop.png", "/?lang=en", {"viewport": {"width": 1440, "height": 900}}, say("5 years", "Building")),
    Picture("shop-zh.png", "/?lang=zh", {"viewport": {"width": 1024, "height": 768}, "has_touch": True}, say("4岁")),
    Picture("shop-toy.png", "/?lang=en", {"viewport": {"width": 390, "height": 844}, "is_mobile": True}, open_first),
    Picture(
        "shop-night.png", "/?lang=en", {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
        like_one_of_three_years,
    ),
)  # fmt: skip


def settled(page: Page) -> None:
    """Wait until the page stands: nothing runs, the pictures in sight and the letters are there."""
    page.wait_for_function(
        "() => document.querySelector('[data-test-script-state=notRunning]') && !document.querySelector('.waiting')"
        " && [...document.images].every(it => it.complete || it.getBoundingClientRect().top > innerHeight)"
        " && document.fonts.status === 'loaded'"
    )


def take(browser: Browser, shop: str, picture: Picture, out: Path) -> Path:
    """Visit the shop anew and write the picture; the file."""
    context = browser.new_context(reduced_motion="reduce", **picture.screen)
    page = context.new_page()
    page.goto(shop + picture.address)
    page.locator("[class*='st-key-card-']").first.wait_for(timeout=FIRST_PAGE_MS)
    settled(page)
    picture.then(page)
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    page.mouse.move(1, 1)  # nothing lies under the hand
    path = keep(page.screenshot(animations="disabled"), out / picture.name)
    context.close()
    return path


@contextmanager
def opened(bundle: Path, folder: Path) -> Iterator[str]:
    """The address of a shop over a kiosk of its own, until the block ends."""
    with ExitStack() as stack:
        kiosk, api = start(bundle, folder / "kiosk.sqlite", folder / "kiosk.log", {"EXPLORATION": 0})
        stack.callback(_stop, kiosk)
        port = free_port("127.0.0.1", 0)
        command = [*TOYGUIDE, "shop", "--api", api, "--port", str(port)]
        log = stack.enter_context((folder / "shop.log").open("wb"))
        shop = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment({}))
        stack.callback(_stop, shop)
        until(lambda: _answers(f"http://127.0.0.1:{port}/_stcore/health"), shop)
        yield f"http://127.0.0.1:{port}"


def take_report(browser: Browser, shop: Path, folder: Path, out: Path) -> Path:
    """Write the report about the shop in `shop` and the picture of its first three sections; the file."""
    told = folder / "report.html"
    subprocess.run([*TOYGUIDE, "report", "--from", str(shop), "--out", str(told)], check=True)
    context = browser.new_context(viewport={"width": 1140, "height": 800})
    page = context.new_page()
    page.goto(told.as_uri())
    fourth = page.locator("h2").nth(3).bounding_box()
    assert fourth is not None
    clip = {"x": 0, "y": 0, "width": 1140, "height": fourth["y"] - 16}
    path = keep(page.screenshot(full_page=True, clip=clip), out / REPORT)
    context.close()
    return path


def keep(picture: bytes, path: Path) -> Path:
    """Write a screenshot in at most 256 colours; the file."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def said(path: Path) -> None:
    """Print which picture was taken, and its size."""
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--bundle", type=Path, default=ROOT / "var/demo/bundle")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/pictures")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        parser.error("Debian's chromium is needed: apt-get install chromium")
    if not (options.bundle / "manifest.json").is_file():
        parser.error(f"{options.bundle} is no bundle: run 'make demo ARGS=--no-serve', or give one with --bundle")
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(options.bundle.resolve(), Path(folder)) as shop,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM))
        for picture in PICTURES:
            said(take(browser, shop, picture, options.out))
        said(take_report(browser, options.bundle.resolve().parent, Path(folder), options.out))
        browser.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
