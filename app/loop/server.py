"""A kiosk whose clock is told the time: the kiosk itself, in a process of its own, where a week takes seconds.

    python -P -m app.loop.server SETTINGS CLOCK

SETTINGS: a JSON file of the kiosk's settings; CLOCK: a file of eight bytes, milliseconds since 1970 in the machine's
own byte order, which whoever started it moves on. The address goes to stdout once the port is had.
"""

from __future__ import annotations

import json
import mmap
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from app.kiosk.clock import Clock
from app.kiosk.logs import configure_logs
from app.kiosk.server import create_app, serve
from app.kiosk.settings import load_settings

BYTES: Final = 8
_ZERO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def clock_of(file: Path) -> Clock:
    """A clock that shows what stands in `file`."""
    with file.open("rb") as stream:
        face = mmap.mmap(stream.fileno(), BYTES, access=mmap.ACCESS_READ)
    return lambda: _ZERO + timedelta(milliseconds=int.from_bytes(face[:BYTES], sys.byteorder))


def main(settings: str, clock: str) -> None:
    """Serve until told to stop."""
    configure_logs()
    stated = json.loads(Path(settings).read_text(encoding="utf-8"))
    told = clock_of(Path(clock))
    serve(load_settings(**stated), lambda address: print(address, flush=True), lambda each: create_app(each, told))


if __name__ == "__main__":
    main(*sys.argv[1:])
