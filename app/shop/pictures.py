"""Toys' pictures at addresses of the shop's own server, which fetches them from the kiosk.

A phone in the shop reaches the shop's own address and nothing else: the kiosk may listen on loopback alone. An address
says the picture's content, so a browser asks for it once and keeps it. An SVG in an `<img>` can neither run a script
nor load anything, whatever a supplier wrote into it; opened by itself it is in a sandbox.
"""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.shop.client import KioskClient, ShopError
from app.shop.models import Toy
from app.shop.theme import drawing

KEPT: Final = 2000
AT_ONCE: Final = 6
_FOLDER: Final = "/pictures"
_HEADERS: Final = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "x-content-type-options": "nosniff",
}


def data_address(kind: str, content: bytes) -> str:
    """`content` as an address that a browser need not fetch."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


@cache
def drawn(name: str) -> str:
    """Our own drawing `assets/{name}.svg` as such an address: empty-shelf, shop-closed, welcome …"""
    return data_address("image/svg+xml", drawing(name).encode())


NO_PICTURE: Final = drawn("no-picture")
"""What stands in for a picture that is missing or does not come."""


SIGN: Final = drawn("logo")
"""The shop's own mark."""


class _Album:
    """Pictures that are served, by the name that their content gives them; the last `KEPT` that were shown."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._lock = Lock()

    def put(self, kind: str, content: bytes) -> str:
        """The name under which it is served from now on."""
        name = hashlib.sha256(kind.encode() + b"\0" + content).hexdigest()[:32]
        with self._lock:
            self._kept[name] = (kind, content)
            self._kept.move_to_end(name)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return name

    def use(self, name: str) -> bool:
        """Is it still there? If so it stays among the last that were shown."""
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return name in self._kept

    def get(self, name: str) -> tuple[str, bytes] | None:
        """(media type, content)."""
        with self._lock:
            return self._kept.get(name)


_ALBUM: Final = _Album()  # one a process: the server's routes know nothing of the visits' script


class Pictures:
    """Where the kiosk's pictures are found, shared by all visits."""

    def __init__(self, client: KioskClient) -> None:
        self._client = client
        self._names: dict[str, str] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pictures")

    def of(self, toys: Iterable[Toy]) -> dict[str, str]:
        """toy id → address for an `<img>`, fetching together what is not kept."""
        paths = {toy.toy_id: toy.picture_url for toy in toys}
        named = {path: self._kept(path) for path in paths.values() if path}
        missing = [path for path, name in named.items() if name is None]
        named.update(zip(missing, self._pool.map(self._fetch, missing), strict=True))
        return {toy: _address(named.get(path)) if path else NO_PICTURE for toy, path in paths.items()}

    def kept(self, toys: Iterable[Toy]) -> dict[str, str]:
        """As `of`, without asking the kiosk, which is known to be away."""
        return {toy.toy_id: _address(self._kept(toy.picture_url or "")) for toy in toys}

    def _kept(self, path: str) -> str | None:
        name = self._names.get(path)
        return name if name and _ALBUM.use(name) else None

    def _fetch(self, path: str) -> str | None:
        try:
            name = _ALBUM.put(*self._client.picture(path))
        except ShopError:
            return None  # drawn instead, and asked for again next time
        self._names[path] = name
        return name


def _address(name: str | None) -> str:
    return f"{_FOLDER}/{name}" if name else NO_PICTURE


def _serve(request: Request) -> Response:
    found = _ALBUM.get(request.path_params["name"])
    if found is None:
        return Response(status_code=404)
    return Response(found[1], media_type=found[0], headers=_HEADERS)


def picture_route() -> Route:
    """Serves what `Pictures.of` gave addresses to."""
    return Route(f"{_FOLDER}/{{name}}", _serve)
