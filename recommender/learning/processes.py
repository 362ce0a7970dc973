"""Several processes that train one model together, as `torchrun` starts them: each takes its share of every step."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
import torch.distributed as dist

from data.errors import ToyGuideError
from recommender.learning.checkpoint import differences

Item = TypeVar("Item")
Value = TypeVar("Value")

_MEETING: Final = timedelta(minutes=10)
"""How long they wait for one another, to begin and at every step. One that ends later is noticed at once."""
_READING: Final = timedelta(hours=12)
"""How long the others of a machine wait for the one that works for all, such as reading a teacher."""


def process_count() -> int:
    """How many processes train together; 1 where nobody said."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def process_rank() -> int:
    """Which of them this is, from 0. The first writes and speaks; the others are silent."""
    return int(os.environ.get("RANK", "0"))


def local_count() -> int:
    """How many of them are on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def is_first_of_machine() -> bool:
    """Whether this is the first process of its machine."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def own_share(items: Iterator[Item], rank: int, count: int) -> Iterator[Item]:
    """Every `count`-th item from the `rank`-th on; an incomplete last round falls out, so that all have as many."""
    while len(round_ := list(islice(items, count))) == count:
        yield round_[rank]


def agree(facts: dict[str, Any]) -> None:
    """See that all processes are about to train the same, by `facts` (JSON values), for their gradients are averaged.

    Raises ToyGuideError, in all of them, with what differs, or if they cannot be together; nothing where one is alone.
    """
    if process_count() == 1:
        return
    _join()
    everyone = [json.loads(each) for each in _gather(json.dumps(facts))]
    for rank, theirs in enumerate(everyone):
        if said := differences(everyone[0], theirs):
            raise ToyGuideError(
                f"Process {rank} of {len(everyone)} is to train something else than process 0 ({said}): give each the "
                "same command, the same dataset and the same version of toyguide."
            )


def one_of_machine(work: Callable[[], Value]) -> Value:
    """What `work` gives, a JSON value: one process of each machine does it, and tells the others there."""
    if process_count() == 1:
        return work()
    _join()
    machine = os.environ.get("GROUP_RANK", "0")
    group = dist.new_group(backend="gloo", timeout=_READING)
    told = _gather(json.dumps([machine, work()]) if is_first_of_machine() else "null", group)
    found: Value = next(each[1] for each in map(json.loads, told) if each and each[0] == machine)
    return found


@contextmanager
def folder_of_machine(prefix: str) -> Iterator[Path]:
    """A temporary folder that the processes of one machine share, until the one that made it leaves the block."""
    folder = Path(one_of_machine(partial(tempfile.mkdtemp, prefix=prefix)))
    try:
        yield folder
    finally:
        if is_first_of_machine():
            shutil.rmtree(folder, ignore_errors=True)  # what the others have open stays theirs


def from_first(work: Callable[[], Value]) -> Value:
    """What `work` gives in the first process, in all of them."""
    if process_count() == 1:
        return work()
    _join()
    told: list[Any] = [work() if process_rank() == 0 else None]
    with peer_advice():
        dist.broadcast_object_list(told)
    found: Value = told[0]
    return found


@contextmanager
def peer_advice() -> Iterator[None]:
    """Turns what torch says of a process that is gone into one sentence that says what to do."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, dist.DistError) or "gloo" in str(error):
            raise ToyGuideError(
                f"Another of the {process_count()} processes ended or cannot be reached any more; what it said last is "
                "the reason. Start all of them again: they go on from the first one's last whole epoch."
            ) from error
        raise


def _gather(told: str, group: Any = None) -> list[str]:
    everyone: list[Any] = [None] * process_count()
    with peer_advice():
        dist.all_gather_object(everyone, told, group)
    return everyone


def _join() -> None:
    """Let the processes find each other. Raises ToyGuideError if they are not as many as were said, or too many."""
    if dist.is_initialized():
        return
    machines, here = int(os.environ.get("GROUP_WORLD_SIZE", "1")), local_count()
    if machines * here != process_count():
        raise ToyGuideError(
            f"Each machine must start as many processes. Here are {here}, and {process_count()} on {machines} machines "
            "together: give the same --nproc-per-node everywhere."
        )
    if torch.cuda.is_available() and here > torch.cuda.device_count():
        raise ToyGuideError(
            f"A machine must start one process for each of its GPUs at most. Here are {here} processes and "
            f"{torch.cuda.device_count()} GPUs: lower --nproc-per-node, or set CUDA_VISIBLE_DEVICES= to use the CPUs."
        )
    with peer_advice():
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=_MEETING)
