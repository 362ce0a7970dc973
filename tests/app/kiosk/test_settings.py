from pathlib import Path

import pytest

from app.kiosk import KioskSettings, create_app, load_settings
from data.errors import ToyGuideError
from recommender.evaluation.trials import AS_KIOSKS_DO
from recommender.serving.policy.arrange import Arrangement


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str) -> None:
    Path("toyguide.toml").write_text(text, encoding="utf-8")


def test_defaults() -> None:
    settings = load_settings()
    assert isinstance(settings, KioskSettings)
    assert (settings.host, settings.port, settings.default_youngest_months) == ("127.0.0.1", 8000, 36)
    assert settings.verify_key is None
    usual = Arrangement(settings.diversity, settings.category_share)
    assert usual == AS_KIOSKS_DO, "what exposure takes for granted of a kiosk"


def test_the_key_is_found_like_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[kiosk]\nverify_key = "file.pub"\n')
    assert load_settings().verify_key == Path("file.pub")
    monkeypatch.setenv("TOYGUIDE_KIOSK_VERIFY_KEY", "environment.pub")
    assert load_settings().verify_key == Path("environment.pub")
    assert load_settings(verify_key=Path("option.pub")).verify_key == Path("option.pub")


def test_an_empty_key_does_not_mean_none(monkeypatch: pytest.MonkeyPatch, bundle: Path) -> None:
    """A variable that was forgotten to be filled must not let unsigned bundles in."""
    monkeypatch.setenv("TOYGUIDE_KIOSK_VERIFY_KEY", "")
    with pytest.raises(ToyGuideError, match="cannot be read"):
        create_app(load_settings(bundle=bundle))


def test_command_line_over_environment_over_file_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[kiosk]\nport = 1\nhost = "file"\nbundle = "from-file"\n[shop]\nanything = true\n')
    monkeypatch.setenv("TOYGUIDE_KIOSK_PORT", "2")
    monkeypatch.setenv("TOYGUIDE_KIOSK_HOST", "environment")
    monkeypatch.setenv("TOYGUIDE_SHOP_PORT", "9")
    settings = load_settings(port=3, host=None)
    assert (settings.port, settings.host, settings.bundle) == (3, "environment", Path("from-file"))


def test_another_file(tmp_path: Path) -> None:
    write("[kiosk]\nport = 1\n")
    (tmp_path / "other.toml").write_text("[kiosk]\nport = 2\n", encoding="utf-8")
    assert load_settings(tmp_path / "other.toml").port == 2
    with pytest.raises(ToyGuideError, match=r"nowhere\.toml cannot be read"):
        load_settings(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("toml", "environment", "options", "said"),
    [
        ("[kiosk]\nprot = 1", {}, {}, r"toyguide\.toml, \[kiosk\]: there is no setting 'prot'"),
        ("[kiosk]\nport = 70000", {}, {}, r"toyguide\.toml, \[kiosk\], 'port' is not right"),
        ("kiosk = 3", {}, {}, "must be a table"),
        ("[kiosk", {}, {}, r"toyguide\.toml cannot be read as TOML"),
        ("", {"TOYGUIDE_KIOSK_PROT": "1"}, {}, "environment variable TOYGUIDE_KIOSK_PROT names no setting"),
        ("", {"TOYGUIDE_KIOSK_PORT": "many"}, {}, "environment variable TOYGUIDE_KIOSK_PORT is not right"),
        ("", {}, {"port": -1}, "option --port is not right"),
        ("", {}, {"default_youngest_months": 9999}, "option --default-youngest-months is not right"),
    ],
)
def test_a_mistake_names_its_source(
    monkeypatch: pytest.MonkeyPatch, toml: str, environment: dict[str, str], options: dict[str, int], said: str
) -> None:
    write(toml)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ToyGuideError, match=said):
        load_settings(**options)
