"""Streamlit's command, which ends as ours do: `python -m app.shop.streamlit_run SCRIPT --OPTION=VALUE …`.

Ctrl-C is how a shop is meant to be stopped. Streamlit's own command calls that an abortion, and leaves with the code
of a bug.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from click import Abort

INTERRUPTED: Final = 130


def run(arguments: Sequence[str]) -> int:
    """Serve until told to stop; returns the code to leave with."""
    try:
        from streamlit.web.cli import main  # here, for it takes seconds, and Ctrl-C may come meanwhile

        main(["run", *arguments], standalone_mode=False)
    except (Abort, KeyboardInterrupt):
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
