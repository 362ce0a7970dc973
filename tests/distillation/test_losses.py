"""Golden values, worked out on paper.

Over the toys 1, 2, 3: student logits ln 1, ln 2, ln 3; teacher logits ln 4, ln 1, ln 1; the toy taken is 3.
At T = 1 the student says (1, 2, 3) / 6 and the teacher (4, 1, 1) / 6, so
  hard = −ln(3/6) = 0.693147
  KL   = 4/6·ln 4 + 1/6·ln(1/2) + 1/6·ln(1/3) = 0.625570
At T = 4 the same logits give T²·KL = 0.618888.
"""

import math

import pytest
import torch

from data.errors import ToyGuideError
from distillation.losses import check_mix, check_teacher, check_top_k, distillation_loss, hard_loss, soft_loss

NEVER = float("-inf")
STUDENT = torch.tensor([[NEVER, 0.0, math.log(2), math.log(3)]], dtype=torch.float64)
TEACHER = torch.tensor([[NEVER, math.log(4), 0.0, 0.0]], dtype=torch.float64)
TARGET = torch.tensor([3])
HARD, SOFT = 0.6931471805599453, {1.0: 0.6255696625419178, 4.0: 0.6188876727192802}


def test_the_hard_loss_is_its_golden_value():
    assert hard_loss(STUDENT, TARGET).item() == pytest.approx(HARD, abs=1e-12)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_the_soft_loss_is_its_golden_value(temperature):
    assert soft_loss(STUDENT, TEACHER, temperature).item() == pytest.approx(SOFT[temperature], abs=1e-12)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_alpha_weighs_the_hard_loss(alpha, temperature):
    loss = distillation_loss(STUDENT, TEACHER, TARGET, alpha, temperature).item()
    assert loss == pytest.approx(alpha * HARD + (1 - alpha) * SOFT[temperature], abs=1e-12)


def test_a_student_that_is_its_teacher_has_no_soft_loss():
    assert soft_loss(TEACHER, TEACHER, 2.0).item() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_masked_toys_contribute_exactly_nothing(alpha):
    wider = torch.full((1, 3), NEVER, dtype=torch.float64)
    student, teacher = torch.cat([STUDENT, wider], 1), torch.cat([TEACHER, wider], 1)
    student.requires_grad_()
    loss = distillation_loss(student, teacher, TARGET, alpha, 2.0).sum()
    (gradient,) = torch.autograd.grad(loss, student)
    assert loss.item() == distillation_loss(STUDENT, TEACHER, TARGET, alpha, 2.0).sum().item()
    assert (gradient[0, [0, 4, 5, 6]] == 0).all()
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_gradients_are_those_of_the_formula(alpha):
    torch.manual_seed(0)
    student = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    teacher = torch.randn(3, 5, dtype=torch.float64)
    target = torch.tensor([0, 2, 4])
    assert torch.autograd.gradcheck(lambda z: distillation_loss(z, teacher, target, alpha, 3.0), (student,))


def test_at_a_high_temperature_it_matches_centred_logits():
    """T → ∞: T²·KL → Σ (Δ − mean Δ)² / 2N, with Δ the difference of the logits (Hinton et al. 2015, section 2.1)."""
    torch.manual_seed(0)
    student, teacher = torch.randn(1, 7, dtype=torch.float64), torch.randn(1, 7, dtype=torch.float64)
    apart = (student - teacher) - (student - teacher).mean()
    assert soft_loss(student, teacher, 1e4).item() == pytest.approx((apart**2).sum().item() / 14, rel=1e-3)


@pytest.mark.parametrize(
    ("alpha", "temperature", "message"),
    [
        (-0.1, 1.0, r"'alpha'.*\[0, 1\]. Got -0.1"),
        (1.1, 1.0, "'alpha'.*Got 1.1"),
        (float("nan"), 1.0, "'alpha'.*Got nan"),
        (0.5, 0.0, r"'temperature'.*\[0.01, 100\]. Got 0.0"),
        (0.5, 1e-300, "'temperature'.*Got 1e-300"),
        (0.5, 1e300, r"'temperature'.*Got 1e\+300"),
        (0.5, -2.0, "'temperature'.*Got -2.0"),
        (0.5, float("inf"), "'temperature'.*Got inf"),
        (0.5, float("nan"), "'temperature'.*Got nan"),
    ],
)
def test_a_mix_that_cannot_be_is_refused(alpha, temperature, message):
    with pytest.raises(ToyGuideError, match=message):
        check_mix(alpha, temperature)


@pytest.mark.parametrize("top_k", [1, 128, 11_924])
def test_a_list_of_any_length_up_to_the_catalogue_is_accepted(top_k):
    check_top_k(top_k, 11_924)


@pytest.mark.parametrize("top_k", [0, -1, 11_925, 12.0, True, "128", None])
def test_a_list_that_cannot_be_is_refused(top_k):
    with pytest.raises(ToyGuideError, match=rf"'top_k'.*an int in \[1, 11924\]. Got {top_k!r} instead"):
        check_top_k(top_k, 11_924)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_teacher_of_numbers_and_forbidden_toys_is_accepted(dtype):
    check_teacher(TEACHER.to(dtype))
    check_teacher(torch.full((2, 3), NEVER, dtype=dtype))
    check_teacher(torch.zeros(0, 3, dtype=dtype))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([math.nan, 1.0, NEVER, math.nan], "Of 4 values 2 are NaN and 0 are inf"),
        ([math.inf, 1.0, NEVER, 2.0], "Of 4 values 0 are NaN and 1 are inf"),
        ([math.inf, math.nan, NEVER, math.inf], "Of 4 values 1 are NaN and 2 are inf"),
    ],
)
def test_a_teacher_whose_scores_broke_is_refused(values, message):
    with pytest.raises(ToyGuideError, match=message):
        check_teacher(torch.tensor(values).reshape(2, 2))


def test_logits_too_large_for_half_precision_are_refused():
    with pytest.raises(ToyGuideError, match="1 are inf"):
        check_teacher(torch.tensor([1.0, 70_000.0]).half())
