"""Every address that shows a toy, over random shops and households: nothing that may not be shown, and no page twice.

`may_see` states the rules a second time, from the toys' own rows. `make check` asks for many more examples than
`make test` does: the environment variable TOYGUIDE_EXAMPLES multiplies them.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kiosk import KioskSettings, create_app
from app.kiosk.state import Kiosk
from app.kiosk.store.house import Recall
from app.kiosk.store.rules import Terms
from data.schema import HAZARD_FLOOR_MONTHS, Audience, Hazard, Toy
from recommender.serving.barcodes import barcode_key

EXAMPLES = int(os.environ.get("TOYGUIDE_EXAMPLES", "1"))
TOYS = 48
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BRANDS, CATEGORIES = ("Ash", "Birch", "Cedar"), ("Trains", "Games", "Dolls", "Kites")
WORDS = ("red wooden train", "blue kite", "board game", "doll house", "big red puzzle")


def catalogue(seed: int) -> list[Toy]:
    rng = np.random.default_rng(seed)

    def maybe(values: list[int]) -> int | None:
        return None if rng.random() < 0.2 else int(rng.choice(values))

    return [
        Toy(
            id=f"t{place}",
            title=f"{rng.choice(WORDS)} {place}",
            title_zh=f"火车 {place}",
            brand=str(rng.choice(BRANDS)),
            category=("Toys", str(rng.choice(CATEGORIES))),
            price=None if rng.random() < 0.1 else Decimal(int(rng.integers(100, 5000))) / 100,
            recommended_age=maybe([0, 12, 36, 60]),
            safety_min_age=maybe([0, 0, 18, 36, 36, 96]),
            hazards=tuple(rng.choice(list(Hazard), size=rng.integers(0, 2), replace=False, p=None)),
            audience=rng.choice(list(Audience), p=[0.7, 0.1, 0.2]),
            interests=(str(rng.choice(["trains", "art"])),),
            barcode=f"40063813{place:05d}",
            active=bool(rng.random() < 0.95),
        )
        for place in range(TOYS)
    ]


@pytest.fixture(scope="module", params=[1, 2, 3])
def client(request, make_bundle, tmp_path_factory) -> Iterator[TestClient]:
    """A kiosk with a catalogue of its own; pages hold, a third of the places are on trial."""
    folder = tmp_path_factory.mktemp(f"paths{request.param}")
    bundle = make_bundle(folder / "bundle", catalogue(request.param), seed=request.param)
    settings = KioskSettings(bundle=bundle, database=folder / "k.sqlite", exploration=0.3, requests_per_second=0)
    with TestClient(create_app(settings, lambda: NOW)) as client:
        engine = client.app.state.kiosk.now.engine
        engine.together = np.random.default_rng(7).integers(0, TOYS + 1, (TOYS + 1, 8)).astype(np.int32)
        yield client


@dataclass(frozen=True)
class Shop:
    """What the shop said: toys by number."""

    recalled: frozenset[int]
    scanned: frozenset[int]
    counts: dict[int, int]
    whole: bool
    rules: tuple[Terms, ...]

    def tell(self, kiosk: Kiosk) -> None:
        with kiosk.database.writing() as connection:
            for table in ("recalls", "stock", "stock_lists", "rules"):
                connection.execute(f"DELETE FROM {table}")
        kiosk.house.recall(
            [
                *[Recall("toy_id", f"t{toy}") for toy in self.recalled],
                *[Recall("barcode", barcode_key(f"40063813{toy:05d}")) for toy in self.scanned],
                Recall("toy_id", "nobody's"),
            ],
            "Kim",
        )
        kiosk.house.stock_up("main", {f"t{toy}": count for toy, count in self.counts.items()}, self.whole, "Kim")
        for terms in self.rules:
            kiosk.rules.add(terms, "Kim")
        kiosk.refresh_house()

    def offers(self, toy: Toy) -> bool:
        """Whether recall, stock and staff let the toy be shown to anybody."""
        number = int(toy.id[1:])
        names = {"toy_id": {toy.id}, "brand": {toy.brand}, "category": set(toy.category)}
        hidden = any(
            rule.kind == "hide" and rule.value in names[rule.by]
            for rule in self.rules
            if (rule.starts is None or rule.starts <= NOW) and (rule.ends is None or rule.ends > NOW)
        )
        stock = self.counts.get(number, 0 if self.whole else 1)
        return toy.active and number not in self.recalled | self.scanned and stock > 0 and not hidden


def may_see(toy: Toy, recipient: int | None, youngest: int | None) -> bool:
    children = [age for age in (recipient, youngest) if age is not None and age < 216]
    smallest = min(children, default=36)
    known = 36 if toy.safety_min_age is None else toy.safety_min_age
    safe_from = max([known, *(HAZARD_FLOOR_MONTHS.get(hazard, 0) for hazard in toy.hazards)])
    if safe_from > smallest:
        return False
    if recipient is not None and recipient >= 216 and not children:
        return True
    vetted = toy.audience is Audience.CHILD or (toy.audience is Audience.UNKNOWN and toy.safety_min_age is not None)
    return vetted or (toy.audience is Audience.UNKNOWN and not children)


NUMBERS = st.integers(0, TOYS - 1)
AGES = st.none() | st.sampled_from([0, 6, 18, 35, 36, 40, 60, 96, 180, 216, 400])
WINDOWS = st.sampled_from([None, -2, -1, 1, 2]).map(lambda days: None if days is None else NOW + timedelta(days=days))


@st.composite
def rules(draw: st.DrawFn) -> Terms:
    kind = draw(st.sampled_from(["pin", "boost", "bury", "hide"]))
    toy = st.tuples(st.just("toy_id"), NUMBERS.map("t{}".format))
    brand = st.tuples(st.just("brand"), st.sampled_from(BRANDS))
    wide = brand | st.tuples(st.just("category"), st.sampled_from(CATEGORIES))
    starts, ends = draw(WINDOWS), draw(WINDOWS)
    if starts is not None and ends is not None and ends <= starts:
        ends = None
    by, value = draw(toy if kind == "pin" else toy | wide)
    strength = draw(st.sampled_from([0.5, 3.0])) if kind in ("boost", "bury") else None
    return Terms(kind, by, value, strength, 1 if kind == "pin" else None, starts, ends)


SHOPS = st.builds(
    Shop,
    st.frozensets(NUMBERS, max_size=5),
    st.frozensets(NUMBERS, max_size=3),
    st.dictionaries(NUMBERS, st.sampled_from([0, 0, 1, 9]), max_size=12),
    st.sampled_from([False, False, False, True]),
    st.lists(rules(), max_size=5).map(tuple),
)


def get(client: TestClient, path: str, **query: Any) -> list[dict[str, Any]]:
    response = client.get(path, params={name: value for name, value in query.items() if value is not None})
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def named(items: list[dict[str, Any]]) -> set[str]:
    """Toys that are shown or spoken of."""
    spoken = {reason.get("toy_id") for item in items for reason in item["reasons"]}
    return {item["toy"]["toy_id"] for item in items} | {toy for toy in spoken if toy}


@settings(max_examples=40 * EXAMPLES, deadline=None)
@given(
    shop=SHOPS,
    recipient=AGES,
    youngest=AGES,
    history=st.lists(NUMBERS, max_size=4, unique=True),
    owned=st.lists(NUMBERS, max_size=3),
    budget=st.none() | st.floats(2, 60),
    k=st.sampled_from([1, 7, 30, 100]),
)
def test_no_address_shows_or_names_what_may_not_be_shown(
    client: TestClient, shop: Shop, recipient, youngest, history, owned, budget, k
) -> None:
    kiosk: Kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    shop.tell(kiosk)
    toys = {toy.id: toy for toy in kiosk.now.engine.toys}
    sayable = {toy for toy in toys if toy.startswith("t")}

    def may(recipient: int | None) -> set[str]:
        return {toy for toy in sayable if shop.offers(toys[toy]) and may_see(toys[toy], recipient, youngest)}

    whom = {"age_months": recipient, "owned": [f"t{toy}" for toy in owned], "budget": budget}
    met = [f"t{toy}" for toy in history]
    body = {"history": met, "recipient": whom, "youngest_age_months": youngest, "k": k}

    mine = may(recipient) - set(met) - set(whom["owned"])
    if budget is not None:
        mine = {toy for toy in mine if toys[toy].price is None or toys[toy].price <= budget}
    shown: list[str] = []
    page = None
    while page is not None or not shown:
        answer = client.post("/v1/recommendations", json={**body, **({} if page is None else {"page": page})}).json()
        items = [item["toy"]["toy_id"] for item in answer["items"]]
        assert set(items) <= mine
        spoken = {reason["toy_id"] for item in answer["items"] for reason in item["reasons"] if "toy_id" in reason}
        assert all(may_see(toys[toy], recipient, youngest) for toy in spoken)
        assert not spoken & {f"t{toy}" for toy in shop.recalled | shop.scanned}
        shown += items
        page = answer["next_page"]
        if not items:
            break
    assert len(set(shown)) == len(shown)

    split = {"children": [{"recipient": whom}, {"recipient": {"age_months": 60}}], "budget": 80}
    shares = client.post("/v1/recommendations:split", json={**split, "youngest_age_months": youngest}).json()["shares"]
    children = [age for age in (36 if recipient is None else recipient, 60, youngest) if age is not None and age < 216]
    for share in shares:
        given_items = [*([share["item"]] if share["item"] else []), *share["alternatives"]]
        for item in given_items:
            toy = toys[item["toy"]["toy_id"]]
            assert shop.offers(toy)
            assert may_see(toy, None, min(children))

    anyone = may(None)
    anchor = f"t{history[0] if history else 0}"
    for path in (f"/v1/toys/{anchor}/similar", f"/v1/toys/{anchor}/together"):
        assert named(get(client, path, k=k, youngest_age_months=youngest)) <= anyone | (
            {anchor} if may_see(toys[anchor], None, youngest) else set()
        )
    assert named(get(client, "/v1/popular", k=k, youngest_age_months=youngest)) <= anyone
    for words in ("red train", "火车", "t"):
        assert named(get(client, "/v1/search", q=words, k=k, youngest_age_months=youngest)) <= anyone
    for toy in list(toys)[:5]:
        page_of = client.get(f"/v1/toys/{toy}", params={} if youngest is None else {"youngest_age_months": youngest})
        assert page_of.json()["safe"]["allowed"] == (toy in anyone)
    checked = {"toy_ids": list(toys)[:5], **({} if youngest is None else {"youngest_age_months": youngest})}
    for toy in client.post("/v1/toys:check", json=checked).json()["toys"]:
        assert toy["safe"]["allowed"] == (toy["rules"] == []) == (toy["toy_id"] in anyone)
