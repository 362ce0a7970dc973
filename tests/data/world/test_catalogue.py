import re
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest

from data.schema import Audience, Hazard, safety_floor
from data.world.catalogue import Catalogue, build_catalogue
from data.world.words import INTERESTS, brands, kinds, looks

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return build_catalogue(3000, 7)


def test_the_word_tables_are_whole() -> None:
    assert len(kinds()) >= 120
    assert len({kind.slug for kind in kinds()}) == len(kinds())
    groups, shelves = {look.group for look in looks()}, Counter(shelf for brand in brands() for shelf in brand.shelves)
    for kind in kinds():
        assert set(kind.interests) <= set(INTERESTS), kind.slug
        assert kind.looks in groups
        assert shelves[kind.category[0]] >= 3
        assert 0 <= kind.from_months < kind.to_months
        assert 0 < kind.price[0] < kind.price[1]
        assert HAN.search(kind.zh)
        assert HAN.search(kind.blurb_zh)
        assert kind.blurb_en
    for look in looks():
        assert set(look.interests) <= set(INTERESTS)
        assert HAN.search(look.zh)
    for names in ([brand.en for brand in brands()], [brand.zh for brand in brands()]):
        assert len(set(names)) == len(names)


def test_no_two_toys_share_a_name(catalogue: Catalogue) -> None:
    for names in (
        [t.title for t in catalogue.toys],
        [t.title_zh for t in catalogue.toys],
        [t.id for t in catalogue.toys],
    ):
        assert len(set(names)) == len(names) == 3000
    assert all(HAN.search(toy.title_zh or "") for toy in catalogue.toys)
    assert not any(HAN.search(toy.title) or "{" in toy.title for toy in catalogue.toys)


def test_more_toys_than_combinations_are_new_editions() -> None:
    many = build_catalogue(62_000, 1)
    assert len({toy.title for toy in many.toys}) == len({toy.title_zh for toy in many.toys}) == 62_000
    assert sum("(Edition 2)" in toy.title for toy in many.toys) > 1000


def test_every_kind_is_on_the_shelf(catalogue: Catalogue) -> None:
    assert set(catalogue.kind) == set(range(len(kinds())))


def test_hazards_follow_from_the_kind(catalogue: Catalogue) -> None:
    by_kind = {kinds()[row].slug: toy for row, toy in zip(catalogue.kind, catalogue.toys, strict=True)}
    assert {Hazard.MARBLE, Hazard.SMALL_BALL} <= set(by_kind["marbles"].hazards)
    assert {Hazard.MARBLE, Hazard.SMALL_BALL} <= set(by_kind["marble-run"].hazards)
    assert Hazard.BUTTON_BATTERY in by_kind["musical-book"].hazards
    assert Hazard.BALLOON in by_kind["balloons"].hazards
    assert Hazard.MAGNET in by_kind["magnet-sculpture"].hazards
    assert Hazard.PROJECTILE in by_kind["soft-archery"].hazards


def test_no_toy_is_called_safe_below_its_hazards(catalogue: Catalogue) -> None:
    unknown = 0
    for toy in catalogue.toys:
        if toy.safety_min_age is None:
            unknown += 1
            assert toy.recommended_age is None
            continue
        assert toy.recommended_age is not None
        assert toy.safety_min_age >= max(safety_floor(toy.hazards), toy.recommended_age)
        if Hazard.MARBLE in toy.hazards:
            assert toy.safety_min_age >= 36
    assert 0.02 < unknown / 3000 < 0.07
    raised = [t for t in catalogue.toys if t.safety_min_age and t.safety_min_age > (t.recommended_age or 0)]
    assert raised  # a musical book is good from 12 months and safe from 36


def test_audiences(catalogue: Catalogue) -> None:
    counts = Counter(toy.audience for toy in catalogue.toys)
    assert counts[Audience.CHILD] > 2700
    assert counts[Audience.ADULT] >= 20
    assert counts[Audience.UNKNOWN] >= 20
    for toy, (start, _) in zip(catalogue.toys, catalogue.ages, strict=True):
        if toy.audience is Audience.ADULT:
            assert start >= 216
        if toy.audience is Audience.CHILD:
            assert start < 216


def test_prices_and_facts(catalogue: Catalogue) -> None:
    priced = [toy for toy in catalogue.toys if toy.price is not None]
    assert 0.95 < len(priced) / 3000 < 1
    for toy in priced:
        assert isinstance(toy.price, Decimal)
        assert toy.price.as_tuple().exponent == -2
        assert Decimal("0.99") < toy.price < 800
        assert toy.currency == "GBP"
    assert all((toy.price is None) == (toy.currency is None) for toy in catalogue.toys)
    assert all(1 <= len(toy.interests) <= 6 and set(toy.interests) <= set(INTERESTS) for toy in catalogue.toys)
    assert all(re.fullmatch(r"[A-Z]\d+", toy.aisle or "") for toy in catalogue.toys)
    ranges = [t for t in catalogue.toys if t.recommended_age is not None and t.recommended_age_to is not None]
    assert all(t.recommended_age < t.recommended_age_to for t in ranges)


def test_barcodes_are_valid_in_store_ean13(catalogue: Catalogue) -> None:
    codes = [toy.barcode or "" for toy in catalogue.toys]
    assert len(set(codes)) == 3000
    for code in codes:
        assert re.fullmatch(r"2\d{12}", code)
        assert (sum(int(d) for d in code[::2]) + 3 * sum(int(d) for d in code[1::2])) % 10 == 0


def test_series_continue_in_order(catalogue: Catalogue) -> None:
    stage = [int(t.tags[1].partition(":")[2]) if t.tags else 0 for t in catalogue.toys]
    followed = np.flatnonzero(catalogue.next_in_series >= 0)
    assert len(followed) > 300
    for row in followed:
        after = catalogue.next_in_series[row]
        assert catalogue.toys[row].tags[0] == catalogue.toys[after].tags[0]
        assert stage[after] == stage[row] + 1
    railway = [kinds()[k].slug for k in catalogue.kind[followed] if kinds()[k].family == "railway"]
    assert {"railway-track", "railway-engine"} <= set(railway)


def test_the_same_seed_makes_the_same_catalogue(catalogue: Catalogue) -> None:
    assert build_catalogue(3000, 7).toys == catalogue.toys
    assert build_catalogue(3000, 8).toys != catalogue.toys
