"""One training loop, for teacher and student alike; it knows nothing of toys."""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar, cast

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from data.errors import ToyGuideError
from recommender.learning.checkpoint import Checkpoint, Epoch, pack, unpack
from recommender.learning.processes import (
    from_first,
    local_count,
    own_share,
    peer_advice,
    process_count,
    process_rank,
)


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


class OnDevice(Protocol):
    """Anything that a step learns from, and that can be moved to another device."""

    def to(self, device: torch.device) -> Self:
        """The same on `device`."""
        ...


Model = TypeVar("Model", bound=nn.Module)
Item = TypeVar("Item", bound=OnDevice)

Reporter = Callable[[str, int, int], None]
"""Called with a note, steps done and steps in all."""


@contextmanager
def memory_advice() -> Iterator[None]:
    """Turns torch's running out of memory into one sentence that says what to lower."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            raise ToyGuideError(
                "There is not enough memory for this training. Halve 'targets_per_batch' first, then 'width' or "
                "'text_width' (a copy of the preset's file can be given as --preset), or free memory elsewhere."
            ) from error
        raise


@memory_advice()
@peer_advice()
def fit(
    model: Model,
    batches: Callable[[int], Iterator[Item]],
    steps_per_epoch: int,
    loss_of: Callable[[Any, Item], Tensor],
    validate: Callable[[Model], float] | None,
    options: FitOptions,
    report: Reporter | None = None,
    stop_after: int | None = None,
    checkpoint: Checkpoint | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> list[Epoch]:
    """Train `model` in place and leave it with the weights of its best epoch on validation.

    Where `torchrun` started several processes, each takes every so-many-th batch of an epoch, and their gradients are
    averaged; steps_per_epoch counts the steps that they take together.
    batches: epoch number → that epoch's batches, the same in every process
    loss_of: mean loss of a batch, on the model given to it
    validate: None judges no epoch; the last one is kept, and its metric is nan
    stop_after: leaves after that many epochs, on the learning rates of a whole training
    checkpoint: kept after every epoch by the first process, and gone on from by all of them where there is one
    on_epoch: told of every epoch
    Raises ToyGuideError when the loss is no longer finite, and, with what to do about it, when memory runs out or
    another process is gone.
    """
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it tells its precision at every start
    processes, rank = process_count(), process_rank()
    fabric = Fabric(
        accelerator="auto",
        devices=local_count(),
        num_nodes=processes // local_count(),
        strategy="ddp" if processes > 1 else "auto",
        precision="bf16-mixed" if fast_bf16() else "32-true",
    )
    fabric.launch()
    optimizer = torch.optim.AdamW(_decay_groups(model, options.weight_decay), lr=options.learning_rate)
    steps = options.epochs * steps_per_epoch
    trained, optimizer = fabric.setup(model, optimizer)
    modules: dict[str, nn.Module] = {"model": model}
    if options.average:
        modules["average"] = torch.optim.swa_utils.AveragedModel(
            model,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(options.average),  # type: ignore[no-untyped-call]
        )
    history: list[Epoch] = []
    best: dict[str, Tensor] = {}
    if checkpoint is not None and (found := from_first(checkpoint.load)) is not None:
        tensors, history = found
        best = unpack(tensors, modules, optimizer)
    started = time.monotonic() - (history[-1].seconds if history else 0.0)
    done = len(history) * steps_per_epoch
    for number in range(len(history) + 1, (stop_after or options.epochs) + 1):
        if _is_over(history, options):
            break
        if rank:  # each drops out other numbers, and after an interruption those that it would have
            torch.manual_seed(options.seed + 1_000_003 * rank + number - 1)
        trained.train()
        total, count = 0.0, 0
        for batch in own_share(batches(number), rank, processes):
            for group in optimizer.param_groups:
                group["lr"] = options.learning_rate * _rate(done / steps, options.warmup)
            optimizer.zero_grad()
            with fabric.autocast():
                loss = loss_of(trained, batch.to(fabric.device))
            fabric.backward(loss)
            norm = fabric.clip_gradients(trained, optimizer, max_norm=1.0, error_if_nonfinite=False)
            _check_finite(loss, norm, number, options)
            optimizer.step()
            if options.average:
                cast(Any, modules["average"]).update_parameters(model)
            total, count, done = total + float(loss.detach()), count + 1, done + 1
            if report and done % 10 == 0:
                report(f"epoch {number} loss {total / count:.3f}{_so_far(history)}", min(done, steps), steps)
        if processes > 1 and not count:
            raise ToyGuideError(
                f"An epoch of this training has fewer batches than there are processes, {processes}. Start fewer, or "
                "lower 'targets_per_batch'."
            )
        done = number * steps_per_epoch  # an epoch may hold a batch more or less than its estimate
        judged = cast(Model, cast(Any, modules["average"]).module) if options.average else model
        judged.eval()
        metric = math.nan
        if validate is not None:
            with torch.inference_mode():
                metric = fabric.broadcast(validate(judged))
        if validate is None or metric > max((epoch.metric for epoch in history), default=-1.0):
            best = copy.deepcopy(judged.state_dict())
        history.append(Epoch(number, total / max(count, 1), metric, time.monotonic() - started))
        if checkpoint is not None and rank == 0:
            checkpoint.save(pack(modules, optimizer, best), history)
        if on_epoch is not None and rank == 0:
            on_epoch(history[-1])
    model.load_state_dict(best)
    model.eval()
    if report:
        report(f"best epoch {best_epoch(history).number}{_so_far(history)}", steps, steps)
    return history


def _is_over(history: list[Epoch], options: FitOptions) -> bool:
    """Whether the last `patience` epochs brought nothing better."""
    return bool(history) and len(history) - best_epoch(history).number >= options.patience


def _check_finite(loss: Tensor, norm: Tensor | None, epoch: int, options: FitOptions) -> None:
    """Raise ToyGuideError before a step that would leave the weights without meaning."""
    if not (torch.isfinite(loss) and (norm is None or torch.isfinite(norm))):
        raise ToyGuideError(
            f"The training loss or its gradient is no longer a finite number in epoch {epoch}. "
            f"Lower 'learning_rate' (it is {options.learning_rate})."
        )


def best_epoch(history: list[Epoch]) -> Epoch:
    """The epoch with the highest validation figure, the earliest among equals; the last where none was judged."""
    if math.isnan(history[-1].metric):
        return history[-1]
    return max(history, key=lambda epoch: (epoch.metric, -epoch.number))


def fast_bf16() -> bool:
    """Whether this machine multiplies bfloat16 in hardware."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def _so_far(history: list[Epoch]) -> str:
    if not history or math.isnan(history[-1].metric):
        return ""
    return f" NDCG@10 {history[-1].metric:.4f} best {best_epoch(history).metric:.4f}"


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
