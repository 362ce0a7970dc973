import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.errors import BundleError

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
