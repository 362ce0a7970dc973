import subprocess
import sys

import pytest
from pydantic import SecretStr
from streamlit import config

from app.shop.launch import shop_environment, streamlit_arguments
from app.shop.settings import ShopSettings
from app.shop.theme import Scheme


@pytest.mark.parametrize("theme", ["system", "light", "dark"])
def test_every_option_is_one_that_streamlit_knows(theme: Scheme) -> None:
    known = set(config.get_config_options())
    arguments = streamlit_arguments("main.py", "127.0.0.1", 8501, theme)
    options = dict(argument[2:].split("=", 1) for argument in arguments if argument.startswith("--"))
    assert set(options) <= known
    assert options["server.address"] == "127.0.0.1"
    assert options["server.port"] == "8501"
    assert options["server.headless"] == "true"


def test_the_script_finds_the_settings_that_were_decided() -> None:
    settings = ShopSettings(api="http://kiosk:1", timeout_seconds=2)
    inherited = {"PATH": "/bin", "STREAMLIT_THEME_BASE": "dark", "TOYGUIDE_SHOP_API": "http://old", "streamlit_x": "1"}
    environment = shop_environment(settings, 9, inherited)
    assert environment == {
        "PATH": "/bin",
        "TOYGUIDE_SHOP_API": "http://kiosk:1",
        "TOYGUIDE_SHOP_HOST": "127.0.0.1",
        "TOYGUIDE_SHOP_PORT": "9",
        "TOYGUIDE_SHOP_THEME": "system",
        "TOYGUIDE_SHOP_TIMEOUT_SECONDS": "2.0",
        "TOYGUIDE_SHOP_VISIT_MINUTES": "120.0",
        "TOYGUIDE_SHOP_KIOSK": "false",
        "TOYGUIDE_SHOP_IDLE_SECONDS": "90",
        "TOYGUIDE_SHOP_COUNTDOWN_SECONDS": "20",
    }


def test_what_was_decided_comes_through_the_environment_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    class Richer(ShopSettings):
        secret: SecretStr | None = None
        absent: str | None = None
        words: tuple[str, ...] = ()

    settings = Richer(kiosk=True, idle_seconds=5, secret=SecretStr("a key"), words=('say "no"', "b"))
    for name, value in shop_environment(settings, settings.port, {}).items():
        monkeypatch.setenv(name, value)
    assert Richer() == settings


def test_the_shop_brings_no_kiosk_and_no_training() -> None:
    code = (
        "import sys, app.shop.site, app.cli.shop\n"
        "rooms = {'torch', 'onnxruntime', 'sklearn', 'recommender', 'distillation', 'fastapi', 'app.kiosk'}\n"
        "print(sorted(rooms & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
