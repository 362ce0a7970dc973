"""/v1/staff/backups: whole copies of the database, made while the kiosk answers."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel

from app.kiosk.payloads import Answer
from app.kiosk.problems import ProblemError, documented
from app.kiosk.staff.access import PROBLEMS, Manager
from app.kiosk.state import Kiosk, Running
from app.kiosk.store.audit import note
from app.kiosk.store.backups import list_backups, make_backup
from app.kiosk.strict import StrictRoute
from data.errors import ToyGuideError

router = APIRouter(prefix="/v1/staff/backups", route_class=StrictRoute, tags=["staff"])


class BackupAnswer(BaseModel):
    """A copy of the database in `backup_dir`; its name tells when it was made, in UTC."""

    name: str
    bytes: int


class BackupsAnswer(BaseModel):
    """The newest first."""

    backups: list[BackupAnswer]


@router.get(
    "",
    response_model=BackupsAnswer,
    responses=documented(*PROBLEMS, "no_backup_dir", "backup_failed"),
    summary="Which backups there are",
)
def backups(kiosk: Running, _who: Manager) -> Answer:
    """Those that were made here. They lie in `backup_dir`, and are fetched from there, never over the network."""
    return _answer(_folder(kiosk))


@router.post(
    "",
    response_model=BackupsAnswer,
    responses=documented(*PROBLEMS, "no_backup_dir", "backup_failed"),
    summary="Make a backup",
)
def back_up_now(kiosk: Running, who: Manager) -> Answer:
    """Copies the database whole and checks the copy. The last 14 stay. `toyguide kiosk restore` puts one back."""
    folder = _folder(kiosk)
    try:
        made = make_backup(kiosk.settings.database, folder, kiosk.clock())
    except (ToyGuideError, OSError) as error:
        raise ProblemError("backup_failed", f"No backup was made: {error}") from error
    with kiosk.database.writing() as connection:
        note(connection, who.name, "backup.make", {"name": made.name, "bytes": made.bytes})
    return _answer(folder)


def _folder(kiosk: Kiosk) -> Path:
    if kiosk.settings.backup_dir is None:
        raise ProblemError("no_backup_dir", "This kiosk has no folder for backups. Name one in the setting backup_dir.")
    return kiosk.settings.backup_dir


def _answer(folder: Path) -> Answer:
    try:
        found = list_backups(folder)
    except OSError as error:
        raise ProblemError("backup_failed", f"The folder of backups cannot be read: {error.strerror}.") from error
    return Answer({"backups": [{"name": each.name, "bytes": each.bytes} for each in found]})
