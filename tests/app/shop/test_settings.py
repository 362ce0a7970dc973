from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop.settings import checked_address, load_settings
from data.errors import ToyGuideError


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.api, settings.host, settings.port) == ("http://127.0.0.1:8000", "127.0.0.1", 8501)


def test_command_line_over_environment_over_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("toyguide.toml").write_text('[shop]\nport = 1\napi = "http://file"\nhost = "::1"\n', encoding="utf-8")
    monkeypatch.setenv("TOYGUIDE_SHOP_API", "http://environment/")
    monkeypatch.setenv("TOYGUIDE_SHOP_PORT", "2")
    settings = load_settings(port=3)
    assert (settings.port, settings.api, settings.host) == (3, "http://environment", "::1")


def test_a_theme_that_there_is_not_is_one_sentence() -> None:
    assert load_settings(theme="dark").theme == "dark"
    with pytest.raises(ToyGuideError, match=r"option --theme is not right.*'system', 'light' or 'dark'"):
        load_settings(theme="pink")


@pytest.mark.parametrize(
    "address",
    ["", "localhost:8000", "ftp://kiosk", "http://", "http:///v1", "http://a:99999", "http://a:0", "http://a b", "http://u:p@a",
     "http://a?x=1", "http://a#x", "http://[::1"],
)  # fmt: skip
def test_an_address_that_is_none_is_one_sentence(address: str) -> None:
    with pytest.raises(ToyGuideError, match="option --api is not right: it must be an address such as") as caught:
        load_settings(api=address)
    assert "Value error" not in str(caught.value)
    assert repr(address) in str(caught.value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://kiosk:8000/", "http://kiosk:8000"),
        (" https://a/b/ ", "https://a/b"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_an_address_is_tidied(given: str, kept: str) -> None:
    assert checked_address(given) == kept


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_value_error(words: str) -> None:
    try:
        address = checked_address(words)
    except ValueError:
        return
    assert address.lower().startswith(("http://", "https://"))


@pytest.mark.parametrize(
    ("toml", "environment", "options", "said"),
    [
        ("[shop]\nprot = 1", {}, {}, r"toyguide\.toml, \[shop\]: there is no setting 'prot'"),
        ("shop = 1", {}, {}, r"must be a table, \[shop\]"),
        ("[shop", {}, {}, "cannot be read as TOML"),
        ("", {"TOYGUIDE_SHOP_NOPE": "1"}, {}, "TOYGUIDE_SHOP_NOPE names no setting of the shop"),
        ("", {"TOYGUIDE_SHOP_PORT": "x"}, {}, "environment variable TOYGUIDE_SHOP_PORT is not right"),
        ("", {}, {"port": 65536}, "option --port is not right"),
        ("", {}, {"timeout_seconds": 0.0}, "option --timeout-seconds is not right"),
        ("[shop]\nkiosk = 3", {}, {}, r"toyguide\.toml, \[shop\], 'kiosk' is not right"),
        ("", {"TOYGUIDE_SHOP_KIOSK": "perhaps"}, {}, "environment variable TOYGUIDE_SHOP_KIOSK is not right"),
        ("", {}, {"idle_seconds": 4}, "option --idle-seconds is not right"),
        ("", {}, {"countdown_seconds": 0}, "option --countdown-seconds is not right"),
    ],
)
def test_a_mistake_names_its_source(
    monkeypatch: pytest.MonkeyPatch, toml: str, environment: dict[str, str], options: dict[str, float], said: str
) -> None:
    Path("toyguide.toml").write_text(toml, encoding="utf-8")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ToyGuideError, match=said):
        load_settings(**options)
