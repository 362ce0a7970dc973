"""The Pareto front, against its definition written out."""

from hypothesis import given
from hypothesis import strategies as st

from distillation.front import pareto_front

coarse = st.integers(0, 6).map(float)  # few values, so that ties are common
fine = st.floats(-1e9, 1e9)
pairs = st.lists(st.tuples(coarse, coarse) | st.tuples(fine, fine), max_size=25)


def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[0] and one[1] >= other[1] and one != other


@given(pairs)
def test_it_holds_what_nothing_beats_and_nothing_else(points):
    front = pareto_front(points)
    assert sorted(front) == [i for i, point in enumerate(points) if not any(beats(other, point) for other in points)]


@given(pairs)
def test_it_goes_from_cheap_to_dear_and_from_bad_to_good(points):
    shown = [points[place] for place in pareto_front(points)]
    assert shown == sorted(shown)
    assert [quality for _, quality in shown] == sorted(quality for _, quality in shown)


def test_by_hand():
    assert pareto_front([]) == []
    assert pareto_front([(3, 0.5), (1, 0.2), (2, 0.2), (2, 0.4), (4, 0.5), (2, 0.4)]) == [1, 3, 5, 0]
