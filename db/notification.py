"""Notifications in the app, and the mail that goes with each."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.holder import holders
from db.live import announce
from db.outbox import enqueue
from db.person import Person
from db.process import Notification
from domain.access import person_key
from domain.process import Notice


async def tell(session: AsyncSession, notice: Notice, *, kind: str, record_id: str) -> None:
    """One notification and one mail for each person who holds the notice; a repeat changes nothing."""
    people = await holders(session, notice.holders)
    if not people:
        return
    link = f"/tasks/{notice.params['task']}" if "task" in notice.params else f"/{kind}s/{record_id}"
    rows = [
        {"id": new_id(), "notice_id": notice.id, "person_id": person, "kind": notice.kind,
         "params": notice.params, "link": link}
        for person in people
    ]  # fmt: skip
    told = await session.scalars(
        insert(Notification)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["notice_id", "person_id"])
        .returning(Notification.person_id)
    )
    addresses = select(Person.id, Person.email, Person.language).where(Person.id.in_(list(told)))
    for person, email, language in await session.execute(addresses):
        mail = {"to": email, "language": language, "kind": notice.kind, "params": notice.params, "link": link}
        await enqueue(session, f"notice/{notice.id}/{person}", "mail", mail)
        await announce(session, "notification", person, 0, holders=[person_key(person)])
