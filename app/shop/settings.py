"""The shop's settings: command line > environment (`TOYGUIDE_SHOP_…`) > `toyguide.toml`, table [shop] > default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.settings import find_settings

ENVIRONMENT: Final = "TOYGUIDE_SHOP_"


class ShopSettings(BaseSettings):
    """Every setting of the shop. An unknown key is an error, wherever it is set."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT, extra="forbid", frozen=True)

    api: str = Field(default="http://127.0.0.1:8000", description="The address of the kiosk's API.")
    host: str = Field(default="127.0.0.1", min_length=1, description="The address to listen on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8501, description="The port to listen on; 0 takes a free one."
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        default=4.0, description="How long the shop waits for an answer of the kiosk."
    )
    kiosk: bool = Field(default=False, description="Kiosk mode: a screen that stands in the shop, for whoever comes.")
    idle_seconds: Annotated[int, Field(ge=5, le=3600)] = Field(
        default=90, description="Kiosk mode: after so long without a touch it asks whether anybody is there."
    )
    countdown_seconds: Annotated[int, Field(ge=5, le=600)] = Field(
        default=20, description="Kiosk mode: so long it waits for an answer before it forgets the visit."
    )
    visit_minutes: Annotated[float, Field(gt=0, le=1440)] = Field(
        default=120, description="How long a visit is kept without use; it lies in memory alone."
    )
    theme: Literal["system", "light", "dark"] = Field(
        default="system", description="Light, dark, or as the visitor's system has it."
    )

    @field_validator("api")
    @classmethod
    def _must_be_an_address(cls, value: str) -> str:
        return checked_address(value)


def checked_address(value: str) -> str:
    """`value` without a trailing slash. Raises ValueError unless it is http(s)://host[:port][/path]."""
    example = "it must be an address such as http://127.0.0.1:8000"
    try:
        parts = urlsplit(value.strip())
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{example} ({error})") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError(example)
    if any(letter.isspace() for letter in value.strip()):
        raise ValueError(f"{example}, without spaces")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(f"{example}, without user, query or fragment")
    return value.strip().rstrip("/")


def load_settings(config: Path | None = None, **command_line: Any) -> ShopSettings:
    """The settings in force; see `app.settings.find_settings`."""
    return find_settings(ShopSettings, "shop", config, **command_line)
