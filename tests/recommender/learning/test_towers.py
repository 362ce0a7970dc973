import pytest
import torch

from recommender.learning.towers import ShopperTower, ToyTower, gap_buckets, last_states, rows_of


@pytest.fixture
def tower():
    torch.manual_seed(0)
    return ShopperTower(width=16, layers=2, heads=4, dropout=0.5, max_history=5, profile_width=7, kinds=6).eval()


def inputs(batch, length):
    return torch.randn(batch, length, 16), torch.randint(1, 7, (batch, length)), torch.rand(batch, length) * 30


def test_a_state_knows_only_what_came_before_it(tower):
    toys, kinds, gaps = inputs(3, 5)
    before = tower(toys, kinds, gaps)
    toys[:, 3] *= torch.linspace(-1, 1, toys.shape[2])  # not a shift: layer norms take that away again
    kinds[:, 3] = 1 + kinds[:, 3] % 6
    after = tower(toys, kinds, gaps)
    torch.testing.assert_close(after[:, :4], before[:, :4])
    assert (after[:, 4:] - before[:, 4:]).abs().amax() > 1e-3


def test_padding_at_the_end_changes_nothing(tower):
    with torch.no_grad():
        for table in (tower.kinds, tower.gaps):
            table.weight.normal_()
    toys, kinds, gaps = inputs(2, 3)
    history = torch.tensor([[4, 2, 9], [1, 0, 0]])
    short = last_states(tower(toys, kinds, gaps), history)
    more = torch.cat([toys, torch.randn(2, 2, 16)], 1), torch.cat([kinds, kinds[:, :2]], 1), torch.cat([gaps] * 2, 1)
    long = last_states(tower(more[0], more[1], more[2][:, :5]), torch.cat([history, torch.zeros(2, 2, dtype=int)], 1))
    torch.testing.assert_close(long, short)


def test_order_matters(tower):
    toys, kinds, gaps = inputs(1, 4)
    forward = tower(toys, kinds, gaps)[:, -1]
    backward = tower(toys.flip(1), kinds.flip(1), gaps.flip(1))[:, -1]
    assert (forward - backward).abs().amax() > 1e-4


def test_an_empty_history_and_an_unknown_recipient_have_an_answer_of_unit_length(tower):
    history = torch.zeros(2, 1, dtype=int)
    states = last_states(tower(torch.zeros(2, 1, 16)), history)
    queries = tower.queries(states, torch.zeros(2, 7))
    torch.testing.assert_close(queries.norm(dim=-1), torch.ones(2))
    torch.testing.assert_close(queries[0], queries[1])


def test_a_profile_conditions_the_answer_and_an_unknown_one_adds_nothing(tower):
    states = torch.randn(2, 16)
    assert tower.profile(torch.zeros(2, 7)).abs().max() == 0
    known = tower.queries(states, torch.eye(7)[:2])
    assert (known - tower.queries(states, torch.zeros(2, 7))).abs().amax() > 1e-4


def test_gaps_fall_into_their_buckets():
    gaps = torch.tensor([[-1.0, 0.0, 0.4, 0.5, 7.0, 31.0, 99.0, 399.0, 400.0, 5000.0]])
    assert gap_buckets(gaps).tolist() == [[0, 1, 1, 2, 3, 4, 5, 6, 7, 7]]


def test_a_toy_without_an_id_is_placed_by_its_features():
    torch.manual_seed(0)
    tower = ToyTower(n_toys=4, width=8, text_width=5, label_rows=6, profile_width=3).eval()
    toys, text = torch.tensor([0, 0, 1]), torch.randn(3, 5)
    text[2] = text[1]
    labels, weights, profile = torch.tensor([[1, 0], [2, 3], [2, 3]]), torch.ones(3, 2), torch.rand(3, 3)
    profile[2] = profile[1]
    vectors = tower(toys, text, labels, weights, profile)
    torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(3))
    assert (vectors[0] - vectors[1]).abs().amax() > 1e-3
    assert (vectors[1] - vectors[2]).abs().amax() > 1e-3  # the id adds to the same features


def test_id_dropout_drops_ids_in_training_alone():
    torch.manual_seed(0)
    tower = ToyTower(n_toys=200, width=8, text_width=5, label_rows=2, profile_width=3)
    toys = torch.arange(201)
    features = torch.zeros(201, 5), torch.zeros(201, 1, dtype=int), torch.ones(201, 1), torch.zeros(201, 3)
    dropped = (tower(toys, *features, id_dropout=0.5)[1:].norm(dim=-1) == 0).float().mean()
    assert 0.3 < dropped < 0.7
    tower.eval()
    assert (tower(toys, *features, id_dropout=0.5)[1:].norm(dim=-1) > 0).all()


def test_the_gradient_of_rows_is_the_same_however_many_threads_add_it_up():
    table = torch.randn(300, 96)
    rows, wanted = torch.randint(0, 300, (500, 20)), torch.randn(500, 20, 96)

    def gradient(threads):
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            learned = table.clone().requires_grad_()
            found = rows_of(learned, rows)
            (found * wanted).sum().backward()
        finally:
            torch.set_num_threads(before)
        assert torch.equal(found, table[rows])
        return learned.grad

    alone = gradient(1)
    assert all(torch.equal(gradient(2), alone) for _ in range(8))
