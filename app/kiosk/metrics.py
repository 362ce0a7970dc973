"""GET /metrics: how the kiosk is doing, for Prometheus. Numbers alone, nothing of any person."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response

from app.kiosk.counts import BOUNDS
from app.kiosk.problems import ProblemError, documented
from app.kiosk.state import Kiosk, Running

if TYPE_CHECKING:
    from prometheus_client.core import Metric

router = APIRouter(tags=["health"])
_ROUTE: Final = ("route", "method")


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented("unknown_route")},
    summary="Figures for Prometheus",
)
def metrics(kiosk: Running, request: Request) -> Response:
    """Times and statuses by route, toys taken off by rule, events, the model, memory. Off with `metrics = false`."""
    if not kiosk.settings.metrics:
        raise ProblemError("unknown_route", "This kiosk gives no figures: the setting 'metrics' is off.")
    from prometheus_client import exposition  # 3 MB and 30 ms that only those pay who ask

    encode, kind = exposition.choose_encoder(request.headers.get("accept", ""))
    return Response(encode(_registry(kiosk)), headers={"Content-Type": kind})


def _registry(kiosk: Kiosk) -> Any:
    from prometheus_client import CollectorRegistry, ProcessCollector

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(kiosk))
    ProcessCollector(registry=registry)
    return registry


class _Collector:
    """What a kiosk counted, in the form that prometheus-client writes."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    def collect(self) -> Iterator[Metric]:
        """Every figure but those of the process."""
        yield from _requests(self._kiosk)
        yield from _lists_and_events(self._kiosk)
        yield from _model(self._kiosk)


def _requests(kiosk: Kiosk) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    times = HistogramMetricFamily("toyguide_request_seconds", "Time to answer, by pattern of route.", labels=_ROUTE)
    for labels, found in list(kiosk.counts.seconds.items()):  # a copy: the kiosk goes on answering meanwhile
        ends = [*(str(bound) for bound in BOUNDS), "+Inf"]
        times.add_metric(labels, list(zip(ends, accumulate(list(found.buckets)), strict=True)), found.total)
    yield times
    answers = CounterMetricFamily("toyguide_responses", "Answers by status.", labels=(*_ROUTE, "status"))
    for (route, method, status), count in list(kiosk.counts.responses.items()):
        answers.add_metric((route, method, str(status)), count)
    yield answers


def _lists_and_events(kiosk: Kiosk) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    masked = CounterMetricFamily("toyguide_masked_toys", "Toys taken off lists, by rule.", labels=("rule",))
    for rule, count in list(kiosk.counts.toys_masked.items()):
        masked.add_metric((rule,), count)
    yield masked
    events = CounterMetricFamily("toyguide_events", "Events sent to the kiosk, by verdict.", labels=("status",))
    for status, count in list(kiosk.counts.events.items()):
        events.add_metric((status,), count)
    yield events
    yield GaugeMetricFamily("toyguide_impressions_waiting", "Shown toys not yet on disk.", len(kiosk.impressions))
    progress = kiosk.forwarding()
    if progress.waiting is not None:
        waiting = "Events and deletions not yet at headquarters."
        yield GaugeMetricFamily("toyguide_headquarters_waiting", waiting, progress.waiting)
    looks = "Looks in a row at which what is published could not be taken."
    failed = 0 if kiosk.pickup is None else kiosk.pickup.status().failures
    yield GaugeMetricFamily("toyguide_publish_failures", looks, failed)
    failures = "Tries in a row that headquarters did not answer."
    yield GaugeMetricFamily("toyguide_headquarters_failures", failures, progress.failures)
    yield CounterMetricFamily("toyguide_impressions_lost", "Shown toys that were not kept.", kiosk.impressions.lost)


def _model(kiosk: Kiosk) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

    now = kiosk.now
    said = {"model": now.engine.model, "created": now.engine.manifest.created}
    yield InfoMetricFamily("toyguide_model", "The model that answers.", said)
    yield GaugeMetricFamily("toyguide_toys", "Toys of the catalogue.", len(now.engine.toys))
    yield GaugeMetricFamily(
        "toyguide_models_in_memory", "1, or 2 for a while after a swap.", 1 + (kiosk.held is not None)
    )
    yield CounterMetricFamily("toyguide_bundle_swaps", "Bundles that took another's place.", kiosk.swaps)
