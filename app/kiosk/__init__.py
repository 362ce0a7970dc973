"""The kiosk's API: FastAPI over one bundle and one SQLite file. No torch, no pandas, no network of its own."""

from app.kiosk.server import create_app, serve
from app.kiosk.settings import KioskSettings, load_settings

__all__ = ["KioskSettings", "create_app", "load_settings", "serve"]
