"""The staff page's logic under AppTest, over a real kiosk and with real keys. Two browsers are in tests/system."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.kiosk.store.keys import Role
from app.shop.pages.staff import desk, door, log
from app.shop.pages.staff.desk import Section
from app.shop.staff_models import Change
from app.shop.tries import BROWSER_TRIES, Tries
from data.schema import Toy
from recommender.serving.publish import publish

BARCODES = {"engine": "4006381333931", "track": "4006381333931", "bear": "5012345678900"}


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy], make_bundle: Callable[..., Path]) -> Path:
    marked = [replace(toy, barcode=BARCODES.get(toy.id)) for toy in toys]
    return make_bundle(tmp_path_factory.mktemp("bundles") / "marked", marked, encoder=True)


def page(home: str) -> None:
    from app.shop.site import run

    run(home)


@pytest.fixture
def closed(kiosk: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    monkeypatch.setenv("TOYGUIDE_SHOP_API", kiosk.address)
    monkeypatch.setattr(door, "browser", lambda: "the till's")  # there is none here; tests/system has two

    def opened(home: str = "staff", **query: str) -> AppTest:
        shop = AppTest.from_function(page, kwargs={"home": home}, default_timeout=60)
        for name, value in query.items():
            shop.query_params[name] = value
        return healthy(shop.run())

    return opened


@pytest.fixture
def staff(closed: Callable[..., AppTest], kiosk: Any) -> Callable[..., AppTest]:
    """`staff(role, **query)`: the page with a new key of that role in."""

    def unlocked(role: Role = Role.CLERK, **query: str) -> AppTest:
        return give(closed(**query), kiosk.keys.add({Role.CLERK: "Kim", Role.MANAGER: "Mo"}[role], role))

    return unlocked


def healthy(shop: AppTest) -> AppTest:
    assert not shop.exception, shop.exception
    return shop


def give(shop: AppTest, key: str) -> AppTest:
    shop.text_input(key="staff-key").set_value(key)
    return tap(shop, "staff-unlock-go")


def tap(shop: AppTest, key: str) -> AppTest:
    return healthy(shop.button(key=key).click().run())


def keys(shop: AppTest) -> set[str]:
    return {str(button.key) for button in shop.button}


def words(shop: AppTest) -> str:
    found = (element.proto.body for element in shop.get("html"))
    return "\n".join(words for words in found if not words.startswith("<style>"))


def go(shop: AppTest, section: Section) -> AppTest:
    return healthy(shop.get_by_key("staff-section").set_value(section).run())


def seek(shop: AppTest, text: str) -> AppTest:
    return healthy(shop.text_input(key="staff-find").set_value(text).run())


def state(shop: AppTest) -> Any:
    return shop.session_state["desk"]


# ---- the key ----


def test_a_key_opens_what_its_role_allows_and_lies_nowhere_else(
    closed: Callable[..., AppTest], kiosk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    key = kiosk.keys.add("Kim", Role.CLERK)
    shop = give(closed(), key)
    assert "Kim · sales staff" in words(shop)
    assert state(shop).sections == (
        Section.FIND, Section.RULES, Section.RECALLS, Section.STOCK, Section.TODAY,
    )  # fmt: skip
    kept = {name: value for name, value in shop.session_state._state.filtered_state.items() if name != "desk"}
    assert key not in repr(kept)
    assert key not in repr(state(shop))
    assert key not in repr(shop.query_params)
    assert key not in words(shop)
    shop = tap(shop, "staff-lock")
    assert "Kim" not in words(shop)
    assert key not in repr(shop.session_state._state.filtered_state)
    assert "/v1/staff/key" in caplog.text
    assert key not in caplog.text


def test_a_manager_is_offered_more(staff: Callable[..., AppTest]) -> None:
    assert set(state(staff(Role.MANAGER)).sections) == set(Section)


def test_after_five_wrong_keys_the_door_is_shut_for_a_while_in_every_tab(
    closed: Callable[..., AppTest], kiosk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    counted = Tries(lambda: now[0])
    monkeypatch.setattr(door, "tries", lambda: counted)
    right = kiosk.keys.add("Kim", Role.CLERK)
    shop, opened_before = closed(), closed()
    for number in range(BROWSER_TRIES):
        assert "Too many" not in words(shop)
        shop = give(shop, f"toyguide_{number}")
        assert shop.text_input(key="staff-key").value == ""
    assert "Too many wrong keys. You can try again at" in words(shop)
    assert "in 30 seconds" in words(shop)
    another_tab = closed()
    assert another_tab.text_input(key="staff-key").disabled
    assert "Too many wrong keys" in words(another_tab)
    assert "Kim" not in words(give(opened_before, right)), "not even the right key is looked at"
    now[0] = 31
    assert "Kim · sales staff" in words(give(closed(), right))
    assert "Too many" not in words(closed())


@pytest.mark.parametrize("key", ["x\r\nX-Evil: 1", "ключ", "x" * 10_000, "<script>alert(1)</script>"])
def test_what_cannot_be_a_key_is_a_wrong_one(closed: Callable[..., AppTest], key: str) -> None:
    shop = give(closed(), key)
    assert "This key is not right" in words(shop)
    assert "<script" not in words(shop)
    for _ in range(BROWSER_TRIES - 1):
        shop = give(shop, key)
    assert "Too many wrong keys" in words(shop), "it counts as any other"


def test_an_empty_field_is_no_try(closed: Callable[..., AppTest]) -> None:
    shop = closed()
    for _ in range(BROWSER_TRIES + 1):
        shop = give(shop, "  ")
    assert "Too many" not in words(shop)


def test_a_kiosk_that_is_away_says_nothing_of_a_key(closed: Callable[..., AppTest], kiosk: Any) -> None:
    key = kiosk.keys.add("Kim", Role.CLERK)
    shop = closed()
    kiosk.stop()
    for _ in range(BROWSER_TRIES + 1):
        shop = give(shop, key)
        assert "No kiosk answers" in words(shop)
    kiosk.start()
    assert "Kim" in words(give(shop, key))


def test_a_page_that_nobody_uses_locks_itself(staff: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [desk.clock()]
    monkeypatch.setattr(desk, "clock", lambda: now[0])
    shop = seek(staff(), "engine")
    now[0] += desk.IDLE_SECONDS - 1
    shop = healthy(shop.run())
    assert "Steam engine" in words(shop)
    now[0] += desk.IDLE_SECONDS + 1
    shop = tap(shop, "staff-hide")
    assert "so it locked itself" in words(shop)
    assert "Steam engine" not in words(shop)


def test_a_tap_on_a_page_that_should_be_locked_does_nothing(
    staff: Callable[..., AppTest], kiosk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [desk.clock()]
    monkeypatch.setattr(desk, "clock", lambda: now[0])
    shop = seek(staff(), "engine")
    now[0] += desk.IDLE_SECONDS + 1
    tap(shop, "staff-hide")
    assert kiosk.now().staff.rules == ()


def test_a_key_that_is_taken_away_in_the_middle_locks_the_page_and_says_so(
    staff: Callable[..., AppTest], kiosk: Any
) -> None:
    shop = seek(staff(), "engine")
    kiosk.keys.remove("Kim")
    shop = tap(shop, "staff-hide")
    assert "the key is no longer taken" in words(shop)
    assert "This kiosk knows no such staff key." in words(shop)
    assert "Steam engine" not in words(shop)


def test_an_expired_key_is_told_from_a_wrong_one(closed: Callable[..., AppTest], kiosk: Any) -> None:
    key = kiosk.keys.add("Sam", Role.CLERK, 1)
    kiosk.set_clock(lambda: datetime.now(UTC) + timedelta(days=2))
    assert "The key &#x27;Sam&#x27; expired at" in words(give(closed(), key))


# ---- one toy ----


@pytest.mark.parametrize(
    ("sought", "title"),
    [("bear", "Sleepy bear"), ("5 012345-678900", "Sleepy bear"), ("５０１２３４５６７８９００", "Sleepy bear")],
)
def test_a_toy_is_found_by_its_id_and_by_its_barcode(staff: Callable[..., AppTest], sought: str, title: str) -> None:
    shop = seek(staff(), sought)
    assert f"<h2>{title}</h2>" in words(shop)
    assert shop.text_input(key="staff-find").value == "", "a scanner writes behind what stands there"


def test_words_find_what_shoppers_are_not_shown_and_two_toys_may_share_a_barcode(
    staff: Callable[..., AppTest],
) -> None:
    shop = seek(staff(), "tin robot")
    shop = tap(shop, "staff-open-retired")
    assert "Is not shown to shoppers" in words(shop)
    shop = seek(shop, BARCODES["engine"])
    assert {"staff-open-engine", "staff-open-track"} <= keys(shop)
    shop = seek(shop, "submarine")
    assert "Nothing is found for “submarine”" in words(shop)
    shop = seek(shop, "<script>alert(1)</script>")
    assert "<script" not in words(shop)


def test_safe_for_her_and_why_not(staff: Callable[..., AppTest]) -> None:
    shop = seek(staff(), "marbles")
    assert "Shown where every child there is 5 years or older" in words(shop)
    shop = healthy(shop.get_by_key("staff-youngest").set_value(36).run())
    assert "Is not shown where the youngest is 3 years" in words(shop)
    assert "Not for children under age 5." in words(shop)
    shop = healthy(shop.get_by_key("staff-youngest").set_value(72).run())
    assert "May be shown where the youngest is 6–7 years" in words(shop)


def test_hiding_and_showing_again(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(seek(staff(), "engine"), "staff-hide")
    assert "no shopper sees it from now on" in words(shop)
    assert [(rule.terms.kind, rule.terms.value) for rule in kiosk.now().staff.rules] == [("hide", "engine")]
    shop = go(shop, Section.RULES)
    assert "Hidden: Steam engine" in words(shop)
    (rule,) = kiosk.now().staff.rules
    shop = tap(shop, f"staff-rule-open-{rule.rule_id}")
    assert "<h2>Steam engine</h2>" in words(shop)
    shop = tap(shop, "staff-unhide")
    assert "It is hidden no more." in words(shop)
    assert kiosk.now().staff.rules == ()


def test_a_boost_is_previewed_before_it_is_made(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = seek(staff(), "station")
    shop = healthy(shop.get_by_key("staff-youngest").set_value(60).run())
    shop = tap(shop, "staff-form-boost")
    assert kiosk.now().staff.rules == (), "looking changes nothing"
    assert 'class="it"' in words(shop)
    shop = healthy(shop.get_by_key("staff-strength-boost-station").set_value(3.0).run())
    assert re.search(r'class="it"><span>Little station</span><em>was [0-9]', words(shop))
    day = datetime.now(UTC).date() + timedelta(days=400)
    shop = healthy(shop.date_input(key="staff-starts-boost-station").set_value(day).run())
    shop = healthy(shop.date_input(key="staff-ends-boost-station").set_value(day - timedelta(days=1)).run())
    assert "The last day must not be before the first." in words(shop)
    shop = healthy(shop.date_input(key="staff-ends-boost-station").set_value(day).run())
    shop = tap(shop, "staff-rule-save")
    assert "The rule is kept, and is not in force now." in words(shop)
    (rule,) = kiosk.now().staff.rules
    assert (rule.terms.kind, rule.terms.strength, rule.terms.value) == ("boost", 3.0, "station")
    assert rule.terms.ends - rule.terms.starts == timedelta(days=1)
    assert "not in force now" in words(shop), "a rule that is still to come stands with its toy"


def test_who_was_quicker_is_said_and_the_next_tap_decides(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(tap(seek(staff(), "engine"), "staff-form-boost"), "staff-rule-save")
    (rule,) = kiosk.now().staff.rules
    shop = tap(shop, f"staff-change-{rule.rule_id}")
    kiosk.rules.replace(rule.rule_id, 1, replace(rule.terms, strength=0.5), "Ada")
    shop = healthy(shop.get_by_key(f"staff-strength-boost-{rule.rule_id}").set_value(2.0).run())
    shop = tap(shop, "staff-rule-save")
    assert "Ada changed this rule at" in words(shop)
    assert "strength: 1.0 → 0.5." in words(shop)
    shop = tap(shop, "staff-rule-save")
    assert "The rule is in force." in words(shop)
    assert [rule.terms.strength for rule in kiosk.now().staff.rules] == [2.0]


def test_stock_is_counted_and_a_toy_sold_no_longer_asks_once(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = seek(staff(), "engine")
    shop.number_input(key="staff-count-engine-None").set_value(0)
    shop = tap(shop, "staff-count-go")
    assert "Stock is 0 now." in words(shop)
    assert "Is not shown to shoppers" in words(shop)
    shop = tap(shop, "staff-retire")
    assert "Only a manager can take that back." in words(shop)
    shop = tap(shop, "staff-no-retire")
    assert "staff-yes-retire" not in keys(shop)
    shop = tap(tap(shop, "staff-retire"), "staff-yes-retire")
    assert "It is sold no longer" in words(shop)
    assert "staff-restore" not in keys(shop), "a clerk may not"
    shop = tap(seek(give(tap(shop, "staff-lock"), kiosk.keys.add("Mo", Role.MANAGER)), "engine"), "staff-restore")
    assert "It is sold again." in words(shop)


# ---- lists ----


@pytest.mark.parametrize(
    "content",
    [
        "barcode;reason;source\n5012345678900;paint;maker\n00000000;small parts;",
        '{"recalls": [{"barcode": "5012345678900", "reason": "paint", "source": "maker"}, {"barcode": "00000000"}]}',
        '[{"barcode": "5012345678900", "reason": "paint", "source": "maker"}, {"barcode": "00000000"}]',
    ],
)
def test_a_recall_list_and_what_each_line_came_to(staff: Callable[..., AppTest], kiosk: Any, content: str) -> None:
    shop = go(staff(Role.MANAGER), Section.RECALLS)
    shop.text_area(key="staff-recalls-words-0").set_value(content)
    shop = tap(shop, "staff-recall-go")
    assert "In force now: 2 new, 0 known before." in words(shop)
    assert "bear: off every shelf" in words(shop)
    assert "no toy of ours has it. Is a digit missing?" in words(shop)
    assert "Recalls in force (2)" in words(shop)
    assert "Sleepy bear" in words(shop)
    assert shop.text_area(key="staff-recalls-words-1").value == ""
    recall = next(recall.value for recall in kiosk.now().recalls if recall.reason == "paint")
    shop = tap(shop, f"staff-lift-barcode-{recall}")
    assert "Was this recall a mistake?" in words(shop)
    shop = tap(shop, f"staff-yes-lift-barcode-{recall}")
    assert "is lifted" in words(shop)
    assert "Recalls in force (1)" in words(shop)


def test_a_clerk_is_not_offered_to_lift_a_recall_and_a_bad_list_is_refused_whole(
    staff: Callable[..., AppTest], kiosk: Any
) -> None:
    shop = go(staff(), Section.RECALLS)
    assert "Choose a file" in words(tap(shop, "staff-recall-go"))
    shop.text_area(key="staff-recalls-words-0").set_value("barcode\n5012345678900\n5.01E+12")
    shop = tap(shop, "staff-recall-go")
    assert "line 3" in words(shop)
    assert "a spreadsheet rounded it" in words(shop)
    assert kiosk.now().recalls == ()
    assert shop.text_area(key="staff-recalls-words-0").value.endswith("5.01E+12"), "it can be mended in place"
    shop.file_uploader(key="staff-recalls-file-0").set_value(("recalls.csv", b"toy_id\nbear\n", "text/csv"))
    shop = tap(shop, "staff-recall-go")
    assert "Recalls in force (1)" in words(shop)
    assert not [key for key in keys(shop) if key.startswith("staff-lift")]


def test_a_list_of_stock_and_one_that_is_all_there_is(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = go(staff(), Section.STOCK)
    shop.text_area(key="staff-stock-words-0").set_value("toy_id,count\nbear,many")
    shop = tap(shop, "staff-stock-go")
    assert "Line 2: a count must be a whole number from 0. It says: many" in words(shop)
    shop.text_area(key="staff-stock-words-0").set_value("toy_id,count\nbear,3\nengine,0\nunicorn,1")
    shop = tap(shop, "staff-stock-go")
    assert "3 counted. Now 1 are in stock, 1 are out of stock, 10 were never counted." in words(shop)
    assert "unicorn: kept" in words(shop)
    shop = healthy(shop.toggle(key="staff-stock-whole").set_value(True).run())
    shop.text_area(key="staff-stock-words-1").set_value("toy_id,count\nbear,3")
    shop = tap(shop, "staff-stock")
    assert "Every toy that is not on the list will be out of stock." in words(shop)
    shop = tap(shop, "staff-yes-stock")
    assert "Now 1 are in stock, 11 are out of stock" in words(shop)


def test_today(staff: Callable[..., AppTest], closed: Callable[..., AppTest], kiosk: Any) -> None:
    gift = closed("gift")
    tap(gift, "like-list-engine")
    browse = closed("browse")
    healthy(browse.text_input[0].set_value("submarine").run())
    shop = go(staff(), Section.TODAY)
    assert "Steam engine" in words(shop)
    assert "submarine" in words(shop)
    assert "liked" in words(shop)
    assert "not safe for the youngest" in words(shop)


# ---- managers ----


def test_an_own_toy_is_added_and_a_fault_is_said_at_its_field(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = go(staff(Role.MANAGER), Section.OWN)
    shop = tap(shop, "staff-own-go")
    assert "is required" in words(shop)
    shop = healthy(shop.get_by_key("staff-own-category-0").set_value("Trains").run())
    for name, value in {"toy_id": "own-1", "title": "Coal wagon", "title_zh": "煤车", "barcode": "5.01E+12"}.items():
        shop.text_input(key=f"staff-own-{name}-0").set_value(value)
    shop.number_input(key="staff-own-price-0").set_value(11.5)
    shop.get_by_key("staff-own-from_age-0").set_value(36)
    shop.get_by_key("staff-own-audience-0").set_value("child")
    shop.get_by_key("staff-own-hazards-0").set_value(["small_parts"])
    shop = tap(shop, "staff-own-go")
    assert "a spreadsheet rounded it" in words(shop)
    assert shop.text_input(key="staff-own-title-0").value == "Coal wagon", "what was typed stays"
    shop.text_input(key="staff-own-barcode-0").set_value("5012345678917")
    shop = tap(shop, "staff-own-go")
    assert "Coal wagon is in the shop now." in words(shop)
    assert "<h2>Coal wagon</h2>" in words(seek(go(shop, Section.FIND), "5012345678917"))


def test_the_model_and_the_log(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(seek(staff(Role.MANAGER, lang="zh"), "engine"), "staff-hide")
    assert "已下架，顾客即刻起看不到它。" in words(shop)
    shop = go(shop, Section.MODEL)
    assert kiosk.engine.model[:12] in words(shop)
    assert "backup_dir" in words(shop), "the kiosk's own sentence: it has no folder for them"
    shop = go(shop, Section.LOG)
    assert "新建规则" in words(shop)
    assert "kind hide, toy_id engine" in words(shop)


def test_what_headquarters_published_and_what_became_of_it(
    start_kiosk: Callable[[Path], Any],
    staff: Callable[..., AppTest],
    kiosk: Any,
    bundle: Path,
    toys: list[Toy],
    make_bundle: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "From headquarters" not in words(go(staff(Role.MANAGER), Section.MODEL)), "this one looks nowhere"
    shelf = tmp_path / "published"
    shelf.mkdir()
    for name, value in {"DIR": shelf, "SECONDS": 86_400}.items():
        monkeypatch.setenv(f"TOYGUIDE_KIOSK_PUBLISH_{name}", str(value))
    monkeypatch.setenv("TOYGUIDE_KIOSK_BUNDLES_DIR", str(tmp_path / "bundles"))
    looking = start_kiosk(bundle)
    monkeypatch.setenv("TOYGUIDE_SHOP_API", looking.address)
    shop = AppTest.from_function(page, kwargs={"home": "staff"}, default_timeout=60).run()
    shop = go(give(shop, looking.keys.add("Mo", Role.MANAGER)), Section.MODEL)
    assert "Nothing is published yet." in words(shop)
    newer = make_bundle(tmp_path / "newer", toys, seed=1, encoder=True, model="b" * 64)
    place = publish(newer, shelf)
    looking.look_for_published()
    shop = healthy(shop.run())
    assert place.name in words(shop)
    assert "What shoppers want of its lists is compared" in words(shop)
    assert "the kiosk: published by headquarters" in words(go(shop, Section.LOG))
    again = publish(make_bundle(tmp_path / "newest", toys, seed=2, encoder=True, model="c" * 64), shelf)
    (again / "table.npy").write_bytes(b"")
    looking.look_for_published()
    assert "It is not used. The bundle in" in words(go(shop, Section.MODEL))
    again.rename(shelf / "elsewhere")
    looking.look_for_published()
    assert "It cannot be taken now and is tried again." in words(healthy(shop.run()))


def test_the_kiosk_goes_away_in_the_middle_and_nothing_is_lost(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = seek(staff(), "engine")
    kiosk.stop()
    shop = tap(shop, "staff-hide")
    assert "The kiosk does not answer. Nothing was changed" in words(shop)
    kiosk.start()
    shop = tap(shop, "staff-retry")
    assert "<h2>Steam engine</h2>" in words(shop)
    assert kiosk.now().staff.rules == ()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"rule_id": "r-1", "after": {"kind": "hide", "toy_id": "engine"}}, "kind hide, toy_id engine"),
        ({"rule_id": "r-1", "revision": 2, "before": {"kind": "hide", "toy_id": "bear"}}, "kind hide, toy_id bear"),
        ({"rule_id": "r-1", "before": {"strength": 1.0}, "after": {"strength": 2.0}}, "strength 2.0"),
        ({"lines": 2, "new": 1, "first": [{"barcode": "501"}, {"toy_id": "bear"}]}, "lines 2, new 1, first 501 bear"),
        ({"model": "abc", "before": "def"}, "model abc, before def"),
        ({"name": "Kim", "role": "clerk", "days": None}, "name Kim, role clerk"),
        ({"note": "x" * 1000}, f"note {'x' * 294}…"),
    ],
)
def test_a_line_of_the_log_says_what_it_was_about(told: dict[str, Any], words: str) -> None:
    assert log.details(Change(id=1, time="", who="Mo", action="", details=told)) == words


def test_a_rule_that_a_colleague_removed_is_told_and_no_rule_of_theirs_is_touched(
    staff: Callable[..., AppTest], kiosk: Any
) -> None:
    shop = tap(seek(staff(), "engine"), "staff-hide")
    (rule,) = kiosk.now().staff.rules
    kiosk.rules.remove(rule.rule_id, 1, "Ada")
    kiosk.rules.add(rule.terms, "Ada")
    shop = tap(shop, "staff-unhide")
    assert "Ada removed this rule at" in words(shop)
    assert [kept.changed_by for kept in kiosk.rules.all()] == ["Ada"]
