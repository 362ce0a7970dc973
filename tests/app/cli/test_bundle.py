import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.bundle import size_words
from app.cli.main import app
from data.errors import BundleError, ToyGuideError
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


def test_a_format_that_is_too_new_is_refused_with_what_to_do(bundle: Path, tmp_path: Path) -> None:
    future = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    facts = json.loads((future / "manifest.json").read_text(encoding="utf-8"))
    (future / "manifest.json").write_text(json.dumps({"format": 2, "what": facts}), encoding="utf-8")
    refused = runner.invoke(app, ["bundle", "verify", str(future)])
    assert refused.exit_code == 4
    assert "the bundle has format 2, this toyguide reads up to 1. Update toyguide" in refused.stderr


def test_a_bundle_is_signed_zipped_unzipped_and_verified(bundle: Path, tmp_path: Path) -> None:
    def run(*words: object) -> str:
        done = runner.invoke(app, ["bundle", *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.stdout

    folder, key, public = tmp_path / "bundle", tmp_path / "shop", tmp_path / "shop.pub"
    shutil.copytree(bundle, folder)
    assert "signature: none" in run("verify", folder)
    assert str(public) in run("key", "--out", key)
    assert "is signed" in run("sign", folder, "--key", key)
    assert "signature: not checked" in run("verify", folder)
    assert "signature: good" in run("verify", folder, "--key", public)
    assert "bytes" in run("zip", folder, "--out", tmp_path / "bundle.zip")
    assert "5 files" in run("unzip", tmp_path / "bundle.zip", "--out", tmp_path / "shop-2", "--key", public)
    said = json.loads(run("verify", tmp_path / "shop-2", "--key", public, "--json"))
    assert said == {"whole": True, "model": "0123456789abcdef" * 4, "signature": "good", "problem": None}


def test_a_signature_that_is_missing_or_wrong_is_a_gate_and_a_bad_key_a_mistake(bundle: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    for name in ("shop", "other"):
        runner.invoke(app, ["bundle", "key", "--out", str(tmp_path / name)])
    verify = ["bundle", "verify", str(folder), "--key", str(tmp_path / "shop.pub")]
    unsigned = runner.invoke(app, verify)
    assert (unsigned.exit_code, "It has no manifest.sig" in unsigned.stderr) == (4, True)
    runner.invoke(app, ["bundle", "sign", str(folder), "--key", str(tmp_path / "other")])
    wrong = runner.invoke(app, [*verify, "--json"])
    assert (wrong.exit_code, "another key signed it" in wrong.stderr) == (4, True)
    assert json.loads(wrong.stdout)["signature"] is None
    with pytest.raises(ToyGuideError, match="It holds a private key"):
        runner.invoke(app, [*verify[:-1], str(tmp_path / "shop")], catch_exceptions=False)
    with pytest.raises(ToyGuideError, match="must be a new file"):
        runner.invoke(app, ["bundle", "key", "--out", str(tmp_path / "shop")], catch_exceptions=False)


def test_a_zip_that_is_refused_leaves_with_code_4_and_the_folder_as_it_was(bundle: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    (tmp_path / "x.zip").write_bytes(b"PK no zip")
    unzip = ["bundle", "unzip", str(tmp_path / "x.zip"), "--out"]
    refused = runner.invoke(app, [*unzip, str(folder)])
    assert (refused.exit_code, "does not end as a zip does" in refused.stderr) == (4, True)
    assert runner.invoke(app, ["bundle", "verify", str(folder)]).exit_code == 0
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ToyGuideError, match=r"also holds 'notes\.txt'"):
        runner.invoke(app, [*unzip, str(folder)], catch_exceptions=False)
    assert runner.invoke(app, ["bundle", "zip", str(folder), "--out", str(tmp_path / "y.zip")]).exit_code == 4


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
        "together.npy": 381_600,
        "student-mobile.onnx": 957_400,
    }
    files = {name: FileEntry("0" * 64, size) for name, size in sizes.items()}
    manifest = read_manifest(bundle)
    said = size_words(replace(manifest, files=files, student=dict(manifest.student) | {"table_bits": 4}))
    assert said.splitlines() == [
        "student 0.957 MB in all: graph 0.169, table in int4 0.787",
        "apart: toy encoder 4.100, catalogue with the id map 9.000, toys bought together 0.382, "
        "graph and table in one file for a phone 0.957",
    ]
