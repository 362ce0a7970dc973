from __future__ import annotations

import math
from pathlib import Path

import pytest

from data.cpus import available_cpus, cgroup_quota, usable_cpus


def quota(folder: Path, limits: dict[str, str], own: str) -> float:
    """What `cgroup_quota` finds where cgroups have the given `cpu.max` and the process is in `own`."""
    for name, limit in limits.items():
        (folder / "cgroup" / name).mkdir(parents=True, exist_ok=True)
        (folder / "cgroup" / name / "cpu.max").write_text(limit, encoding="ascii")
    (folder / "own").write_text(own, encoding="utf-8")
    return cgroup_quota(folder / "cgroup", folder / "own")


@pytest.mark.parametrize(
    ("limits", "own", "found"),
    [
        ({".": "150000 100000\n"}, "0::/\n", 1.5),  # as a container sees it
        ({"shop": "max 100000\n", "shop/night": "400000 100000\n"}, "0::/shop/night\n", 4.0),
        ({"shop": "200000 100000\n", "shop/night": "max 100000\n"}, "0::/shop/night\n", 2.0),
        ({"other": "100000 100000\n"}, "0::/shop\n", math.inf),
        ({"shop": "no number\n"}, "0::/shop\n", math.inf),
        ({".": "150000 100000\n"}, "0::/../elsewhere\n", 1.5),  # of another namespace
        ({}, "4:cpu:/shop\n", math.inf),  # version 1 alone
    ],
)
def test_the_quota_is_that_of_the_narrowest_group(
    tmp_path: Path, limits: dict[str, str], own: str, found: float
) -> None:
    assert quota(tmp_path, limits, own) == found


def test_without_groups_nothing_is_limited(tmp_path: Path) -> None:
    assert cgroup_quota(tmp_path, tmp_path / "none") == math.inf


def test_there_is_a_cpu_for_this() -> None:
    assert 1 <= usable_cpus() <= available_cpus()
