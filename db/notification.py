"""Notifications in the app, and the mail that goes with each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from db.holder import holding
from db.live import announce
from db.outbox import WAKE
from db.person import Person
from db.process import Notification
from db.record import Outbox
from domain.process import Notice


async def tell(session: AsyncSession, notice: Notice, *, kind: str, record_id: str) -> None:
    """One notification and one mail for each person who holds the notice; a repeat changes nothing."""
    link = f"/tasks/{notice.params['task']}" if "task" in notice.params else f"/{kind}s/{record_id}"
    if await session.scalar(_telling(notice, link)):
        await announce(session, "notification", record_id, notice.revision, holders=notice.holders)
        await session.execute(select(func.pg_notify(WAKE, "mail")))


def _telling(notice: Notice, link: str) -> Any:
    """One statement for all who hold it; it gives how many were told."""
    shared = {"kind": literal(notice.kind), "params": literal(notice.params, JSONB), "link": literal(link)}
    people = holding(notice.holders).cte("holder")
    rows = select(
        func.gen_random_uuid(), literal(notice.id, Notification.notice_id.type), people.c.id, *shared.values()
    )
    told = (
        insert(Notification)
        .from_select(["id", "notice_id", "person_id", *shared], rows)
        .on_conflict_do_nothing(index_elements=["notice_id", "person_id"])
        .returning(Notification.person_id)
        .cte("told")
    )
    words = func.jsonb_build_object(
        "to", Person.email, "language", Person.language,
        "kind", cast(shared["kind"], Text), "params", shared["params"], "link", cast(shared["link"], Text),
    )  # fmt: skip
    key = literal(f"notice/{notice.id}/") + cast(Person.id, Text)
    letters = select(key, literal("mail"), words, literal(0)).join(told, told.c.person_id == Person.id)
    mail = (
        insert(Outbox)
        .from_select(["key", "kind", "payload", "attempts"], letters)
        .on_conflict_do_nothing(index_elements=["key"])
        .cte("mail")
    )
    return select(func.count()).select_from(told).add_cte(mail)
