import pytest

from data.errors import ToyGuideError
from data.ids import ToyIndex
from data.schema import EventKind
from recommender.base import Contact
from recommender.serving.past import Past, read_past

INDEX = ToyIndex(["a", "b", "c", "d", "e"])
HISTORY = [
    "a",
    Contact("b", EventKind.VIEW),
    Contact("c", EventKind.LIKE),
    Contact("ghost", EventKind.LIKE),
    Contact("c", EventKind.DISMISS),
    Contact("d", EventKind.RETURN),
]


def test_the_last_word_on_a_toy_counts_and_refused_toys_are_not_fed() -> None:
    past = read_past(INDEX, HISTORY, owned=["e", "phantom"])
    kinds = {1: EventKind.PURCHASE, 2: EventKind.VIEW, 3: EventKind.DISMISS, 4: EventKind.RETURN}
    assert past == Past(kinds, (1, 2), (5, 1), (3, 4), (2,), ("ghost", "phantom"))
    assert list(past.kinds) == [1, 2, 3, 4]


def test_for_a_gift_what_the_giver_bought_is_taste_and_not_what_the_child_has() -> None:
    past = read_past(INDEX, HISTORY, owned=["e"], purpose="gift")
    assert past.owned == (5,)
    assert past.fed == (1, 2)
    assert 1 not in past.seen


def test_an_unknown_purpose_is_refused() -> None:
    with pytest.raises(ToyGuideError, match=r"'purpose' parameter of recommend must be one of self, gift\. Got 'loan'"):
        read_past(INDEX, [], purpose="loan")  # type: ignore[arg-type]
