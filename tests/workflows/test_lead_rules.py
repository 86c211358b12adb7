"""Who gets a lead, by rule, grade, capacity and turn; the pool; what comes back; what it looks like."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from activities.lead import LeadState
from db.customer import Contact, Customer
from db.deal import Deal
from db.lead import Lead
from db.lead_turn import open_leads
from db.process import Task
from db.scope import within_sight
from domain.process import Answer
from domain.refusal import Refused
from tests.workflows.leads import Leads
from tests.workflows.office import YUAN, Office


def phone() -> str:
    return f"+86139{uuid4().int % 10**8:08d}"


async def test_points_make_the_grade_and_the_best_go_to_seniors(office: Office) -> None:
    leads = Leads(office)
    lead_id = await leads.capture("大单重工", phone=phone(), amount=480_000 * YUAN, intent="buy")
    lead = await leads.stage(lead_id, "assigned")
    assert (lead.grade, lead.owner_id) == ("A", office.people["chen.tao"])
    points = {reason["row"]: reason["points"] for reason in lead.reasons}
    assert {"budget_large", "intent_buy", "phone"} <= points.keys()
    assert sum(points.values()) == lead.score
    assert all(reason["zh"] and reason["en"] for reason in lead.reasons)
    assert (lead.why["how"], lead.why["choice"]["row"]) == ("turn", "high_to_senior")


async def test_who_is_away_is_left_out_and_the_lead_says_so(office: Office) -> None:
    leads = Leads(office)
    absences = await leads.away("chen.tao")
    lead = await leads.stage(
        await leads.capture("缺席重工", phone=phone(), amount=480_000 * YUAN, intent="buy"), "assigned"
    )
    await leads.back(absences)
    assert lead.owner_id != office.people["chen.tao"]
    assert {"person": office.people["chen.tao"], "why": "away"} in lead.why["choice"]["over"]


async def test_hands_that_are_full_take_no_more(office: Office) -> None:
    leads, only = Leads(office), office.people["wu.hao"]
    async with office.db.session() as session:
        busy = (await open_leads(session, [only])).get(only, 0)
    nobody = {"senior_sales": 0, "sales": 0, "people": {only: busy + 1}}
    await leads.rule("lead_assignment", capacity=nobody)
    both = await asyncio.gather(*(leads.capture(f"满员{no}", region="south") for no in range(2)))
    await office.relay.carry_waiting()
    found = [
        await leads.when(one, "given or pooled", lambda lead: lead.stage in ("assigned", "pooled")) for one in both
    ]
    await leads.rule("lead_assignment", capacity={"senior_sales": 40, "sales": 30})
    assert sorted(lead.stage for lead in found) == ["assigned", "pooled"]
    assert [lead.owner_id for lead in found if lead.stage == "assigned"] == [only]


async def test_nobody_claims_more_leads_a_day_than_they_may(office: Office) -> None:
    """Two at once count as two; one that somebody else had first, and a second click, count as none."""
    leads = Leads(office)
    await leads.rule("lead_assignment", capacity={"senior_sales": 0, "sales": 0})
    made = [await leads.capture(f"限额{no}", region="south") for no in range(3)]
    for lead_id in made:
        await leads.stage(lead_id, "pooled")
    free = {"senior_sales": None, "sales": None}
    await leads.rule("lead_assignment", capacity=free, claims={"sales": 1})

    async def claim(name: str, lead_id: str, key: str = "") -> str:
        try:
            await office.leads.take(await office.actor(name), key or uuid4().hex, lead_id)
        except Refused as refused:
            return refused.code
        return "claimed"

    keys = {name: uuid4().hex for name in ("peng.cheng", "wu.hao")}
    both = await asyncio.gather(*(claim(name, made[0], key) for name, key in keys.items()))
    ends = dict(zip(keys, both, strict=True))
    won = next(name for name, end in ends.items() if end == "claimed")
    lost = next(name for name in keys if name != won)
    assert ends[lost] in ("lead_taken", "not_found")
    assert await claim(won, made[0], keys[won]) == "claimed"
    assert sorted(await asyncio.gather(*(claim(lost, one) for one in made[1:]))) == ["claimed", "lead_daily_full"]
    await leads.rule("lead_assignment", capacity={"senior_sales": 40, "sales": 30}, claims={})


async def test_who_clicks_twice_has_what_they_claimed_and_who_is_late_hears_so(office: Office) -> None:
    """The second click comes when they have it, had it lately and are full: none of that is held against it."""
    leads = Leads(office)
    await leads.rule("lead_assignment", capacity={"senior_sales": 0, "sales": 0})
    lead_id = await leads.capture("双击", region="south")
    await leads.stage(lead_id, "pooled")
    await leads.rule("lead_assignment", capacity={"senior_sales": None, "sales": None}, cooling_off="PT1H")

    async def claim(name: str, key: str = "") -> str:
        try:
            await office.leads.take(await office.actor(name), key or uuid4().hex, lead_id)
        except Refused as refused:
            return refused.code
        return "claimed"

    key = uuid4().hex
    assert await claim("wu.hao", key) == "claimed"
    await leads.stage(lead_id, "assigned")
    await leads.rule(
        "lead_assignment", capacity={"senior_sales": 1, "sales": 1}, claims={"sales": 1}, cooling_off="PT1H"
    )
    assert await claim("wu.hao", key) == "claimed"
    ends = {name: await claim(name) for name in ("wu.hao", "peng.cheng", "li.wei", "luo.fan")}
    assert ends == {"wu.hao": "lead_yours", "peng.cheng": "lead_taken", "li.wei": "not_found", "luo.fan": "not_found"}
    await leads.rule("lead_assignment", capacity={"senior_sales": 40, "sales": 30}, claims={}, cooling_off=None)


async def test_a_claim_that_was_not_confirmed_is_theirs_when_they_send_it_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads, processes = Leads(office), office.desk.processes
    absences = await leads.away("liang.yan", "wu.hao", "deng.li", "peng.cheng")
    lead_id = await leads.capture("未确认", region="south", phone=phone())
    await leads.stage(lead_id, "pooled")
    await leads.back(absences)
    actor, key, update = await office.actor("wu.hao"), uuid4().hex, processes.update

    async def lost(*sent: Any) -> Answer:
        await update(*sent)
        raise Refused("not_confirmed", 503)

    with monkeypatch.context() as wire:
        wire.setattr(processes, "update", lost)
        with pytest.raises(Refused, match="not_confirmed"):
            await office.leads.take(actor, key, lead_id)
    assert (await leads.stage(lead_id, "assigned")).owner_id == actor.id
    assert (await office.leads.take(actor, key, lead_id)).seen


async def test_with_everybody_away_the_lead_is_pooled_and_the_first_claim_wins(office: Office) -> None:
    leads = Leads(office)
    absences = await leads.away("liang.yan", "wu.hao", "deng.li", "peng.cheng")
    lead_id = await leads.capture("无人值守", region="south", phone=phone())
    lead = await leads.stage(lead_id, "pooled")
    await leads.back(absences)
    task = await leads.asked(lead_id, "assign_lead")
    assert task.holders == [f"role:regional_manager:{office.people['south']}"]
    async with office.db.session() as session:
        for name, sees in (("wu.hao", True), ("deng.li", True), ("huang.bo", True), ("li.wei", False)):
            assert await within_sight(session, await office.actor(name), "lead", lead.id) is sees

    async def claim(name: str) -> Answer | Refused:
        try:
            return await office.leads.take(await office.actor(name), uuid4().hex, lead_id)
        except Refused as refused:
            return refused

    ends = await asyncio.gather(claim("wu.hao"), claim("deng.li"))
    (lost,) = [end for end in ends if isinstance(end, Refused)]
    assert (lost.status, lost.code) == (409, "lead_taken")
    now = await leads.stage(lead_id, "assigned")
    assert now.owner_id in (office.people["wu.hao"], office.people["deng.li"])
    assert now.why["how"] == "claimed"
    late = await claim("peng.cheng")
    assert isinstance(late, Refused)


async def test_a_manager_gives_many_at_once_and_hears_of_those_refused(office: Office) -> None:
    leads = Leads(office)
    made = [await leads.capture(f"批量{no}") for no in range(3)]
    for lead_id in made:
        await leads.stage(lead_id, "assigned")
    manager = await office.actor("zhao.min")
    await office.leads.dismiss(manager, uuid4().hex, made[0], reason="not_real")
    await leads.ended(made[0], "closed")
    ends = await office.leads.assign_many(manager, uuid4().hex, made, to=office.people["zhou.kai"], why="熟悉行业")
    assert isinstance(ends[made[0]], Refused)
    theirs = office.people["zhou.kai"]
    given = [await leads.when(one, "its owner", lambda lead: lead.owner_id == theirs) for one in made[1:]]
    assert {"how": "given", "by": office.people["zhao.min"]} in [lead.why for lead in given]


async def test_a_closed_lead_that_comes_back_goes_to_who_had_it_last(office: Office) -> None:
    leads, number = Leads(office), phone()
    lead = await leads.stage(await leads.capture("回头食品", phone=number), "assigned")
    assert lead.owner_id
    await office.leads.dismiss(
        await office.actor("zhao.min"), uuid4().hex, lead.id, reason="no_budget", note="明年再说"
    )
    await leads.ended(lead.id, "closed")
    again = await leads.capture("回头食品", phone=number)
    assert again == lead.id
    back = await leads.stage(lead.id, "assigned")
    assert (back.owner_id, back.why["how"], back.came_back) == (lead.owner_id, "kept", 1)
    assert back.score is not None
    assert back.score > (lead.score or 0)
    assert "lead.came_back" in await office.line(lead.id)


async def test_a_closed_lead_is_opened_again_by_hand_and_only_once(office: Office) -> None:
    leads = Leads(office)
    lead = await leads.stage((await office.lead("重开电子", owner="li.wei")).id, "assigned")
    actor = await office.actor("li.wei")
    await office.leads.dismiss(actor, uuid4().hex, lead.id, reason="unreachable")
    await leads.ended(lead.id, "closed")
    await office.leads.reopen(actor, uuid4().hex, lead.id)
    assert (await leads.when(lead.id, "that it is open", lambda now: now.stage != "closed")).owner_id == lead.owner_id
    now = await leads.stage(lead.id, "assigned")
    assert (now.owner_id, now.close_key) == (office.people["li.wei"], None)
    with pytest.raises(Refused) as refused:
        await office.leads.reopen(actor, uuid4().hex, lead.id)
    assert (refused.value.status, refused.value.code) == (409, "lead_open")


async def test_a_touch_scores_a_lead_anew_and_wakes_it(office: Office) -> None:
    leads, number = Leads(office), phone()
    lead = await leads.stage(await leads.capture("再来商贸", phone=number), "assigned")
    await leads.capture("再来商贸", phone=number)
    touched = await leads.when(lead.id, "its new score", lambda now: (now.score or 0) > (lead.score or 0))
    assert touched.touches == 2
    assert "lead.touched" in await office.line(lead.id)


async def test_a_known_customers_lead_becomes_a_deal_there_and_doubles_no_contact(office: Office) -> None:
    leads, number = Leads(office), phone()
    first = await leads.stage(await leads.capture("老客户集团", phone=number), "assigned")
    manager = await office.actor("zhao.min")

    async def qualify(lead_id: str) -> Deal:
        answer = await office.leads.qualify(
            manager, uuid4().hex, lead_id, title="扩容", amount=10_000 * YUAN, close_on=None, next_step=None
        )
        return await office.until(lambda: office.row(Deal, id=answer.result["deal_id"]), "the deal")

    deal = await qualify(first.id)
    await leads.ended(first.id, "converted")
    second = await leads.capture("老客户集团", phone=number)
    assert second != first.id
    await leads.stage(second, "assigned")
    other = await qualify(second)
    await leads.ended(second, "converted")
    assert other.customer_id == deal.customer_id
    assert len(await office.rows(Contact, customer_id=deal.customer_id)) == 1
    assert len(await office.rows(Customer, name="老客户集团")) == 1


async def test_what_a_lead_looks_like_is_looked_at_once(office: Office) -> None:
    leads = Leads(office)
    one = await leads.stage(await leads.capture("像样机电有限公司", phone=phone(), name="赵一"), "assigned")
    other_id = await leads.capture("像样机电", phone=phone(), name="钱二")
    other = await leads.stage(other_id, "assigned")
    assert [(match["kind"], match["id"]) for match in other.matches] == [("lead", one.id)]
    task = await leads.asked(other_id, "review_match")
    owner = next(name for name, person in office.people.items() if person == other.owner_id)
    actor = await office.actor(owner)
    await office.leads.review(actor, uuid4().hex, task.id, kind="lead", same=one.id)
    await leads.ended(other_id, "closed")
    merged = await office.row(Lead, id=other_id)
    assert merged
    assert merged.merged_into == one.id
    await office.relay.carry_waiting()
    kept = await leads.when(one.id, "its touches", lambda lead: lead.touches == 2)
    assert kept.stage == "assigned"
    with pytest.raises(Refused) as refused:
        await office.leads.review(actor, uuid4().hex, task.id)
    assert refused.value.status == 409
    assert await office.rows(Task, record_id=other_id, status="open") == []


async def test_who_leaves_the_company_gives_a_lead_back_to_the_turn(office: Office) -> None:
    leads = Leads(office)
    lead = await leads.stage((await office.lead("离职交接", owner="wang.fang")).id, "assigned")
    await office.desk.processes.signal(f"lead/{lead.id}", "holder_left", {"person": office.people["wang.fang"]})
    now = await leads.when(lead.id, "the next", lambda now: now.owner_id not in (None, office.people["wang.fang"]))
    assert now.stage == "assigned"
    assert "lead.owner_left" in await office.line(lead.id)


def test_the_state_of_a_lead_survives_being_carried_over() -> None:
    state = LeadState(record_id="1", line_id="1", tried=["a"], score=3, grade="B")
    assert LeadState.model_validate_json(state.model_dump_json()) == state
