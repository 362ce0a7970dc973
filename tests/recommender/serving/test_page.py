import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ToyGuideError
from recommender.serving.page import MAX_SHOWN, MAX_TOKEN, Marks, is_of, read_page, write_page

MODEL = "925784a2026d67e9df12b2663b191445"
IDS = [f"toy-{place}" for place in range(1, 1201)]
MARKS = Marks(IDS)


@given(st.lists(st.integers(1, 1200), max_size=100, unique=True))
def test_what_was_shown_comes_back_from_a_token(places: list[int]) -> None:
    token = write_page(MODEL, MARKS.of(places))
    assert token is not None
    model, marks = read_page(token)
    assert is_of(MODEL, model)
    assert not is_of("a" * 32, model)
    assert MARKS.find(marks) == tuple(places)
    assert token.replace("-", "").replace("_", "").isalnum()


def test_marks_hold_in_another_catalogue() -> None:
    """Another order, other toys: what is there is found, the rest left out."""
    other = Marks([*reversed(IDS[:50]), "new"])
    assert other.find(MARKS.of([1, 50, 51])) == (50, 1)
    assert Marks([]).find(MARKS.of([1])) == ()


def test_a_list_ends_when_it_is_as_long_as_it_may_be() -> None:
    longest = write_page(MODEL, MARKS.of(range(1, MAX_SHOWN)))
    assert longest is not None
    assert len(longest) <= MAX_TOKEN
    assert write_page(MODEL, MARKS.of(range(1, MAX_SHOWN + 1))) is None


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    said, found = "The 'page' parameter of recommend must be the next_page of an answer", ()
    try:
        found = MARKS.find(read_page(text)[1])
    except ToyGuideError as error:
        said = str(error)
    assert said.startswith("The 'page' parameter of recommend must be the next_page of an answer")
    assert found == ()


@pytest.mark.parametrize("cut", [1, 2, 5, 11])
def test_a_token_cut_short_is_refused_or_shows_less(cut: int) -> None:
    token = write_page(MODEL, MARKS.of([3, 4]))
    assert token is not None
    with pytest.raises(ToyGuideError):
        read_page(token[:-cut])
