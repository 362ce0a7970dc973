"""What nothing uses any more is the system's again."""

import ctypes
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.kiosk.background.housekeeping import Housekeeping
from app.kiosk.store.database import Database
from app.kiosk.store.forget import Forgetting
from app.kiosk.store.retention import Retention

BLOCKS, BYTES = 20_000, 2000


def resident() -> int:
    """Bytes of this process that lie in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists() or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="only glibc keeps what was freed",
)
def test_what_a_busy_hour_used_is_given_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "kiosk.sqlite")
    blocks = [bytes([1]) * BYTES for _ in range(BLOCKS)]
    last = blocks.pop()  # above all others: without it the heap would shrink by itself
    blocks.clear()
    before = resident()
    housekeeping = Housekeeping(
        Forgetting(database, False), Retention(database, 0, 0), lambda: datetime.now(UTC), timedelta(minutes=30)
    )
    housekeeping.start()
    deadline = time.monotonic() + 60
    while before - resident() < BLOCKS * BYTES / 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    housekeeping.stop()
    database.close()
    assert last
