"""Every 4xx and 5xx as RFC 9457 `application/problem+json`: a stable code, a sentence, JSON pointers to the fault."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.kiosk.store.database import StoreFullError, StoreUnavailableError
from data.errors import ToyGuideError

TYPE_BASE: Final = "https://toyguide.invalid/errors/"
"""Problem types are names, not pages: `.invalid` can never be an address."""

CODES: Final[dict[str, tuple[int, str]]] = {
    "malformed_json": (400, "The body is not JSON"),
    "key_refused": (401, "A staff key is needed"),
    "role_too_low": (403, "The key does not allow this"),
    "unknown_route": (404, "There is no such address"),
    "unknown_toy": (404, "There is no such toy"),
    "no_picture": (404, "The toy has no picture"),
    "unknown_bundle": (404, "There is no such bundle"),
    "unknown_recall": (404, "There is no such recall"),
    "unknown_rule": (404, "There is no such rule"),
    "method_not_allowed": (405, "The address does not take this method"),
    "rule_changed": (409, "Somebody else changed the rule"),
    "bundle_busy": (409, "Another change of bundles is under way"),
    "toy_in_bundle": (409, "The bundle holds that toy"),
    "toy_changed": (409, "Somebody else changed the toy"),
    "no_backup_dir": (409, "There is no folder for backups"),
    "no_toy_encoder": (409, "The bundle cannot place new toys"),
    "body_too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body must be JSON"),
    "invalid_request": (422, "The request does not have the right form"),
    "bundle_refused": (422, "The bundle cannot be used"),
    "too_many_requests": (429, "Too many requests"),
    "internal_error": (500, "The kiosk made a mistake"),
    "not_ready": (503, "The kiosk is not ready"),
    "backup_failed": (503, "The backup could not be made"),
    "store_unavailable": (503, "The database does not answer"),
    "store_full": (507, "The disk is full"),
    "http_error": (0, "The request could not be answered"),
}
"""Stable codes with status and title; http_error keeps the status it was raised with."""

BODY_PROBLEMS: Final = ("malformed_json", "body_too_large", "unsupported_media_type")
"""What can be wrong with a body before its fields are looked at."""

_SHOWN: Final = 80
_REPR: Final = reprlib.Repr()
_REPR.maxlevel = 3  # what was sent may be nested almost as deeply as Python goes
_REPR.maxstring = _REPR.maxlong = _REPR.maxother = 2 * _SHOWN


class ProblemError(Exception):
    """Raised by a route; answered as problem+json."""

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers
        self.extra = extra


def problem_response(
    code: str,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """A problem as a response. ASCII JSON, so that nothing a client sent can break its encoding.

    extra: members that this problem has besides; each stands in `Problem`
    """
    known_status, title = CODES[code]
    body: dict[str, Any] = {
        "type": TYPE_BASE + code,
        "title": title,
        "status": status or known_status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = list(errors)
    body.update(extra or {})
    return Response(
        json.dumps(body), status_code=body["status"], headers=headers, media_type="application/problem+json"
    )


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """What a route's `responses` say of the problems that it can answer with; the form is added in `docs.py`."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    by_status: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, "too_many_requests", "internal_error"):
        status, title = CODES[code]
        said = f"{title} ({code})"
        before = by_status.get(status)
        by_status[status] = {"description": f"{before['description']}; {said}" if before else said, "content": content}
    return by_status


def shown(value: object) -> str:
    """What was given, as Python writes it, cut to a length one can read."""
    text = _REPR.repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def install_problems(app: FastAPI) -> None:
    """Answer every error of `app` as a problem. What nobody expected is caught in `middleware.py`."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(ToyGuideError, _on_mistake)
    app.add_exception_handler(StoreFullError, _on_full)
    app.add_exception_handler(StoreUnavailableError, _on_unavailable)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_response(error.code, error.detail, error.errors, headers=error.headers, extra=error.extra)


async def _on_mistake(request: Request, error: Exception) -> Response:
    return problem_response("invalid_request", str(error))


async def _on_full(request: Request, error: Exception) -> Response:
    return problem_response("store_full", "The disk is full: nothing of this was kept. Make room, then send it again.")


async def _on_unavailable(request: Request, error: Exception) -> Response:
    return problem_response("store_unavailable", "The database does not answer. Send it again later.")


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = str(request.scope["path"])[:_SHOWN]  # not request.url, which believes the Host header
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem_response("unknown_route", f"{path} is no address of this kiosk. See /docs.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request))
        detail = f"{path} takes {allowed}. Got {request.method[:_SHOWN]}."
        return problem_response("method_not_allowed", detail, headers={"Allow": allowed})
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return problem_response("body_too_large", str(error.detail), headers={"Connection": "close"})
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem_response("malformed_json", str(error.detail))
    return problem_response("http_error", str(error.detail), status=error.status_code, headers=error.headers)


def _methods(request: Request) -> list[str]:
    """What the address takes. Starlette names the methods of the first route alone; an address may have several."""
    return [
        method
        for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    raw = error.errors()
    if raw and raw[0]["type"] == "json_invalid":
        place = raw[0]["loc"][-1]
        return problem_response("malformed_json", f"The body must be JSON: {raw[0]['ctx']['error']} at byte {place}.")
    if isinstance(error.body, bytes) and error.body:
        return problem_response("unsupported_media_type", "Send the body with 'Content-Type: application/json'.")
    errors = [_entry(entry) for entry in raw[:20]]
    first = errors[0]
    where = first.get("parameter") or first["pointer"]
    detail = f"{where or 'The body'} {first['detail']}"
    if len(raw) > 1:
        detail += f" And {len(raw) - 1} more."
    return problem_response("invalid_request", detail, errors)


def _entry(error: Mapping[str, Any]) -> dict[str, str]:
    place, *path = error["loc"]
    detail = describe(error)
    if place == "body":
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
        return {"pointer": "".join(f"/{step}" for step in steps), "detail": detail}
    return {"parameter": str(path[0]) if path else str(place), "detail": detail}


def describe(error: Mapping[str, Any]) -> str:
    """A pydantic error in the house's form: what it must be, and what was given."""
    kind = str(error["type"])
    limits = {
        name: f"{limit:g}" if isinstance(limit, float) else limit for name, limit in (error.get("ctx") or {}).items()
    }
    if kind == "missing":
        return "is required."
    if kind == "extra_forbidden":
        return "is not a known field."
    if kind == "value_error":
        return str(limits["error"])
    got = error.get("input")
    if kind == "too_long":
        return f"must hold at most {limits['max_length']} entries. Got {limits['actual_length']}."
    if kind == "too_short":
        return f"must hold at least {limits['min_length']} entries. Got {limits['actual_length']}."
    if kind == "string_too_long":
        return f"must have at most {limits['max_length']} characters. Got {len(str(got))}."
    must = {
        "greater_than_equal": "≥ {ge}",
        "greater_than": "> {gt}",
        "less_than_equal": "≤ {le}",
        "less_than": "< {lt}",
        "finite_number": "a finite number",
        "literal_error": "one of {expected}",
        "enum": "one of {expected}",
        "int_type": "an int",
        "int_from_float": "an int",
        "int_parsing": "an int",
        "int_parsing_size": "an int",
        "float_type": "a number",
        "float_parsing": "a number",
        "string_type": "a string",
        "string_unicode": "Unicode without lone surrogates",
        "string_too_short": "a string that is not empty",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
        "list_type": "a list",
        "model_type": "an object",
        "model_attributes_type": "an object",
        "dict_type": "an object",
    }.get(kind)
    if must is None and kind.startswith("datetime"):
        must = "a time, such as 2026-01-31T09:30:00Z"
    said = f"must be {must.format(**limits)}." if must else f"{str(error['msg'])[:_SHOWN]}."
    return f"{said} Got {shown(got)}."
