"""`toyguide data …`: where datasets come from."""

from __future__ import annotations

import typer

from app.cli.fetch import fetch
from app.cli.import_amazon import amazon
from app.cli.import_kiosk import kiosk
from app.cli.import_recbole import recbole
from app.cli.import_table import table
from app.cli.imports import import_app
from app.cli.oracle import oracle
from app.cli.sheet import licence, sheet
from app.cli.simulate import simulate
from app.cli.stats import stats
from app.cli.validate import validate

data_app = typer.Typer(no_args_is_help=True, help="Make, import and look at datasets.")
import_app.command("table")(table)
import_app.command("amazon")(amazon)
import_app.command("recbole")(recbole)
import_app.command("kiosk")(kiosk)
data_app.add_typer(import_app, name="import")
data_app.command()(simulate)
data_app.command()(validate)
data_app.command()(oracle)
data_app.command()(stats)
data_app.command()(sheet)
data_app.command()(licence)
data_app.command()(fetch)
