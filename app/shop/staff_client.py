"""The kiosk's staff routes over HTTP, with a key: one method a route, failures as `ShopError`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from app.shop.client import KioskClient, ShopError
from app.shop.staff_models import (
    Backups,
    Bundles,
    Changes,
    Figures,
    OwnToys,
    Preview,
    RecallImport,
    Recalls,
    Rule,
    Rules,
    Scanned,
    StaffFound,
    StaffKey,
    StockTaken,
    Why,
)

SLOW_SECONDS: Final = 120.0
"""A bundle is read, checked and tried before it answers, and a backup copied whole."""
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")

AnswerT = TypeVar("AnswerT", bound=BaseModel)


def looks_like_a_key(text: str) -> bool:
    """Could this be sent as a key? A header holds one line of ASCII."""
    return _KEY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class StaffClient:
    """A kiosk, asked by whoever holds `key`. The key is in no repr, so that it gets into no log."""

    kiosk: KioskClient = field(repr=False)
    key: str = field(repr=False)

    def whose(self) -> StaffKey:
        """GET /v1/staff/key. ShopError `key_refused` for a key that is none."""
        return self._ask(StaffKey, "GET", "key")

    def find(self, words: str, k: int, language: str) -> StaffFound:
        """GET /v1/staff/search."""
        return self._ask(StaffFound, "GET", "search", {"q": words, "k": k, "language": language})

    def why(self, toy_id: str, youngest_age_months: int | None, language: str) -> Why:
        """GET /v1/staff/toys/{id}/why. ShopError `unknown_toy` if there is no such toy."""
        return self._ask(Why, "GET", f"{_toy(toy_id)}/why", _company(youngest_age_months, language))

    def scanned(self, barcode: str, language: str) -> Scanned:
        """GET /v1/staff/barcodes/{barcode}. ShopError `unknown_toy` if no toy has it."""
        return self._ask(Scanned, "GET", f"barcodes/{quote(barcode, safe='')}", {"language": language})

    def rules(self) -> Rules:
        """GET /v1/staff/rules."""
        return self._ask(Rules, "GET", "rules")

    def make_rule(self, said: Mapping[str, Any]) -> Rule:
        """POST /v1/staff/rules."""
        return self._ask(Rule, "POST", "rules", body=said)

    def change_rule(self, rule_id: str, revision: int, said: Mapping[str, Any]) -> Rule:
        """PUT /v1/staff/rules/{id}. ShopError `rule_changed` where somebody was quicker; its problem says how."""
        return self._ask(Rule, "PUT", f"rules/{quote(rule_id, safe='')}", body={**said, "revision": revision})

    def remove_rule(self, rule_id: str, revision: int) -> Rules:
        """DELETE /v1/staff/rules/{id}, with the same ShopError."""
        return self._ask(Rules, "DELETE", f"rules/{quote(rule_id, safe='')}", {"revision": revision})

    def preview(self, changes: Sequence[Mapping[str, Any]], request: Mapping[str, Any], at: str | None) -> Preview:
        """POST /v1/staff/rules:preview; at: RFC 3339, by default now."""
        body = {"changes": list(changes), "request": request, **({"at": at} if at else {})}
        return self._ask(Preview, "POST", "rules:preview", body=body)

    def set_stock(self, counts: Mapping[str, int], whole: bool = False) -> StockTaken:
        """PUT /v1/staff/stock: toy id → count; whole: what is not named is out of stock."""
        toys = [{"toy_id": toy_id, "count": count} for toy_id, count in counts.items()]
        return self._ask(StockTaken, "PUT", "stock", body={"whole": whole, "toys": toys})

    def recalls(self) -> Recalls:
        """GET /v1/staff/recalls."""
        return self._ask(Recalls, "GET", "recalls")

    def recall(self, content: bytes, kind: str) -> RecallImport:
        """POST /v1/staff/recalls:import(-csv): a list as it is, kind "json" or "csv"."""
        path = "recalls:import" if kind == "json" else "recalls:import-csv"
        media = "application/json" if kind == "json" else "text/csv"
        return self._ask(RecallImport, "POST", path, content=content, headers={"Content-Type": media})

    def lift(self, by: str, value: str) -> Recalls:
        """POST /v1/staff/recalls:lift, for managers."""
        return self._ask(Recalls, "POST", "recalls:lift", body={by: value})

    def figures(self, hours: int) -> Figures:
        """GET /v1/staff/figures."""
        return self._ask(Figures, "GET", "figures", {"hours": hours})

    def bundles(self) -> Bundles:
        """GET /v1/staff/bundles, for managers, as all that follows."""
        return self._ask(Bundles, "GET", "bundles")

    def activate(self, name: str) -> Bundles:
        """POST /v1/staff/bundles:activate."""
        return self._ask(Bundles, "POST", "bundles:activate", body={"name": name}, timeout=SLOW_SECONDS)

    def roll_back(self) -> Bundles:
        """POST /v1/staff/bundles:rollback."""
        return self._ask(Bundles, "POST", "bundles:rollback", timeout=SLOW_SECONDS)

    def changes(self, limit: int, before: int | None = None) -> Changes:
        """GET /v1/staff/audit; before: an id, for what is older."""
        return self._ask(Changes, "GET", "audit", {"limit": limit, **({"before": before} if before else {})})

    def own_toys(self) -> OwnToys:
        """GET /v1/staff/toys, for clerks too."""
        return self._ask(OwnToys, "GET", "toys")

    def add_toy(self, said: Mapping[str, Any]) -> Why:
        """POST /v1/staff/toys."""
        return self._ask(Why, "POST", "toys", body=said)

    def correct(self, toy_id: str, said: Mapping[str, Any], revision: int | None) -> Why:
        """POST /v1/staff/toys/{id}:correct, the whole correction; without any field it is taken back.

        ShopError `toy_changed` where somebody was quicker.
        """
        body = {**said, **({} if revision is None else {"revision": revision})}
        return self._ask(Why, "POST", f"{_toy(toy_id)}:correct", body=body)

    def retire(self, toy_id: str) -> Why:
        """POST /v1/staff/toys/{id}:retire, for clerks too."""
        return self._ask(Why, "POST", f"{_toy(toy_id)}:retire")

    def restore(self, toy_id: str) -> Why:
        """POST /v1/staff/toys/{id}:restore."""
        return self._ask(Why, "POST", f"{_toy(toy_id)}:restore")

    def backups(self) -> Backups:
        """GET /v1/staff/backups."""
        return self._ask(Backups, "GET", "backups")

    def back_up(self) -> Backups:
        """POST /v1/staff/backups."""
        return self._ask(Backups, "POST", "backups", timeout=SLOW_SECONDS)

    def _ask(
        self,
        model: type[AnswerT],
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> AnswerT:
        if not looks_like_a_key(self.key):
            raise ShopError("key_refused", "A staff key is one line of letters, digits and signs.", 401)
        sent = {**(headers or {}), "Authorization": f"Bearer {self.key}"}
        return self.kiosk.ask(model, method, f"/v1/staff/{path}", query, headers=sent, **more)


def _toy(toy_id: str) -> str:
    return f"toys/{quote(toy_id, safe='')}"


def _company(youngest_age_months: int | None, language: str) -> dict[str, Any]:
    if youngest_age_months is None:
        return {"language": language}
    return {"language": language, "youngest_age_months": youngest_age_months}
