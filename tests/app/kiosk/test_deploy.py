"""What lies in deploy/ fits the kiosk: settings that exist, a user of its own, one folder to write, its check."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from pathlib import Path

import pytest

from app.kiosk import KioskSettings

ROOT = Path(__file__).parents[3]
UNIT = (ROOT / "deploy" / "toyguide-kiosk.service").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")


@pytest.fixture
def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT)
    assert set(parser) == {"DEFAULT", "Unit", "Service", "Install"}
    return parser["Service"]


def test_the_service_may_write_one_folder_and_gain_nothing(service: configparser.SectionProxy) -> None:
    assert service["User"] not in ("root", "0")
    assert service["ReadWritePaths"] == service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "MemoryDenyWriteExecute"):
        assert service[name] == "yes"
    assert service["Restart"] == "on-failure"
    assert service["SuccessExitStatus"] == "143"
    assert re.fullmatch(r"\d+M", service["MemoryMax"])


def test_the_service_waits_longer_than_the_kiosk_takes_to_stop(service: configparser.SectionProxy) -> None:
    from app.kiosk.server import GRACE_SECONDS

    assert int(service["TimeoutStopSec"]) >= GRACE_SECONDS + 15


def test_the_container_has_a_user_of_its_own_and_looks_whether_it_answers() -> None:
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)[-1].isdigit()
    check = json.loads(re.search(r"HEALTHCHECK .*?CMD (\[.*?\])\n", DOCKERFILE, re.DOTALL)[1])  # type: ignore[index]
    assert "/readyz" in check[-1]
    compile(check[-1], "healthcheck", "exec")
    for folder in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for name in folder.split():
            assert (ROOT / name).exists(), name
            assert f"!{name}\n" in (ROOT / ".dockerignore").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [UNIT, DOCKERFILE, GUIDE])
def test_every_setting_that_is_named_exists(text: str) -> None:
    for name in re.findall(r"TOYGUIDE_KIOSK_([A-Z_]+[A-Z])", text):
        assert name.lower() in KioskSettings.model_fields
    for table in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        assert set(tomllib.loads(table)["kiosk"]) <= set(KioskSettings.model_fields)


def test_the_limits_in_the_guide_are_the_defaults() -> None:
    from app.kiosk.limits import BURST_SECONDS, WRONG_KEYS_A_MINUTE

    rate = KioskSettings.model_fields["requests_per_second"].default
    assert f"{rate:g} for long, {rate * BURST_SECONDS:,.0f} at once" in GUIDE
    assert f"{WRONG_KEYS_A_MINUTE} at once" in GUIDE
    depth = KioskSettings.model_fields["max_json_depth"].default
    assert f"{KioskSettings.model_fields['max_body_bytes'].default / 2**20:g} MiB, {depth} lists" in GUIDE
