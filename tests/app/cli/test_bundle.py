import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.bundle import size_words
from app.cli.main import app
from data.errors import BundleError
from recommender.serving.bundle import FileEntry, read_manifest

runner = CliRunner()


def test_inspect_shows_what_a_bundle_says_of_itself(bundle: Path) -> None:
    shown = runner.invoke(app, ["bundle", "inspect", str(bundle)])
    assert shown.exit_code == 0
    for word in ("0123456789abcdef", "student.onnx", "catalogue.sqlite", "trains", "GBP", "max_history 20"):
        assert word in shown.stdout
    facts = json.loads(runner.invoke(app, ["bundle", "inspect", str(bundle), "--json"]).stdout)
    assert facts["files"]["table.npy"]["bytes"] == (bundle / "table.npy").stat().st_size


def test_verify_says_whole_or_leaves_with_code_4(bundle: Path, tmp_path: Path) -> None:
    whole = runner.invoke(app, ["bundle", "verify", str(bundle)])
    assert whole.exit_code == 0
    assert "Whole. 5 files, 12 toys" in whole.stdout
    assert json.loads(runner.invoke(app, ["bundle", "verify", str(bundle), "--json"]).stdout)["whole"] is True

    damaged = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    (damaged / "student.onnx").write_bytes((damaged / "student.onnx").read_bytes()[:100])
    refused = runner.invoke(app, ["bundle", "verify", str(damaged), "--json"])
    assert refused.exit_code == 4
    said = json.loads(refused.stdout)
    assert said["whole"] is False
    assert "student.onnx is truncated" in said["problem"]


def test_inspecting_what_is_no_bundle_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a bundle"):
        runner.invoke(app, ["bundle", "inspect", str(tmp_path)], catch_exceptions=False)


def test_sizes_are_told_by_part_in_millions_of_bytes(bundle: Path) -> None:
    sizes = {
        "student.onnx": 169_223,
        "table.npy": 763_328,
        "table_scale.npy": 23_978,
        "toy_encoder.onnx": 4_000_000,
        "features.npz": 100_000,
        "catalogue.sqlite": 9_000_000,
        "student-mobile.onnx": 957_400,
    }
    files = {name: FileEntry("0" * 64, size) for name, size in sizes.items()}
    manifest = read_manifest(bundle)
    said = size_words(replace(manifest, files=files, student=dict(manifest.student) | {"table_bits": 4}))
    assert said.splitlines() == [
        "student 0.957 MB in all: graph 0.169, table in int4 0.787",
        "apart: toy encoder 4.100, catalogue with the id map 9.000, graph and table in one file for a phone 0.957",
    ]
