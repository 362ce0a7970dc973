"""Toys' pictures as `data:` addresses, fetched by the shop's server.

A phone in the shop reaches the shop's own address and nothing else: the kiosk may listen on loopback alone. An SVG in
an `<img>` can neither run a script nor load anything, whatever a supplier wrote into it.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import Final

from app.shop.client import KioskClient, ShopError
from app.shop.models import Toy
from app.shop.theme import drawing

KEPT: Final = 2000
AT_ONCE: Final = 6


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


class Pictures:
    """The last `KEPT` pictures, shared by all visits."""

    def __init__(self, client: KioskClient) -> None:
        self._client = client
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pictures")

    def of(self, toys: Iterable[Toy]) -> dict[str, str]:
        """toy id → address for an `<img>`, fetching together what is not kept."""
        paths = {toy.toy_id: toy.picture_url for toy in toys}
        missing = [path for path in dict.fromkeys(paths.values()) if path and path not in self._kept]
        fresh = {
            path: found for path, found in zip(missing, self._pool.map(self._fetch, missing), strict=True) if found
        }
        with self._lock:
            self._kept.update(fresh)
            addresses = {toy: fresh.get(path) or self._kept.get(path) for toy, path in paths.items() if path}
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return {toy: addresses.get(toy) or NO_PICTURE for toy in paths}

    def kept(self, toys: Iterable[Toy]) -> dict[str, str]:
        """As `of`, without asking the kiosk, which is known to be away."""
        with self._lock:
            return {toy.toy_id: self._kept.get(toy.picture_url or "") or NO_PICTURE for toy in toys}

    def _fetch(self, path: str) -> str | None:
        try:
            return data_address(*self._client.picture(path))
        except ShopError:
            return None  # drawn instead, and asked for again next time
