"""Notifications in the app, and the mail that goes with each."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from db.holder import HOLDERS_SQL
from db.live import announce
from db.outbox import WAKE
from domain.process import Notice

_TELL = text(
    f"""
    with holder(id) as ({HOLDERS_SQL}), told as (
        insert into notification (id, notice_id, person_id, kind, params, link)
        select gen_random_uuid(), cast(:notice as uuid), cast(holder.id as uuid), :kind, :params, :link from holder
        on conflict (notice_id, person_id) do nothing
        returning person_id
    ), mail as (
        insert into outbox (key, kind, payload, attempts)
        select 'notice/' || :notice || '/' || p.id, 'mail', jsonb_build_object(
            'to', p.email, 'language', p.language, 'kind', cast(:kind as text), 'params', :params,
            'link', cast(:link as text)
        ), 0
        from told join person p on p.id = told.person_id
        on conflict (key) do nothing
    )
    select count(*) from told
    """  # noqa: S608 - one of our own queries stands in another
).bindparams(bindparam("keys", type_=ARRAY(Text)), bindparam("params", type_=JSONB))


async def tell(session: AsyncSession, notice: Notice, *, kind: str, record_id: str) -> None:
    """One notification and one mail for each person who holds the notice; a repeat changes nothing."""
    link = f"/tasks/{notice.params['task']}" if "task" in notice.params else f"/{kind}s/{record_id}"
    told = await session.scalar(
        _TELL,
        {"keys": notice.holders, "notice": notice.id, "kind": notice.kind, "params": notice.params, "link": link},
    )
    if told:
        await announce(session, "notification", record_id, notice.revision, holders=notice.holders)
        await session.execute(select(func.pg_notify(WAKE, "mail")))
