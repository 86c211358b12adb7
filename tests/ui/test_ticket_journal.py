"""Mail that made no ticket, read by the lead and made one; what is due soon beside one's queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import insert, select

from commands.policy import publish_defaults
from db.actor import actor_of
from db.base import new_id
from db.engine import Database
from db.ticket import Ticket, TicketMessage
from db.ticket_intake import TicketInbound, TicketRating, note_inbound
from db.ticket_list import count_mine_due
from tests.conftest import SignIn


async def test_a_lead_makes_a_ticket_of_a_mail_that_made_none_once(sign_in: SignIn, db: Database) -> None:
    await publish_defaults(db)
    key = f"mail/{uuid4().hex}"
    async with db.session() as session:
        await note_inbound(
            session, key=key, channel="mail", kind="automatic", why="Auto-Submitted", subject="自动回复：停机",
            sender="robot@plant.example", full="三号线停机，报警 E-07。",
        )  # fmt: skip
        row = (await session.scalars(select(TicketInbound).where(TicketInbound.key == key))).one()
    agent, lead = await sign_in("gao.fei"), await sign_in("shen.yu")
    assert (await agent.get("/tickets/mail")).status_code == 403
    shown = (await lead.get("/tickets/mail")).text
    assert "自动回复：停机" in shown
    assert "robot@plant.example" in shown
    form = {"idempotency_key": uuid4().hex}
    made = [await lead.post(f"/tickets/mail/{row.id}/ticket", data=form) for _ in range(2)]
    assert [one.status_code for one in made] == [303, 303]
    assert made[0].headers["location"] == made[1].headers["location"]
    assert "自动回复：停机" not in (await lead.get("/tickets/mail")).text
    async with db.session() as session:
        again = await session.get_one(TicketInbound, row.id)
        said = (await session.scalars(select(TicketMessage).where(TicketMessage.ticket_id == again.ticket_id))).one()
    assert said.body == "三号线停机，报警 E-07。"
    assert (await lead.post(f"/tickets/mail/{new_id()}/ticket", data=form)).status_code == 404


async def test_what_is_due_soon_stands_beside_the_queue_and_ratings_are_reported(
    sign_in: SignIn, db: Database, people: dict[str, str]
) -> None:
    await publish_defaults(db)
    now, ticket_id = datetime.now(UTC), new_id()
    row = {
        "id": ticket_id, "number": f"T-{ticket_id[-12:]}", "subject": "门磁报警不响", "channel": "form",
        "language": "zh_CN", "opened_at": now, "kind": "fault", "priority": "normal", "stage": "assigned",
        "region_id": people["south"],
        "assignee_id": people["zeng.qiang"], "tier": "standard", "sentiment_words": [], "breached": 0, "revision": 1,
        "clock": "resolution", "due_at": now - timedelta(minutes=1), "due_since": now - timedelta(hours=1),
        "warn_at": now, "red_at": now,
    }  # fmt: skip
    async with db.session() as session:
        await session.execute(insert(Ticket), [row])
        session.add(TicketRating(ticket_id=ticket_id, score=4, words="很快", region_id=people["south"]))
    async with db.session() as session:
        agent = await actor_of(session, people["zeng.qiang"])
        assert await count_mine_due(session, agent, now) == (1, 1)
        assert await count_mine_due(session, agent, now - timedelta(minutes=2)) == (1, 0)
        assert await count_mine_due(session, agent, now - timedelta(hours=2)) == (0, 0)
    lead = await sign_in("luo.fan")
    assert (await lead.get("/tickets/board")).status_code == 200
    report = (await lead.get("/reports/satisfaction")).text
    assert "门磁报警不响" in report
    assert "很快" in report
