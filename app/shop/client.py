"""The kiosk's API over HTTP: one method a route, answers as models, every failure a `ShopError`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from app.shop.models import (
    Checked,
    EventVerdicts,
    Facets,
    Forgotten,
    Found,
    ModelFacts,
    Privacy,
    Recommendation,
    Similar,
    Split,
    ToyPage,
)
from data.errors import ToyGuideError

CONNECT_SECONDS: Final = 2.0
MAX_PICTURE_BYTES: Final = 512 * 1024
PICTURE_TYPES: Final = ("image/svg+xml", "image/png", "image/jpeg", "image/webp")
OUTAGES: Final = frozenset({"unreachable", "timeout", "bad_answer", "not_ready", "internal_error"})

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class ShopError(ToyGuideError):
    """The kiosk did not give what was asked for.

    code: the kiosk's own stable code, or unreachable, timeout, bad_answer
    status: the HTTP status, 0 where no answer came
    problem: all that the kiosk said, RFC 9457; empty where it said nothing
    """

    def __init__(self, code: str, detail: str, status: int = 0, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.problem = problem or {}

    @property
    def outage(self) -> bool:
        """True where asking the same again later may help."""
        return self.code in OUTAGES or self.status >= 500 or self.status == httpx.codes.TOO_MANY_REQUESTS


class KioskClient:
    """A kiosk at `address`. Threads may share one."""

    def __init__(self, address: str, timeout_seconds: float) -> None:
        self.address = address
        timeout = httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds))
        # A kiosk stands in the same house: a proxy of the machine's environment has no part in it.
        self._http = httpx.Client(base_url=address, timeout=timeout, trust_env=False, follow_redirects=False)

    @property
    def closed(self) -> bool:
        """True when nothing can be asked any more."""
        return self._http.is_closed

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def recommend(self, request: Mapping[str, Any]) -> Recommendation:
        """POST /v1/recommendations."""
        return self.ask(Recommendation, "POST", "/v1/recommendations", body=request)

    def split(self, request: Mapping[str, Any]) -> Split:
        """POST /v1/recommendations:split."""
        return self.ask(Split, "POST", "/v1/recommendations:split", body=request)

    def toy(self, toy_id: str, youngest_age_months: int | None, language: str) -> ToyPage:
        """GET /v1/toys/{id}. ShopError with status 404 if there is no such toy."""
        path = f"/v1/toys/{quote(toy_id, safe='')}"
        return self.ask(ToyPage, "GET", path, _company(youngest_age_months, language))

    def check(self, toy_ids: Sequence[str], youngest_age_months: int | None, language: str) -> Checked:
        """POST /v1/toys:check, at most 100 toys."""
        body = {"toy_ids": list(toy_ids), **_company(youngest_age_months, language)}
        return self.ask(Checked, "POST", "/v1/toys:check", body=body)

    def similar(self, toy_id: str, k: int, youngest_age_months: int | None, language: str) -> Similar:
        """GET /v1/toys/{id}/similar."""
        path = f"/v1/toys/{quote(toy_id, safe='')}/similar"
        return self.ask(Similar, "GET", path, {"k": k, **_company(youngest_age_months, language)})

    def together(self, toy_id: str, k: int, youngest_age_months: int | None, language: str) -> Similar:
        """GET /v1/toys/{id}/together; most toys have none."""
        path = f"/v1/toys/{quote(toy_id, safe='')}/together"
        return self.ask(Similar, "GET", path, {"k": k, **_company(youngest_age_months, language)})

    def search(self, query: Mapping[str, Any]) -> Found:
        """GET /v1/search; `query` has its parameters, `q` among them."""
        return self.ask(Found, "GET", "/v1/search", query)

    def popular(self, query: Mapping[str, Any]) -> Similar:
        """GET /v1/popular; `query` has its parameters."""
        return self.ask(Similar, "GET", "/v1/popular", query)

    def facets(self) -> Facets:
        """GET /v1/facets."""
        return self.ask(Facets, "GET", "/v1/facets")

    def model(self) -> ModelFacts:
        """GET /v1/model."""
        return self.ask(ModelFacts, "GET", "/v1/model")

    def post_events(self, events: Sequence[Mapping[str, Any]]) -> EventVerdicts:
        """POST /v1/events:batch, at most 1,000 events."""
        return self.ask(EventVerdicts, "POST", "/v1/events:batch", body={"events": list(events)})

    def privacy(self) -> Privacy:
        """GET /v1/privacy: what the kiosk keeps."""
        return self.ask(Privacy, "GET", "/v1/privacy")

    def forget_session(self, session_id: str) -> Forgotten:
        """DELETE /v1/sessions/{id}."""
        return self.ask(Forgotten, "DELETE", f"/v1/sessions/{quote(session_id, safe='')}")

    def ready(self) -> bool:
        """Does the kiosk answer requests?"""
        try:
            return self._send("GET", "/readyz").status_code == httpx.codes.OK
        except ShopError:
            return False

    def picture(self, path: str) -> tuple[str, bytes]:
        """(media type, bytes) of a picture; `path` is a toy's `picture_url`."""
        if not path.startswith("/v1/toys/"):
            raise ShopError("bad_answer", f"A picture must lie under /v1/toys/. Got {path[:80]!r}.")
        response = self._send("GET", path)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code != httpx.codes.OK:
            raise _problem(response)
        if kind not in PICTURE_TYPES or len(response.content) > MAX_PICTURE_BYTES:
            raise ShopError("bad_answer", f"A picture must be an image of at most {MAX_PICTURE_BYTES} bytes.")
        return kind, response.content

    def ask(
        self,
        model: type[AnswerT],
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> AnswerT:
        """The answer of a route as `model`. more: content, headers and timeout of httpx. Raises ShopError."""
        response = self._send(method, path, query, body, **more)
        if response.status_code != httpx.codes.OK:
            raise _problem(response)
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            first = error.errors()[0]
            where = "/".join(map(str, first["loc"]))
            raise ShopError(
                "bad_answer", f"{self.address}{path} did not answer as a ToyGuide kiosk does: {where}: {first['msg']}."
            ) from error

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> httpx.Response:
        try:
            return self._http.request(method, path, params=query, json=body, **more)
        except httpx.TimeoutException as error:
            raise ShopError("timeout", f"The kiosk at {self.address} took too long to answer.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ShopError("unreachable", f"No kiosk answers at {self.address} ({error}).") from error


def _company(youngest_age_months: int | None, language: str) -> dict[str, Any]:
    if youngest_age_months is None:
        return {"language": language}
    return {"language": language, "youngest_age_months": youngest_age_months}


def _problem(response: httpx.Response) -> ShopError:
    """The error in an RFC 9457 problem, or one that says that the answer is none."""
    code, detail, problem = "bad_answer", f"The kiosk answered with status {response.status_code}.", {}
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        try:
            problem = response.json()
            code, detail = str(problem["code"]), str(problem["detail"])
        except (ValueError, KeyError, TypeError):
            detail = f"The kiosk answered with status {response.status_code} and a problem that cannot be read."
    return ShopError(code, detail, response.status_code, problem)
