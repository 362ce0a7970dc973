"""What every command shares: the exit codes, the two consoles, progress bars.

Data goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import json
import math
from enum import IntEnum
from typing import Any, Final, NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from app.plain import plain


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Let `main` see it; rich would leave with 1, which is the code of a bug."""
        raise BrokenPipeError


OUT: Final = _Console(soft_wrap=True, emoji=False)
ERR: Final = _Console(stderr=True, soft_wrap=True, emoji=False)


class Exit(IntEnum):
    """Exit codes of `toyguide`."""

    OK = 0
    INTERNAL = 1  # a bug of ours: the traceback is shown
    MISTAKE = 2  # a mistake of the user's: one sentence says which
    UNFIT = 3  # a dataset that must not be trained on
    GATE = 4  # a gate held something back: a bundle that fails a check
    HUNG_UP = 129  # SIGHUP: the terminal was closed
    INTERRUPTED = 130  # Ctrl-C
    PIPE_CLOSED = 141  # what reads our output went away
    TERMINATED = 143  # SIGTERM


def progress_bar(shown: bool = True) -> Progress:
    """A progress bar on stderr with a count, the time gone and the time left."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=ERR,
        disable=not shown,
    )


def tell(word: str, sentence: str, style: str = "bold red") -> None:
    """One line on stderr: `word`, coloured, and a sentence in which nothing is taken for markup."""
    ERR.print(Text.assemble((word, style), " ", plain(sentence)))


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout. A number that is not finite becomes null: JSON has none."""
    print(json.dumps(finite(value), indent=2, ensure_ascii=False, default=str, allow_nan=False))


def finite(value: Any) -> Any:
    """`value` with None for every number that is not finite."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
