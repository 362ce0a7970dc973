"""Why a toy is shown, and why there are few: sentences in English and Chinese, from facts alone.

Nothing is said that was not checked: an age reason compares ages, "because you liked X" is what the student's own score
hangs on X, see `recommender.serving.causes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from data.schema import EventKind, Recipient, Toy
from recommender.serving.policy.shelf import safe_from
from recommender.serving.results import Language, Notice, Reason, Verdict

STRONG_DROP: Final = 0.2
"""A score is a logit: 0.2 less makes a toy a fifth less likely. Less than that is no reason of its own."""
OPEN_RANGE_MONTHS: Final = 36
"""How far above an open-ended "from age" a toy counts as right: "6 months and up" says nothing of a schoolchild."""

_TEXT: Final[dict[str, dict[Language, str]]] = {
    "view": {"en": "Because you looked at {toy}", "zh": "因为您看过{toy}"},
    "like": {"en": "Because you liked {toy}", "zh": "因为您喜欢{toy}"},
    "cart": {"en": "Because you chose {toy}", "zh": "因为您选了{toy}"},
    "purchase": {"en": "Because you bought {toy}", "zh": "因为您买过{toy}"},
    "similar": {"en": "Similar to {toy}", "zh": "与{toy}相似"},
    "bought_with": {"en": "Bought together with {toy}", "zh": "常与{toy}一起购买"},
    "fits_age": {"en": "Right for {age}", "zh": "适合{age}"},
    "within_budget": {"en": "Within your budget", "zh": "在您的预算之内"},
    "matches_interest": {"en": "For someone who likes {interests}", "zh": "适合喜欢{interests}的孩子"},
    "popular_now": {"en": "Popular here these weeks", "zh": "近期热门"},
    "popular": {"en": "A favourite in this shop", "zh": "本店热门玩具"},
    "months": {"en": "{n} months", "zh": "{n}个月"},
    "years": {"en": "age {n}", "zh": "{n}岁"},
    "years_months": {"en": "{n} years {m} months", "zh": "{n}岁{m}个月"},
    "from_age": {"en": "not for children under {age}", "zh": "不适合{age}以下的儿童"},
    "allowed": {"en": "May be shown.", "zh": "可以展示。"},
}

_RULES: Final[dict[str, dict[Language, str]]] = {
    "recall": {"en": "recalled", "zh": "已被召回"},
    "safety": {"en": "not safe for the youngest child", "zh": "对最小的孩子不安全"},
    "audience": {"en": "not made for children", "zh": "不是为儿童设计的"},
    "inactive": {"en": "no longer sold", "zh": "已停售"},
    "stock": {"en": "out of stock", "zh": "缺货"},
    "hidden": {"en": "taken off the shelf by the shop", "zh": "已由店家下架"},
    "outgrown": {"en": "for younger children", "zh": "适合更小的孩子"},
    "filters": {"en": "outside the filters", "zh": "不符合筛选条件"},
    "budget": {"en": "over the budget", "zh": "超出预算"},
    "owned": {"en": "already owned", "zh": "已经拥有"},
    "dismissed": {"en": "turned down", "zh": "您不想要"},
    "seen": {"en": "already looked at", "zh": "已经看过"},
    "shown": {"en": "shown before", "zh": "前面已经展示"},
}


@dataclass(frozen=True, slots=True)
class Cause:
    """A toy of the history, what was done with it, and how much of a recommended toy's score hangs on it."""

    toy: Toy
    kind: EventKind
    drop: float


def title(toy: Toy, language: Language) -> str:
    """The toy's title in `language` where it has one."""
    return toy.title_zh if language == "zh" and toy.title_zh else toy.title


def reasons_for(
    toy: Toy, recipient: Recipient | None, cause: Cause | None, popular: bool, language: Language
) -> tuple[Reason, ...]:
    """The reasons that hold for `toy`, the most telling first.

    cause: the toy of the history on which its score hangs most, if any; popular: among the shop's favourites.
    """
    reasons: list[Reason] = []
    because = None
    if cause is not None and cause.drop > 0 and cause.kind in _TEXT:
        because = Reason("because_of", _TEXT[cause.kind][language].format(toy=title(cause.toy, language)), cause.toy.id)
    if because and cause and cause.drop >= STRONG_DROP:
        reasons.append(because)
    if recipient is not None:
        liked = [name for name in recipient.interests if name in toy.interests]
        if liked:
            names = ("、" if language == "zh" else ", ").join(name.replace("_", " ") for name in liked[:2])
            reasons.append(Reason("matches_interest", _TEXT["matches_interest"][language].format(interests=names)))
        if recipient.age_months is not None and _fits(toy, recipient.age_months):
            age = _age(recipient.age_months, language)
            reasons.append(Reason("fits_age", _TEXT["fits_age"][language].format(age=age)))
        if recipient.budget is not None and toy.price is not None and float(toy.price) <= recipient.budget:
            reasons.append(Reason("within_budget", _TEXT["within_budget"][language]))
    if popular:
        reasons.append(popular_reason("popular", language))
    if because and not reasons:
        reasons.append(because)
    return tuple(reasons)


def similar_reason(anchor: Toy, language: Language) -> Reason:
    """The reason of a toy shown beside `anchor`."""
    return Reason("because_of", _TEXT["similar"][language].format(toy=title(anchor, language)), anchor.id)


def bought_with_reason(anchor: Toy, language: Language) -> Reason:
    """The reason of a toy that was bought together with `anchor`."""
    return Reason("bought_with", _TEXT["bought_with"][language].format(toy=title(anchor, language)), anchor.id)


def popular_reason(code: Literal["popular", "popular_now"], language: Language) -> Reason:
    """The reason of a favourite, or of a toy that shoppers of this shop wanted of late."""
    return Reason(code, _TEXT[code][language])


def short_reason(shown: int, k: int, removed: Mapping[str, int], language: Language) -> Notice | None:
    """Why there are fewer than k toys, None where there are k. Its code is the rule that removed most."""
    if shown >= k:
        return None
    if not removed:
        whole = {"en": f"The shop has only {shown} toys.", "zh": f"本店只有{shown}件玩具。"}
        return Notice("catalogue", whole[language])
    most = sorted(removed.items(), key=lambda item: -item[1])[:3]
    if language == "zh":
        text = f"只有{shown}件玩具可选：" + "，".join(f"{n}件{_RULES[rule]['zh']}" for rule, n in most) + "。"
    else:
        left = "No toy is" if shown == 0 else f"Only {shown} {'toy is' if shown == 1 else 'toys are'}"
        text = f"{left} left: " + ", ".join(f"{n} {_RULES[rule]['en']}" for rule, n in most) + "."
    return Notice(most[0][0], text)


def found_few(shown: int, k: int, removed: Mapping[str, int], language: Language) -> Notice | None:
    """Why a search shows fewer than k toys: the rules, as `short_reason`, or that no more were found."""
    if shown >= k or removed:
        return short_reason(shown, k, removed, language)
    if shown == 0:
        return Notice("no_match", {"en": "No toy was found.", "zh": "没有找到玩具。"}[language])
    only = f"Only {shown} {'toy was' if shown == 1 else 'toys were'} found."
    return Notice("no_match", {"en": only, "zh": f"只找到{shown}件玩具。"}[language])


def few_together(shown: int, k: int, removed: Mapping[str, int], language: Language) -> Notice | None:
    """Why fewer than k toys are shown as bought together: the rules, as `short_reason`, or that no more are known."""
    if shown >= k or removed:
        return short_reason(shown, k, removed, language)
    if shown == 0:
        none = {"en": "No toy is known to be bought with this one.", "zh": "还不知道有什么玩具常与它一起购买。"}
        return Notice("no_together", none[language])
    only = f"Only {shown} {'toy is' if shown == 1 else 'toys are'} known to be bought with this one."
    return Notice("no_together", {"en": only, "zh": f"只知道{shown}件玩具常与它一起购买。"}[language])


def verdict(toy: Toy, rule: str | None, language: Language) -> Verdict:
    """A rule's answer about one toy in words; `rule` None means that it may be shown."""
    if rule is None:
        return Verdict(True, None, _TEXT["allowed"][language])
    said = _RULES[rule][language]
    if rule == "safety":
        said = _TEXT["from_age"][language].format(age=_exact_age(safe_from(toy), language))
    return Verdict(False, rule, f"{said}。" if language == "zh" else f"{said[0].upper()}{said[1:]}.")


def _fits(toy: Toy, age: int) -> bool:
    if toy.recommended_age is None:
        return False
    upper = toy.recommended_age_to
    return toy.recommended_age <= age <= (toy.recommended_age + OPEN_RANGE_MONTHS if upper is None else upper)


def _age(months: int, language: Language) -> str:
    if months < 24 or (months < 36 and months % 12):
        return _TEXT["months"][language].format(n=months)
    return _TEXT["years"][language].format(n=months // 12)


def _exact_age(months: int, language: Language) -> str:
    """As `_age`, but never rounded down: "under age 3" must not be said of a toy from 3 years 4 months."""
    if months >= 36 and months % 12:
        return _TEXT["years_months"][language].format(n=months // 12, m=months % 12)
    return _age(months, language)
