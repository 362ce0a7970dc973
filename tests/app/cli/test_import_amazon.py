from __future__ import annotations

import functools
import gzip
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.cli.console import Exit
from app.cli.fetch import CollectionName
from data.dataset import load_dataset
from data.importers.fetch import COLLECTIONS
from tests.app.cli.conftest import Run

GOLDEN = Path(__file__).parents[2] / "data" / "importers" / "golden" / "amazon"


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """The address of a mirror of the 2023 collection, holding the golden files."""
    root = tmp_path / "mirror"
    for path, name in (
        (COLLECTIONS["amazon-toys-2023"].reviews, "reviews-2023.jsonl"),
        (COLLECTIONS["amazon-toys-2023"].metadata, "metadata-2023.jsonl"),
    ):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_bytes(gzip.compress((GOLDEN / name).read_bytes(), mtime=0))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_was_fetched_is_imported(toyguide: Run, mirror: str, tmp_path: Path) -> None:
    sources, out = tmp_path / "sources", tmp_path / "d"
    code, text, _ = toyguide("data", "fetch", "amazon-toys-2023", "--base", mirror, "--out", sources, "--json")
    fetched = json.loads(text)
    assert code == Exit.OK
    assert list(fetched) == ["meta_Toys_and_Games.jsonl.gz", "Toys_and_Games.jsonl.gz"]
    metadata, reviews = (one["file"] for one in fetched.values())
    checks = [f"--sha256={name}={one['sha256']}" for name, one in fetched.items()]
    code, text, _ = toyguide("data", "fetch", "amazon-toys-2023", "--base", mirror, "--out", sources, *checks)
    assert code == Exit.OK
    assert f"toyguide data import amazon {reviews} --metadata {metadata}" in text
    code, text, err = toyguide("data", "import", "amazon", reviews, "--metadata", metadata, "--out", out, "--json")
    summary = json.loads(text)
    assert code == Exit.OK
    assert (summary["toys"], summary["shoppers"], summary["events"]) == (3, 2, 3)
    assert summary["digest"] == load_dataset(out).digest
    assert "a second" in err
    code, text, _ = toyguide("data", "import", "amazon", reviews, "--metadata", metadata, "--out", out)
    assert code == Exit.OK
    assert "metadata: age: not understood 1 ×: '4 - 3 years' (the bounds are upside down; first at line 3)" in text


def test_faults_stop_the_import_or_are_left_out(toyguide: Run, tmp_path: Path) -> None:
    file, out = tmp_path / "r.jsonl", tmp_path / "d"
    file.write_text((GOLDEN / "reviews-2018.jsonl").read_text() + "{\n")
    code, text, err = toyguide("data", "import", "amazon", file, "--out", out)
    assert (code, text, out.exists()) == (Exit.MISTAKE, "", False)
    assert "line 4" in err
    assert "Traceback" not in err
    code, text, err = toyguide("data", "import", "amazon", file, "--out", out, "--on-error", "skip", "--json")
    assert code == Exit.OK
    assert json.loads(text)["counts"] == {"reviews": {"read": 4, "kept": 3, "rejected": 1}}
    assert "Left out" in err
    assert "2 toys have reviews but no metadata" in err


def test_nothing_but_a_dataset_is_replaced(toyguide: Run, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_text("x")
    code, _, err = toyguide("data", "import", "amazon", GOLDEN / "reviews-2014.jsonl", "--out", tmp_path / "photos")
    assert code == Exit.MISTAKE
    assert "--out" in err


@pytest.mark.parametrize("checksum", ["x", "other.gz=" + "0" * 64, "Toys_and_Games.jsonl.gz=xyz"])
def test_a_checksum_of_another_form_is_refused(toyguide: Run, tmp_path: Path, checksum: str) -> None:
    code, _, err = toyguide(
        "data", "fetch", "amazon-toys-2023", "--base", "http://127.0.0.1:9", "--out", tmp_path, "--sha256", checksum
    )
    assert code == Exit.MISTAKE
    assert "The '--sha256' parameter of data fetch must be NAME=DIGEST" in err


def test_a_mirror_without_the_files_is_told(toyguide: Run, mirror: str, tmp_path: Path) -> None:
    code, _, err = toyguide("data", "fetch", "amazon-toys-2014", "--base", mirror, "--out", tmp_path / "s")
    assert code == Exit.MISTAKE
    assert "the server answered 404" in err


def test_every_collection_has_a_name() -> None:
    assert [name.value for name in CollectionName] == list(COLLECTIONS)
