"""Several processes that train one model together, as `torchrun` starts them: each takes its share of every step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def process_count() -> int:
    """How many processes train together; 1 where nobody said."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def process_rank() -> int:
    """Which of them this is, from 0. The first writes and speaks; the others are silent."""
    return int(os.environ.get("RANK", "0"))


def own_share(items: Iterator[Item], rank: int, count: int) -> Iterator[Item]:
    """Every `count`-th item from the `rank`-th on; an incomplete last round falls out, so that all have as many."""
    while len(round_ := list(islice(items, count))) == count:
        yield round_[rank]
