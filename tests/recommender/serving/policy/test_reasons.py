from decimal import Decimal

import pytest

from data.schema import EventKind, Hazard, Recipient, Toy
from recommender.serving.policy.reasons import Cause, reasons_for, short_reason, similar_reason, verdict

ENGINE = Toy("engine", "Steam engine", "蒸汽火车头")
TRACK = Toy(
    "track",
    "Track",
    "轨道",
    price=Decimal(20),
    recommended_age=36,
    recommended_age_to=72,
    safety_min_age=36,
    interests=("trains", "role_play"),
)


def test_every_reason_that_holds_is_said_in_both_languages() -> None:
    who = Recipient(age_months=48, interests=("cars", "trains", "role_play"), budget=20.0)
    cause = Cause(ENGINE, EventKind.LIKE, 1.0)
    english = reasons_for(TRACK, who, cause, popular=True, language="en")
    assert [(reason.code, reason.text, reason.toy_id) for reason in english] == [
        ("because_of", "Because you liked Steam engine", "engine"),
        ("matches_interest", "For someone who likes trains, role play", None),
        ("fits_age", "Right for age 4", None),
        ("within_budget", "Within your budget", None),
        ("popular", "A favourite in this shop", None),
    ]
    chinese = reasons_for(TRACK, who, cause, popular=True, language="zh")
    assert chinese[0].text == "因为您喜欢蒸汽火车头"
    assert chinese[2].text == "适合4岁"
    assert [reason.code for reason in chinese] == [reason.code for reason in english]


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        (None, []),
        (Recipient(), []),
        (Recipient(age_months=35), []),
        (Recipient(age_months=36), ["fits_age"]),
        (Recipient(age_months=72), ["fits_age"]),
        (Recipient(age_months=73), []),
        (Recipient(budget=19.99), []),
        (Recipient(interests=("cars",)), []),
    ],
)
def test_nothing_is_said_that_does_not_hold(who: Recipient | None, codes: list[str]) -> None:
    assert [reason.code for reason in reasons_for(TRACK, who, None, popular=False, language="en")] == codes


def test_an_open_age_says_little_far_above_it() -> None:
    rattle = Toy("rattle", "Rattle", recommended_age=0)
    assert reasons_for(rattle, Recipient(age_months=10), None, False, "en")[0].text == "Right for 10 months"
    assert reasons_for(rattle, Recipient(age_months=90), None, False, "en") == ()


def test_a_weak_cause_is_named_only_where_there_is_nothing_better() -> None:
    weak = Cause(ENGINE, EventKind.VIEW, 0.05)
    who = Recipient(age_months=48)
    assert [reason.code for reason in reasons_for(TRACK, who, weak, False, "en")] == ["fits_age"]
    assert reasons_for(TRACK, None, weak, False, "en")[0].text == "Because you looked at Steam engine"
    assert reasons_for(TRACK, None, Cause(ENGINE, EventKind.VIEW, -0.5), False, "en") == ()


def test_a_short_list_says_why() -> None:
    assert short_reason(10, 10, {"safety": 5}, "en") is None
    notice = short_reason(2, 10, {"safety": 3, "filters": 900, "seen": 1, "audience": 2}, "en")
    assert notice is not None
    assert notice.code == "filters"
    assert notice.text == (
        "Only 2 toys are left: 900 outside the filters, 3 not safe for the youngest child, 2 not made for children."
    )
    nothing = short_reason(0, 10, {"safety": 3}, "en")
    assert nothing is not None
    assert nothing.text.startswith("No toy is left: ")
    chinese = short_reason(1, 10, {"safety": 3}, "zh")
    assert chinese is not None
    assert chinese.text == "只有1件玩具可选：3件对最小的孩子不安全。"
    small = short_reason(3, 10, {}, "en")
    assert small is not None
    assert (small.code, small.text) == ("catalogue", "The shop has only 3 toys.")


def test_a_verdict_gives_the_age_that_rules() -> None:
    balloons = Toy("b", "Balloons", safety_min_age=36, hazards=(Hazard.BALLOON,))
    assert verdict(balloons, "safety", "en").text == "Not for children under age 8."
    assert verdict(balloons, "safety", "zh").text == "不适合8岁以下的儿童。"
    assert verdict(balloons, None, "en").allowed
    ladder = Toy("l", "Ladder", safety_min_age=40)
    assert verdict(ladder, "safety", "en").text == "Not for children under 3 years 4 months.", "never rounded down"
    assert verdict(ladder, "safety", "zh").text == "不适合3岁4个月以下的儿童。"
    assert verdict(Toy("s", "Saw", safety_min_age=35), "safety", "en").text == "Not for children under 35 months."
    assert verdict(balloons, "recall", "en").text == "Recalled."


def test_a_similar_toy_names_the_one_it_is_like() -> None:
    assert similar_reason(ENGINE, "zh").text == "与蒸汽火车头相似"
