"""What is not understood is refused, not guessed at: a misspelt or doubled age must not become "no age stated".

JSON's own rules leave a name that stands twice to the reader, and FastAPI ignores unknown query parameters. On a kiosk
for children either could swap a baby for a schoolchild, so both are mistakes here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.convertors import Convertor, register_url_convertor

from app.kiosk.problems import ProblemError, shown
from app.kiosk.settings import MAX_JSON_DEPTH

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_ONE_KIND: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET: Final = bytes(set(range(256)) - set(b"[]{}"))


class _Anything(Convertor[str]):
    """An id in an address: a shop's ids may hold slashes, and line breaks, which Starlette's own "path" stops at."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        """As it came."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


register_url_convertor("anything", _Anything())


class StrictRoute(APIRoute):
    """A route that takes the query parameters it declares, each once, and a body that is plain JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the request looked at first."""
        answer = super().get_route_handler()
        known = tuple(parameter.alias for parameter in self.dependant.query_params)

        async def strictly(request: Request) -> Response:
            if request.scope["query_string"]:
                check_query(request.query_params.multi_items(), known)
            return await answer(_StrictRequest(request.scope, request.receive))

        return strictly


class _StrictRequest(Request):
    async def json(self) -> Any:
        settings = self.scope["app"].state.kiosk.settings
        return parse_json(await self.body(), settings.max_json_depth)


def check_query(given: Iterable[tuple[str, str]], known: tuple[str, ...]) -> None:
    """Raise ProblemError for a parameter that is not `known`, or that stands twice."""
    errors = []
    met: set[str] = set()
    for name, _ in given:
        if name not in known:
            takes = f"This address takes {', '.join(known)}." if known else "This address takes none."
            errors.append({"parameter": name[:80], "detail": f"is not a known query parameter. {takes}"})
        elif name in met:
            errors.append({"parameter": name, "detail": "must be given once."})
        met.add(name)
    if errors:
        raise ProblemError("invalid_request", f"{errors[0]['parameter']} {errors[0]['detail']}", errors[:20])


def parse_json(body: bytes, max_depth: int = MAX_JSON_DEPTH) -> Any:
    """`body` as UTF-8 JSON. Raises JSONDecodeError, or HTTPException 400 with one sentence."""
    if is_deeper(body, max_depth):
        raise HTTPException(
            400, f"The body must not be nested so deeply: {max_depth} lists and objects within each other at most."
        )
    try:
        return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_without_doubles)
    except json.JSONDecodeError:
        raise
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"The body must be UTF-8. Byte {error.start} is not.") from error
    except RecursionError as error:
        raise HTTPException(400, "The body must not be nested so deeply.") from error
    except ValueError as error:  # Python's own bound on the digits of an int
        raise HTTPException(400, f"The body holds a number that cannot be read: {error}.") from error


def is_deeper(body: bytes, most: int) -> bool:
    """Whether more than `most` lists and objects lie within each other in a JSON text. Of what is no JSON, perhaps.

    Strings are taken away, then the innermost pairs of brackets, one level at a time: no level is a step of Python, so
    two megabytes of brackets take milliseconds.
    """
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    brackets = _STRING.sub(b"", body).translate(_ONE_KIND, _NO_BRACKET)
    for _ in range(most):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return b"[]" in brackets


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        met: set[str] = set()
        double = next(name for name, _ in pairs if name in met or met.add(name))  # type: ignore[func-returns-value]
        raise HTTPException(400, f"The body must give each name of an object once. Got {shown(double)} twice.")
    return names
