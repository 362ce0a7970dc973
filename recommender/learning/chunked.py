"""A loss over all toys, a few hundred queries at a time.

The logits of a batch are the largest thing in training: 1,024 targets × 12,000 toys are 49 MB in float32, and every
operation on them passes through memory. Here each slice of queries goes forward and backward while its logits are still
in the cache; the gradients of queries and table are kept, the logits never. The result is the same as in one piece.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

SLICE = 256

SliceLoss = Callable[[Tensor, slice], Tensor]
"""(logits float32 [S, N + 1], which rows of the batch they are) → the SUM of their losses."""


class _Chunked(Function):
    @staticmethod
    def forward(ctx: Any, queries: Tensor, table: Tensor, loss_of: SliceLoss) -> Tensor:
        low = torch.get_autocast_dtype(queries.device.type) if torch.is_autocast_enabled(queries.device.type) else None
        dtype = low or queries.dtype
        total = queries.new_zeros((), dtype=torch.float32)
        with torch.enable_grad(), torch.autocast(queries.device.type, enabled=False):
            toys = table.detach().to(dtype).requires_grad_()
            query_grads = []
            for start in range(0, len(queries), SLICE):
                rows = slice(start, min(start + SLICE, len(queries)))
                some = queries[rows].detach().to(dtype).requires_grad_()
                loss = loss_of((some @ toys.T).float(), rows)
                loss.backward()  # type: ignore[no-untyped-call]
                total += loss.detach()
                query_grads.append(some.grad)
        ctx.save_for_backward(torch.cat([g for g in query_grads if g is not None]), toys.grad)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        queries, table = ctx.saved_tensors
        return queries.float() * grad, table.float() * grad, None


def chunked_mean(queries: Tensor, table: Tensor, loss_of: SliceLoss) -> Tensor:
    """The mean over the batch of a loss of `queries @ table.T`.

    queries: float [P, d], already scaled so that the inner product is the logit; table: float [N + 1, d]
    """
    total: Tensor = _Chunked.apply(queries, table, loss_of)  # type: ignore[no-untyped-call]
    return total / len(queries)
