"""The losses of distillation, one definition each.

Logits are of shape [S, N + 1]: S queries, all toys. A toy that a query must not answer with (padding, toys already met)
has the logit −inf on both sides; it is then in neither softmax and contributes exactly 0.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from data.errors import parameter_error


def hard_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy with the toy that was taken: −log softmax(z)[y]. float [S] for targets int64 [S]."""
    return F.cross_entropy(logits, targets, reduction="none")


def soft_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T² · KL(softmax(teacher / T) ‖ softmax(student / T)). float [S].

    T² keeps the size of the gradients when T changes. Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a
    Neural Network", 2015, section 2.
    """
    allowed = torch.isfinite(teacher)
    log_teacher = F.log_softmax(teacher / temperature, dim=-1)
    log_student = F.log_softmax(student / temperature, dim=-1)
    divergence = log_teacher.exp() * (log_teacher - log_student)
    return temperature**2 * torch.where(allowed, divergence, 0.0).sum(dim=-1)


def distillation_loss(student: Tensor, teacher: Tensor, targets: Tensor, alpha: float, temperature: float) -> Tensor:
    """α · hard + (1 − α) · soft: α weighs the HARD loss. float [S]."""
    if alpha == 1.0:
        return hard_loss(student, targets)
    if alpha == 0.0:
        return soft_loss(student, teacher, temperature)
    return alpha * hard_loss(student, targets) + (1 - alpha) * soft_loss(student, teacher, temperature)


def check_mix(alpha: float, temperature: float) -> None:
    """Raise ToyGuideError unless 0 ≤ α ≤ 1 and 0.01 ≤ T ≤ 100: beyond, T² · KL is lost in float32."""
    if not 0.0 <= alpha <= 1.0:
        raise parameter_error("alpha", "distil", "a number in [0, 1]", alpha)
    if not 0.01 <= temperature <= 100.0:
        raise parameter_error("temperature", "distil", "a number in [0.01, 100]", temperature)
