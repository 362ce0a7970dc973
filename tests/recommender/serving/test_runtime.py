"""A kiosk stands where children are: ONNX Runtime must not report from it, nor number its machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SILENCED_BY = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")


@pytest.mark.parametrize("module", ["recommender.serving.load", "distillation.mobile", "app.cli.sizes.ways"])
def test_onnx_runtime_leaves_no_number_of_the_machine(module: str, tmp_path: Path) -> None:
    """It writes one when it is first imported, wherever it means to report."""
    environment = {name: value for name, value in os.environ.items() if name not in SILENCED_BY}
    homes = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    script = f"import {module}, sys; assert 'onnxruntime' in sys.modules"
    subprocess.run([sys.executable, "-c", script], env=environment | homes, check=True)
    assert not list(tmp_path.rglob("*onnxruntime*")), sorted(tmp_path.rglob("*"))
