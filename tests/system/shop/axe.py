"""axe-core in the page under test: what it finds, less what is Streamlit's own and beyond us."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

AXE = Path(__file__).parents[3] / "var" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = frozenset({"serious", "critical"})


@dataclass(frozen=True)
class Streamlits:
    """A finding that is not ours to mend: the rule, how its place begins, and why it stays."""

    rule: str
    place: str
    why: str


STREAMLITS = (
    Streamlits(
        "region",
        "#stFloatingOverlayPortal",
        "Streamlit hangs tooltips and drawers on the body, beside the page's landmarks; each of them has a name.",
    ),
)
"""The one list of what is let pass; docs/shop.md repeats it. None of it is serious."""

# A card's link covers the whole card with an `::after` that shows nothing, and the awning hangs beside all words: axe
# would give up on every word of the page. The other options are axe's own, which it does not fill in.
_CONTRAST = """() => axe.configure({checks: [{id: 'color-contrast', options: {
    ignoreUnicode: true, ignoreLength: false, ignorePseudo: true, boldValue: 700, boldTextPt: 14, largeTextPt: 18,
    contrastRatio: {normal: {expected: 4.5}, large: {expected: 3}}, pseudoSizeThreshold: 0.25,
    shadowOutlineEmMax: 0.2, textStrokeEmMin: 0.03,
}}]})"""
# Streamlit says neither when a run of the page's script has reached the screen, nor when the code of a widget has come
# (a skeleton holds its place), nor when a toast has slid in, nor when the colours of the night are there.
_STANDS = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const wanted = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    return app?.dataset.testScriptState === 'notRunning' && getComputedStyle(app).colorScheme === wanted
        && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')
        && document.querySelector('#toyguide-words')
        && document.getAnimations().every(
            it => it.playState !== 'running' || it.effect.getTiming().iterations === Infinity);
}"""


def findings(page: Page) -> list[str]:
    """What is wrong with the page as it stands, one line a place; serious things only where axe cannot tell."""
    stands(page)
    assert AXE.is_file(), "axe-core is needed: make test-system installs it"
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
        page.evaluate(_CONTRAST)
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations', 'incomplete']})")
    assert len(result["passes"]) > 10, "axe looked at nothing"
    found = [line for rule in result["violations"] for line in _lines(rule)]
    return found + [f"cannot tell: {line}" for rule in result["incomplete"] if rule["impact"] in SERIOUS
                    for line in _lines(rule)]  # fmt: skip


def stands(page: Page) -> None:
    """Wait until the page is whole and nothing on it moves."""
    expect(page.locator("h1").first).to_be_visible(timeout=120_000)
    page.wait_for_function(_STANDS)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function(_STANDS)  # what the first look set in motion has come to rest, too


def _lines(rule: dict[str, Any]) -> list[str]:
    return [
        f"{rule['impact']} {rule['id']}: {place} {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for node in rule["nodes"]
        for place in [" ".join(map(str, node["target"]))]
        if not any(rule["id"] == known.rule and place.startswith(known.place) for known in STREAMLITS)
    ]
