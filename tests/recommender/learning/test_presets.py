import pytest

from data.errors import ToyGuideError
from recommender.learning.presets import FOLDER, load_preset, preset_names


def test_the_presets_that_ship_are_whole():
    assert preset_names() == ["base", "base-sentences", "large", "small"]
    for name in preset_names():
        assert load_preset(name).name == name


def test_base_is_the_recipe_of_the_benchmark():
    base = load_preset("base")
    assert (base.model.width, base.model.temperature, base.model.dropout, base.model.max_history) == (
        256,
        0.07,
        0.5,
        20,
    )


def test_a_change_overrides_one_key():
    assert load_preset("small", epochs=3).training.epochs == 3


def test_a_preset_that_is_not_there_lists_those_that_are():
    with pytest.raises(ToyGuideError, match=r"no preset 'huge'.*base, base-sentences, large, small"):
        load_preset("huge")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("width = 0", r"'width'.*an int in \[8, 2048\]. Got 0"),
        ("sentences = 1", "'sentences' parameter of preset 'mine' must be true or false. Got 1"),
        ("width = true", "'width'.*Got True"),
        ("width = 64.5", "'width'.*Got 64.5"),
        ("heads = 5", r"'heads'.*a divisor of width \(96\). Got 5"),
        ("dropout = 1.0", "'dropout'.*Got 1.0"),
        ('temperature = "low"', "'temperature'.*Got 'low'"),
        ("wdith = 64", "unknown key 'wdith'"),
    ],
)
def test_a_wrong_key_is_named(tmp_path, line, message):
    key = line.split(" ")[0]
    kept = [row for row in (FOLDER / "small.toml").read_text().splitlines() if not row.startswith(f"{key} ")]
    file = tmp_path / "mine.toml"
    file.write_text("\n".join([*kept, line]))
    with pytest.raises(ToyGuideError, match=message):
        load_preset(str(file))


def test_a_missing_key_is_named(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        "\n".join(r for r in (FOLDER / "small.toml").read_text().splitlines() if not r.startswith("layers"))
    )
    with pytest.raises(ToyGuideError, match="lacks the key 'layers'"):
        load_preset(str(file))


def test_a_file_that_is_no_toml_is_named(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_bytes(b"width = \xff")
    with pytest.raises(ToyGuideError, match=r"mine\.toml cannot be read as TOML"):
        load_preset(str(file))
