"""Figures for Prometheus: right, bounded, and of nobody."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import timeit
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.kiosk import KioskSettings, create_app
from app.kiosk.counts import BOUNDS, Counts

DOCUMENTED = (Path(__file__).parents[3] / "docs" / "kiosk.md").read_text(encoding="utf-8").split("## Watching it")[1]


def figures(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def labelled(**labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def test_requests_masks_events_and_the_model_are_counted(client: TestClient) -> None:
    started = time.perf_counter()
    for _ in range(3):
        answer = client.post("/v1/recommendations", json={"youngest_age_months": 20}).json()
    took = time.perf_counter() - started
    events = [{"event_id": "e", "session_id": "s", "toy_id": toy, "kind": "like"} for toy in ("bear", "bear", "nobody")]
    client.post("/v1/events:batch", json={"events": events})
    found = figures(client)
    route = {"route": "/v1/recommendations", "method": "POST"}
    assert found["toyguide_responses_total", labelled(**route, status="200")] == 3
    assert found["toyguide_request_seconds_count", labelled(**route)] == 3
    assert found["toyguide_request_seconds_bucket", labelled(**route, le="+Inf")] == 3
    assert 0 < found["toyguide_request_seconds_sum", labelled(**route)] < took
    for rule, toys in answer["masked"].items():
        assert found["toyguide_masked_toys_total", labelled(rule=rule)] == 3 * toys
    assert found["toyguide_masked_toys_total", labelled(rule="safety")] > 0
    assert {
        status: found["toyguide_events_total", labelled(status=status)] for status in ("accepted", "duplicate")
    } == {
        "accepted": 1,
        "duplicate": 1,
    }
    assert found["toyguide_events_total", labelled(status="rejected")] == 1
    info = next(dict(labels) for name, labels in found if name == "toyguide_model_info")
    assert info["model"] == answer["model"]
    assert found["toyguide_models_in_memory", ()] == 1
    assert found["process_resident_memory_bytes", ()] > 2**20


def test_no_client_makes_a_label(client: TestClient) -> None:
    before = len(figures(client))
    for number in range(20):
        client.get(f"/secret-{number}")
        client.get(f"/v1/toys/secret-{number}", headers={"X-Request-ID": f"secret-{number}"})
        client.request(f"SECRET{number}", "/v1/facets")
        client.get("/v1/facets", params={f"secret{number}": "1"})
    text = client.get("/metrics").text
    assert "secret" not in text.lower()
    routes = 4
    assert len(figures(client)) - before <= routes * (len(BOUNDS) + 4) + 20
    assert 'method="other"' in text


def test_every_figure_is_documented_and_no_other(client: TestClient) -> None:
    client.post("/v1/recommendations", json={})
    event = {"event_id": "e", "session_id": "s", "toy_id": "bear", "kind": "like"}
    client.post("/v1/events:batch", json={"events": [event]})
    names = {name for name, _ in figures(client)}
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in names if name.startswith("toyguide_")}
    assert families == set(re.findall(r"`(toyguide_\w+)`", DOCUMENTED))


def test_they_can_be_switched_off(settings: KioskSettings) -> None:
    with TestClient(create_app(settings.model_copy(update={"metrics": False}))) as client:
        answer = client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_route")


def test_a_request_is_counted_in_microseconds() -> None:
    counts = Counts()
    clock = time.thread_time  # of this thread's own work, however busy the machine is
    taken = min(timeit.repeat(lambda: counts.request("/v1/x", "GET", 200, 0.001), timer=clock, number=2000, repeat=5))
    assert taken / 2000 < 20e-6
    assert counts.responses["/v1/x", "GET", 200] == 10_000
    assert sum(counts.seconds["/v1/x", "GET"].buckets) == 10_000


@pytest.mark.parametrize(("seconds", "bucket"), [(0.0, 0), (0.0005, 0), (0.00051, 1), (2.5, len(BOUNDS) - 1), (9, -1)])
def test_a_time_falls_into_the_bucket_that_ends_above_it(seconds: float, bucket: int) -> None:
    counts = Counts()
    counts.request("/", "GET", 200, seconds)
    assert counts.seconds["/", "GET"].buckets[bucket] == 1


def test_who_does_not_ask_does_not_pay() -> None:
    code = "import sys, app.kiosk; print('prometheus_client' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_rules_take_is_counted_on_every_list(client: TestClient) -> None:
    family = {"children": [{"recipient": {"age_months": 20}}, {"recipient": {"age_months": 20}}], "budget": 50}
    for ask in (
        lambda: [client.get("/v1/popular?youngest_age_months=20").json()["masked"]],
        lambda: [client.get("/v1/toys/track/similar?youngest_age_months=20").json()["masked"]],
        lambda: [client.get("/v1/search?q=train&youngest_age_months=20").json()["masked"]],
        lambda: [share["masked"] for share in client.post("/v1/recommendations:split", json=family).json()["shares"]],
    ):
        name = ("toyguide_masked_toys_total", labelled(rule="safety"))
        before = figures(client).get(name, 0.0)
        removed = sum(masked.get("safety", 0) for masked in ask())
        assert removed > 0
        assert figures(client)[name] == before + removed
