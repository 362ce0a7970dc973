"""The pooling tower's answer is a sum over the toys, and sees nothing that comes later."""

import torch

from distillation.pooling import AttentionPool

WIDTH, LENGTH = 16, 6


def tower():
    torch.manual_seed(0)
    return AttentionPool(WIDTH, 2, 0.1, LENGTH, 5).eval()


def test_a_state_is_the_sum_of_what_each_toy_brings():
    pool, toys = tower(), torch.randn(3, LENGTH, WIDTH)
    step = torch.tensor([0, 3, LENGTH])
    parts = pool.parts(toys, step)
    torch.testing.assert_close(parts.sum(dim=1), pool(toys)[torch.arange(3), step], atol=1e-5, rtol=1e-4)
    assert parts[0, 1:].abs().max() < 1e-6
    assert parts[1, 4:].abs().max() < 1e-6
    assert parts[1, 1:4].norm(dim=-1).min() > 1e-3


def test_what_a_toy_says_hangs_on_no_other_toy_but_for_its_weight():
    """Two histories with the same toy in another company: its parts point the same way, head by head."""
    pool, toys = tower(), torch.randn(1, 3, WIDTH)
    other = toys.clone()
    other[0, 0] = torch.randn(WIDTH)
    pool.out = torch.nn.Identity()
    step = torch.tensor([3])
    first, second = (pool.parts(each, step)[0, 2].view(2, -1) for each in (toys, other))
    torch.testing.assert_close(torch.cosine_similarity(first, second, dim=1), torch.ones(2), atol=1e-5, rtol=0)


def test_later_toys_are_not_seen():
    pool, toys = tower(), torch.randn(1, LENGTH, WIDTH)
    changed = toys.clone()
    changed[0, 4:] = 0
    torch.testing.assert_close(pool(toys)[0, :5], pool(changed)[0, :5])
    assert (pool(toys)[0, 5] - pool(changed)[0, 5]).abs().max() > 1e-3
