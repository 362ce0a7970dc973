from __future__ import annotations

import pytest

from data.dataset import Dataset
from data.protocol import split_dataset
from data.split import Split
from data.world.simulate import WorldOptions, simulate


@pytest.fixture(scope="session")
def shop() -> Dataset:
    return simulate(WorldOptions(toys=60, shoppers=50, events=700, seed=3))


@pytest.fixture(scope="session")
def split(shop: Dataset) -> Split:
    return split_dataset(shop)
