"""Notifications in the app, and the mail that goes with each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from db.absence import away_at, roster
from db.engine import notify
from db.holder import holding_any
from db.live import announce
from db.outbox import WAKE
from db.person import Person, people_by_id
from db.process import Notification, Task
from db.record import Outbox
from domain.access import person_key
from domain.process import Notice
from locales import LANGUAGES

_NOTICE = bindparam("notice", type_=Notification.notice_id.type)


async def tell(session: AsyncSession, notice: Notice, *, kind: str, record_id: str, link: str = "") -> None:
    """One notification and one mail for each person who holds the notice; a repeat changes nothing. `link`: to where it
    leads, in place of the record's page.

    Who wants a digest of their tasks gets no mail of a single one, who wants no mail gets none.

    Of a task, whose row is written before, substitutes hear in place of those who are away: these still find it in
    the app, but get no mail. A substitute's notification says for whom, unless they hold the task themselves.
    """
    page = f"/tasks/{notice.params['task']}" if "task" in notice.params else f"/{kind}s/{record_id}"
    instead = await _told_instead(session, notice)
    notice = await _with_names(session, notice, instead)
    values = {
        "holders": notice.holders,
        "notice": notice.id,
        "kind": notice.kind,
        "link": link or page,
        "params": notice.params,
    }
    of_task = notice.kind.startswith("task.")
    telling = _telling(_mailed(of_task), instead) if instead else _telling_holders(of_task)
    if await session.scalar(telling, values):
        substitutes = {person_key(other) for others in instead.values() for other in others}
        holders = [*notice.holders, *sorted(substitutes)]
        await announce(session, "notification", record_id, notice.revision, holders=holders)
        notify(session, WAKE, "mail")


async def _with_names(session: AsyncSession, notice: Notice, absent: Iterable[str]) -> Notice:
    """With what those are called whom the words name, {id: {language: name}}: a mail has nobody to ask."""
    named = [person for person in (notice.params.get("person"), *absent) if person]
    if not named:
        return notice
    people = await people_by_id(session, named)
    names = {one.id: {language: one.called(language) for language in LANGUAGES} for one in people.values()}
    return notice.model_copy(update={"params": notice.params | {"names": names}})


async def _told_instead(session: AsyncSession, notice: Notice) -> dict[str, frozenset[str]]:
    """{absent person: who hears of it in their place}; nobody where the notice is of no task."""
    if "task" not in notice.params or not (away := await away_at(session)):
        return {}
    kind = await session.scalar(select(Task.kind).where(Task.id == notice.params["task"]))
    return (await roster(session, away)).told_instead(notice.holders, kind or "")


@cache
def _telling_holders(of_task: bool) -> Any:
    """Built once: nearly every notice is told this way, and building a statement costs more than executing it."""
    return _telling(_mailed(of_task), {})


def _telling(mailed: ColumnElement[bool], instead: Mapping[str, Collection[str]]) -> Any:
    """One statement for all who are told; it gives how many were."""
    params = bindparam("params", type_=JSONB)
    link, kind = bindparam("link", type_=Text), bindparam("kind", type_=Text)
    held = holding_any(bindparam("holders", type_=ARRAY(Text))).cte("holder")
    rows: Any = _rows(link, kind, held.c.id, params)
    if instead:
        place = {other: absent for absent, others in instead.items() for other in others}
        pairs = func.jsonb_each_text(literal(place, JSONB)).table_valued("key", "value")
        substitute = cast(pairs.c.key, Person.id.type)
        for_whom = func.jsonb_build_object("for", pairs.c.value)
        others = _rows(link, kind, substitute, params.concat(for_whom)).where(substitute.not_in(select(held.c.id)))
        rows = rows.union_all(others)
    told = (
        insert(Notification)
        .from_select(["id", "notice_id", "kind", "link", "person_id", "params"], rows)
        .on_conflict_do_nothing(index_elements=["notice_id", "person_id"])
        .returning(Notification.person_id, Notification.params)
        .cte("told")
    )
    words = func.jsonb_build_object(
        "person", Person.id, "to", Person.email, "language", Person.language, "kind", kind,
        "params", told.c.params, "link", link,
    )  # fmt: skip
    key = literal("notice/") + cast(_NOTICE, Text) + "/" + cast(Person.id, Text)
    letters = select(key, literal("mail"), words, literal(0)).join(told, told.c.person_id == Person.id)
    mail = (
        insert(Outbox)
        .from_select(["key", "kind", "payload", "attempts"], letters.where(Person.id.not_in(instead), mailed))
        .on_conflict_do_nothing(index_elements=["key"])
        .cte("mail")
    )
    return select(func.count()).select_from(told).add_cte(mail)


def _mailed(of_task: bool) -> ColumnElement[bool]:
    return Person.mail == "each" if of_task else Person.mail != "none"


def _rows(link: Any, kind: Any, person: Any, params: Any) -> Select[Any]:
    return select(func.gen_random_uuid(), _NOTICE, kind, link, person, params)
