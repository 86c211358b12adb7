"""Who has the tasks of those who are away: substitutes of substitutes, circles, roles, and some kinds only."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.absence import Away, Roster, takers
from domain.access import Authority, Role, person_key, role_key
from domain.task import KINDS

A, B, C, D = "abcd"
CFO, LEGAL = role_key(Role.CFO), role_key(Role.LEGAL)
APPROVE = "approve"


def company(*cfos: str, people: str = "abcd") -> dict[str, frozenset[str]]:
    return {p: frozenset({person_key(p), CFO} if p in cfos else {person_key(p)}) for p in people}


def away(person: str, to: str, *kinds: str) -> Away:
    return Away(person, person_key(to) if len(to) == 1 else to, frozenset(kinds))


def of(kind: str, *absences: Away, keys: dict[str, frozenset[str]] | None = None) -> dict[str, set[str]]:
    return {person: set(others) for person, others in takers(absences, keys or company(), kind).items()}


def test_the_substitute_of_a_substitute_who_is_away_takes_both_ones_tasks() -> None:
    assert of(APPROVE, away(A, B), away(B, C)) == {A: {C}, B: {C}}


def test_in_a_circle_everybody_keeps_their_tasks() -> None:
    assert of(APPROVE, away(A, B), away(B, A)) == {A: set(), B: set()}
    assert of(APPROVE, away(A, B), away(B, C), away(C, B)) == {A: set(), B: set(), C: set()}


def test_who_names_themselves_keeps_their_tasks() -> None:
    assert of(APPROVE, away(A, A)) == {A: set()}


def test_a_substitute_who_left_takes_nothing() -> None:
    assert of(APPROVE, away(A, B), keys=company(people="acd")) == {A: set()}


def test_a_role_stands_in_through_those_of_its_holders_who_are_there() -> None:
    keys = company(A, B, C)
    assert of(APPROVE, away(A, CFO), keys=keys) == {A: {B, C}}
    assert of(APPROVE, away(A, CFO), away(B, D), keys=keys) == {A: {C, D}, B: {D}}
    assert of(APPROVE, away(A, LEGAL), keys=keys) == {A: set()}


def test_only_kinds_that_every_absence_of_a_chain_hands_over_go_all_the_way() -> None:
    chain = away(A, B, APPROVE, "record_payment"), away(B, C, APPROVE)
    assert of(APPROVE, *chain) == {A: {C}, B: {C}}
    assert of("record_payment", *chain) == {A: {B}}
    assert of("first_contact", *chain) == {}


def test_two_absences_at_once_have_both_their_substitutes() -> None:
    assert of(APPROVE, away(A, B), away(A, C)) == {A: {B, C}}


kinds = st.frozensets(st.sampled_from(KINDS), max_size=3)
absences = st.lists(
    st.builds(Away, st.sampled_from("abcdef"), st.sampled_from([CFO, *map(person_key, "abcdef")]), kinds), max_size=8
)
staff = st.dictionaries(st.sampled_from("abcdef"), st.booleans()).map(
    lambda held: [Authority(id=p, roles=frozenset({Role.CFO} if cfo else ())) for p, cfo in held.items()]
)


@given(absences, staff, st.sampled_from(KINDS))
def test_whoever_takes_a_task_is_there_and_nobody_takes_their_own(
    gone: list[Away], people: list[Authority], kind: str
) -> None:
    missing = {one.person for one in gone if one.covers(kind)}
    found = takers(gone, {p.id: p.holder_keys for p in people}, kind)
    assert found.keys() == missing
    for others in found.values():
        assert others <= {p.id for p in people} - missing


@given(absences, staff, st.sampled_from(KINDS))
def test_nobody_is_left_out_who_is_there_and_named_by_somebody_in_the_chain(
    gone: list[Away], people: list[Authority], kind: str
) -> None:
    """Each taker set is closed: what the direct substitutes give, and those of the ones among them who are away."""
    keys = {p.id: p.holder_keys for p in people}
    found = takers(gone, keys, kind)
    for person, others in found.items():
        direct = {
            p for one in gone if one.person == person and one.covers(kind) for p in keys if one.substitute in keys[p]
        }
        assert direct - found.keys() <= others
        for absent in direct & found.keys():
            assert found[absent] <= others
        if not direct - {person}:
            assert not others


@given(absences, staff)
def test_an_actor_stands_in_for_exactly_what_the_chains_give(gone: list[Away], people: list[Authority]) -> None:
    roster = Roster(gone, people)
    keys = {p.id: p.holder_keys for p in people}
    for person in people:
        actor = roster.acting(person)
        for kind in KINDS:
            found = takers(gone, keys, kind)
            mine = {absent for absent, others in found.items() if person.id in others and absent in keys}
            assert {one.id for one in actor.acting_for if one.takes(kind)} == mine
            assert (kind in actor.handed_over) == bool(found.get(person.id))


def test_substitutes_hear_of_what_the_absent_hold_by_name_or_role() -> None:
    people = [Authority(id=A, roles=frozenset({Role.CFO})), Authority(id=B), Authority(id=C)]
    roster = Roster([away(A, B, APPROVE), away(C, B)], people)
    assert roster.told_instead([CFO], APPROVE) == {A: {B}}
    assert roster.told_instead([person_key(A), LEGAL], APPROVE) == {A: {B}}
    assert roster.told_instead([CFO], "record_payment") == {}
    assert roster.told_instead([LEGAL], APPROVE) == {}
