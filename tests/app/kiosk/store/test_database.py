"""Connections: each use has one for itself, reads of one moment, and what went wrong leaves nothing behind."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.kiosk.store.database import Database, StoreUnavailableError
from app.kiosk.store.marks import read_number, write_mark


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "kiosk.sqlite", busy_seconds=60)
    yield database
    database.close()


def mark(database: Database, value: int) -> None:
    with database.writing() as connection:
        write_mark(connection, "a", value)


def marked(database: Database) -> int | None:
    with database.reading() as connection:
        return read_number(connection, "a")


def test_a_reading_is_of_one_moment_and_holds_up_no_writer(database: Database) -> None:
    mark(database, 1)
    with database.reading() as connection:
        assert read_number(connection, "a") == 1
        mark(database, 2)
        assert read_number(connection, "a") == 1
        assert marked(database) == 2
    assert marked(database) == 2


def test_who_writes_reads_what_was_before_beside_it(database: Database) -> None:
    mark(database, 1)
    with database.writing() as connection:
        write_mark(connection, "a", 2)
        assert read_number(connection, "a") == 2
        assert marked(database) == 1
    assert marked(database) == 2


def test_what_is_broken_off_is_not_kept(database: Database) -> None:
    mark(database, 1)
    for error in (ValueError, KeyboardInterrupt):
        with suppress(error), database.writing() as connection:
            write_mark(connection, "a", 2)
            raise error
        assert marked(database) == 1


def test_a_cursor_that_an_error_leaves_open_holds_up_nothing(database: Database) -> None:
    for value in range(3):
        with database.writing() as connection:
            write_mark(connection, f"mark {value}", value)
    with suppress(ValueError), database.writing() as connection:
        write_mark(connection, "a", 1)
        rows = connection.execute("SELECT * FROM marks")
        next(rows)
        raise ValueError
    mark(database, 2)
    assert marked(database) == 2, "and not what that cursor still sees"
    del rows
    assert database.fold()


def test_threads_have_connections_of_their_own(database: Database) -> None:
    mark(database, 0)
    seen: list[tuple[int | None, int | None]] = []

    def work() -> None:
        for _ in range(25):
            with database.writing() as connection:
                write_mark(connection, "a", (read_number(connection, "a") or 0) + 1)
            with database.reading() as connection:
                seen.append((read_number(connection, "a"), read_number(connection, "a")))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert marked(database) == 200, "no turn is lost"
    assert len(seen) == 200
    assert all(first == second for first, second in seen)


def test_what_is_closed_leaves_one_file(database: Database) -> None:
    with database.reading() as connection:
        database.close()
        assert read_number(connection, "a") is None, "a reading that was begun ends well"
    assert [path.name for path in database.file.parent.iterdir()] == ["kiosk.sqlite"]


def test_a_mistake_in_a_statement_is_the_databases(database: Database) -> None:
    with pytest.raises(StoreUnavailableError) as caught, database.reading() as connection:
        connection.execute("SELECT nothing FROM nowhere")
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
