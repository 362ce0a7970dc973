"""Standard streams that were closed before the start."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, subprocess, sys
from app.cli.streams import open_missing
open_missing()
with open(os.devnull) as opened:
    assert opened.fileno() > 2, opened.fileno()
print("nobody reads this", flush=True)
print("nor this", file=sys.stderr, flush=True)
subprocess.run([sys.executable, "-c", "import os; [os.fstat(number) for number in range(3)]"], check=True)
"""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_other_file_takes_the_number_of_a_closed_stream(closed: str) -> None:
    """A database that was opened as number 1 would get what a library prints."""
    done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", SCRIPT], check=False)
    assert done.returncode == 0
