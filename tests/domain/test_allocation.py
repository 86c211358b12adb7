"""Allocation: fair, within everybody's room, never back to the last owner, and the same whenever it is asked again."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.allocation import Pooled, Seat, Terms, allocate, shares

PEOPLE = tuple(f"p{n}" for n in range(6))
pooled = st.lists(st.sampled_from((None, None, *PEOPLE)), max_size=40).map(
    lambda lost: [Pooled(f"c{n}", last) for n, last in enumerate(lost)]
)
seats = st.lists(
    st.builds(
        Seat,
        st.sampled_from(PEOPLE),
        st.just(0),
        st.one_of(st.none(), st.integers(0, 12)),
        st.sampled_from((False,) * 5 + (True,)),
    ),
    max_size=6,
    unique_by=lambda seat: seat.person,
)
terms = st.one_of(
    st.builds(Terms, mode=st.just("even"), most=st.one_of(st.none(), st.integers(1, 30))),
    st.builds(Terms, mode=st.just("each"), each=st.integers(1, 9)),
    st.builds(Terms, mode=st.just("quota"), quotas=st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 15))),
)


@given(terms, pooled, seats, st.integers(0, 2**40))
def test_nobody_gets_what_they_may_not_have(
    asked: Terms, customers: list[Pooled], people: list[Seat], seed: int
) -> None:
    dealt = allocate(asked, customers, people, seed)
    by_id, by_person = {one.customer: one for one in customers}, {one.person: one for one in people}
    assert len({one.customer for one in dealt}) == len(dealt)
    assert all(by_id[one.customer].not_to != one.person for one in dealt)
    for person, got in Counter(one.person for one in dealt).items():
        seat = by_person[person]
        assert not seat.away
        assert seat.room is None or got <= seat.room
        assert asked.mode != "each" or got <= (asked.each or 0)
        assert asked.mode != "quota" or got <= asked.quotas[person]
    assert len(dealt) <= (asked.most or len(customers))


@given(terms, pooled, seats, st.integers(0, 2**40), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_changes_nothing(
    asked: Terms, customers: list[Pooled], people: list[Seat], seed: int, other: Random
) -> None:
    dealt = allocate(asked, customers, people, seed)
    other.shuffle(customers)
    other.shuffle(people)
    assert allocate(asked, customers, people, seed) == dealt


@given(pooled, st.integers(1, 6), st.integers(0, 2**40))
def test_shares_differ_by_one_at_most_where_nothing_stands_in_the_way(
    customers: list[Pooled], count: int, seed: int
) -> None:
    people = [Seat(person) for person in PEOPLE[:count]]
    free = [Pooled(one.customer) for one in customers]
    got = Counter(one.person for one in allocate(Terms(), free, people, seed))
    numbers = [got[one.person] for one in people]
    assert sum(numbers) == len(free)
    assert max(numbers) - min(numbers) <= 1


@given(pooled, seats, st.integers(0, 2**40))
def test_a_customer_stays_only_where_nobody_could_have_it(
    customers: list[Pooled], people: list[Seat], seed: int
) -> None:
    dealt = allocate(Terms(), customers, people, seed)
    got, left = Counter(one.person for one in dealt), {one.customer for one in dealt}
    room = [one for one in people if not one.away and (one.room is None or got[one.person] < one.room)]
    for one in customers:
        if one.customer not in left:
            assert all(one.not_to == seat.person for seat in room)


def test_any_beginning_of_the_list_is_fair_and_another_seed_deals_otherwise() -> None:
    customers = [Pooled(f"c{n}") for n in range(100)]
    people = [Seat(person) for person in PEOPLE[:4]]
    dealt = allocate(Terms(), customers, people, 7)
    assert set(Counter(one.person for one in dealt[:50]).values()) <= {12, 13}
    assert allocate(Terms(), customers, people, 8) != dealt


def test_too_few_customers_are_shared_in_proportion_to_quotas() -> None:
    asked = Terms(mode="quota", quotas={"p0": 300, "p1": 100, "p2": 0})
    people = [Seat("p0", 3), Seat("p1", 4), Seat("p2", 5), Seat("p3", 0, 9, away=True)]
    dealt = allocate(asked, [Pooled(f"c{n}") for n in range(40)], people, 1)
    assert [tuple(one) for one in shares(asked, people, dealt)] == [
        ("p0", 3, 30, None), ("p1", 4, 10, None), ("p2", 5, 0, "no_quota"), ("p3", 0, 0, "away"),
    ]  # fmt: skip


def test_who_lost_them_all_gets_others_or_none() -> None:
    customers = [Pooled(f"c{n}", "p0") for n in range(20)] + [Pooled("other")]
    dealt = allocate(Terms(most=10), customers, [Seat("p0"), Seat("p1")], 3)
    got = Counter(one.person for one in dealt)
    assert (got["p0"], got["p1"]) == (1, 9)
