"""A bundle for measurements: never taught, and whole."""

from __future__ import annotations

from pathlib import Path

from data.schema import Recipient
from distillation.untrained import simulated_catalogue, untrained_bundle
from recommender.serving.load import load_bundle


def test_an_untrained_bundle_is_one_that_a_kiosk_loads(tmp_path: Path) -> None:
    manifest = untrained_bundle(tmp_path / "bundle", simulated_catalogue(60))
    assert {"student.onnx", "toy_encoder.onnx", "catalogue.sqlite"} < manifest.files.keys()
    assert manifest.teacher["preset"] == "none"
    engine = load_bundle(tmp_path / "bundle")
    assert len(engine.toys) == 60
    history = [toy.id for toy in engine.toys[:5]]
    assert len(engine.recommend(history, Recipient(age_months=100), k=10).items) == 10
