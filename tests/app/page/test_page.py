"""The page's folder. What it does in a browser is tried in tests/system/test_student_in_browser.py."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.page.names import PAGE_NAMES
from app.page.write import RUNTIME_FILES, page_facts, write_page
from data.errors import BundleError, ToyGuideError
from data.schema import ADULT_MONTHS, SMALLEST_MONTHS
from distillation.mobile import mobile_graph
from recommender.serving.bundle import MOBILE, STUDENT, TABLE, TABLE_SCALE, write_manifest
from recommender.serving.load import load_bundle
from recommender.serving.policy.mask import Situation, allowed_mask
from recommender.serving.policy.safety import company


@pytest.fixture(scope="module")
def mobile_bundle(make_bundle, toys, tmp_path_factory) -> Path:
    """A bundle with `student-mobile.onnx` in it."""
    folder = make_bundle(tmp_path_factory.mktemp("page") / "bundle", toys)
    manifest = load_bundle(folder).manifest
    graph = mobile_graph(onnx.load(folder / STUDENT), np.load(folder / TABLE), np.load(folder / TABLE_SCALE))
    (folder / MOBILE).write_bytes(graph.SerializeToString())
    kept = ("model", "opset", "dataset", "teacher", "student", "features", "metrics", "currency")
    write_manifest(folder, **{name: value for name, value in asdict(manifest).items() if name in kept})
    return folder


@pytest.fixture
def runtime(tmp_path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    for name in RUNTIME_FILES:
        (folder / name).write_text(name)
    return folder


def test_a_page_holds_what_it_needs_and_nothing_else(mobile_bundle, runtime, tmp_path):
    sizes = write_page(mobile_bundle, runtime, tmp_path / "page")
    assert {entry.name for entry in (tmp_path / "page").iterdir()} == PAGE_NAMES
    assert (tmp_path / "page" / MOBILE).read_bytes() == (mobile_bundle / MOBILE).read_bytes()
    everything = sum(file.stat().st_size for file in (tmp_path / "page").rglob("*") if file.is_file())
    assert sum(asdict(sizes).values()) == everything
    assert json.loads((tmp_path / "page" / "withheld.json").read_text()) == []
    facts = json.loads((tmp_path / "page" / "page.json").read_text(encoding="utf-8"))
    assert facts["toys"][1]["title_zh"] == "瞌睡熊"
    pictures = {file.name for file in (tmp_path / "page" / "pictures").iterdir()}
    assert pictures == {f"{place}.txt" for place in range(1, 10)}, "of toys that a child may see and that have one"


def test_its_ages_say_what_the_kiosks_mask_says(mobile_bundle):
    engine = load_bundle(mobile_bundle)
    toys = page_facts(engine)["toys"]
    for age in range(ADULT_MONTHS):
        situation = Situation(company(age, None, SMALLEST_MONTHS), recipient_age=age)
        expected = allowed_mask(engine.shelf, situation).mask[1:].tolist()
        shown = [
            toy["from"] is not None and toy["from"] <= age and (toy["until"] is None or age < toy["until"])
            for toy in toys
        ]
        assert shown == expected, age


def test_a_bundle_without_the_graph_and_a_folder_without_the_runtime_are_refused(bundle, mobile_bundle, runtime):
    out = runtime.parent / "page"
    with pytest.raises(BundleError, match=r"holds no student-mobile\.onnx"):
        write_page(bundle, runtime, out)
    (runtime / RUNTIME_FILES[2]).unlink()
    with pytest.raises(ToyGuideError, match=r"'runtime' parameter of page .* with ort-wasm-simd-threaded\.wasm"):
        write_page(mobile_bundle, runtime, out)
    assert not out.exists()


def test_the_command_replaces_a_page_and_nothing_else(mobile_bundle, runtime, tmp_path):
    command = ["page", "--bundle", str(mobile_bundle), "--runtime", str(runtime), "--out", str(tmp_path / "page")]
    for _ in range(2):
        result = CliRunner().invoke(app, [*command, "--json"])
        assert result.exit_code == 0
        assert json.loads(result.stdout)["model"] == (mobile_bundle / MOBILE).stat().st_size
    (tmp_path / "page" / "notes.txt").write_text("mine")
    result = CliRunner().invoke(app, command)
    assert isinstance(result.exception, ToyGuideError)
    assert "'notes.txt'" in str(result.exception)
    assert (tmp_path / "page" / "notes.txt").read_text() == "mine"
