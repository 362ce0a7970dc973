"""A kiosk's database for a command, whether the kiosk runs or not; what is wrong with it is one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from data.errors import ToyGuideError

if TYPE_CHECKING:
    from app.kiosk.settings import KioskSettings
    from app.kiosk.store.database import Database


@contextmanager
def opened(settings: KioskSettings, must_exist: bool = False) -> Iterator[Database]:
    """The database of `settings`. Raises ToyGuideError if it cannot be used, or if it `must_exist` and does not."""
    from app.kiosk.store.care import hold, open_database
    from app.kiosk.store.copies import check_kiosks
    from app.kiosk.store.database import Database, StoreFullError, StoreUnavailableError

    if must_exist:
        if not settings.database.is_file():
            raise ToyGuideError(f"{settings.database} does not exist; give the kiosk's file with --database.")
        check_kiosks(settings.database)  # a file of something else must not get a kiosk's tables
    in_use = hold(settings.database)
    # One that is damaged is replaced for whoever writes; who only reads is told.
    database = Database(settings.database) if must_exist else open_database(settings.database, in_use)
    try:
        yield database
    except StoreFullError as error:
        raise ToyGuideError(f"{database.file} cannot be written: the disk is full.") from error
    except StoreUnavailableError as error:
        raise ToyGuideError(
            f"{database.file} cannot be used now: another program holds it, or it is damaged."
        ) from error
    finally:
        database.close()
        in_use.close()
