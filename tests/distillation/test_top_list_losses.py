"""Losses over a teacher's top list. Golden values, worked out on paper.

Over the toys 1, 2, 3 the student has the weights exp(z) = 1, 2, 3 and the teacher 4, 1, 1, as in test_losses.py.

Top list [1], K = 1, T = 1: buckets of the student (1, 5) / 6, of the teacher (4, 2) / 6, so
  KL = 2/3·ln 4 + 1/3·ln(2/5) = 0.618766.
At T = 4 the weights are their fourth roots: the teacher's √2, 1, 1 make (√2 − 1, 2 − √2).

List [1, 3] under Plackett and Luce: 1 of (1 + 2 + 3), then 3 of (3 + 2), so −½·ln(1/6 · 3/5) = ½·ln 10.
"""

import math
from itertools import pairwise

import pytest
import torch

from distillation.losses import (
    distillation_loss,
    hard_loss,
    listwise_loss,
    soft_loss,
    top_k_distillation_loss,
    top_k_soft_loss,
)

NEVER = float("-inf")
STUDENT = torch.tensor([[NEVER, 0.0, math.log(2), math.log(3)]], dtype=torch.float64)
TEACHER = torch.tensor([[NEVER, math.log(4), 0.0, 0.0]], dtype=torch.float64)
TARGET = torch.tensor([3])
HARD = math.log(2)
FIRST = 1 / (1 + 2**0.25 + 3**0.25)
TOP_1 = {
    1.0: 2 / 3 * math.log(4) + 1 / 3 * math.log(2 / 5),
    4.0: 16
    * (
        (math.sqrt(2) - 1) * math.log((math.sqrt(2) - 1) / FIRST)
        + (2 - math.sqrt(2)) * math.log((2 - math.sqrt(2)) / (1 - FIRST))
    ),
}


def top_list(teacher, k, temperature):
    """(toys, their logits, tail) of a teacher's logits, cut after k, as a cache holds them."""
    logits, toys = teacher.topk(k, dim=1)
    toys = torch.where(logits == NEVER, 0, toys)
    rest = teacher.scatter(1, toys, NEVER)
    return toys, logits, torch.logsumexp(rest / temperature, dim=1)


def some_logits(seed, queries=4, toys=9, dtype=torch.float64):
    """Logits with the padding, and one toy more a query, forbidden."""
    made = torch.randn(queries, toys + 1, generator=torch.Generator().manual_seed(seed), dtype=dtype) * 2
    made[:, 0] = NEVER
    made[torch.arange(queries), 1 + torch.arange(queries)] = NEVER
    return made


def gradient(loss_of, logits):
    logits = logits.clone().requires_grad_()
    (made,) = torch.autograd.grad(loss_of(logits).sum(), logits)
    return made


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_the_top_k_loss_is_its_golden_value(temperature):
    loss = top_k_soft_loss(STUDENT, *top_list(TEACHER, 1, temperature), temperature)
    assert loss.shape == (1,)
    assert loss.item() == pytest.approx(TOP_1[temperature], abs=1e-12)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_alpha_weighs_the_hard_loss(alpha, temperature):
    loss = top_k_distillation_loss(STUDENT, *top_list(TEACHER, 1, temperature), TARGET, alpha, temperature)
    assert loss.item() == pytest.approx(alpha * HARD + (1 - alpha) * TOP_1[temperature], abs=1e-12)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize("place", [1, 5])
def test_the_mix_is_the_sum_of_its_parts_and_so_is_its_gradient(temperature, place):
    """At T = 1 the two share one pass over the toys, whether the toy taken is in the list or in the tail."""
    student, logits = some_logits(0), some_logits(1)
    toys, teacher, tail = top_list(logits, 3, temperature)
    targets = logits.topk(6, dim=1).indices[:, place]

    def mixed(z):
        return top_k_distillation_loss(z, toys, teacher, tail, targets, 0.3, temperature)

    def parts(z):
        return 0.3 * hard_loss(z, targets) + 0.7 * top_k_soft_loss(z, toys, teacher, tail, temperature)

    torch.testing.assert_close(mixed(student), parts(student), rtol=0, atol=1e-12)
    torch.testing.assert_close(gradient(mixed, student), gradient(parts, student), rtol=0, atol=1e-12)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_with_every_toy_listed_it_is_the_whole_soft_loss(temperature):
    student, teacher = some_logits(0), some_logits(1)
    listed = top_list(teacher, 9, temperature)
    assert (listed[2] == NEVER).all()
    assert (listed[0] == 0).any()
    whole, cut = soft_loss(student, teacher, temperature), top_k_soft_loss(student, *listed, temperature)
    torch.testing.assert_close(cut, whole, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        gradient(lambda z: top_k_soft_loss(z, *listed, temperature), student),
        gradient(lambda z: soft_loss(z, teacher, temperature), student),
        rtol=0,
        atol=1e-12,
    )
    targets = torch.tensor([9, 9, 9, 9])
    torch.testing.assert_close(
        top_k_distillation_loss(student, *listed, targets, 0.3, temperature),
        distillation_loss(student, teacher, targets, 0.3, temperature),
        rtol=0,
        atol=1e-12,
    )


def test_a_longer_list_never_has_a_smaller_loss():
    """Merging toys into a bucket cannot add divergence; a teacher that is its student has none at any K."""
    student, teacher = some_logits(0), some_logits(1)
    losses = [top_k_soft_loss(student, *top_list(teacher, k, 2.0), 2.0) for k in range(1, 10)]
    assert all((longer >= shorter - 1e-12).all() for shorter, longer in pairwise(losses))
    assert (losses[-1] > losses[0] + 0.01).all()
    for k in (1, 5, 9):
        same = top_k_soft_loss(teacher, *top_list(teacher, k, 2.0), 2.0)
        torch.testing.assert_close(same, torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-12)


def test_at_a_high_temperature_the_tail_counts_as_its_mean():
    """T → ∞: T²·KL → Σ n·(Δ − mean Δ)² / 2N over buckets of n toys, Δ the mean difference of the logits in a bucket."""
    student, teacher = some_logits(0, 1)[:, [0, *range(2, 10)]], some_logits(1, 1)[:, [0, *range(2, 10)]]
    toys, logits, tail = top_list(teacher, 3, 1e4)
    apart = (student - teacher)[0, 1:]
    apart = apart - apart.mean()
    inside = torch.zeros(8, dtype=torch.bool)
    inside[toys[0] - 1] = True
    limit = ((apart[inside] ** 2).sum() + 5 * apart[~inside].mean() ** 2) / 16
    assert top_k_soft_loss(student, toys, logits, tail, 1e4).item() == pytest.approx(limit.item(), rel=1e-3)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_gradients_are_those_of_the_formula(alpha, temperature):
    student, teacher = some_logits(0), some_logits(1)
    targets = torch.tensor([9, 9, 8, 7])
    for k in (1, 4, 9):
        listed = top_list(teacher, k, temperature)
        assert torch.autograd.gradcheck(
            lambda z, listed=listed: top_k_distillation_loss(z, *listed, targets, alpha, temperature),
            (student.clone().requires_grad_(),),
        )


@pytest.mark.parametrize("alpha", [0.0, 0.3])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_padding_and_forbidden_toys_contribute_exactly_nothing(alpha, temperature):
    student, (toys, teacher, tail) = some_logits(0), top_list(some_logits(1), 3, temperature)
    targets = torch.tensor([9, 9, 9, 9])
    padding = torch.zeros(4, 5)
    wider = torch.cat([student, padding.double() + NEVER], 1)
    # whatever lies in the padding of a cache, the toy 0 rules
    longer = torch.cat([toys, padding.long()], 1), torch.cat([teacher, padding.double() + 7.0], 1)

    def short(z):
        return top_k_distillation_loss(z, toys, teacher, tail, targets, alpha, temperature)

    def long(z):
        return top_k_distillation_loss(z, *longer, tail, targets, alpha, temperature)

    torch.testing.assert_close(long(wider), short(student), rtol=0, atol=1e-12)
    made = gradient(long, wider)
    assert torch.isfinite(made).all()
    assert (made[wider == NEVER] == 0).all()
    torch.testing.assert_close(made[:, :10], gradient(short, student), rtol=0, atol=1e-12)


def test_a_query_without_a_list_contributes_exactly_nothing():
    """Nor does one that may be answered with no toy at all."""
    student, (toys, teacher, tail) = some_logits(0), top_list(some_logits(1), 3, 1.0)
    toys[1], teacher[1], tail[1] = 0, NEVER, NEVER
    student[2], toys[2], teacher[2], tail[2] = NEVER, 0, NEVER, NEVER

    for loss_of in (lambda z: listwise_loss(z, toys), lambda z: top_k_soft_loss(z, toys, teacher, tail, 1.0)):
        made = gradient(loss_of, student)
        assert (loss_of(student)[1:3] == 0).all()
        assert (made[1:3] == 0).all()
        assert torch.isfinite(made).all()
        assert (made[[0, 3]] != 0).any(dim=1).all()


def test_a_listed_toy_that_the_teacher_never_shows_still_draws_mass_from_the_student():
    teacher = torch.tensor([[math.log(3), math.log(1), NEVER]], dtype=torch.float64)
    none = torch.tensor([NEVER], dtype=torch.float64)
    loss = top_k_soft_loss(STUDENT, torch.tensor([[1, 2, 3]]), teacher, none, 1.0)
    assert loss.item() == pytest.approx(3 / 4 * math.log(3 / 4 * 6) + 1 / 4 * math.log(1 / 4 * 3), abs=1e-12)


@pytest.mark.parametrize("gap", [0.0, 20.0, 60.0, 300.0])
@pytest.mark.parametrize("tail", [0.0, -20.0, -300.0])
def test_a_tail_of_almost_no_mass_is_exact_in_float32(gap, tail):
    """1 − the mass of the head would be 0 from a gap of 17 on: the student's tail must not be computed so."""
    head = torch.tensor([3.0, 1.0, 2.0])
    student = torch.cat([torch.tensor([NEVER]), head, torch.linspace(-1, 1, 40) - gap])[None]
    toys, teacher, rest = torch.tensor([[1, 3, 2]]), torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([tail])

    def loss_of(z):
        return top_k_soft_loss(z, toys, teacher.to(z.dtype), rest.to(z.dtype), 1.0)

    made, exact = gradient(loss_of, student), gradient(loss_of, student.double())
    assert torch.isfinite(made).all()
    torch.testing.assert_close(loss_of(student).double(), loss_of(student.double()), rtol=1e-5, atol=2e-6)
    torch.testing.assert_close(made.double(), exact, rtol=1e-5, atol=2e-6)
    weights = student.double().exp()
    true_tail = torch.log(weights[:, 4:].sum() / weights.sum()) if gap < 300 else None
    if tail == 0.0 and true_tail is not None:
        share = torch.softmax(torch.tensor([2.0, 1.0, 0.0, 0.0], dtype=torch.float64), 0)
        listed = torch.log_softmax(student.double(), 1)[0, [1, 3, 2]]
        by_hand = (share * (share.log() - torch.cat([listed, true_tail[None]]))).sum()
        assert loss_of(student).item() == pytest.approx(by_hand.item(), rel=1e-5)


def test_a_cold_temperature_over_distant_logits_stays_finite():
    student, teacher = some_logits(0, dtype=torch.float32) * 10, some_logits(1, dtype=torch.float32) * 10
    listed = top_list(teacher, 3, 0.01)
    loss = top_k_soft_loss(student, *listed, 0.01)
    assert torch.isfinite(loss).all()
    assert torch.isfinite(gradient(lambda z: top_k_soft_loss(z, *listed, 0.01), student)).all()


def test_a_list_kept_in_half_precision_is_read():
    student, (toys, teacher, tail) = some_logits(0, dtype=torch.float32), top_list(some_logits(1), 4, 2.0)
    kept = top_k_soft_loss(student, toys, teacher.half(), tail.float(), 2.0)
    assert kept.dtype == torch.float32
    torch.testing.assert_close(
        kept, top_k_soft_loss(student.double(), toys, teacher, tail, 2.0).float(), rtol=0.01, atol=0
    )


def test_nan_in_a_list_is_seen_in_the_loss():
    toys, teacher, tail = top_list(TEACHER, 2, 1.0)
    teacher[0, 1] = float("nan")
    assert top_k_soft_loss(STUDENT, toys, teacher, tail, 1.0).isnan().all()


def test_the_listwise_loss_is_its_golden_value():
    loss = listwise_loss(STUDENT, torch.tensor([[1, 3]]))
    assert loss.shape == (1,)
    assert loss.item() == pytest.approx(math.log(10) / 2, abs=1e-12)
    assert listwise_loss(STUDENT, torch.tensor([[3, 2, 1]])).item() == pytest.approx(math.log(3) / 3, abs=1e-12)


def test_a_list_of_one_toy_is_the_hard_loss():
    student = some_logits(0)
    torch.testing.assert_close(listwise_loss(student, torch.full((4, 1), 9)), hard_loss(student, torch.full((4,), 9)))


def test_a_student_that_ranks_as_the_teacher_has_the_smaller_loss():
    order = torch.tensor([[1, 2, 3]])
    agrees = torch.tensor([[NEVER, 6.0, 4.0, 2.0, 0.0]])
    turned = torch.tensor([[NEVER, 2.0, 4.0, 6.0, 0.0]])
    assert listwise_loss(agrees, order) < listwise_loss(agrees, order.flip(1))
    assert listwise_loss(turned, order) > listwise_loss(turned, order.flip(1))


def test_the_gradients_of_the_listwise_loss_are_those_of_the_formula():
    student = some_logits(0)
    for k in (1, 4, 9):
        toys, _, _ = top_list(some_logits(1), k, 1.0)
        toys[:, -1] = torch.tensor([toys[0, -1], 0, 0, 0])
        assert torch.autograd.gradcheck(
            lambda z, toys=toys: listwise_loss(z, toys), (student.clone().requires_grad_(),)
        )


def test_padding_of_a_ranked_list_contributes_exactly_nothing():
    student, toys = some_logits(0), top_list(some_logits(1), 3, 1.0)[0]
    wider = torch.cat([student, torch.full((4, 5), NEVER, dtype=torch.float64)], 1)
    longer = torch.cat([toys, torch.zeros(4, 6, dtype=torch.int64)], 1)
    torch.testing.assert_close(listwise_loss(wider, longer), listwise_loss(student, toys), rtol=0, atol=1e-12)
    made = gradient(lambda z: listwise_loss(z, longer), wider)
    assert (made[wider == NEVER] == 0).all()
    torch.testing.assert_close(made[:, :10], gradient(lambda z: listwise_loss(z, toys), student), rtol=0, atol=1e-12)


def test_distant_logits_do_not_hide_the_end_of_a_ranked_list():
    """After the best toy is drawn the others decide, however far below it they are."""
    student = torch.tensor([[NEVER, 200.0, 1.0, 0.0]])
    loss = listwise_loss(student, torch.tensor([[1, 2, 3]]))
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)) / 3, rel=1e-5)
    made = gradient(lambda z: listwise_loss(z, torch.tensor([[1, 2, 3]])), student)
    assert made[0, 3].item() == pytest.approx(1 / (1 + math.e) / 3, rel=1e-5)


def test_mass_where_the_student_may_have_none_is_an_infinite_loss():
    """Two sides with different masks are a mistake: it must be seen, not averaged away."""
    toys, teacher, tail = top_list(TEACHER, 1, 1.0)
    narrow = torch.tensor([[NEVER, 0.0, NEVER, NEVER]], dtype=torch.float64)
    assert top_k_soft_loss(narrow, toys, teacher, tail, 1.0).item() == math.inf
    assert top_k_soft_loss(STUDENT.masked_fill(STUDENT == 0, NEVER), toys, teacher, tail, 1.0).item() == math.inf
