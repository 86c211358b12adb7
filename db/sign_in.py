"""How people sign in: browsers' sessions and machines' tokens, both kept only as the hash of what they show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.actor import acting
from db.base import Base, Id, Instant, Ref, new_id
from db.person import Member, Person, member_of, members
from domain.access import Actor

IDLE = timedelta(days=7)
"""A session nobody used for so long is over, whatever life it was given."""
NOTE_EVERY = timedelta(minutes=1)
"""How exactly the last use of a session or token is known: a write per request would cost more than it tells."""


class Session(Base):
    """A browser that signed in."""

    __tablename__ = "session"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    seen_at: Mapped[Instant] = mapped_column(server_default=func.now())
    expires_at: Mapped[Instant]
    agent: Mapped[str | None]


class ApiToken(Base):
    """A program that acts as a person. Without a name: one that signed in with the password, for some hours."""

    __tablename__ = "api_token"

    id: Mapped[Id] = mapped_column(default=new_id)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str | None]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    used_at: Mapped[Instant | None]
    expires_at: Mapped[Instant | None]


@dataclass(frozen=True)
class SignedIn:
    """Whose request it is. `csrf` is None for a bearer token: no browser sends one by itself."""

    person: Person
    actor: Actor
    csrf: str | None


def _session_works() -> ColumnElement[bool]:
    return (Session.expires_at > func.now()) & (Session.seen_at > func.now() - IDLE)


def _token_works() -> ColumnElement[bool]:
    return or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > func.now())


async def add_session(
    session: AsyncSession, person_id: str, *, hash: bytes, csrf: str, life: timedelta, agent: str | None
) -> None:
    """Also forgets the person's sessions that ended by themselves."""
    await session.execute(delete(Session).where(Session.person_id == person_id, ~_session_works()))
    session.add(Session(hash=hash, person_id=person_id, csrf=csrf, expires_at=func.now() + life, agent=agent))


async def find_session(session: AsyncSession, hash: bytes) -> SignedIn | None:
    """None where it ended or its person left."""
    unnoted = Session.seen_at < func.now() - NOTE_EVERY
    query = members().add_columns(Session.csrf, unnoted).join(Session, Session.person_id == Person.id)
    row = (await session.execute(query.where(Session.hash == hash, Person.active, _session_works()))).one_or_none()
    if row is None:
        return None
    *member, csrf, note = row
    if note:
        await session.execute(update(Session).where(Session.hash == hash).values(seen_at=func.now()))
    return await _signed_in(session, member_of(member), csrf)


async def _signed_in(session: AsyncSession, known: Member, csrf: str | None) -> SignedIn:
    return SignedIn(known.person, await acting(session, known), csrf)


async def delete_session(session: AsyncSession, hash: bytes) -> None:
    await session.execute(delete(Session).where(Session.hash == hash))


async def delete_sessions(session: AsyncSession, person_id: str, *, but: bytes | None = None) -> None:
    """Signs a person out everywhere, or everywhere else; programs that signed in with the password too."""
    others = Session.person_id == person_id if but is None else (Session.person_id == person_id) & (Session.hash != but)
    await session.execute(delete(Session).where(others))
    await session.execute(delete(ApiToken).where(ApiToken.person_id == person_id, ApiToken.name.is_(None)))


async def add_token(
    session: AsyncSession, person_id: str, *, name: str | None, hash: bytes, life: timedelta | None
) -> ApiToken:
    """Also forgets the person's tokens that ran out."""
    await session.execute(delete(ApiToken).where(ApiToken.person_id == person_id, ~_token_works()))
    token = ApiToken(person_id=person_id, name=name, hash=hash, expires_at=None if life is None else func.now() + life)
    session.add(token)
    await session.flush()
    return token


async def find_token(session: AsyncSession, hash: bytes) -> SignedIn | None:
    """None where it was revoked or ran out, or its person left."""
    unnoted = func.coalesce(ApiToken.used_at < func.now() - NOTE_EVERY, True)
    query = members().add_columns(unnoted).join(ApiToken, ApiToken.person_id == Person.id)
    row = (await session.execute(query.where(ApiToken.hash == hash, Person.active, _token_works()))).one_or_none()
    if row is None:
        return None
    *member, note = row
    if note:
        await session.execute(update(ApiToken).where(ApiToken.hash == hash).values(used_at=func.now()))
    return await _signed_in(session, member_of(member), csrf=None)


async def list_tokens(session: AsyncSession, person_id: str) -> list[ApiToken]:
    """Those that still work and were given a name, the newest first."""
    named = (ApiToken.person_id == person_id) & ApiToken.name.is_not(None) & _token_works()
    return list(await session.scalars(select(ApiToken).where(named).order_by(ApiToken.created_at.desc())))


async def delete_token(session: AsyncSession, person_id: str, token_id: str) -> bool:
    """False where the person has no such token."""
    mine = (ApiToken.person_id == person_id) & (ApiToken.id == token_id)
    return await session.scalar(delete(ApiToken).where(mine).returning(ApiToken.id)) is not None


async def delete_tokens(session: AsyncSession, person_id: str) -> None:
    await session.execute(delete(ApiToken).where(ApiToken.person_id == person_id))
