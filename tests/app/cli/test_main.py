"""How a command ends: its exit code, its one sentence, and nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.console import Exit

COMMAND = [sys.executable, "-m", "app.cli"]
LARGE = ["data", "simulate", "--toys", "20000", "--shoppers", "200000", "--events", "4000000", "--out"]


def run(*words: str | bytes, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=240, check=False, **more)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["kiosk", "--bundle", "nowhere"], "nowhere"),
        (["evalute"], "No such command 'evalute'"),
        (["demo", "--toys", "many"], "Invalid value for '--toys'"),
        (["demo", "--toys", "many"], ". Got 'many'."),
        (["kiosk", "key", "add", "Mo", "--role", "boss"], "'--role': 'boss' is not one of 'clerk', 'manager'."),
        (
            ["evaluate", "--data", "x", "--cut", "10.3.2025"],
            "for '--cut': '10.3.2025' must be a date such as 2026-01-31.",
        ),
        (
            ["distill", "--data", "x", "--out", "y"],
            "distill needs a teacher: give --teacher, --blend or --recommender;",
        ),
        (["data", "fetch"], "Error: Missing argument 'collection'. Choose from: amazon-toys-2014, amazon-toys-2018,"),
        (["data", "fetch", "amazon-toys-2014", "--base", "x"], "The '--base' parameter of data fetch must be an http"),
        (["data", "validate", b"caf\xe9"], r"What is given must be text in UTF-8. Got caf\udce9."),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words: list[str | bytes], sentence: str) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (Exit.MISTAKE, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_where_the_locale_knows_no_utf_8_the_sentence_says_so() -> None:
    plain_c = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run("data", "validate", "玩具".encode(), env={**os.environ, **plain_c})
    assert done.returncode == Exit.MISTAKE
    assert "must be text in ascii, as the locale says; LC_ALL=C.UTF-8 makes it UTF-8. Got " in done.stderr


def test_no_command_shows_the_help_and_is_a_mistake() -> None:
    done = run()
    assert done.returncode == Exit.MISTAKE
    assert "Usage:" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, Exit.TERMINATED), (signal.SIGHUP, Exit.HUNG_UP), (signal.SIGINT, Exit.INTERRUPTED)],
)
def test_a_signal_ends_it_in_order_and_leaves_nothing(tmp_path: Path, number: signal.Signals, code: Exit) -> None:
    with subprocess.Popen(
        [*COMMAND, *LARGE, str(tmp_path / "world")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"FORCE_COLOR": "1", "TERM": "xterm"},  # or no bar is drawn where there is no terminal
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # a suite under nohup, or behind &, ignores some
    ) as running:
        assert running.stderr is not None
        said = running.stderr.read(1)  # the bar is drawn: it is at work
        running.send_signal(number)
        said += running.stderr.read()
        running.wait(timeout=240)
    assert running.returncode == code
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())


def test_a_reader_that_went_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run([*COMMAND, "--version"], stdout=write, stderr=subprocess.PIPE, timeout=240, check=False)
    finally:
        os.close(write)
    assert done.returncode == Exit.PIPE_CLOSED
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_streams_that_were_closed_are_no_error(closed: str) -> None:
    """As cron jobs and service managers may start it; what it prints goes nowhere."""
    done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, "--version"], timeout=240, check=False)
    assert done.returncode == Exit.OK


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has a device that is always full")
def test_output_that_finds_no_room_is_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=240, check=False
        )
    assert done.returncode == Exit.MISTAKE
    assert "What was to be printed or written found no room: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_current_folder_that_was_removed_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    leave = 'cd "$0" && rmdir "$0" && exec "$@"'
    root = Path(__file__).parents[3]
    done = subprocess.run(
        ["sh", "-c", leave, str(tmp_path / "gone"), *COMMAND, "--version"],
        env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == Exit.MISTAKE
    assert done.stderr == "Error: The current folder is not there any more. Change into another one (cd).\n"
