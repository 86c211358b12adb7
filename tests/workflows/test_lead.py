"""A lead is answered in time, or goes to the next in turn."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from commands.lead_intake import NewLead
from db.customer import Contact, Customer
from db.lead import Lead
from db.process import Process, Task
from db.record import Outbox
from domain.refusal import Refused
from tests.workflows.office import YUAN, Office


async def test_leads_of_a_region_go_round_its_salespeople(office: Office) -> None:
    owners = [(await office.lead(f"公司{n}")).owner_id for n in range(4)]
    east = {office.people[name] for name in ("chen.tao", "li.wei", "wang.fang", "zhou.kai")}
    assert set(owners) == east


async def test_a_lead_nobody_contacts_in_time_goes_to_the_next_and_never_back(office: Office) -> None:
    lead = await office.lead("接力食品")
    owners = [lead.owner_id]
    for _ in range(3):
        await office.time_is_up(lead.id)

        async def passed_on() -> Lead | None:
            found = await office.row(Lead, id=lead.id)
            return found if found and found.owner_id != owners[-1] else None

        owners.append((await office.until(passed_on, "the next owner")).owner_id)
    assert len(set(owners)) == 4

    async def asked() -> list[list[str]] | None:
        """The owner is on record a moment before the task is."""
        found = await office.rows(Task, record_id=lead.id, kind="first_contact", status="open")
        return [task.holders for task in found] or None

    assert await office.until(asked, "the task of the last owner") == [[f"person:{owners[-1]}"]]


async def test_a_contacted_lead_stays_with_its_owner(office: Office) -> None:
    lead = await office.lead(owner="li.wei")
    await office.leads.contact(await office.actor("li.wei"), uuid4().hex, lead.id, how="call", note="")
    await office.days_pass(3)
    kept = await office.row(Lead, id=lead.id)
    assert kept is not None
    assert (kept.owner_id, kept.stage, kept.due_at) == (office.people["li.wei"], "contacted", None)


async def test_a_qualified_lead_becomes_one_customer_with_its_contact(office: Office) -> None:
    deal = await office.deal(5_000 * YUAN)
    customer = await office.row(Customer, id=deal.customer_id)
    contact = await office.row(Contact, customer_id=deal.customer_id)
    assert customer is not None
    assert contact is not None
    lead = await office.row(Lead, id=deal.lead_id)
    assert lead is not None
    assert (customer.name, contact.name, contact.phone) == ("蓝港食品", "周明", lead.phone)


async def test_a_dismissed_lead_cannot_be_qualified(office: Office) -> None:
    lead = await office.lead(owner="li.wei")
    actor = await office.actor("li.wei")
    await office.leads.dismiss(actor, uuid4().hex, lead.id, reason="not_real")
    await office.until(lambda: office.row(Process, record_id=lead.id, outcome="closed"), "the end")
    with pytest.raises(Refused) as refused:
        await office.leads.qualify(
            actor, uuid4().hex, lead.id, title="x", amount=1, close_on=date(2026, 12, 1), next_step=None
        )
    assert refused.value.code == "process_ended"


async def test_a_form_sent_twice_makes_one_lead_and_one_process(office: Office) -> None:
    new = NewLead(source="form", company="云帆航空", name="Kim", region="south")
    key = uuid4().hex
    first = await office.leads.capture(new, key)
    assert await office.leads.capture(new, key) == first
    assert len(await office.rows(Lead, id=first)) == 1
    assert len(await office.rows(Outbox, key=f"lead/{first}")) == 1


async def test_a_lead_for_a_region_that_is_not_there_is_refused_and_nothing_is_kept(office: Office) -> None:
    with pytest.raises(Refused) as refused:
        await office.leads.capture(NewLead(source="form", company="谁", name="谁", region="mars"))
    assert (refused.value.status, refused.value.field) == (422, "region")
    assert await office.rows(Lead, company="谁") == []
