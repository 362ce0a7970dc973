"""The string tables: the same keys in each language, each of them used, none missing, the same gaps to fill."""

import ast
import json
import re
from collections import Counter
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import app.shop
from app.kiosk.models.fields import Occasion
from app.kiosk.staff.rule_models import IdleRule
from app.shop.correction import FIELDS
from app.shop.pages.questions import OCCASIONS
from app.shop.pages.staff import own_toys, rules
from app.shop.people import SIGNS
from app.shop.session import Who
from app.shop.text import LANGUAGES, strings
from data.schema import Audience, Hazard
from data.world.words import INTERESTS, kinds
from recommender.serving.policy.mask import RULES

ROOM = Path(app.shop.__file__).parent
KEY = re.compile(r"[a-z]+(\.[a-z_ -]+)+")

FILES = {"shop.css"}

AUDITED = (
    "rule_add", "rule_change", "rule_remove", "recall_import", "recall_lift", "stock_set", "toy_add", "toy_remove",
    "toy_correct", "toy_uncorrect", "toy_retire", "toy_restore", "bundle_activate", "bundle_import", "bundle_rollback",
    "backup_make", "key_add", "key_remove", "database_restored", "database_replaced",
)  # fmt: skip
# Keys that are put together while the shop runs: the pattern in the code, and all that it can become.
BUILT = {
    "{}.title": [f"{who}.title" for who in Who],
    "{}.lead": [f"{who}.lead" for who in Who],
    "ask.age_{}": [f"ask.age_{who}" for who in Who],
    "ask.interests_{}": [f"ask.interests_{who}" for who in Who],
    "nav.{}": ["nav.gift", "nav.me", "nav.browse", "nav.basket", "nav.compare", "nav.toy", "nav.staff", "nav.insights"],
    "nav.back_{}": [f"nav.back_{who}" for who in Who],
    "toast.{}": ["toast.like", "toast.dismiss", "toast.own"],
    "occasion.{}": [f"occasion.{name}" for name in OCCASIONS],
    "sign.{}": [f"sign.{name}" for name in SIGNS],
    "hazard.{}": [f"hazard.{hazard.value}" for hazard in Hazard],
    "browse.{}": ["browse.category", "browse.age_months", "browse.price"],
    "staff.kind_{}": [f"staff.kind_{kind}" for kind in rules.KINDS],
    "staff.all_{}": [f"staff.all_{kind}" for kind in rules.KINDS],
    "staff.audience_{}": [f"staff.audience_{audience.value}" for audience in Audience],
    "staff.occasion_{}": [f"staff.occasion_{name}" for name in get_args(Occasion)],
    "staff.idle_{}": [f"staff.idle_{code}" for code in get_args(IdleRule.model_fields["code"].annotation)],
    "staff.masks_{}": [f"staff.masks_{rule.name}" for rule in RULES],
    "staff.did_{}": [f"staff.did_{action}" for action in AUDITED],
    "staff.own_{}": [f"staff.own_{name}" for name in (*own_toys.TYPED, *own_toys.TAPPED)],
    "staff.is_{}": [f"staff.is_{name}" for name in FIELDS],
    "category.{}": sorted({f"category.{name.lower()}" for kind in kinds() for name in kind.category}),
    "interest.{}": [f"interest.{name}" for name in INTERESTS],
}


def written_keys() -> tuple[set[str], set[str]]:
    """(keys written out in the shop's code, patterns of keys that are put together)."""
    whole, built = set(), set()
    for file in ROOM.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
        pieces = {id(part) for node in joined for part in node.values}
        for node in joined:
            built.add("".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values))
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
                whole.update({node.value} if KEY.fullmatch(node.value) and node.value not in FILES else ())
    return whole, built


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_there_twice(language: str) -> None:
    table = (ROOM / "strings" / f"{language}.json").read_text(encoding="utf-8")
    keys = Counter(key for key, _ in json.loads(table, object_pairs_hook=list))
    assert [key for key, times in keys.items() if times > 1] == []


def test_every_language_has_the_same_keys() -> None:
    assert {language: set(strings(language)) ^ set(strings("en")) for language in LANGUAGES} == {
        "en": set(),
        "zh": set(),
    }


def test_no_key_is_missing_and_none_is_unused() -> None:
    whole, built = written_keys()
    assert set(BUILT) <= built, "a pattern of this test that the code does not use"
    families = {key.partition(".")[0] for key in strings("en")}
    patterns = {found for found in built if found.partition(".")[0] in families and found not in BUILT}
    assert not patterns, "keys put together in a way that this test does not know"
    used = {key for keys in BUILT.values() for key in keys} | {key for key in whole if key in strings("en")}
    missing = {
        key for key in used | {key for key in whole if key.partition(".")[0] in families} if key not in strings("en")
    }
    assert not missing
    assert not set(strings("en")) - used


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_fills_the_same_gaps_and_says_something(language: str) -> None:
    def gaps(words: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(words) if name is not None}

    for key, words in strings(language).items():
        assert words.strip() or key == "list.comma", key
        assert gaps(words) == gaps(strings("en")[key]), key


def test_chinese_is_chinese() -> None:
    same = {key for key, words in strings("zh").items() if words == strings("en")[key]}
    assert same <= {"summary.separator"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_twice(language: str) -> None:
    table = (ROOM / "strings" / f"{language}.json").read_text(encoding="utf-8")
    keys = [key for key, _ in json.loads(table, object_pairs_hook=list)]
    assert sorted(keys) == sorted(set(keys))
