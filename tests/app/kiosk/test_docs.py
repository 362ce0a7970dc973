"""The API's description is whole, needs no network, and docs/errors.md holds every code."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk.models.service import Problem
from app.kiosk.problems import CODES
from recommender.serving.policy.mask import RULES

ROOT = Path(__file__).parents[3]
ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The rows of the table under `heading` in docs/errors.md, cells without back-ticks."""
    section = ERRORS.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in row] for row in rows]


def test_every_problem_code_is_documented_with_its_status_and_no_other() -> None:
    documented = {row[0]: row[1] for row in table("Problems")}
    assert documented == {code: str(status) if status else "any" for code, (status, _) in CODES.items()}
    assert all(len(row) == 4 and all(row) for row in table("Problems")), "each has a meaning and what to do"


def test_every_rule_is_documented_in_order_of_authority() -> None:
    assert [row[0] for row in table("Rules")] == [
        *(rule.name for rule in RULES),
        "catalogue",
        "no_together",
        "no_match",
    ]


def test_a_problem_is_what_the_model_says(client: TestClient) -> None:
    for response in (
        client.get("/nowhere"),
        client.post("/v1/recommendations", json={"k": 0}),
        client.get("/v1/facets?a"),
    ):
        Problem.model_validate(response.json(), strict=True)


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_problem_of_every_route_is_in_openapi(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == list(CODES)
    for _, path, operation in operations(document):
        if path == "/healthz":
            assert set(operation["responses"]) == {"200"}
            continue
        assert "500" in operation["responses"]
        if path.startswith("/v1"):
            assert "422" in operation["responses"]
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= set(operation["responses"])
        if "{toy_id}" in path:
            assert "404" in operation["responses"]
        for status, response in operation["responses"].items():
            if status != "200":
                assert response["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
    said = str(document["paths"])
    for code in set(CODES) - {"unknown_route", "method_not_allowed", "http_error"}:  # these belong to no one route
        assert f"({code})" in said, code


def test_every_reference_in_openapi_leads_somewhere(document: dict[str, Any]) -> None:
    for name in re.findall(r"#/components/schemas/(\w+)", str(document)):
        assert name in document["components"]["schemas"]


class Links(HTMLParser):
    """Everything on a page that a browser would fetch, run or jump to."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "srcset", "action", "data", "poster"):
                self.targets.append(str(value))
            if name == "id":
                self.ids.add(str(value))


def test_the_page_refers_to_no_other_host_and_runs_nothing(client: TestClient, document: dict[str, Any]) -> None:
    response = client.get("/docs")
    assert response.status_code == 200
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    links = Links()
    links.feed(response.text)
    assert not links.tags & {"script", "link", "img", "iframe", "object", "embed"}
    assert "://" not in response.text
    assert "@import" not in response.text
    assert "url(" not in response.text
    for target in links.targets:
        assert target == "/openapi.json" or target.removeprefix("#") in links.ids, target
    for method, path, _ in operations(document):
        assert f"{method.upper()} {path}" in response.text
    for name in ("youngest_age_months", "recommendation_id", "application/problem+json", "entries ≤ 500"):
        assert name in response.text


def test_the_guide_names_only_addresses_that_exist(document: dict[str, Any]) -> None:
    paths = [re.compile(re.sub(r"\\{.*?\\}", r"[^ ?'\"]+", re.escape(path)) + "$") for path in document["paths"]]
    found = re.findall(r"127\.0\.0\.1:8000(/[^ ?'\"`\n]*)", API)
    assert len(found) >= 6
    for path in found:
        assert path in ("/docs", "/openapi.json") or any(known.match(path) for known in paths), path


def test_the_page_says_which_staff_key_an_address_wants(client: TestClient, document: dict[str, Any]) -> None:
    wanted = {(method, path): operation.get("security") for method, path, operation in operations(document)}
    assert wanted["get", "/v1/staff/recalls"] == [{"ClerkKey": []}]
    assert wanted["post", "/v1/staff/recalls:lift"] == [{"ManagerKey": []}]
    assert all((security is not None) == path.startswith("/v1/staff") for (_, path), security in wanted.items())
    page = client.get("/docs").text
    assert page.count("<h3>Staff: recalls</h3>") == 1
    assert "Take a recall back · <em>ManagerKey</em>" in page
