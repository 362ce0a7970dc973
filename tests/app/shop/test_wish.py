"""What is sought, as values."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from app.shop import session as moves
from app.shop import wish as wishes
from app.shop.models import Item, Toy
from app.shop.session import Who, new_session
from app.shop.wish import MAX_WORDS, Order, Wish


def test_what_is_typed_becomes_one_line() -> None:
    wish = wishes.say(Wish(wanted=36), "  wooden \t train\n\u0000set\u202e ")
    assert (wish.words, wish.cut, wish.wanted) == ("wooden train set", False, wishes.PAGE)
    assert wishes.say(wish, " \n ").words == ""


@pytest.mark.parametrize("typed", ["x" * 10_000, "train " * 2000, "🦖" * 10_000, "火车" * 5000])
def test_what_is_too_long_is_cut_and_says_so(typed: str) -> None:
    wish = wishes.say(Wish(), typed)
    assert wish.cut
    assert 190 <= len(wish.words) <= MAX_WORDS
    assert typed.startswith(wish.words)
    assert not wish.words.endswith("tr"), "a word is not cut in two"
    assert not wishes.say(wish, "train").cut


def test_two_hundred_characters_are_not_too_many() -> None:
    wish = wishes.say(Wish(), "x" * MAX_WORDS)
    assert (len(wish.words), wish.cut) == (MAX_WORDS, False)


def test_a_query_states_what_was_said_and_no_more() -> None:
    assert wishes.query_for(Wish(), None, "en") == {"k": 100, "language": "en"}
    wish = wishes.choose(
        wishes.say(Wish(), "train"), category="Trains", brand="Holt", price=(10, 20), age_months=48, in_stock=True
    )
    assert wishes.query_for(wish, 20, "zh", 1) == {
        "k": 1, "language": "zh", "q": "train", "youngest_age_months": 20, "category": "Trains", "brand": "Holt",
        "price_min": 10, "price_max": 20, "age_months": 48, "in_stock": "true",
    }  # fmt: skip
    newborn = wishes.query_for(wishes.choose(Wish(), price=(0, 10), age_months=0), 0, "en")
    assert newborn == {"k": 100, "language": "en", "price_max": 10, "age_months": 0, "youngest_age_months": 0}
    assert "price_max" not in wishes.query_for(wishes.choose(Wish(), price=(50, None)), None, "en")


def test_filters_are_let_go_one_by_one() -> None:
    wish = wishes.choose(wishes.say(Wish(), "train"), brand="Holt", age_months=0, in_stock=True)
    assert wish.filtered == ("brand", "age_months", "in_stock")
    assert wishes.let_go(wish, ("age_months",)).filtered == ("brand", "in_stock")
    assert wishes.let_go(wish, wishes.FILTERS).filtered == ()
    assert wishes.let_go(wish, wishes.FILTERS).words == "train"


def test_more_ends_at_what_the_kiosk_gives() -> None:
    wish = Wish()
    for _ in range(20):
        wish = wishes.more(wish)
    assert wish.wanted == wishes.MAX_K
    assert wishes.choose(wish, order=Order.DEAR).wanted == wishes.PAGE


def test_orders_put_what_is_not_known_last(toy: Callable[..., Toy]) -> None:
    items = [
        Item(toy=toy(name, price=price, recommended_age=age))
        for name, price, age in (
            ("unknown", None, None), ("b", Decimal(20), 36), ("a", Decimal(5), 48), ("c", Decimal(20), 0),
        )
    ]  # fmt: skip

    def names(order: Order) -> str:
        return " ".join(item.toy.toy_id for item in wishes.in_order(items, order))

    assert names(Order.FIT) == "unknown b a c"
    assert names(Order.CHEAP) == "a b c unknown"
    assert names(Order.DEAR) == "b c a unknown"
    assert names(Order.AGE) == "c b a unknown"


def test_ranges_of_prices_meet() -> None:
    assert wishes.price_ranges((10, 20, 50)) == ((0, 10), (10, 20), (20, 50), (50, None))
    assert wishes.price_ranges(()) == ()


def test_the_youngest_of_the_visit_is_of_everybody_in_it() -> None:
    visit = new_session("en")
    assert visit.youngest is None
    visit = moves.answer(visit, age_months=72, youngest_months=24)
    visit = moves.answer(moves.use(visit, Who.ME), age_months=216)
    assert visit.profile.youngest is None
    assert visit.youngest == 24, "said on another page, and still in the house"


def test_a_wish_is_the_visits_and_no_profiles() -> None:
    visit = moves.seek(new_session("en"), wishes.say, "train")
    assert moves.use(moves.speak(visit, "zh"), Who.ME).wish.words == "train"
    assert new_session("en").wish == Wish()
