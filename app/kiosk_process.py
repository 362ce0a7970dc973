"""The kiosk in a process of its own, without the command line: `python -m app.kiosk_process '{"port": 0}'`.

What reads a command line and prints in colours would lie in memory as long as the kiosk runs, which is for months, on a
small machine: 8 MB. So `toyguide kiosk` puts this process in the place of its own.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from app.plain import plain

FRUGAL = {"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1"}
"""For who did not say otherwise: one heap for all threads, as few of them allocate at once; and no threads of BLAS,
which a request of a millisecond would only wait for."""
MISTAKE = 2
"""The exit code of a user's mistake, as of every command (`app.cli.console.Exit`)."""
INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def become(config: Path | None, given: Mapping[str, Any]) -> NoReturn:
    """Serve a kiosk in the place of this process: the same id, the same modules, nothing else.

    config: the settings file; given: settings by name, as the command line had them; None counts as not given
    """
    words = {name: str(value) for name, value in {"config": config, **given}.items() if value is not None}
    searched = [path or str(Path.cwd()) for path in sys.path]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "posix":  # elsewhere a replaced process gets another id, and whoever started it loses it
        run(words)
        sys.exit(0)
    os.execve(
        sys.executable,
        [sys.executable, "-P", "-m", "app.kiosk_process", json.dumps(words)],
        {**FRUGAL, **os.environ, "PYTHONPATH": os.pathsep.join(searched)},
    )


def run(words: Mapping[str, str]) -> None:
    """Serve until told to stop. Raises ToyGuideError for what a user can mend."""
    from app.kiosk import load_settings, serve
    from app.kiosk.logs import configure_logs

    given = {name: word for name, word in words.items() if name != "config"}
    settings = load_settings(Path(words["config"]) if "config" in words else None, **given)
    configure_logs()
    serve(settings, _say_where)


def _say_where(address: str) -> None:
    print(f"The kiosk listens on {address} (API: {address}/docs). Ctrl-C stops it.", file=sys.stderr, flush=True)


def main() -> NoReturn:
    """Serve with the settings of the first argument; a user's mistake is one sentence and exit code 2."""
    gc.disable()  # what a start makes stays: walking it again and again took a tenth of the time; see `settle_memory`
    sys.modules["rich"] = None  # type: ignore[assignment]  # structlog would take it in for colours that nobody sees
    from data.errors import ToyGuideError

    try:
        run(json.loads(sys.argv[1]))
    except KeyboardInterrupt:  # uvicorn has answered what was begun, and raises it anew
        sys.exit(INTERRUPTED)
    except ToyGuideError as error:
        print(f"Error: {plain(str(error))}", file=sys.stderr)
        sys.exit(MISTAKE)
    except OSError as error:
        if error.filename is None:
            raise
        print(f"Error: {plain(os.fsdecode(error.filename))} cannot be used: {error.strerror}.", file=sys.stderr)
        sys.exit(MISTAKE)
    sys.exit(0)


if __name__ == "__main__":
    main()
