import re
import xml.etree.ElementTree as ET
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.pictures import MOST_BYTES, draw
from data.pictures.colours import REFERENCE
from data.pictures.motifs import FALLBACK, choose_motif, rules
from data.schema import Toy
from data.world.catalogue import build_catalogue

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {SVG + name for name in ("svg", "g", "path", "rect", "circle", "ellipse")}
MOTIFS = sorted(file.name.removesuffix(".svg") for file in (files("data.pictures") / "drawings").iterdir())


def check(picture: str) -> None:
    """A picture a kiosk can show as it is: well-formed, square, small, nothing but shapes."""
    root = ET.fromstring(picture)
    assert root.tag == SVG + "svg"
    assert root.get("viewBox") == "0 0 200 200"
    assert len(picture.encode()) <= MOST_BYTES
    for element in root.iter():
        assert element.tag in DRAWN
        assert not (element.text or "").strip()
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            assert "href" not in name
            assert name not in {"style", "class", "id"}
            assert "url(" not in value
            assert "nan" not in value


def test_there_are_enough_motifs_and_each_has_a_rule() -> None:
    assert len(MOTIFS) >= 30
    named = {motif for words in rules().values() for motif in words.values()} | {FALLBACK}
    assert named == set(MOTIFS)


@pytest.mark.parametrize("motif", MOTIFS)
def test_every_drawing_is_a_file_of_its_own_in_the_reference_colours(motif: str) -> None:
    text = (files("data.pictures") / "drawings" / f"{motif}.svg").read_text(encoding="utf-8")
    ET.fromstring(text)
    assert set(re.findall(r"#[0-9a-f]{6}", text)) <= {*REFERENCE, "#3a3042"}


def test_every_toy_of_the_simulated_shop_gets_a_picture() -> None:
    toys = build_catalogue(1500, 2).toys
    for toy in toys:
        check(draw(toy))
    motifs = [choose_motif(toy) for toy in toys]
    assert len(set(motifs)) > 80
    assert motifs.count(FALLBACK) / len(motifs) < 0.05


@pytest.mark.parametrize(
    ("title", "category", "motif"),
    [
        ("LEGO Star Wars Clone Troopers vs Droidekas 75000", ("Toys & Games", "Building Toys"), "bricks"),
        ("Dinosaur Valley Floor Puzzle, 48 Pieces", (), "puzzle"),
        ("Fire Engine", (), "fire-engine"),
        ("Bear Rattle", (), "rattle"),
        ("Bunny Soft Toy with Book", (), "bunny"),
        ("Plush friend", (), "bear"),
        ("Wooden Railway Engine", (), "train"),
        ("Robot City Board Game (for 2 players)", (), "board-game"),
        ("Two Puppies", (), "dog"),
        ("Rainbow Flying Disc", ("Outdoor & Sports", "Garden"), "flying-disc"),
        ("飞盘", ("Outdoor & Sports",), "flying-disc"),
        ("Sloth Hand Puppet", ("Soft Toys",), "sloth"),
        ("小树懒毛绒公仔", (), "sloth"),
        ("Anywhere Table Tennis", (), "table-tennis"),
        ("儿童篮球架", (), "hoop"),
        ("Green Football", (), "ball"),
        ("Zorblax 3000", ("Toys & Games", "Science", "Microscopes"), "microscope"),
        ("恐龙谷地板拼图", (), "puzzle"),
        ("Zorblax 3000", (), FALLBACK),
        ("", (), FALLBACK),
    ],
)
def test_the_words_choose_the_motif(title: str, category: tuple[str, ...], motif: str) -> None:
    toy = Toy(id="x", title=title, title_zh=title, category=category)
    assert choose_motif(toy) == motif


def test_interests_choose_where_words_say_nothing() -> None:
    assert choose_motif(Toy(id="x", title="Zorblax", interests=("dinosaurs",))) == "dinosaur"


def test_a_colour_in_the_title_is_the_main_colour() -> None:
    for toy_id in "abcdefgh":
        assert "#d6493f" in draw(Toy(id=toy_id, title="Red Tricycle"))


def test_the_same_toy_is_the_same_picture_and_others_differ() -> None:
    pictures = {draw(Toy(id=str(n), title="Teddy bear")) for n in range(60)}
    assert draw(Toy(id="1", title="Teddy bear")) in pictures
    assert len(pictures) > 30


@given(st.text(max_size=60), st.text(max_size=200), st.lists(st.text(max_size=30), max_size=3))
def test_any_words_at_all_make_a_safe_picture(toy_id: str, title: str, category: list[str]) -> None:
    check(draw(Toy(id=toy_id, title=title, title_zh=title, category=tuple(category), interests=tuple(category))))
