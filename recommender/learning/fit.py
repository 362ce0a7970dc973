"""One training loop, for teacher and student alike."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from data.errors import ToyGuideError
from recommender.learning.batches import Batch


@dataclass(frozen=True)
class FitOptions:
    """How to train. `patience`: epochs without a better validation figure before it stops; `average`: decay of the
    running mean of the weights that is judged and kept (0 keeps the last weights)."""

    epochs: int
    learning_rate: float
    weight_decay: float = 0.01
    warmup: float = 0.05
    average: float = 0.0
    patience: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave: mean training loss, validation figure (higher is better), seconds so far."""

    number: int
    loss: float
    metric: float
    seconds: float


Model = TypeVar("Model", bound=nn.Module)

Reporter = Callable[[str, int, int], None]
"""Called with a note, steps done and steps in all."""


def fit(
    model: Model,
    batches: Callable[[int], Iterator[Batch]],
    steps_per_epoch: int,
    loss_of: Callable[[Any, Batch], Tensor],
    validate: Callable[[Model], float],
    options: FitOptions,
    report: Reporter | None = None,
) -> list[Epoch]:
    """Train `model` in place and leave it with the weights of its best epoch on validation.

    batches: epoch number → that epoch's batches. loss_of: mean loss of a batch, on the model given to it.
    Raises ToyGuideError when the loss is no longer finite.
    """
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it tells its precision at every start
    fabric = Fabric(accelerator="auto", devices=1, precision="bf16-mixed" if fast_bf16() else "32-true")
    optimizer = torch.optim.AdamW(_decay_groups(model, options.weight_decay), lr=options.learning_rate)
    steps = options.epochs * steps_per_epoch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step / steps, options.warmup))
    trained, optimizer = fabric.setup(model, optimizer)
    average = (
        torch.optim.swa_utils.AveragedModel(
            model,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(options.average),  # type: ignore[no-untyped-call]
        )
        if options.average
        else None
    )
    history: list[Epoch] = []
    best: dict[str, Tensor] = {}
    started = time.monotonic()
    done = 0
    for number in range(1, options.epochs + 1):
        trained.train()
        total, count = 0.0, 0
        for batch in batches(number):
            optimizer.zero_grad()
            with fabric.autocast():
                loss = loss_of(trained, batch.to(fabric.device))
            fabric.backward(loss)
            norm = fabric.clip_gradients(trained, optimizer, max_norm=1.0, error_if_nonfinite=False)
            _check_finite(loss, norm, number, options)
            optimizer.step()
            schedule.step()
            if average is not None:
                average.update_parameters(model)
            total, count, done = total + float(loss.detach()), count + 1, done + 1
            if report and done % 10 == 0:
                report(f"epoch {number} loss {total / count:.3f}{_so_far(history)}", min(done, steps), steps)
        mean = total / max(count, 1)
        judged = cast(Model, average.module) if average is not None else model
        judged.eval()
        with torch.inference_mode():
            metric = validate(judged)
        if metric > max((epoch.metric for epoch in history), default=-1.0):
            best = copy.deepcopy(judged.state_dict())
        history.append(Epoch(number, mean, metric, time.monotonic() - started))
        if number - best_epoch(history).number >= options.patience:
            break
    model.load_state_dict(best)
    model.eval()
    if report:
        report(f"best epoch {best_epoch(history).number}{_so_far(history)}", steps, steps)
    return history


def _check_finite(loss: Tensor, norm: Tensor | None, epoch: int, options: FitOptions) -> None:
    """Raise ToyGuideError before a step that would leave the weights without meaning."""
    if not (torch.isfinite(loss) and (norm is None or torch.isfinite(norm))):
        raise ToyGuideError(
            f"The training loss or its gradient is no longer a finite number in epoch {epoch}. "
            f"Lower 'learning_rate' (it is {options.learning_rate})."
        )


def best_epoch(history: list[Epoch]) -> Epoch:
    """The epoch with the highest validation figure, the earliest among equals."""
    return max(history, key=lambda epoch: (epoch.metric, -epoch.number))


def fast_bf16() -> bool:
    """Whether this machine multiplies bfloat16 in hardware."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def _so_far(history: list[Epoch]) -> str:
    return f" NDCG@10 {history[-1].metric:.4f} best {best_epoch(history).metric:.4f}" if history else ""


def _rate(progress: float, warmup: float) -> float:
    """Linear warm-up, then a straight line down to a twentieth of the rate."""
    if progress < warmup:
        return max(progress, 1e-3) / warmup
    return max(0.05, 1 - 0.95 * (progress - warmup) / (1 - warmup))


def _decay_groups(model: nn.Module, decay: float) -> list[dict[str, object]]:
    """Matrices decay; biases, norms and embedding tables do not."""
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    decayed = [p for p in model.parameters() if p.ndim > 1 and id(p) not in tables]
    rest = [p for p in model.parameters() if not (p.ndim > 1 and id(p) not in tables)]
    return [{"params": decayed, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
