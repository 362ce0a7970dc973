"""A teacher's scores, kept on disk: what is read back is what the teacher says."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from data.errors import ToyGuideError
from data.ids import ToyIndex
from distillation.lessons import cached_scores, prepare_lessons, score_key
from distillation.losses import soft_loss, top_k_soft_loss
from distillation.score_cache import fill_cache, open_cache, read_record
from distillation.targets import TEMPERATURES, SoftTargets, live_targets, own_top, prefix_queries
from distillation.teachers import check_same_toys, gather_teacher
from recommender.base import Recommender
from recommender.learning.batches import epoch_batches, exclude_prefix
from recommender.learning.blend import blend_teachers, save_blend
from recommender.learning.teacher import save_teacher

TOP = 12


@pytest.fixture(scope="module")
def lessons(way):
    return prepare_lessons(way.dataset, way.split, 20, way.source.interests)


@pytest.fixture(scope="module")
def kept(way, lessons, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scores") / "scores"
    return folder, cached_scores(folder, lessons, way.source, score_key(way.source, 20, TOP, "prefix"))


@pytest.fixture(scope="module")
def batch(lessons):
    return next(epoch_batches(lessons.windows, 200, np.random.default_rng(1)))


def teacher_logits(way, lessons, batch):
    """What the teacher says, all toys, written without the code under test."""
    scores = way.teacher.score_batch(prefix_queries(lessons.train, batch.contacts.numpy()))
    return exclude_prefix(torch.cat([torch.zeros(len(scores), 1), torch.from_numpy(scores)], dim=1), batch.prefix)


def test_the_queries_are_what_the_shopper_had_done_by_then(way, lessons, batch):
    queries = prefix_queries(lessons.train, batch.contacts.numpy())
    for row, contact in enumerate(batch.contacts.tolist()):
        shopper = int(np.searchsorted(lessons.train.offsets, contact, side="right")) - 1
        before = lessons.train.toys[lessons.train.offsets[shopper] : contact]
        assert queries.toys[row][queries.toys[row] > 0].tolist() == before.tolist()
        assert lessons.train.toys[contact] == batch.targets[row]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_cached_scores_are_the_teachers_own(way, lessons, kept, batch, temperature):
    cache = open_cache(kept[0], score_key(way.source, 20, TOP, "prefix"), temperature, lessons.train)
    logits = teacher_logits(way, lessons, batch)
    toys, found, tail, _ = cache(batch, slice(0, len(batch.targets)))
    assert toys.tolist() == logits.topk(TOP, dim=1).indices.tolist()
    own = logits / temperature
    expected = own.gather(1, toys) - torch.logsumexp(own, dim=1, keepdim=True)
    total = torch.logsumexp(torch.cat([found / temperature, tail[:, None]], dim=1), dim=1, keepdim=True)
    torch.testing.assert_close(found / temperature - total, expected, atol=0.02, rtol=0)
    rest = torch.logsumexp(own.scatter(1, toys, float("-inf")), dim=1) - torch.logsumexp(own, dim=1)
    torch.testing.assert_close((tail[:, None] - total)[:, 0], rest, atol=0.02, rtol=0)


def test_of_what_the_shopper_ever_met_nothing_is_said(way, lessons, batch, tmp_path):
    cached_scores(tmp_path / "scores", lessons, way.source, score_key(way.source, 20, TOP, "shopper"))
    cache = open_cache(tmp_path / "scores", score_key(way.source, 20, TOP, "shopper"), 1.0, lessons.train)
    rows = slice(0, len(batch.targets))
    toys, found, tail, silent = cache(batch, rows)
    logits = teacher_logits(way, lessons, batch)
    for row, contact in enumerate(batch.contacts.tolist()):
        shopper = int(np.searchsorted(lessons.train.offsets, contact, side="right")) - 1
        met = set(lessons.train.toys[lessons.train.offsets[shopper] : lessons.train.offsets[shopper + 1]].tolist())
        assert set(silent[row].tolist()) - {0} == met
        assert not met & set(toys[row].tolist())
        logits[row, list(met)] = float("-inf")
    assert toys.tolist() == logits.topk(TOP, dim=1).indices.tolist()
    whole = torch.logsumexp(torch.cat([found, tail[:, None]], dim=1), dim=1)
    expected = torch.logsumexp(logits, dim=1) - logits.max(dim=1).values
    torch.testing.assert_close(whole, expected, atol=0.01, rtol=0)
    live = live_targets(way.teacher, lessons.train, TOP, 1.0, "shopper")(batch, rows)
    assert torch.equal(live.left_out, silent)


def test_all_toys_cached_make_the_full_soft_loss(way, lessons, batch, tmp_path):
    everything = len(way.dataset.index)
    cached_scores(tmp_path / "all", lessons, way.source, score_key(way.source, 20, everything, "prefix"))
    cache = open_cache(tmp_path / "all", score_key(way.source, 20, everything, "prefix"), 2.0, lessons.train)
    logits = teacher_logits(way, lessons, batch)
    torch.manual_seed(0)
    student = exclude_prefix(torch.randn_like(logits), batch.prefix)
    found = top_k_soft_loss(student, *cache(batch, slice(0, len(batch.targets)))[:3], 2.0)
    torch.testing.assert_close(found, soft_loss(student, logits, 2.0), atol=0.01, rtol=0.01)


def test_scored_live_it_says_the_same(way, lessons, kept, batch):
    cache = open_cache(kept[0], score_key(way.source, 20, TOP, "prefix"), 1.0, lessons.train)
    rows = slice(3, 40)
    stored, live = cache(batch, rows), live_targets(way.teacher, lessons.train, TOP, 1.0)(batch, rows)
    same = [len(set(a.tolist()) & set(b.tolist())) / TOP for a, b in zip(stored.toys, live.toys, strict=True)]
    assert np.mean(same) > 0.97
    torch.testing.assert_close(
        F.softmax(torch.cat([stored.logits, stored.tail[:, None]], 1), 1)[:, 0],
        F.softmax(torch.cat([live.logits, live.tail[:, None]], 1), 1)[:, 0],
        atol=0.02,
        rtol=0.05,
    )


def test_the_students_own_top_is_looked_at_and_no_mass_is_lost():
    logits = torch.tensor([[0.0, -1.0, -2.0, -3.0, -4.0, float("-inf")]])
    soft = SoftTargets(torch.tensor([[7, 3, 5, 2, 9, 0]]), logits, torch.tensor([-2.5]), torch.zeros(1, 1).long())
    student = torch.zeros(1, 12)
    student[0, 9], student[0, 0], student[0, 4] = 5.0, 9.0, 8.0
    found = own_top(soft, student, head=2, own=1, temperature=2.0)
    assert found.toys.tolist() == [[7, 3, 9]]
    assert found.logits.tolist() == [[0.0, -1.0, -4.0]]

    def total(each):
        return torch.logsumexp(torch.cat([each.logits / 2.0, each.tail[:, None]], dim=1), dim=1)

    torch.testing.assert_close(total(found), total(soft))
    assert own_top(soft, student, head=2, own=4, temperature=2.0) is soft


def test_the_record_says_size_and_rate(kept):
    folder, record = kept
    assert record == read_record(folder)
    assert record["bytes"] == sum(file.stat().st_size for file in folder.glob("*.npy"))
    assert record["queries_per_second"] > 0
    assert record["temperatures"] == list(TEMPERATURES)


def test_a_second_student_reads_the_same_scores(way, lessons, kept):
    folder, record = kept
    times = [file.stat().st_mtime_ns for file in folder.iterdir()]
    assert cached_scores(folder, lessons, way.source, score_key(way.source, 20, TOP, "prefix")) == record
    assert [file.stat().st_mtime_ns for file in folder.iterdir()] == times


def test_scores_of_another_teacher_are_refused(way, lessons, kept):
    other = replace(way.source, facts=way.source.facts | {"digest": "b" * 64})
    with pytest.raises(ToyGuideError, match=r"holds scores of another 'teacher' \(aaaaaaaaaaaa…\) than"):
        cached_scores(kept[0], lessons, other, score_key(other, 20, TOP, "prefix"))
    with pytest.raises(ToyGuideError, match="another 'top'"):
        cached_scores(kept[0], lessons, way.source, score_key(way.source, 20, TOP + 1, "prefix"))


def test_a_temperature_without_tails_is_refused(way, lessons, kept):
    with pytest.raises(ToyGuideError, match=r"'temperature' parameter of distil must be one of 0\.25, .*Got 2\.2"):
        open_cache(kept[0], score_key(way.source, 20, TOP, "prefix"), 2.2, lessons.train)


def test_what_is_no_cache_is_refused_and_left(way, lessons, kept, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear")
    with pytest.raises(ToyGuideError, match="must hold a teacher's cached scores and nothing else"):
        cached_scores(tmp_path / "mine", lessons, way.source, score_key(way.source, 20, TOP, "prefix"))
    assert (tmp_path / "mine" / "diary.txt").read_text() == "dear"
    cut = tmp_path / "cut"
    cut.mkdir()
    for file in kept[0].iterdir():
        (cut / file.name).write_bytes(file.read_bytes())
    (cut / "logits.npy").write_bytes((cut / "logits.npy").read_bytes()[:-10])
    with pytest.raises(ToyGuideError, match="changed since they were written"):
        cached_scores(cut, lessons, way.source, score_key(way.source, 20, TOP, "prefix"))


class Broken(Recommender):
    """Knows no number for one toy."""

    def __init__(self, index):
        self.name, self.index = "broken", index

    def _score(self, batch):
        scores = np.zeros((len(batch), len(self.index)), np.float32)
        scores[-1, 2] = np.nan
        return scores


def test_a_teacher_that_knows_no_number_is_refused_and_nothing_is_left(way, lessons, tmp_path):
    key = {"top": TOP, "outside": "prefix"}
    with pytest.raises(ToyGuideError, match="NaN"):
        fill_cache(tmp_path / "scores", Broken(way.dataset.index), lessons.train, lessons.windows, key)
    assert list(tmp_path.iterdir()) == []


def test_rules_alone_can_teach(way, lessons, tmp_path):
    teacher = gather_teacher(way.dataset, way.split, way.plan, baselines=["rules"])
    assert teacher.table() is None
    assert teacher.facts["preset"] == "blend of rules"
    assert teacher.facts["spent"] is None
    record = cached_scores(tmp_path / "scores", lessons, teacher, score_key(teacher, 20, TOP, "prefix"))
    assert json.loads((tmp_path / "scores" / "scores.json").read_text())["digest"] == record["digest"]


def test_what_a_blend_cost_is_what_its_towers_cost(way, tmp_path):
    tower, folder = tmp_path / "tower", tmp_path / "blend"
    save_teacher(tower, way.teacher_weights, way.teacher_record)
    _, record = blend_teachers(way.dataset, way.split, [tower], ["popularity"])
    save_blend(folder, record, [tower])
    found = gather_teacher(way.dataset, way.split, way.plan, blend=folder).facts
    spent = way.teacher_record["spent"] | {"left_out": ["the search for the weights of the blend"]}
    assert found == gather_teacher(way.dataset, way.split, way.plan, [tower], baselines=["popularity"]).facts
    assert found["spent"] == spent


def test_other_toys_are_named():
    ours = ToyIndex(["a", "b", "c"])
    check_same_toys(ours, ToyIndex(["a", "b", "c"]))
    with pytest.raises(ToyGuideError, match=r"the teacher lacks 2 \(d, e\); the student lacks 1 \(c\)"):
        check_same_toys(ours, ToyIndex(["a", "b", "d", "e"]))
    with pytest.raises(ToyGuideError, match="toy 2 is b there and c here"):
        check_same_toys(ours, ToyIndex(["a", "c", "b"]))
