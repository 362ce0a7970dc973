"""/docs and /openapi.json: the API described, problems included, on one page that needs no network.

FastAPI's own page loads its scripts from a content network; a kiosk has none. This one is plain HTML, made from the
OpenAPI document itself: nothing to keep up to date, nothing to run, and printable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from app.kiosk.models.service import Problem

Json = Mapping[str, Any]
_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; color: #222; }
h2 { margin-top: 2.5rem; border-top: 1px solid #ccc; padding-top: 1rem; font-size: 1.2rem; }
h3 { font-size: 1rem; margin-bottom: 0; } code { font-size: .95em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
td:first-child { white-space: nowrap; } td, th { border-bottom: 1px solid #ddd; padding: .25rem .5rem;
text-align: left; vertical-align: top; } th { font-weight: 600; } a { color: #14508c; }
"""
_BOUNDS: Final = {
    "minimum": "≥",
    "exclusiveMinimum": ">",
    "maximum": "≤",
    "exclusiveMaximum": "<",
    "minLength": "characters ≥",
    "maxLength": "characters ≤",
    "maxItems": "entries ≤",
}


def install_docs(app: FastAPI) -> None:
    """Serve /docs, and let /openapi.json hold the form of a problem, which routes refer to (see `documented`)."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            whole = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            forms = whole["components"]["schemas"]
            forms.update(problem.pop("$defs"))
            forms["Problem"] = problem
            app.openapi_schema = whole
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        headers = {"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"}
        return HTMLResponse(page(request.app.openapi()), headers=headers)


def page(document: Json) -> str:
    """The OpenAPI `document` as one HTML page that refers to nothing outside itself."""
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>",
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style></head><body><h1>{title}</h1>",
        f"<p>{escape(document['info'].get('summary', ''))} For programs: <a href='/openapi.json'>OpenAPI</a>.</p>",
    ]
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    for group, several in groupby(operations, lambda each: _group(each[1], each[2])):
        parts.append(f"<h3>{escape(group)}</h3><ul>")
        for method, path, operation in several:
            link = f"<a href='#{escape(operation['operationId'])}'><code>{method} {escape(path)}</code></a>"
            parts.append(f"<li>{link} {escape(operation['summary'])}{_who(operation)}</li>")
        parts.append("</ul>")
    for method, path, operation in operations:
        parts.extend(_operation(method, path, operation))
    for name, form in sorted(document["components"]["schemas"].items()):
        parts.extend(_form(name, form))
    return "".join([*parts, "</body></html>\n"])


def _group(path: str, operation: Json) -> str:
    """Under which words an operation is listed; neighbours that share them stand together."""
    (tag,) = operation["tags"]
    part = path.removeprefix("/v1/staff/").partition("/")[0].partition(":")[0]
    return f"Staff: {part}" if tag == "staff" else tag.capitalize()


def _who(operation: Json) -> str:
    return "".join(f" · <em>{escape(key)}</em>" for needed in operation.get("security", ()) for key in needed)


def _operation(method: str, path: str, operation: Json) -> Iterator[str]:
    yield f"<h2 id='{escape(operation['operationId'])}'><code>{method} {escape(path)}</code></h2>"
    yield f"<p><strong>{escape(operation['summary'])}.</strong> {_prose(operation.get('description', ''))}</p>"
    if keys := _who(operation):
        yield f"<p>Header: <code>Authorization: Bearer KEY</code>{keys}</p>"
    if "requestBody" in operation:
        yield f"<p>Body: {_content(operation['requestBody'])}</p>"
    if operation.get("parameters"):
        rows = (
            (f"{parameter['name']} ({parameter['in']})", parameter["schema"], parameter.get("description", ""))
            for parameter in operation["parameters"]
        )
        yield from _table("Parameter", rows)
    yield "<table><tr><th>Status</th><th>Answer</th><th></th></tr>"
    for status, response in operation["responses"].items():
        said = "" if status == "200" else escape(response["description"])
        yield f"<tr><td>{status}</td><td>{_content(response)}</td><td>{said}</td></tr>"
    yield "</table>"


def _form(name: str, form: Json) -> Iterator[str]:
    yield f"<h3 id='{escape(name)}'><code>{escape(name)}</code></h3><p>{_prose(form.get('description', ''))}</p>"
    if "properties" not in form:
        yield f"<p>{_type(form)}</p>"
        return
    needed = form.get("required", ())
    rows = (
        (field if field in needed else f"{field}?", schema, schema.get("description", ""))
        for field, schema in form["properties"].items()
    )
    yield from _table("Field", rows)


def _table(head: str, rows: Iterator[tuple[str, Json, str]]) -> Iterator[str]:
    yield f"<table><tr><th>{head}</th><th>Form</th><th></th></tr>"
    for name, schema, said in rows:
        default = f" = {escape(json.dumps(schema['default']))}" if schema.get("default") is not None else ""
        yield f"<tr><td><code>{escape(name)}</code></td><td>{_type(schema)}{default}</td><td>{_prose(said)}</td></tr>"
    yield "</table>"


def _content(part: Json) -> str:
    forms = (
        f"<code>{escape(media)}</code> {_type(form.get('schema', {}))}"
        for media, form in part.get("content", {}).items()
    )
    return ", ".join(forms)


def _type(schema: Json) -> str:
    """A JSON schema in a few words, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "properties" in schema:
        fields = (f"{escape(name)}: {_type(form)}" for name, form in schema["properties"].items())
        return "{" + ", ".join(fields) + "}"
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(f"<code>{escape(json.dumps(value))}</code>" for value in values)
    said = str(schema.get("format", schema.get("type", "")))
    if schema.get("type") == "array":
        said = f"list of {_type(schema.get('items', {}))}"
    bounds = [f"{word} {schema[bound]:g}" for bound, word in _BOUNDS.items() if bound in schema]
    return said + (f" ({', '.join(bounds)})" if bounds else "")


def _prose(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
