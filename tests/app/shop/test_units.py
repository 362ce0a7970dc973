"""The units for a screen in the shop fit the shop: its address, its settings file, nothing left on the disk."""

import configparser
import re
import shlex
from pathlib import Path

import pytest

from app.shop.settings import ShopSettings

DEPLOY = Path(__file__).parents[3] / "deploy"
GUIDE = (DEPLOY.parent / "docs" / "shop.md").read_text(encoding="utf-8")


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / name).read_text(encoding="utf-8").replace("\\\n", " "))
    return parser


def test_the_browser_shows_the_shop_and_keeps_nothing() -> None:
    service = unit("toyguide-screen.service")["Service"]
    settings = ShopSettings()
    assert service["Environment"] == f"TOYGUIDE_SCREEN=http://{settings.host}:{settings.port}/"
    words = shlex.split(service["ExecStart"])
    assert words[-1] == "${TOYGUIDE_SCREEN}"
    assert {"--kiosk", "--incognito", "--overscroll-history-navigation=0", "--disable-pinch"} <= set(words)
    assert "--user-data-dir=%t/toyguide-screen" in words, "a folder in memory, which goes with the session"
    assert "/_stcore/health" in service["ExecStartPre"].replace("${TOYGUIDE_SCREEN}", "/")
    assert service["Restart"] == "always"


def test_the_shop_may_write_nothing() -> None:
    service = unit("toyguide-shop.service")["Service"]
    assert service["User"] not in ("root", "0")
    assert service["ProtectSystem"] == "strict"
    assert "ReadWritePaths" not in service
    assert "StateDirectory" not in service
    assert service["CapabilityBoundingSet"] == ""
    assert "toyguide shop --config /etc/toyguide/toyguide.toml" in service["ExecStart"]


@pytest.mark.parametrize("name", ["toyguide-shop.service", "toyguide-screen.service"])
def test_the_guide_says_how_to_install_it(name: str) -> None:
    assert f"deploy/{name}" in GUIDE


def test_every_setting_that_the_guide_names_exists() -> None:
    table = re.search(r"```toml\n\[shop\]\n(.*?)```", GUIDE, re.DOTALL)
    assert table is not None
    names = re.findall(r"^(\w+) =", table[1], re.MULTILINE)
    assert names
    assert set(names) <= set(ShopSettings.model_fields)
