import torch
from torch.nn import functional as F

from recommender.learning.batches import exclude_prefix
from recommender.learning.chunked import SLICE, chunked_mean


def test_it_is_the_loss_in_one_piece_with_the_same_gradients():
    torch.manual_seed(0)
    rows, toys, width = 2 * SLICE + 37, 50, 8
    queries = torch.randn(rows, width, requires_grad=True)
    table = torch.randn(toys, width, requires_grad=True)
    targets = torch.randint(10, toys, (rows,))
    prefix = torch.randint(0, 10, (rows, 3))

    whole = F.cross_entropy(exclude_prefix(queries @ table.T, prefix), targets)
    expected = torch.autograd.grad(whole, (queries, table))
    sliced = chunked_mean(
        queries,
        table,
        lambda logits, part: F.cross_entropy(exclude_prefix(logits, prefix[part]), targets[part], reduction="sum"),
    )
    found = torch.autograd.grad(sliced, (queries, table))

    torch.testing.assert_close(sliced, whole)
    for got, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(got, wanted)


def test_excluded_toys_get_no_gradient():
    table = torch.randn(6, 4, requires_grad=True)
    prefix = torch.tensor([[2, 5]])
    loss = chunked_mean(
        torch.randn(1, 4),
        table,
        lambda logits, part: F.cross_entropy(exclude_prefix(logits, prefix[part]), torch.tensor([3]), reduction="sum"),
    )
    loss.backward()
    assert table.grad is not None
    assert (table.grad[[0, 2, 5]] == 0).all()
    assert (table.grad[[1, 3, 4]] != 0).any()
