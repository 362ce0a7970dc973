"""How both examples run from the command line: errors in one sentence, progress on stderr, the figures on stdout.

They are commands of their own and not verbs of `toyguide`, whose room may import this one but not the other way about.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from data.errors import ToyGuideError
from distillation.examples.contest import ROWS, Shipped, Task, run_round

_WIDTH: Final = 120  # of the table: figures are never cut, however narrow the terminal
OUT: Final = Console(soft_wrap=True, emoji=False)
ERR: Final = Console(stderr=True, soft_wrap=True, emoji=False)
MISTAKE: Final = 2
"""The exit code of a user's mistake, as `toyguide` has it."""
_PIPE_CLOSED: Final = 141

Seeds = Annotated[int, typer.Option(min=1, max=100, help="How often to train, each time with a seed of its own.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print every figure of every seed as JSON.")]
Alpha = Annotated[float, typer.Option(help="Weight of the hard loss, in [0, 1].")]
Temperature = Annotated[float, typer.Option(help="Softens teacher and student in the soft loss.")]


def run_rounds(task_of: Callable[[int], Task], seeds: int) -> list[Mapping[str, Shipped]]:
    """One round a seed, with progress on stderr. task_of: seed → what that round is about."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR) as progress:
        bar = progress.add_task("", total=seeds * len(ROWS))
        rounds: list[Mapping[str, Shipped]] = []
        for seed in range(seeds):

            def tell(name: str, seed: int = seed) -> None:
                done = seed * len(ROWS) + ROWS.index(name)
                progress.update(bar, completed=done, description=f"seed {seed}: {name}")

            rounds.append(run_round(task_of(seed), seed, tell))
        progress.update(bar, completed=seeds * len(ROWS))
    return rounds


def print_table(table: Table) -> None:
    """A table on stdout."""
    Console(width=max(OUT.width, _WIDTH)).print(table)


def print_json(value: Any) -> None:
    """A value as JSON on stdout."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def run(command: Callable[..., None], words: Sequence[str] | None = None) -> NoReturn:
    """Run `command` as a program of its own, and leave: 0, or 2 and one sentence where the user is mistaken."""
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command()(command)
    try:
        code = int(app(args=words, standalone_mode=False) or 0)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes once more
        code = _PIPE_CLOSED
    except typer.TyperException as error:
        code = _mistake(error.format_message())
    except ToyGuideError as error:
        code = _mistake(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        code = _mistake(f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}.")
    sys.exit(code)


def _mistake(sentence: str) -> int:
    ERR.print("Error:", sentence, markup=False, highlight=False)
    return MISTAKE
