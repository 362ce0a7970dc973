"""The losses of distillation, one definition each.

Logits are of shape [S, N + 1]: S queries, all toys. A toy that a query must not answer with (padding, toys already met)
has the logit −inf on both sides; it is then in neither softmax and contributes exactly 0.

A teacher's top list is `toys` int64 [S, K], best first, each toy at most once; 0 is padding and contributes exactly 0.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from data.errors import ToyGuideError, parameter_error

NEVER = float("-inf")
FAR_BELOW = -700.0
"""exp of it is just above 0 in float64."""
LOWEST = -1e30
"""In place of −inf where no toy is allowed at all, since −inf − (−inf) is NaN."""


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


class _Split(Function):
    """(z[picks] / T float [S, P], log Σ exp(z / T) over all but `toys` float [S]) of logits z [S, N + 1].

    The tail is summed over its own toys, never as 1 − the head: that difference is lost when the tail is small.
    Backward is written out because the softmax over the tail, made on the way, is the tail's gradient: one product on
    [S, N + 1], where autograd takes more than twice as long.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, toys: Tensor, picks: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
        rest = (logits / temperature).scatter_(1, toys, NEVER)
        largest = rest.amax(dim=1)
        rest[:, 0].masked_fill_(largest == NEVER, 0.0)  # an empty tail lies on the padding, where 0 / 0 would be NaN
        shares = F.softmax(rest, dim=1)
        tail = largest - shares.amax(dim=1).log()  # the largest share is exp(largest) / Σ exp
        ctx.save_for_backward(picks, shares)
        ctx.temperature = temperature
        return logits.gather(1, picks) / temperature, tail

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, picked_grad: Tensor, tail_grad: Tensor) -> tuple[Tensor, None, None, None]:
        picks, shares = ctx.saved_tensors
        grad = shares * (tail_grad / ctx.temperature)[:, None]
        return grad.scatter_add_(1, picks, picked_grad / ctx.temperature), None, None, None


def _split(logits: Tensor, toys: Tensor, picks: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    picked, tail = _Split.apply(logits, toys, picks, temperature)  # type: ignore[no-untyped-call]
    return picked, tail


def _bucket_divergence(student: Tensor, toys: Tensor, teacher: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
    """(KL over K toys and the tail, log Σ exp of the student) float [S], for student buckets [S, K + 1] at T."""
    listed = F.pad(toys != 0, (0, 1), value=True)
    teacher = torch.cat([teacher, tail[:, None]], dim=1).masked_fill(~listed, NEVER)
    possible = teacher != NEVER  # NaN stays in, and is seen in the loss
    log_teacher = F.log_softmax(teacher, dim=1)
    total = torch.logsumexp(student.masked_fill(~listed, NEVER).clamp_min(LOWEST), dim=1)
    # where nothing is possible log_teacher is NaN: its exp must not reach the gradient
    share = torch.where(possible, log_teacher.exp(), 0.0)
    return torch.where(possible, share * (log_teacher - student + total[:, None]), 0.0).sum(dim=1), total


def top_k_soft_loss(student: Tensor, toys: Tensor, teacher: Tensor, tail: Tensor, temperature: float) -> Tensor:
    """T² · KL(p ‖ q) over K + 1 buckets: each of the teacher's K toys, and all its other toys in one. float [S].

    p = softmax([teacher / T, tail]); q is the student's: the same toys, its tail log Σ exp(z / T) over every other
    allowed toy. With K = N it is soft_loss; by the data-processing inequality it is never more than that.

    student: float [S, N + 1], −inf where forbidden; toys: int64 [S, K]; teacher: float [S, K], the teacher's logits
    there (not divided by T), −inf at padding; tail: float [S], log Σ exp(teacher logit / T) over the toys not listed,
    −inf where there are none. Both sides must allow the same toys: the loss is inf where the teacher has mass and the
    student may have none. A query without any list and tail contributes 0.

    Source: Hinton, Vinyals and Dean 2015 for T and T²; to learn from the teacher's K best alone is the way of Tang and
    Wang, "Ranking Distillation", KDD 2018. The tail is ours: without it the mass beyond K would be pressed into the K.
    """
    picked, rest = _split(student, toys, toys, temperature)
    buckets = torch.cat([picked, rest[:, None]], dim=1)
    divergence, _ = _bucket_divergence(buckets, toys, teacher.to(student.dtype) / temperature, tail.to(student.dtype))
    return temperature**2 * divergence


def top_k_distillation_loss(
    student: Tensor, toys: Tensor, teacher: Tensor, tail: Tensor, targets: Tensor, alpha: float, temperature: float
) -> Tensor:
    """α · hard + (1 − α) · top_k_soft: α weighs the HARD loss. float [S]; shapes as in top_k_soft_loss."""
    if alpha == 1.0:
        return hard_loss(student, targets)
    if alpha == 0.0:
        return top_k_soft_loss(student, toys, teacher, tail, temperature)
    if temperature != 1.0:
        soft = top_k_soft_loss(student, toys, teacher, tail, temperature)
        return alpha * hard_loss(student, targets) + (1 - alpha) * soft
    # at T = 1 both losses have one and the same log Σ exp: a second pass over all toys would double the time
    picked, rest = _split(student, toys, torch.cat([toys, targets[:, None]], dim=1), 1.0)
    buckets = torch.cat([picked[:, :-1], rest[:, None]], dim=1)
    soft, total = _bucket_divergence(buckets, toys, teacher.to(student.dtype), tail.to(student.dtype))
    return alpha * (total - picked[:, -1]) + (1 - alpha) * soft


def listwise_loss(student: Tensor, toys: Tensor) -> Tensor:
    """−1/K · Σ_i log( exp(z_i) / (Σ_{j ≥ i} exp(z_j) + Σ exp(z of all toys not listed)) ), i = 1 … K. float [S].

    The likelihood that the student draws the teacher's list in its order, every toy not listed coming after it in
    whatever order. Only ranks are read, no teacher logits, so teachers of different scales agree. With K = 1 it is
    hard_loss with the teacher's best toy; divided by K so that it stays of that size. A list of padding gives 0.

    student: float [S, N + 1], −inf where forbidden; toys: int64 [S, K], best first.

    Source: relaxed ranking distillation, Kang, Hwang, Kweon and Yu, "DE-RRD", CIKM 2020 (there the toys not listed are
    sampled, here they are all); it is the top-k ListMLE of Xia, Liu and Li, "Statistical Consistency of Top-k Ranking",
    NeurIPS 2009.
    """
    listed = toys != 0
    scores, tail = _split(student, toys, toys, 1.0)
    # Worst first, the tail before them: each sum then only adds. Float64 has room for logits hundreds apart
    # (logcumsumexp has more, takes twice as long and turns −inf into NaN); at FAR_BELOW the gradient is exactly 0.
    order = torch.cat([tail[:, None], scores.masked_fill(~listed, NEVER).flip(1)], dim=1)
    largest = order.detach().amax(dim=1, keepdim=True).clamp_min(LOWEST)
    sums = (order.double() - largest).clamp_min(FAR_BELOW).exp().cumsum(dim=1)
    totals = (sums.log() + largest).to(student.dtype)[:, 1:].flip(1)
    terms = torch.where(listed, totals - scores, 0.0)
    return terms.sum(dim=1) / listed.sum(dim=1).clamp_min(1)


def embedding_loss(student: Tensor, teacher: Tensor, projection: Tensor) -> Tensor:
    """Mean over rows of 1 − cos(student @ projection, teacher). float [].

    student: float [n, d]; teacher: float [n, D]; projection: float [d, D], learned with the student and dropped after.
    A row whose teacher vector is all 0 is padding: it contributes 0 and is not counted.

    Source: the regressor onto the teacher's width is that of Romero et al., "FitNets", ICLR 2015; the cosine in place
    of squares that of Sanh et al., "DistilBERT", 2019: a tower's score does not see lengths.
    """
    check_vectors("embedding_loss", student, teacher, projection)
    real = teacher.ne(0).any(dim=1)
    apart = 1 - (F.normalize(student @ projection, dim=1) * F.normalize(teacher, dim=1)).sum(dim=1)
    return torch.where(real, apart, 0.0).sum() / real.sum().clamp_min(1)


def relational_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over pairs i ≠ j of (cos(s_i, s_j) − cos(t_i, t_j))². float [].

    No projection is needed, for only the relations within each side are compared. student: float [n, d]; teacher: float
    [n, D]. A row whose teacher vector is all 0 is padding and is in no pair; without a pair the loss is 0.

    Source: Tung and Mori, "Similarity-Preserving Knowledge Distillation", ICCV 2019 (there the rows of the similarity
    matrix are scaled to length 1, here the vectors are, since a tower compares by cosine; the diagonal, always 0, is
    left out of the mean); the family is that of Park et al., "Relational Knowledge Distillation", CVPR 2019.
    """
    check_vectors("relational_loss", student, teacher)
    real = teacher.ne(0).any(dim=1)
    pairs = (real[:, None] & real[None, :]).fill_diagonal_(False)
    ours, theirs = F.normalize(student, dim=1), F.normalize(teacher, dim=1)
    apart = ours @ ours.T - theirs @ theirs.T
    return torch.where(pairs, apart**2, 0.0).sum() / pairs.sum().clamp_min(1)


def check_mix(alpha: float, temperature: float) -> None:
    """Raise ToyGuideError unless 0 ≤ α ≤ 1 and 0.01 ≤ T ≤ 100: beyond, T² · KL is lost in float32."""
    if not 0.0 <= alpha <= 1.0:
        raise parameter_error("alpha", "distil", "a number in [0, 1]", alpha)
    if not 0.01 <= temperature <= 100.0:
        raise parameter_error("temperature", "distil", "a number in [0.01, 100]", temperature)


def check_top_k(top_k: int, toys: int) -> None:
    """Raise ToyGuideError unless K is a whole number of toys in [1, `toys`], the size of the catalogue."""
    if isinstance(top_k, bool) or not isinstance(top_k, int) or not 1 <= top_k <= toys:
        raise parameter_error("top_k", "distil", f"an int in [1, {toys}]", top_k)


def check_teacher(logits: Tensor) -> None:
    """Raise ToyGuideError if a teacher's logits, of any shape, hold NaN or +inf; −inf is a forbidden toy, and may be.

    It reads every value: call it once, where a cache is filled.
    """
    if logits.numel() == 0 or bool(logits.amax() < float("inf")):  # amax is NaN where one value is
        return
    wrong, infinite = int(logits.isnan().sum()), int(logits.isposinf().sum())
    raise ToyGuideError(
        f"A teacher's logits must be finite, or -inf for a toy that is not allowed. Of {logits.numel():,} values "
        f"{wrong:,} are NaN and {infinite:,} are inf: train the teacher again, or leave it out of the blend."
    )


def check_vectors(owner: str, student: Tensor, teacher: Tensor, projection: Tensor | None = None) -> None:
    """Raise ToyGuideError unless the two sides are matrices with as many rows, and `projection` leads from d to D."""
    if student.dim() != 2 or teacher.dim() != 2 or len(student) != len(teacher):
        must_be = f"a matrix with a row for each of the student's, shape {tuple(student.shape)}"
        raise parameter_error("teacher", owner, must_be, tuple(teacher.shape))
    widths = (student.shape[1], teacher.shape[1])
    if projection is not None and tuple(projection.shape) != widths:
        raise parameter_error("projection", owner, f"of shape {widths}", tuple(projection.shape))
