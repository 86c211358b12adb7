"""Who holds a human task: by themselves, or in the place of somebody absent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.access import NEEDED, Actor, Role, StandIn, person_key, role_key
from domain.refusal import Refused
from domain.task import KINDS, HumanTask, check_act
from locales.labels import LABELS

CFO = role_key(Role.CFO)
AWAY = StandIn(id="xu", roles=frozenset({Role.CFO}))


def task(*holders: str, kind: str = "approve", **fields: object) -> HumanTask:
    return HumanTask.model_validate(
        {"id": "t", "kind": kind, "holders": holders, "opened_at": datetime(2026, 11, 22, tzinfo=UTC), **fields}
    )


def substitute(*absent: StandIn, roles: frozenset[Role] = frozenset()) -> Actor:
    return Actor(id="he", roles=roles, acting_for=absent)


@pytest.mark.parametrize("holder", [person_key("xu"), CFO])
def test_a_substitute_acts_for_the_absent_on_what_is_theirs_by_name_or_by_role(holder: str) -> None:
    held = task(holder)
    assert check_act(held, substitute(AWAY)) is held
    assert held.on_behalf(substitute(AWAY)) == "xu"


def test_who_holds_a_task_themselves_acts_for_nobody() -> None:
    assert task(CFO).on_behalf(substitute(AWAY, roles=frozenset({Role.CFO}))) is None


def test_only_the_kinds_handed_over_are_held() -> None:
    some = AWAY.model_copy(update={"kinds": frozenset({"record_payment"})})
    assert task(CFO, kind="record_payment").held_by(substitute(some))
    with pytest.raises(Refused) as refused:
        check_act(task(CFO), substitute(some))
    assert (refused.value.code, refused.value.status) == ("not_yours", 403)


def test_nobody_approves_in_the_place_of_who_asked() -> None:
    assert not task(CFO, from_id="xu").held_by(substitute(AWAY))
    assert task(CFO, kind="record_payment", from_id="xu").held_by(substitute(AWAY))


def test_who_stands_in_for_the_asker_approves_it_in_nobodys_place() -> None:
    asker = StandIn(id="li")
    assert not task(CFO, from_id="li").held_by(substitute(AWAY, asker)), "xu may have named li, and li the substitute"
    assert task(CFO, from_id="li").held_by(substitute(AWAY, asker, roles=frozenset({Role.CFO}))), "by themselves"
    payments = asker.model_copy(update={"kinds": frozenset({"record_payment"})})
    assert task(CFO, from_id="li").held_by(substitute(AWAY, payments))


def test_every_kind_of_task_has_its_words() -> None:
    assert set(LABELS["task"]) == set(KINDS)


def test_for_every_kind_of_task_it_is_said_what_doing_it_takes() -> None:
    assert set(NEEDED) == set(KINDS)


def test_an_absent_person_and_their_substitute_do_not_stand_in_each_others_way() -> None:
    taken_before = task(person_key("xu"), claimed_by="xu")
    assert check_act(taken_before, substitute(AWAY)) is taken_before
    taken_meanwhile = task(person_key("xu"), claimed_by="he", claimed_for="xu")
    assert check_act(taken_meanwhile, Actor(id="xu")) is taken_meanwhile
    with pytest.raises(Refused) as refused:
        check_act(task(CFO, claimed_by="gu"), substitute(AWAY))
    assert refused.value.code == "claimed"
