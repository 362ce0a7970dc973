"""One request to headquarters: a POST of JSON that follows no redirect, has its time and no more, and can be broken
off."""

from __future__ import annotations

import ipaddress
import socket
import threading
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from data.errors import ToyGuideError

SILENCE_SECONDS: Final = 10.0
"""Without a byte for so long, headquarters does not answer."""
WHOLE_SECONDS: Final = 60.0
"""An answer that has not ended by then is none, however steadily it drips."""
_MOST_BYTES: Final = 1 << 16


class PostFailedError(Exception):
    """Headquarters did not take it. status: what it answered; None if it did not."""

    def __init__(self, cause: str, status: int | None = None) -> None:
        super().__init__(cause)
        self.status = status


def check_url(url: str) -> str:
    """`url`, if it is https, or http to this very machine. Raises ValueError with what it must be."""
    must = "must be https://… (or http:// to this very machine), without a name or a password in it"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(must) from error
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))
    if not safe or not host or port == 0 or "@" in parts.netloc or parts.fragment or not url.isascii():
        raise ValueError(must)
    if any(character <= " " or character == "\x7f" for character in url):
        raise ValueError(must)
    return url


def check_key(key: str) -> str:
    """`key`, if it can stand in a header. The error does not show it."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ToyGuideError(
            "The setting headquarters_key must be printable ASCII without blanks. It is not shown here."
        )
    return key


class Headquarters:
    """The address that parcels go to."""

    def __init__(
        self, url: str, key: str | None, silence: float = SILENCE_SECONDS, whole: float = WHOLE_SECONDS
    ) -> None:
        parts = urlsplit(check_url(url))
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {"Content-Type": "application/json", "Connection": "close"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {check_key(key)}"
        self._silence = silence
        self._whole = whole
        self._socket: socket.socket | None = None
        self._broken = False

    def post(self, body: bytes) -> None:
        """Send `body`; returns when it was acknowledged with a 2xx. Raises PostFailedError otherwise."""
        kind = HTTPSConnection if self._secure else HTTPConnection
        connection = kind(self._host, self._port, timeout=self._silence)
        self._broken = False
        watch = threading.Timer(self._whole, self.break_off)
        watch.daemon = True
        watch.start()
        try:
            connection.connect()
            self._socket = connection.sock  # the connection lets go of it when the answer begins
            connection.request("POST", self._target, body, self._headers)
            answer = connection.getresponse()
            answer.read(_MOST_BYTES)
            answer.close()
        except (OSError, HTTPException, ValueError) as error:  # the last: a socket that was broken off in between
            raise PostFailedError(f"{type(error).__name__}: {error}"[:200]) from error
        finally:
            watch.cancel()
            self._socket = None
            connection.close()
        if self._broken:  # what was read of it may look whole
            raise PostFailedError("Its answer did not end in time.")
        if not 200 <= answer.status < 300:  # a redirect too: who answers for headquarters is not for it to say
            raise PostFailedError(f"It answered {answer.status}.", answer.status)

    def break_off(self) -> None:
        """End the request under way, from another thread."""
        held = self._socket
        if held is not None:
            self._broken = True
            try:
                held.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has ended by itself


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
