"""Losses between vectors. Golden values are worked out on paper, in each test."""

import math

import pytest
import torch

from data.errors import ToyGuideError
from distillation.losses import embedding_loss, relational_loss


def some(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_embedding_loss_is_its_golden_value():
    """Projected: (2, 0, 0) and (0, 3, 0). Cosines with the teacher's: 3/5 and −1, so ((1 − 0.6) + 2) / 2."""
    student = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    projection = torch.tensor([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    teacher = torch.tensor([[3.0, 0.0, 4.0], [0.0, -5.0, 0.0]])
    assert embedding_loss(student, teacher, projection).item() == pytest.approx(1.2, abs=1e-6)


def test_the_relational_loss_is_its_golden_value():
    """Cosines of the student 0, √½, √½, of the teacher 1, 0, 0: squares 1, ½, ½, their mean 2/3."""
    student = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 3.0]])
    teacher = torch.tensor([[1.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    assert relational_loss(student, teacher).item() == pytest.approx(2 / 3, abs=1e-6)


def test_lengths_and_turns_do_not_matter_to_relations():
    teacher = some(0, 6, 4)
    turned = torch.linalg.qr(some(1, 4, 4)).Q
    lengths = some(2, 6, 1).abs() + 0.1
    assert relational_loss(lengths * (teacher @ turned), teacher).item() == pytest.approx(0, abs=1e-20)
    assert embedding_loss(lengths * (teacher @ turned), teacher, turned.T).item() == pytest.approx(0, abs=1e-12)
    assert relational_loss(some(3, 6, 4), teacher).item() > 0.01


def test_gradients_are_those_of_the_formula():
    student, projection = some(0, 5, 3).requires_grad_(), some(1, 3, 4).requires_grad_()
    teacher = some(2, 5, 4)
    teacher[2] = 0
    assert torch.autograd.gradcheck(lambda s, p: embedding_loss(s, teacher, p), (student, projection))
    assert torch.autograd.gradcheck(lambda s: relational_loss(s, teacher), (student,))


def test_padding_contributes_exactly_nothing():
    student, teacher, projection = some(0, 4, 3), some(1, 4, 5), some(2, 3, 5)
    padded = torch.cat([torch.zeros(1, 3), student, torch.ones(1, 3)]).requires_grad_()
    padded_teacher = torch.cat([torch.zeros(1, 5), teacher, torch.zeros(1, 5)])
    for loss_of, short in (
        (lambda s: embedding_loss(s, padded_teacher, projection), embedding_loss(student, teacher, projection)),
        (lambda s: relational_loss(s, padded_teacher), relational_loss(student, teacher)),
    ):
        assert loss_of(padded).item() == pytest.approx(short.item(), abs=1e-12)
        (gradient,) = torch.autograd.grad(loss_of(padded), padded)
        assert (gradient[[0, -1]] == 0).all()
        assert (gradient[1:-1] != 0).all()


def test_nothing_to_compare_is_a_loss_of_exactly_0():
    nothing = torch.zeros(3, 4)
    student = torch.ones(3, 4, requires_grad=True)
    assert embedding_loss(student, nothing, torch.eye(4)).item() == 0
    loss = relational_loss(student[:1], torch.ones(1, 2))
    (gradient,) = torch.autograd.grad(loss, student)
    assert loss.item() == 0
    assert (gradient == 0).all()


def test_opposite_vectors_are_as_far_as_can_be():
    student = torch.tensor([[1.0, 2.0]])
    assert embedding_loss(student, -student, torch.eye(2)).item() == pytest.approx(2.0, abs=1e-6)
    two = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    assert math.sqrt(relational_loss(two, two.abs()).item()) == pytest.approx(2.0, abs=1e-6)


def test_vectors_that_do_not_belong_together_are_refused():
    with pytest.raises(ToyGuideError, match=r"'teacher' parameter of relational_loss .*\(3, 2\). Got \(1, 2\)"):
        relational_loss(torch.ones(3, 2), torch.ones(1, 2))
    with pytest.raises(ToyGuideError, match=r"'teacher' parameter of embedding_loss .*\(3, 2\). Got \(3,\)"):
        embedding_loss(torch.ones(3, 2), torch.ones(3), torch.ones(2, 2))
    with pytest.raises(ToyGuideError, match=r"'projection' .* of shape \(2, 4\). Got \(4, 2\)"):
        embedding_loss(torch.ones(3, 2), torch.ones(3, 4), torch.ones(4, 2))
