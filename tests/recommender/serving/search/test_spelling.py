import pytest

from data.schema import Toy
from recommender.serving.search.spelling import Spelling, distance

SPELLING = Spelling(
    [
        Toy("1", "Star puzzle, 60 pieces", category=("Puzzles",), description="a dinosaurus of another book"),
        Toy("2", "Wooden blocks", interests=("dinosaur",)),
        Toy("3", "Picture books", title_zh="图画书"),
        Toy("4", "Fire truck", brand="Zebrazip"),
        Toy("5", "More books"),
    ]
)


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("", "", 0),
        ("train", "train", 0),
        ("trian", "train", 1),
        ("blok", "block", 1),
        ("puzzel", "puzzle", 1),
        ("dinosor", "dinosaur", 2),
        ("ca", "abc", 3),
        ("train", "boat", 3),
        ("", "abc", 3),
    ],
)
def test_distance_counts_slips_up_to_a_bound(first: str, second: str, apart: int) -> None:
    assert distance(first, second, 2) == distance(second, first, 2) == apart


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("puzzels", "puzzles"),
        ("bloks", "blocks"),  # and not the more frequent books: its letters are those typed, and one more
        ("dinosor", "dinosaur"),
        ("zebrazipp", "zebrazip"),
        ("firetruck", "fire truck"),
        ("princes", None),  # pieces are as near by count, but share too little
        ("tru", None),
        ("图画本书", None),
        ("xylophone", None),
        ("x" * 200, None),
    ],
)
def test_the_nearest_word_is_found_or_none(typed: str, meant: str | None) -> None:
    assert SPELLING.nearest(typed) == meant


def test_a_frequent_word_is_meant_rather_than_a_rare_one_a_letter_nearer() -> None:
    toys = [Toy("0", "dinos"), *(Toy(f"{place}", "dinosaur") for place in range(1, 21))]
    assert Spelling(toys).nearest("dinosor") == "dinosaur"
    assert Spelling(toys[:2]).nearest("dinosor") == "dinos"


def test_words_that_begin_so_come_by_how_many_toys_have_them() -> None:
    assert SPELLING.begun("boo", 8) == ["books"]
    assert SPELLING.begun("p", 2) == ["picture", "pieces"]
    assert Spelling([]).begun("p", 2) == []
    assert Spelling([]).nearest("puzzle") is None
