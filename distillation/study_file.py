"""The file of a sweep's study: Optuna's storage in SQLite; several processes share it, a killed one leaves it whole."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import optuna
from sqlalchemy.exc import SQLAlchemyError

from data.atomic import atomic_file
from data.errors import DataError, ToyGuideError

STUDY: Final = "study.sqlite"
_NAME: Final = "sweep"
_PATIENCE: Final = 60.0  # seconds that one worker waits for another's write

optuna.logging.set_verbosity(optuna.logging.WARNING)


def open_study(folder: Path, about: dict[str, Any]) -> optuna.Study:
    """The study in `folder`, which is made, whole or not at all, if there is none.

    Raises ToyGuideError if it is one of other data, another teacher or other options, or if something else is there.
    """
    file = folder / STUDY
    if not file.exists():
        if strangers := sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(".")):
            raise ToyGuideError(
                f"{folder} must be a new or empty folder, or one of an earlier sweep. It holds {strangers[0]!r}."
            )
        with atomic_file(file) as temporary, storage_errors(file):
            storage = _storage(temporary, "DELETE")
            study = optuna.create_study(storage=storage, study_name=_NAME, direction="maximize")
            study.set_user_attr("about", about)
            storage.remove_session()
            storage.engine.dispose()  # nobody may hold a database whose file gets another name
    study = load_study(folder)
    kept = study.user_attrs.get("about", {})
    if kept != about:
        name = next(each for each in {**about, **kept} if about.get(each) != kept.get(each))
        raise ToyGuideError(
            f"{folder} holds a sweep with another '{name}' ({_short(kept.get(name))}) than is asked for "
            f"({_short(about.get(name))}). Give another folder, or remove it."
        )
    return study


def load_study(folder: Path, sampler: optuna.samplers.BaseSampler | None = None) -> optuna.Study:
    """The study in `folder`. Raises ToyGuideError if its file holds none."""
    file = folder / STUDY
    try:
        return optuna.load_study(study_name=_NAME, storage=_storage(file), sampler=sampler)
    except (KeyError, RuntimeError, SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        raise ToyGuideError(f"{file} cannot be read as the study of a sweep ({_why(error)}). Remove it.") from error


@contextmanager
def storage_errors(file: Path) -> Iterator[None]:
    """While it lasts, a study that cannot be read or written, for a full disk say, is one sentence."""
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise DataError(
            f"{file} cannot be used: {_why(error)}. What was finished is kept: make room, and give the same command "
            "again to go on."
        ) from error


def _why(error: Exception) -> str:
    """What the storage says, without the statement and the addresses that come after it."""
    first = error.__cause__ or error.__context__ if isinstance(error, optuna.exceptions.StorageInternalError) else None
    lines = str(first or error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")


def _storage(file: Path, journal: Literal["WAL", "DELETE"] = "WAL") -> optuna.storages.RDBStorage:
    """Optuna's storage in one SQLite file; its path is no part of an address, so that any will do.

    In WAL mode what is written survives a kill −9, a power cut leaves it whole, and nobody waits for the disk. But then
    a part of the database lies in files beside it that go by its name, so one that is to be renamed must do without.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file, timeout=_PATIENCE, check_same_thread=False)
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    return optuna.storages.RDBStorage("sqlite://", engine_kwargs={"creator": connect})


def fold(file: Path) -> None:
    """Bring what SQLite keeps beside a study's file into it, so that the file alone is the study."""
    with closing(sqlite3.connect(file, timeout=_PATIENCE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
