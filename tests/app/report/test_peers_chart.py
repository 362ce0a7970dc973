from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from app.report.peers import chart

NAMESPACE = "{http://www.w3.org/2000/svg}"


def contestant(name: str, milliseconds: float, ndcg: float, size: int) -> dict[str, Any]:
    figures = {"milliseconds": milliseconds, "ndcg@10": ndcg, "low": ndcg - 0.003, "high": ndcg + 0.003, "bytes": size}
    return {"name": name, "kind": "peer", **figures}


def drawn(*rows: dict[str, Any]) -> ElementTree.Element:
    found = {"rows": list(rows), "queries": 1000, "dataset": {"toys": 200}, "threads": 1}
    return ElementTree.fromstring(chart(found))


def test_better_is_higher_slower_is_to_the_right_and_larger_is_larger() -> None:
    dots = drawn(contestant("quick & small", 0.3, 0.07, 800_000), contestant("slow", 30, 0.02, 12_000_000)).findall(
        f"{NAMESPACE}circle"
    )
    by_name = {dot.find(f"{NAMESPACE}title").text.split(":")[0]: dot for dot in dots}  # type: ignore[union-attr]
    quick, slow = by_name["quick & small"], by_name["slow"]
    assert float(quick.get("cy", "")) < float(slow.get("cy", ""))
    assert float(quick.get("cx", "")) < float(slow.get("cx", ""))
    assert float(quick.get("r", "")) < float(slow.get("r", ""))


def test_all_stands_within_the_card() -> None:
    chart_ = drawn(contestant("a", 0.004, 0.0001, 1), contestant("b", 99_000, 0.9, 10**9))
    width, height = float(chart_.get("width", "")), float(chart_.get("height", ""))
    for dot in chart_.findall(f"{NAMESPACE}circle"):
        assert 0 < float(dot.get("cx", "")) < width
        assert 0 < float(dot.get("cy", "")) < height


def test_no_label_covers_a_dot_or_another_label() -> None:
    chart_ = drawn(
        contestant("one", 0.81, 0.0676, 250_000),
        contestant("another", 1.86, 0.0665, 3_850_000),
        contestant("a third", 1.2, 0.04, 100_000),
    )
    boxes = []
    for text in chart_.findall(f"{NAMESPACE}text"):
        if text.text in ("one", "another", "a third"):
            x, y = float(text.get("x", "")), float(text.get("y", ""))
            left = x - {"start": 0, "end": 105, "middle": 52}[text.get("text-anchor", "")]
            boxes.append((left, y - 12, left + 105, y + 18))
    for dot in chart_.findall(f"{NAMESPACE}circle"):
        x, y, radius = (float(dot.get(name, "")) for name in ("cx", "cy", "r"))
        boxes.append((x - radius, y - radius, x + radius, y + radius))
    for place, (left, top, right, bottom) in enumerate(boxes[:3]):
        for other in (*boxes[:place], *boxes[place + 1 :]):
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]


def test_a_contest_that_nobody_timed_has_an_empty_chart() -> None:
    assert not drawn().findall(f"{NAMESPACE}circle")
