"""Ports: taken, or tried, with one clear sentence where they cannot be had."""

from __future__ import annotations

import errno
import socket

from data.errors import ToyGuideError


def bind(host: str, port: int, option: str = "--port") -> socket.socket:
    """A bound socket, to be taken before anything slow is loaded; port 0 takes a free one.

    Raises ToyGuideError with the way out, naming the `option` that sets the port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol must be named: asyncio sets TCP_NODELAY only where it is, and without it an answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ToyGuideError(
                f"Port {port} on {host} is in use. Choose another with {option}, or stop what listens there."
            ) from error
        if error.errno == errno.EACCES:
            raise ToyGuideError(
                f"Port {port} may not be opened by this user. Choose one of 1024 or above with {option}."
            ) from error
        raise ToyGuideError(f"{host} is no address of this machine ({error}). Choose another with --host.") from error
    return listener


def free_port(host: str, port: int, option: str = "--port") -> int:
    """`port` if it can be had on `host`, or a free one for 0; it is let go again. Raises as `bind` does."""
    with bind(host, port, option) as trial:
        return int(trial.getsockname()[1])
