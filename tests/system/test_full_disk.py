"""A disk that fills, for real: a small tmpfs. What was there before stays whole, and nothing half-written is left."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from data.dataset import load_dataset
from data.errors import DataError, ToyGuideError

pytestmark = [pytest.mark.system, pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")]

MEGABYTE = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def toyguide(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def refused(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert done.returncode == 2, done.stderr
    assert f"{folder} cannot be written" in done.stderr
    assert "make room, or give another place" in done.stderr
    assert "Traceback" not in done.stderr


def fill(file: Path) -> None:
    """Let the file take all that is left of its disk."""
    with file.open("wb", buffering=0) as rest, suppress(OSError):
        while rest.write(b"x" * 4096):
            pass


def large_table(file: Path) -> Path:
    rows = (f"s{i % 500},t{i % 90},{i * 7919 % 1_000_003},{os.urandom(12).hex()}\n" for i in range(60_000))
    file.write_text("shopper,toy,order,session\n" + "".join(rows), encoding="utf-8")
    return file


def test_a_simulated_shop_that_does_not_fit(disk: Path) -> None:
    small = ["--toys", "60", "--shoppers", "30", "--events", "300"]
    assert toyguide("data", "simulate", "--out", disk / "world", *small).returncode == 0
    before = load_dataset(disk / "world").digest
    refused(toyguide("data", "simulate", "--out", disk / "world", "--events", "200000"), disk / "world")
    assert load_dataset(disk / "world").digest == before
    assert [path.name for path in disk.iterdir()] == ["world"]


def test_an_import_that_does_not_fit(disk: Path, tmp_path: Path) -> None:
    events = large_table(tmp_path / "events.csv")
    toys = tmp_path / "toys.csv"
    toys.write_text("toy_id,title\n" + "".join(f"t{i},Toy {i}\n" for i in range(90)), encoding="utf-8")
    done = toyguide(
        "data", "import", "table", toys, "--events", events, "--out", disk / "shop",
        "--map-events", "shopper_id=shopper,toy_id=toy,session_id=session,event_id=session",
    )  # fmt: skip
    refused(done, disk / "shop")
    assert not list(disk.iterdir())


def test_the_checkpoint_before_stays(disk: Path) -> None:
    import torch

    from recommender.learning.checkpoint import Checkpoint, Epoch

    checkpoint = Checkpoint(disk / "unfinished", {"seed": 0})
    first = {"weights": torch.arange(100.0)}
    checkpoint.save(first, [Epoch(1, 2.0, 0.1, 1.0)])
    with pytest.raises(DataError, match="cannot be written"):
        checkpoint.save({"weights": torch.zeros(MEGABYTE)}, [Epoch(1, 2.0, 0.1, 1.0), Epoch(2, 1.0, 0.2, 2.0)])
    found = checkpoint.load()
    assert found is not None
    assert torch.equal(found[0]["weights"], first["weights"])
    assert [epoch.number for epoch in found[1]] == [1]
    assert [path.name for path in disk.iterdir()] == ["unfinished"]


def test_a_teachers_scores_that_do_not_fit(disk: Path, tmp_path: Path) -> None:
    data, teacher = tmp_path / "shop", tmp_path / "teacher"
    size = ("--toys", "300", "--shoppers", "200", "--events", "6000")
    assert toyguide("data", "simulate", "--out", data, *size).returncode == 0
    trained = toyguide("train", "--data", data, "--preset", "small", "--epochs", "1", "--out", teacher)
    assert trained.returncode == 0, trained.stderr
    distill = ("distill", "--data", data, "--teacher", teacher, "--epochs", "1", "--width", "8", "--scores")
    few = toyguide(*distill, disk / "few", "--top", "8", "--out", disk / "student")
    assert few.returncode == 0, few.stderr
    before = {file: file.read_bytes() for file in disk.rglob("*") if file.is_file()}
    refused(toyguide(*distill, disk / "many", "--top", "256", "--out", disk / "student"), disk / "many")
    assert {file: file.read_bytes() for file in disk.rglob("*") if file.is_file()} == before
    again = toyguide(*distill, disk / "few", "--top", "8", "--out", disk / "student")
    assert again.returncode == 0, again.stderr


def test_a_kiosks_database_goes_on_being_read(disk: Path) -> None:
    from app.kiosk.store.database import Database, StoreFullError
    from app.kiosk.store.marks import read_mark, write_mark

    database = Database(disk / "kiosk.sqlite")
    with database.writing() as connection:
        write_mark(connection, "before", b"kept")
    with pytest.raises(StoreFullError), database.writing() as connection:
        write_mark(connection, "before", os.urandom(2 * MEGABYTE))
    fill(disk / "rest")
    for _ in range(2):
        with pytest.raises(StoreFullError), database.writing() as connection:
            write_mark(connection, "before", os.urandom(MEGABYTE))
        with database.reading() as connection:
            assert read_mark(connection, "before") == b"kept"
    (disk / "rest").unlink()
    with database.writing() as connection:
        write_mark(connection, "after", 1)
    database.close()


def test_a_folder_of_published_bundles(disk: Path, bundle: Path, tmp_path: Path) -> None:
    """Full or read-only before a retraining, and full after one: it is said, and what is in force there stays."""
    from app.cli.shelf import Shelf
    from recommender.serving.bundle import verify_bundle
    from recommender.serving.publish import in_force, publish
    from tests.conftest import tiny_toys, write_bundle

    new = write_bundle(tmp_path / "out" / "bundle", tiny_toys(), seed=1, model="b" * 64)
    first, shelf = publish(bundle, disk), Shelf(disk)
    shelf.check(bundle, tmp_path / "out")
    fill(disk / "rest")
    with pytest.raises(ToyGuideError, match=r"with room for a bundle, about 0\.\d MB; 0\.0 MB are free|can be written"):
        shelf.check(bundle, tmp_path / "out")
    model = verify_bundle(first).model
    with pytest.raises(ToyGuideError, match=r"cannot be written: No space left.*kept in .*out/bundle.*by hand"):
        shelf.put(new, model)
    assert sorted(path.name for path in disk.iterdir()) == sorted([first.name, "current.json", "rest"])
    assert in_force(disk) == model
    (disk / "rest").unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(ToyGuideError, match=r"a folder that can be written \(Read-only file system\)"):
        shelf.check(bundle, tmp_path / "out")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    shelf.put(new, model)
    assert in_force(disk) == "b" * 64
