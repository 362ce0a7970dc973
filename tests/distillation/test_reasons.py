"""What a reason is read from: exactly what a toy brought, or what the score loses without it."""

import numpy as np
import pytest
import torch

from distillation.export import check_parity, export_student
from distillation.student import Student, StudentConfig
from recommender.features import profile_width
from recommender.serving.reading import Reading
from recommender.serving.student import Student as Served
from recommender.serving.student import open_graph, pad_histories

TOYS, LONGEST = 40, 6
HISTORY, PLACES = [3, 17, 4, 9], np.array([1, 20, 33])


def made(family):
    torch.manual_seed(0)
    student = Student(StudentConfig(width=16, max_history=LONGEST, family=family), TOYS, profile_width(1)).eval()
    graph = export_student(student)
    check_parity(student, graph)
    session = open_graph(graph.SerializeToString(), "the student")
    return student, Served(session, student.table().detach().numpy(), ("trains",), LONGEST)


@pytest.fixture(scope="module")
def profile():
    return np.random.default_rng(0).random((1, profile_width(1)), np.float32)


@pytest.mark.parametrize("length", [1, 4, LONGEST])
def test_what_the_toys_bring_and_what_is_said_to_anybody_is_the_whole_score(profile, length):
    student, served = made("pooling")
    assert served.sums
    history = pad_histories([list(range(5, 5 + length))], LONGEST)
    brought = served.brought(history, profile, PLACES)[0]
    assert brought.shape == (length, len(PLACES))
    with torch.inference_mode():
        toys, told = torch.from_numpy(history).long(), torch.from_numpy(profile)
        start = student.shopper.parts(student.table()[toys], torch.tensor([length]))[0, 0]
        rest = start + student.shopper.profile(told)[0]
        state = student.shopper(student.table()[toys])[0, length]
        share = student.config.scale / (state + student.shopper.profile(told)[0]).norm()
        others = (student.table()[PLACES] @ rest * share).numpy()
    np.testing.assert_allclose(brought.sum(axis=0) + others, served.scores(history, profile, PLACES)[0], atol=1e-4)
    assert np.abs(brought).max() > 0.05


def test_padding_brings_nothing(profile):
    _, served = made("pooling")
    histories = np.array([[3, 17, 0, 0], [3, 17, 4, 9]], np.int32)
    brought = served.brought(histories, np.repeat(profile, 2, axis=0), PLACES)
    assert not brought[0, 2:].any()
    assert np.abs(brought[1, 2:]).min() > 1e-4


def test_a_pooling_student_s_reason_is_what_the_toy_brought(profile):
    _, served = made("pooling")
    found = Reading(served, HISTORY, [4, 3], profile).brought(PLACES)
    brought = served.brought(pad_histories([HISTORY], LONGEST), profile, PLACES)[0]
    np.testing.assert_array_equal(found, brought[[2, 0]])


def test_any_other_student_s_reason_is_what_the_score_loses_without_the_toy(profile):
    student, served = made("transformer")
    assert not served.sums
    scores = served.scores(pad_histories([HISTORY], LONGEST), profile, PLACES)[0]
    found = Reading(served, HISTORY, [4, 3], profile).brought(PLACES)
    for row, left in enumerate((4, 3)):
        rest = torch.tensor([[toy for toy in HISTORY if toy != left]])
        with torch.inference_mode():
            query = student.encode(student.table(), rest, torch.from_numpy(profile))
            without = (query @ student.table()[PLACES].T)[0].numpy()
        np.testing.assert_allclose(found[row], scores - without, atol=1e-4)


def test_the_parts_of_a_transformer_are_not_asked_for():
    student, _ = made("transformer")
    with pytest.raises(TypeError, match="no sum over toys"):
        student.encode_parts(student.table(), torch.tensor([[1]]), torch.zeros(1, profile_width(1)))
