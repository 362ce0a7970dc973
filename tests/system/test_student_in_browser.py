"""`student-mobile.onnx` in a real browser: the same toys as in Python, in a page that shows no unsafe one."""

from __future__ import annotations

import functools
import json
import shutil
import statistics
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from app.page.write import PageSizes, write_page
from distillation.package import build_bundle
from recommender.base import batch_holdout
from recommender.serving.bundle import MOBILE
from recommender.serving.load import load_bundle
from recommender.serving.policy.mask import Situation, allowed_mask
from recommender.serving.policy.safety import company
from recommender.serving.policy.shelf import safe_from
from recommender.serving.student import met_toys
from tests.distillation.conftest import Way, way

__all__ = ["way"]  # a fixture: the smallest shop that was simulated, trained and distilled

pytestmark = pytest.mark.system

RUNTIME = Path(__file__).parents[2] / "var" / "npm" / "node_modules" / "onnxruntime-web"
HISTORIES = 200
NEAR = 1e-5
"""Scores this close may change places: the processor and WebAssembly add in different orders."""


@dataclass(frozen=True)
class Site:
    """A page that is served."""

    bundle: Path
    folder: Path
    address: str
    sizes: PageSizes


@pytest.fixture(scope="module")
def site(way: Way, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    assert RUNTIME.is_dir(), "onnxruntime-web is needed: make test-system installs it"
    folder = tmp_path_factory.mktemp("site")
    build_bundle(way.dataset, way.split, way.student, way.student_record | {"digest": "b" * 64}, folder / "bundle")
    sizes = write_page(folder / "bundle", RUNTIME / "dist", folder / "page")
    handler = functools.partial(_Silent, directory=str(folder / "page"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Site(folder / "bundle", folder / "page", f"http://127.0.0.1:{server.server_port}/", sizes)
        finally:
            server.shutdown()
            thread.join()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page(chromium: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh visitor. Whatever is asked of anybody but the site fails the test, and so does an error of the page."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale=getattr(request, "param", "en-GB"))
    page = context.new_page()
    strangers: list[str] = []
    errors: list[str] = []
    page.on(
        "request", lambda call: None if call.url.startswith((site.address, "data:")) else strangers.append(call.url)
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert strangers == []
    assert errors == []


def requests(way: Way, rows: int, seed: int = 0) -> list[tuple[list[int], NDArray[np.bool_]]]:
    """(history, allowed) of real shoppers: what they met is masked; in some, few toys are left, or none."""
    rng = np.random.default_rng(seed)
    batch = batch_holdout(way.split.test.take(np.arange(HISTORIES)))
    longest = way.student.model.config.max_history
    asked = []
    for place, (toys, kinds) in enumerate(zip(batch.toys.tolist(), batch.kinds.tolist(), strict=True)):
        history = met_toys(toys, kinds)[-longest:]
        allowed = np.ones(rows, np.bool_)
        if place % 4 == 0:
            left = (0, 1, 9, 30)[place // 4 % 4]
            allowed[:] = False
            allowed[rng.permutation(rows - 1)[:left] + 1] = True
        allowed[[0, *history]] = False
        asked.append((history, allowed))
    return asked


def test_the_browser_gives_the_same_toys_as_python(
    page: Page, site: Site, way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = load_bundle(site.bundle)
    table = engine.student.table
    asked = requests(way, len(table))
    session = onnxruntime.InferenceSession(str(site.bundle / MOBILE), providers=["CPUExecutionProvider"])
    page.goto(site.address)
    answers = page.evaluate(
        """async (asked) => {
            const { openRanker } = await import('./ranker.js');
            const model = await (await fetch('./student-mobile.onnx')).arrayBuffer();
            const opened = performance.now();
            const ranker = await openRanker(new Uint8Array(model));
            const load = performance.now() - opened;
            const answers = [];
            for (const [history, allowed] of asked) {
                const mask = Uint8Array.from(allowed);
                const started = performance.now();
                const answer = await ranker.rank(history, mask);
                answers.push({ ...answer, ms: performance.now() - started });
            }
            return { load, answers };
        }""",
        [[history, allowed.astype(int).tolist()] for history, allowed in asked],
    )
    same = 0
    for (history, allowed), answer in zip(asked, answers["answers"], strict=True):
        feed = {"history": np.array([history or [0]], np.int32), "allowed": allowed[None]}
        toys, scores = (array[0] for array in session.run(["toys", "scores"], feed))
        query = engine.student.queries(feed["history"], engine.student.profiles([None]))[0]
        found = np.array(answer["toys"])
        assert ((found > 0) == (toys > 0)).all()
        assert (found > 0).sum() == min(10, allowed.sum())
        assert allowed[found[found > 0]].all()
        assert len(set(found[found > 0].tolist())) == (found > 0).sum()
        np.testing.assert_allclose(answer["scores"], scores, atol=1e-4)
        differs = found != toys
        gaps = np.abs((table[found[differs]] - table[toys[differs]]) @ query)
        assert (gaps < NEAR).all(), (history, found.tolist(), toys.tolist(), gaps.tolist())
        same += not differs.any()
    assert same >= 0.95 * HISTORIES, "ties must be the exception"
    version = json.loads((RUNTIME / "package.json").read_text(encoding="utf-8"))["version"]
    with capsys.disabled():
        print(
            f"\nstudent-mobile.onnx of {len(table) - 1} toys: {site.sizes.model:,} bytes; page {site.sizes.site:,}, "
            f"toys and pictures {site.sizes.toys:,}, onnxruntime-web {version} {site.sizes.runtime:,}. "
            f"{same} of {HISTORIES} lists identical to Python's (onnxruntime {onnxruntime.__version__}). "
            f"Load {answers['load']:.0f} ms, then median {statistics.median(a['ms'] for a in answers['answers']):.2f} "
            f"ms a request (Chromium {page.context.browser.version}, one thread of WebAssembly)."
        )


def shown(page: Page) -> list[str]:
    return page.locator("#toys li").evaluate_all("cards => cards.map(card => card.dataset.toy)")


def test_the_page_shows_what_python_would_and_no_unsafe_toy(page: Page, site: Site) -> None:
    engine = load_bundle(site.bundle)
    session = onnxruntime.InferenceSession(str(site.bundle / MOBILE), providers=["CPUExecutionProvider"])

    def expected(age: int, liked: list[int], refused: list[int]) -> list[str]:
        situation = Situation(company(age, None, 36), recipient_age=age, seen=tuple(liked), dismissed=tuple(refused))
        allowed = allowed_mask(engine.shelf, situation).mask
        toys, _ = session.run(None, {"history": np.array([liked or [0]], np.int32), "allowed": allowed[None]})
        return [engine.toys[toy - 1].id for toy in toys[0] if toy > 0]

    page.goto(site.address)
    expect(page.get_by_role("heading", name="Find a gift")).to_be_visible()
    expect(page.locator("#toys li")).to_have_count(10)
    assert shown(page) == expected(36, [], [])
    page.get_by_label("How old is the youngest child?").select_option("1 year")
    expect(page.locator("#toys li").first).to_have_attribute("data-toy", expected(12, [], [])[0])
    assert shown(page) == expected(12, [], [])
    liked, refused = shown(page)[:2]
    places = [engine.index[liked]], [engine.index[refused]]
    page.locator(f'[data-toy="{liked}"]').get_by_role("button", name="Like").click()
    expect(page.locator(f'[data-toy="{liked}"]')).to_have_count(0)
    page.locator(f'[data-toy="{refused}"]').get_by_role("button", name="Not this").click()
    expect(page.locator(f'[data-toy="{refused}"]')).to_have_count(0)
    assert shown(page) == expected(12, *places)
    page.get_by_role("button", name="Start again").click()
    expect(page.locator(f'[data-toy="{liked}"]')).to_have_count(1)
    assert shown(page) == expected(12, [], [])
    assert all(safe_from(engine.toy(toy)) <= 12 for toy in shown(page))


@pytest.mark.parametrize("page", ["zh-CN"], indirect=True)
def test_it_speaks_chinese(page: Page, site: Site) -> None:
    page.goto(site.address)
    expect(page.get_by_role("heading", name="挑一份礼物")).to_be_visible()
    expect(page.get_by_role("button", name="喜欢").first).to_be_visible()
    toy = load_bundle(site.bundle).toy(shown(page)[0])
    expect(page.locator("#toys h2").first).to_have_text(toy.title_zh or toy.title)


def test_what_the_shop_withholds_is_gone_at_the_next_visit(page: Page, site: Site) -> None:
    page.goto(site.address)
    expect(page.locator("#toys li")).to_have_count(10)
    before = shown(page)
    withheld = site.folder / "withheld.json"
    withheld.write_text(json.dumps(before[:3]), encoding="utf-8")
    try:
        page.goto(site.address)
        expect(page.locator("#toys li")).to_have_count(10)
        assert shown(page)[:7] == before[3:]
    finally:
        withheld.write_text("[]", encoding="utf-8")


def test_without_the_list_of_what_is_withheld_nothing_is_shown(chromium: Browser, site: Site) -> None:
    aside = shutil.move(site.folder / "withheld.json", site.folder / "aside.json")
    page = chromium.new_page()
    try:
        page.goto(site.address)
        expect(page.get_by_text("The shelves cannot be opened just now")).to_be_visible()
        expect(page.locator("#toys li")).to_have_count(0)
    finally:
        page.close()
        shutil.move(aside, site.folder / "withheld.json")
