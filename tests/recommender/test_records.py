"""Records of runs: found wherever they lie, read without torch, and never taken for something else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import ToyGuideError
from recommender.records import find_runs, read_record, write_record


def put(folder: Path, name: str, content: object) -> Path:
    folder.mkdir(parents=True)
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder


def test_a_record_has_its_kind_and_how_it_was_made(tmp_path: Path) -> None:
    record = {"dataset": {"name": "world", "digest": "abcdef0123"}, "validation_ndcg_10": 0.05, "preset": {"name": "s"}}
    write_record(tmp_path / "run" / "run.json", "teacher", record, threads=2)
    run = read_record(tmp_path / "run")
    assert (run.kind, run.dataset, run.ndcg) == ("teacher", "world abcdef01", ("validation", 0.05))
    assert run.record["environment"]["threads"] == 2
    assert run.time.startswith("20")


def test_what_is_within_a_run_belongs_to_it_and_what_is_unfinished_is_none(tmp_path: Path) -> None:
    put(tmp_path / "blend", "run.json", {"kind": "blend", "members": [{"name": "one"}]})
    put(tmp_path / "blend" / "member-0", "run.json", {"kind": "teacher"})
    put(tmp_path / ".student.0a1b2c3d.unfinished", "run.json", {"kind": "student"})
    put(tmp_path / "deep" / "er" / "bundle", "manifest.json", {"format": 1, "model": "m", "files": {}})
    put(tmp_path / "site", "manifest.json", {"name": "a web page of somebody else"})
    found = [run for run in find_runs(tmp_path) if not isinstance(run, ToyGuideError)]
    assert [(run.folder.name, run.kind) for run in found] == [("blend", "blend"), ("bundle", "bundle")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read as a run record"),
        ("[" * 100_000, "cannot be read as a run record"),
        ('"text"', "must hold a JSON object. Got str."),
        ({"kind": "cake"}, "field 'kind' must be one of teacher, blend, .* Got 'cake'."),
        ({}, "field 'kind' must be one of .* Got None."),
    ],
)
def test_a_bad_record_is_one_sentence_and_does_not_hide_the_others(tmp_path: Path, content: object, said: str) -> None:
    put(tmp_path / "bad", "run.json", content)
    put(tmp_path / "good", "run.json", {"kind": "student"})
    bad, good = find_runs(tmp_path)
    assert isinstance(bad, ToyGuideError)
    assert not isinstance(good, ToyGuideError)
    with pytest.raises(ToyGuideError, match=said):
        read_record(tmp_path / "bad")


def test_odd_fields_are_shown_as_unknown_not_as_an_error(tmp_path: Path) -> None:
    put(tmp_path / "odd", "run.json", {"kind": "student", "dataset": 7, "student": None, "validation_ndcg_10": "high"})
    run = read_record(tmp_path / "odd")
    assert (run.dataset, run.ndcg, run.time, run.digest) == ("", None, "", "")
    assert "None" in run.about


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(ToyGuideError, match=r"holds no run: it has neither run.json nor manifest.json"):
        read_record(tmp_path)


def test_records_are_read_without_torch() -> None:
    code = "import sys, app.cli.runs, recommender.records; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
