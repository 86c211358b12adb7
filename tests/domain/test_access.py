"""Who may do what, to which rows."""

from __future__ import annotations

import pytest

from domain.access import GRANTS, NEEDED, Action, Actor, Role, Scope, StandIn, person_key, role_key, superiors
from domain.refusal import Refused

EAST, SOUTH = "region-east", "region-south"


def somebody(*roles: Role, region: str = EAST, acting_for: tuple[StandIn, ...] = ()) -> Actor:
    return Actor(id="me", roles=frozenset(roles), regions=frozenset({region}), acting_for=acting_for)


def boss(*roles: Role, kinds: frozenset[str] = frozenset()) -> StandIn:
    return StandIn(id="boss", roles=frozenset(roles), regions=frozenset({EAST}), kinds=kinds)


def test_sales_reach_their_own_deals_only() -> None:
    li_wei = somebody(Role.SALES)
    assert li_wei.reaches(Action.DEAL_WORK, owner="me", region=EAST)
    assert li_wei.reaches(Action.DEAL_WORK, owner="me", region=SOUTH)  # a deal one keeps after moving
    assert not li_wei.reaches(Action.DEAL_WORK, owner="colleague", region=EAST)
    assert not li_wei.reaches(Action.DEAL_READ, owner=None, region=EAST)


def test_a_regional_manager_reaches_the_own_region_and_no_other() -> None:
    manager = somebody(Role.REGIONAL_MANAGER)
    assert manager.reaches(Action.DEAL_WORK, owner="anybody", region=EAST)
    assert not manager.reaches(Action.DEAL_WORK, owner="anybody", region=SOUTH)
    assert not manager.reaches(Action.DEAL_WORK, owner="anybody", region=None)


def test_the_sales_director_reaches_every_region() -> None:
    assert somebody(Role.SALES_DIRECTOR).reaches(Action.DEAL_WORK, owner="anybody", region=SOUTH)


def test_finance_records_payments_everywhere_and_moves_no_deal() -> None:
    finance = somebody(Role.FINANCE)
    assert finance.require(Action.COLLECTION_WORK) == Scope.ALL
    with pytest.raises(Refused) as refused:
        finance.require(Action.DEAL_WORK)
    assert (refused.value.code, refused.value.status) == ("forbidden", 403)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_only_administrators_manage_people_and_policies(role: Role) -> None:
    assert somebody(role).scope(Action.PEOPLE_MANAGE) is None
    assert somebody(role).scope(Action.POLICY_MANAGE) is None


@pytest.mark.parametrize("action", list(Action))
def test_an_administrator_may_do_everything(action: Action) -> None:
    assert somebody(Role.ADMINISTRATOR).scope(action) == Scope.ALL


@pytest.mark.parametrize("role", list(Role))
def test_everybody_works_on_tasks_and_finds_colleagues(role: Role) -> None:
    assert GRANTS[role][Action.TASK_WORK] == Scope.ALL
    assert GRANTS[role][Action.PEOPLE_READ] == Scope.ALL


def test_whoever_works_on_something_may_also_read_it_as_far() -> None:
    for role, grants in GRANTS.items():
        for action, scope in grants.items():
            kind, _, verb = action.partition(".")
            if verb in ("work", "create") and kind != "task":
                assert grants[Action(f"{kind}.read")] >= scope, (role, action)


def test_of_several_roles_the_widest_counts() -> None:
    both = somebody(Role.SALES, Role.FINANCE)
    assert both.scope(Action.DEAL_READ) == Scope.ALL
    assert both.scope(Action.DEAL_WORK) == Scope.OWN


def test_without_a_role_nothing_is_allowed() -> None:
    nobody = Actor(id="me")
    assert all(nobody.scope(action) is None for action in Action)
    assert not nobody.reaches(Action.DEAL_READ, owner="me", region=EAST)
    assert nobody.holder_keys == {person_key("me")}


def test_a_task_for_a_role_in_a_region_is_held_by_who_has_that_role_there() -> None:
    keys = somebody(Role.REGIONAL_MANAGER).holder_keys
    assert role_key(Role.REGIONAL_MANAGER, EAST) in keys
    assert role_key(Role.REGIONAL_MANAGER, SOUTH) not in keys
    assert role_key(Role.SALES, EAST) not in keys


def test_a_task_for_a_company_wide_role_is_held_whatever_the_region() -> None:
    assert role_key(Role.CFO, SOUTH) == role_key(Role.CFO) == "role:cfo:*"
    assert role_key(Role.CFO, SOUTH) in somebody(Role.CFO, region=EAST).holder_keys


def test_a_substitute_hears_what_concerns_the_absent_but_does_not_become_them() -> None:
    me = somebody(Role.SALES, acting_for=(boss(Role.REGIONAL_MANAGER),))
    assert {person_key("me"), person_key("boss"), role_key(Role.REGIONAL_MANAGER, EAST)} <= me.keys_at_hand
    assert me.holder_keys == somebody(Role.SALES).holder_keys
    assert me.scope(Action.LEAD_WORK) == Scope.OWN


def test_a_substitute_reaches_the_cases_of_the_tasks_they_take() -> None:
    me = somebody(Role.FINANCE, acting_for=(boss(Role.SALES, kinds=frozenset({"first_contact"})),))
    assert me.reaches(Action.LEAD_WORK, owner="boss", region=EAST)
    assert not me.reaches(Action.LEAD_WORK, owner="colleague", region=EAST)
    assert not me.reaches(Action.CONTRACT_WORK, owner="boss", region=EAST)  # no task of that kind was handed over
    assert not me.reaches(Action.DEAL_WORK, owner="boss", region=EAST)  # no task needs it
    assert not somebody(Role.FINANCE).reaches(Action.LEAD_WORK, owner="boss", region=EAST)


@pytest.mark.parametrize("kind", NEEDED)
def test_somebody_may_do_each_kind_of_task(kind: str) -> None:
    assert any(all(actions.get(needed) for needed in NEEDED[kind]) for actions in GRANTS.values())


@pytest.mark.parametrize("role", list(Role))
def test_work_that_is_not_done_goes_up_and_ends_with_the_administrator(role: Role) -> None:
    above = tuple(superiors(role))
    assert role not in above
    assert (above or (Role.ADMINISTRATOR,))[-1] == Role.ADMINISTRATOR
