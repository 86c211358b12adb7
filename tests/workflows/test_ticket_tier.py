"""A customer's service tier and their tickets: whoever changes the one, the other hears of it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from commands.customer_merge import MergeBody, MergeCommands
from db.base import new_id
from db.customer import Contact, Customer
from db.process import TimelineEvent
from db.ticket import Ticket
from tests.workflows.office import Office
from tests.workflows.tickets import came_in


@pytest.mark.parametrize("better", ["survivor", "merged"])
async def test_tickets_of_merged_customers_run_by_the_tier_of_the_one_they_become_until_it_is_undone(
    office: Office, better: str
) -> None:
    tiers = {"survivor": "standard", "merged": "standard"} | {better: "vip"}
    ids = {who: new_id() for who in tiers}
    mail = f"{uuid4().hex}@lan.example"
    async with office.db.session() as session:
        session.add_all(Customer(id=ids[who], name=f"兰芝 {who}", service_tier=tier) for who, tier in tiers.items())
        await session.flush()
        session.add_all(Contact(customer_id=one, name="周明", email=f"{who}-{mail}") for who, one in ids.items())
    tickets = {who: await came_in(office, customer_id=one) for who, one in ids.items()}

    async def run_by(wanted: dict[str, str]) -> None:
        await office.relay.carry_waiting()
        for who, tier in wanted.items():
            ticket_id = tickets[who].id
            await office.until(lambda: office.row(Ticket, id=ticket_id, tier=tier), f"{who} by {tier}")  # noqa: B023

    await run_by(tiers)
    admin = await office.actor("gu.ming")
    merges = MergeCommands(office.db)
    body = MergeBody(merged=[ids["merged"]], fields={"service_tier": ids[better]})
    merge_id = await merges.merge(admin, uuid4().hex, ids["survivor"], body)
    await run_by({"survivor": "vip", "merged": "vip"})

    assert (await merges.undo(admin, uuid4().hex, merge_id)).kept == []
    await run_by(tiers)
    for who, ticket in tickets.items():
        events = await office.rows(TimelineEvent, record_id=ticket.id, kind="ticket.tier_changed")
        assert [(one.actor, one.params["now"]) for one in sorted(events, key=lambda one: one.revision)] == (
            [] if who == better else [(admin.id, "vip"), (admin.id, "standard")]
        )
