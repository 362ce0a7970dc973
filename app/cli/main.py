"""The `toyguide` command: one file a group of verbs, and one place that turns errors into exit codes.

Each verb imports what it needs when it is called, so that `toyguide kiosk` never loads torch.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Final, NoReturn

import typer

from app.cli.bench import bench_app
from app.cli.bench_kiosk import bench_kiosk
from app.cli.bench_peers import bench_peers
from app.cli.bench_ranking import bench_ranking
from app.cli.bench_shop import bench_shop
from app.cli.bench_sizes import bench_sizes
from app.cli.bench_student import bench_student
from app.cli.blend import blend
from app.cli.bundle import bundle_app
from app.cli.console import OUT, Exit, tell
from app.cli.data import data_app
from app.cli.demo import demo
from app.cli.distill import distill
from app.cli.drift import drift
from app.cli.evaluate import evaluate
from app.cli.exposure import exposure
from app.cli.kiosk import kiosk_app
from app.cli.loop import loop
from app.cli.page import page
from app.cli.report import report
from app.cli.retrain import retrain
from app.cli.runs import runs_app
from app.cli.score import score
from app.cli.shop import shop
from app.cli.streams import give_up_stdout, open_missing
from app.cli.sweep import sweep
from app.cli.train import train
from app.plain import plain
from app.threads import settle_threads
from data.errors import ToyGuideError, UnfitError

_TOGETHER: Final = ("train", "distill")
"""What several processes do as one."""
_TORCHRUN: Final = "TORCHELASTIC_RUN_ID"
_A_DATE: Final = ("does not match the formats '%Y-%m-%d'", "must be a date such as 2026-01-31")
"""What Typer says of a wrong date, and what a person understands."""
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)

app = typer.Typer(
    name="toyguide",
    help="A toy shop's recommender: teacher, student, kiosk and shop.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        OUT.print(version("toyguide"))
        raise typer.Exit


@app.callback()
def toyguide(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """A toy shop's recommender: teacher, student, kiosk and shop."""
    started = os.environ.get("WORLD_SIZE", "1") if _TORCHRUN in os.environ else "1"
    if started != "1" and context.invoked_subcommand not in _TOGETHER:
        raise ToyGuideError(
            f"torchrun is for {' and '.join(_TOGETHER)}; 'toyguide {context.invoked_subcommand}' must run once. "
            f"It was started {started} times."
        )


app.add_typer(data_app, name="data")
app.add_typer(bundle_app)
app.add_typer(bench_app)
app.add_typer(runs_app)
app.add_typer(kiosk_app)
app.command()(evaluate)
app.command()(drift)
app.command()(exposure)
app.command()(retrain)
app.command()(score)
app.command()(loop)
app.command()(report)
app.command()(demo)
app.command()(shop)
app.command()(page)
app.command()(train)
app.command()(blend)
app.command()(distill)
bench_app.command("student")(bench_student)
bench_app.command("ranking")(bench_ranking)
bench_app.command("kiosk")(bench_kiosk)
bench_app.command("shop")(bench_shop)
bench_app.command("sizes")(bench_sizes)
bench_app.command("peers")(bench_peers)
app.command()(sweep)


def main() -> NoReturn:
    """Run the command line and leave with one of the codes of `Exit`."""
    open_missing()
    settle_threads()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no reason to stop
    with _leave_in_order():
        code = _run()
    try:
        sys.stdout.flush()
    except OSError as error:
        give_up_stdout()
        code = _refused(error)
    sys.exit(code)


def _run() -> int:
    try:
        _check_current_folder()
        if bad := next((word for word in sys.argv[1:] if not _is_text(word)), None):
            raise ToyGuideError(f"What is given must be text in {_encoding_of_words()}. Got {plain(bad)}.")
        return int(app(standalone_mode=False) or Exit.OK)
    except typer.TyperException as error:  # a wrong option; the command's own words, without a frame
        if said := _in_words(error):  # empty where nothing was asked for, and the help was the answer
            tell("Error:", said.replace(*_A_DATE))
        return Exit.MISTAKE
    except UnfitError as error:
        tell("Error:", str(error))
        return Exit.UNFIT
    except ToyGuideError as error:
        tell("Error:", str(error))
        return Exit.MISTAKE
    except OSError as error:
        return _refused(error)
    except MemoryError:
        tell("Error:", "There is not enough memory for this. Choose smaller numbers, or a machine with more.")
        return Exit.MISTAKE


def _refused(error: OSError) -> int:
    """What the system refuses and a user can mend, as a sentence; any other error is raised anew."""
    if isinstance(error, BrokenPipeError):
        return Exit.PIPE_CLOSED
    if error.filename is not None:
        tell("Error:", f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}.")
    elif error.errno in _NO_ROOM:
        tell("Error:", f"What was to be printed or written found no room: {error.strerror}. Make room, then try again.")
    else:
        raise error
    return Exit.MISTAKE


def _check_current_folder() -> None:
    """Raise ToyGuideError if it was removed: no relative path leads anywhere, and no process starts there."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise ToyGuideError("The current folder is not there any more. Change into another one (cd).") from None


def _in_words(error: typer.TyperException) -> str:
    """What was wrong. Typer leaves an option's type to pydantic, whose sentence does not say what was given."""
    said = str(error.format_message()).replace("\n\t", " ")  # a list of choices; an error is one line
    cause = error.__cause__
    if cause is None or not hasattr(cause, "errors"):
        return said
    first = cause.errors()[0]
    before, _, reason = said.partition(first["msg"])
    reason = first["msg"].removeprefix("Value error, ").rstrip(".") + reason
    given = "" if plain(str(first["input"])) in reason else f". Got {plain(str(first['input']))!r}"
    return f"{before}{reason}{given}."


def _encoding_of_words() -> str:
    encoding = sys.getfilesystemencoding()
    return "UTF-8" if encoding == "utf-8" else f"{encoding}, as the locale says; LC_ALL=C.UTF-8 makes it UTF-8"


def _is_text(word: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in word)


@contextmanager
def _leave_in_order() -> Iterator[None]:
    """While it lasts, SIGTERM and SIGHUP end the command as Ctrl-C does: what it was writing is cleared away."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    taken = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
