from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.dataset import Dataset
from data.errors import ToyGuideError
from data.protocol import plan_split
from data.schema import Toy
from data.split import Split
from recommender.base import batch_holdout
from recommender.learning import sentences
from recommender.learning.presets import load_preset
from recommender.learning.teacher import load_teacher, save_teacher, train_teacher

TINY = load_preset("small", width=16, text_width=8, epochs=1)


def test_what_is_told_of_a_toy() -> None:
    assert sentences.sentence(Toy("a", "Ball")) == "Ball"
    toy = Toy("b", "Steam Engine", brand="Hornby", category=("Toys", "Trains", "Engines"))
    assert sentences.sentence(toy) == "Steam Engine. Hornby. Trains > Engines"
    assert sentences.sentence(Toy("c", "Kite", category=("Toys",))) == "Kite. Toys"


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "find_spec", lambda name: None)
    with pytest.raises(ToyGuideError, match=r"needs the extra 'text', and sentence_transformers is not installed"):
        sentences.sentence_vectors([Toy("a", "Ball")])


def test_like_toys_lie_close() -> None:
    names = ("Wooden train set", "Toy railway with steam engine", "Glitter nail polish for girls")
    vectors = sentences.sentence_vectors([Toy(name, name) for name in names])
    assert vectors.shape == (4, sentences.WIDTH)
    assert not vectors[0].any()
    np.testing.assert_allclose(np.linalg.norm(vectors[1:], axis=1), 1, rtol=1e-5)
    assert vectors[1] @ vectors[2] > vectors[1] @ vectors[3] + 0.2


def test_a_teacher_with_sentences_is_loaded_without_the_encoder(
    shop: Dataset, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = replace(TINY, model=replace(TINY.model, sentences=True))
    teacher, weights, record = train_teacher(shop, split, plan_split(shop), preset)
    save_teacher(tmp_path / "teacher", weights, record)
    monkeypatch.setattr(sentences, "find_spec", lambda name: None)
    again, _ = load_teacher(tmp_path / "teacher", shop)
    batch = batch_holdout(split.test)
    # The vectors are kept in half precision and read back from it, in training as later.
    np.testing.assert_array_equal(again.score_batch(batch), teacher.score_batch(batch))
