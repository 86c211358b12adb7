"""The answers agents keep at hand, found by their name or words."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.ticket import CannedAnswer
from domain.refusal import not_found

MOST = 200


async def find_answers(
    session: AsyncSession, text: str = "", *, language: str | None = None, limit: int = MOST
) -> Sequence[CannedAnswer]:
    """Those whose name (its pinyin, too) or words have every word of `text`: what is used most first, and before all
    others what is in the customer's language."""
    query = select(CannedAnswer).where(CannedAnswer.retired_at.is_(None))
    for word in text.lower().split():
        named = CannedAnswer.search.contains(word, autoescape=True)
        query = query.where(or_(named, CannedAnswer.body.icontains(word, autoescape=True)))
    first = [CannedAnswer.language != language] if language else []
    return (
        await session.scalars(query.order_by(*first, CannedAnswer.used.desc(), CannedAnswer.name).limit(limit))
    ).all()


async def find_answer(session: AsyncSession, answer_id: str) -> CannedAnswer:
    """Raises Refused (404)."""
    there = and_(CannedAnswer.id == answer_id, CannedAnswer.retired_at.is_(None))
    found = await session.scalar(select(CannedAnswer).where(there))
    if found is None:
        raise not_found("canned_answer")
    return found


async def count_use(session: AsyncSession, answer_id: str) -> None:
    counted = update(CannedAnswer).where(CannedAnswer.id == answer_id).values(used=CannedAnswer.used + 1)
    await session.execute(counted)


async def is_empty(session: AsyncSession) -> bool:
    return not await session.scalar(select(func.count()).select_from(CannedAnswer))
