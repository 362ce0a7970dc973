import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import BundleError
from data.schema import Audience, Hazard, Toy
from recommender.serving.catalogue import read_catalogue, read_descriptions, read_picture, write_catalogue

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
MAYBE = st.none() | TEXT
AGE = st.none() | st.integers(0, 1439)
TOYS = st.lists(
    st.builds(
        Toy,
        id=TEXT.filter(bool),
        title=TEXT,
        title_zh=MAYBE,
        description=MAYBE,
        brand=MAYBE,
        category=st.lists(TEXT, max_size=3).map(tuple),
        price=st.none() | st.decimals(0, 9999, places=2),
        currency=st.none() | st.just("GBP"),
        recommended_age=AGE,
        recommended_age_to=AGE,
        safety_min_age=AGE,
        hazards=st.lists(st.sampled_from(Hazard), unique=True).map(tuple),
        audience=st.sampled_from(Audience),
        interests=st.lists(TEXT, max_size=3).map(tuple),
        tags=st.lists(TEXT, max_size=3).map(tuple),
        picture=MAYBE,
        active=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda toy: toy.id,
)


@settings(max_examples=40)
@given(TOYS)
def test_a_catalogue_reads_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy]) -> None:
    file = tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite"
    write_catalogue(file, toys)
    assert read_catalogue(file) == toys
    light = read_catalogue(file, whole=False)
    assert [toy.picture for toy in light] == [None if toy.picture is None else "" for toy in toys]
    assert [toy.description for toy in light] == [None] * len(toys)
    told = [read_descriptions(file, row) for row in range(1, len(toys) + 1)]
    assert told == [(toy.description, toy.description_zh) for toy in toys]
    assert [read_picture(file, row) for row in range(1, len(toys) + 1)] == [toy.picture for toy in toys]


def test_only_the_catalogue_is_left_beside_it(tmp_path: Path, toys: list[Toy]) -> None:
    write_catalogue(tmp_path / "catalogue.sqlite", toys)
    assert [file.name for file in tmp_path.iterdir()] == ["catalogue.sqlite"]
    assert read_picture(tmp_path / "catalogue.sqlite", 999) is None


def test_it_can_be_read_where_nothing_may_be_written(tmp_path: Path, toys: list[Toy]) -> None:
    file = tmp_path / "a folder with ?#% in its name" / "catalogue.sqlite"
    write_catalogue(file, toys)
    file.chmod(0o444)
    file.parent.chmod(0o555)
    try:
        assert read_catalogue(file)[3].price == Decimal("24.00")
    finally:
        file.parent.chmod(0o755)


def test_what_is_no_catalogue_is_said_so(tmp_path: Path, toys: list[Toy]) -> None:
    file = tmp_path / "catalogue.sqlite"
    with pytest.raises(BundleError, match="is missing"):
        read_catalogue(file)
    file.write_bytes(b"this is not SQLite, " * 100)
    with pytest.raises(BundleError, match="cannot be read as a catalogue"):
        read_catalogue(file)
    write_catalogue(file, toys)
    connection = sqlite3.connect(file)
    connection.execute("DELETE FROM toys WHERE idx = 3")
    connection.commit()
    with pytest.raises(BundleError, match="Row 3 has idx 4"):
        read_catalogue(file)
    connection.execute("UPDATE toys SET idx = 3 WHERE idx = 12")
    connection.execute("UPDATE toys SET hazards = '[\"dragons\"]' WHERE idx = 1")
    connection.commit()
    connection.close()
    with pytest.raises(BundleError, match="row idx 1 is not a toy"):
        read_catalogue(file)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("safety_min_age", 35.5),
        ("safety_min_age", -1),
        ("safety_min_age", "three"),
        ("recommended_age_to", 2**40),
        ("price", "NaN"),
        ("price", "-1"),
        ("price", "cheap"),
    ],
)
def test_an_age_or_a_price_that_cannot_be_is_refused_not_rounded(
    tmp_path: Path, toys: list[Toy], column: str, value: object
) -> None:
    file = tmp_path / "catalogue.sqlite"
    write_catalogue(file, toys)
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE toys SET {column} = ? WHERE idx = 2", (value,))
    connection.close()
    with pytest.raises(BundleError, match="row idx 2 is not a toy"):
        read_catalogue(file)
