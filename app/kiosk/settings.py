"""The kiosk's settings: command line > environment (`TOYGUIDE_KIOSK_…`) > `toyguide.toml`, table [kiosk] > default."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.kiosk.background.headquarters import check_url
from app.settings import find_settings
from data.schema import SMALLEST_MONTHS
from recommender.serving.policy.safety import MAX_AGE_MONTHS

MAX_JSON_DEPTH: Final = 32
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


class KioskSettings(BaseSettings):
    """Every setting of the kiosk. An unknown key is an error, wherever it is set."""

    model_config = SettingsConfigDict(env_prefix="TOYGUIDE_KIOSK_", extra="forbid", frozen=True)

    bundle: Path = Field(Path("var/bundle"), description="The bundle's directory.")
    bundles_dir: Path = Field(
        Path("var/bundles"), description="Where activated bundles are kept; the last one activated is served."
    )
    import_dir: Path | None = Field(None, description="A folder that bundles may be taken from, such as a USB stick.")
    publish_dir: Path | None = Field(None, description="A folder that published bundles are picked up from.")
    publish_seconds: Annotated[float, Field(ge=0.05, le=86_400)] = Field(
        60.0, description="How often the kiosk looks there, in seconds."
    )
    publish_fall: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.2, description="The share that the positive rate may fall before the kiosk goes back; 0: it never does."
    )
    publish_lists: Annotated[int, Field(ge=10, le=10**6)] = Field(
        500, description="The lists that each model must have had before their positive rates are compared."
    )
    backup_dir: Path | None = Field(None, description="A folder for the backups that managers make.")
    page_hold_seconds: Annotated[float, Field(ge=0, le=86_400)] = Field(
        300.0, description="How long pages of lists of the bundle before a swap can be asked for."
    )
    verify_key: Path | None = Field(None, description="The public key's file; a bundle it did not sign is refused.")
    host: str = Field("127.0.0.1", min_length=1, description="The address to listen on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8000, description="The port to listen on; 0 takes a free one.")
    database: Path = Field(Path("var/kiosk.sqlite"), description="The SQLite file that keeps events.")
    store_id: str = Field("main", min_length=1, max_length=200, description="The store whose stock counts here.")
    default_youngest_months: Annotated[int, Field(ge=0, le=MAX_AGE_MONTHS)] = Field(
        SMALLEST_MONTHS, description="The age in months that safety assumes where no child is stated."
    )
    diversity: Annotated[float, Field(ge=0, le=1)] = Field(
        0.2, description="How unlike the toys of a list are: 0 as ranked, 1 as unlike as can be."
    )
    category_share: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="The largest share of a list from one innermost category, while others are left."
    )
    exploration: Annotated[float, Field(ge=0, le=1)] = Field(
        0.05, description="The chance that a place of a list goes to a good toy on trial."
    )
    popular_half_life_days: Annotated[float, Field(ge=0.5, le=365)] = Field(
        14.0, description="After so many days an event counts half for what is popular now."
    )
    threads: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="How many threads rank one request; more help where toys are many and cores are idle."
    )
    keep: Literal["all", "session"] = Field(
        "all", description="What is kept of shoppers: all, or nothing after their session."
    )
    session_idle_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(
        30, description="A session is over after so many minutes without a word, if nobody ended it."
    )
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        400, description="Events and lists shown are deleted after so many days; 0 keeps them."
    )
    audit_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        1100, description="Lines of the audit log are deleted after so many days; 0 keeps them."
    )
    headquarters_url: str | None = Field(None, description="Where events are sent to, besides being kept here.")
    headquarters_key: SecretStr | None = Field(None, description="What headquarters knows this kiosk by.")
    max_clock_skew_seconds: Annotated[int, Field(ge=0, le=86400)] = Field(
        300, description="An event from further in the future is kept and marked."
    )
    impression_queue: Annotated[int, Field(ge=100, le=10**6)] = Field(
        10_000, description="How many toys shown may wait to be written; more are counted as lost."
    )
    metrics: bool = Field(True, description="Whether GET /metrics answers, for Prometheus.")
    max_body_bytes: Annotated[int, Field(ge=1024, le=2**26)] = Field(
        2 * 2**20, description="The largest request body in bytes."
    )
    max_json_depth: Annotated[int, Field(ge=8, le=500)] = Field(
        MAX_JSON_DEPTH, description="How deeply lists and objects of a body may lie within each other."
    )
    requests_per_second: Annotated[float, Field(ge=0, le=1e6)] = Field(
        200.0, description="How many requests a client may send for long; ten times as many at once. 0: any number."
    )
    drain_seconds: Annotated[float, Field(ge=0, le=60)] = Field(
        0.0, description="How long the kiosk, told to stop, says that it is not ready before it takes no more requests."
    )
    cors_origins: list[str] = Field([], description="Origins whose pages may read the kiosk's answers in a browser.")

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError("each must be an origin such as http://192.168.1.20:8501, without a path and not '*'")
        return origins

    @field_validator("headquarters_url")
    @classmethod
    def _safe(cls, url: str | None) -> str | None:
        return None if url is None else check_url(url)


def load_settings(config: Path | None = None, **command_line: Any) -> KioskSettings:
    """The settings in force; see `app.settings.find_settings`."""
    return find_settings(KioskSettings, "kiosk", config, **command_line)
