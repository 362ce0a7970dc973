import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.serving.search.words import is_cjk, pairs, parts, phrase, sought_words, spaced, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Die-Cast STEAM Engine, 2-in-1", ["die", "cast", "steam", "engine", "2", "in", "1"]),
        ("Noah's Ark & the doll’s house", ["noahs", "ark", "the", "dolls", "house"]),
        ("Pokémon ＬＥＧＯ ①", ["pokemon", "lego", "1"]),
        ("木制火车头 20cm", ["木制火车头", "20cm"]),
        ("lego积木", ["lego", "积木"]),
        ('"title: * NEAR(-^', ["title", "near"]),
        ("\0\ud800🚂_", []),
    ],
)
def test_text_is_cut_into_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_chinese_is_indexed_a_character_a_token_and_sought_as_a_phrase() -> None:
    assert spaced("蒸汽火车头 Steam") == "蒸 汽 火 车 头 steam"
    assert phrase("火车") == '"火 车"'
    assert phrase("train") == '"train"'
    assert pairs("木头积木") == ["木头", "头积", "积木"]


def test_a_sentence_asks_for_what_is_left_of_it() -> None:
    assert parts("给三岁宝宝的积木") == ["积木"]
    assert parts("积木和拼图") == ["积木", "拼图"]
    assert parts("狗狗") == ["狗"]
    assert parts("玩具") == ["玩具"]


def test_words_that_say_nothing_are_sought_only_where_nothing_else_was_typed() -> None:
    assert sought_words("a train for the train set", 12) == ["train", "set"]
    assert sought_words("for the", 12) == ["for", "the"]
    assert sought_words("a b c d e f", 3) == ["b", "c", "d"]


@given(st.text(max_size=60))
def test_nothing_but_letters_and_digits_is_left_of_any_text(text: str) -> None:
    found = words(text)
    assert all(word and (word.isalnum() or is_cjk(word)) for word in found)
    assert words(" ".join(found)) == found, "what was read once reads the same again"
    assert all(phrase(word).count('"') == 2 for word in found)
    assert [word for word in found if not is_cjk(word)] == [word for word in spaced(text).split() if not is_cjk(word)]
