"""The links by which a contract's other party signs, and what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id


class SigningInvitation(Base):
    """One link for one contact. Neither the link nor a code is kept: both are made from a key and this row's id.

    `code_no` counts the codes that were sent, `code_tries` the tries at the newest.
    """

    __tablename__ = "signing_invitation"

    id: Mapped[Id]
    signing_id: Mapped[Ref] = mapped_column(index=True)
    contact_id: Mapped[Ref]
    token_hash: Mapped[str] = mapped_column(unique=True)
    document: Mapped[str]  # hash of what is to be signed
    expires_at: Mapped[Instant]
    made_at: Mapped[Instant] = mapped_column(server_default=func.now())
    opened_at: Mapped[datetime | None]
    code_no: Mapped[int] = mapped_column(server_default="0")
    code_tries: Mapped[int] = mapped_column(server_default="0")
    code_sent_at: Mapped[datetime | None]


class SigningAnswer(Base):
    """What the contact said with the right code. The name and the pictures stay here, out of the process.

    `mark` and `seal` are hashes of PNG files in the document store.
    """

    __tablename__ = "signing_answer"

    id: Mapped[Id] = mapped_column(default=new_id)
    signing_id: Mapped[Ref] = mapped_column(index=True)
    invitation_id: Mapped[Ref]
    outcome: Mapped[str]  # signed, declined, handed_back
    name: Mapped[str]
    title: Mapped[str]
    method: Mapped[str | None]  # typed, drawn
    mark: Mapped[str | None]
    seal: Mapped[str | None]
    remarks: Mapped[str]
    sent_to: Mapped[str]  # the address the code went to, all but hidden
    at: Mapped[Instant] = mapped_column(server_default=func.now())


async def invitation_of(session: AsyncSession, token_hash: str) -> SigningInvitation | None:
    return await session.scalar(select(SigningInvitation).where(SigningInvitation.token_hash == token_hash))


async def invitations_of(session: AsyncSession, signing_id: str) -> Sequence[SigningInvitation]:
    """The newest first."""
    asked = select(SigningInvitation).where(SigningInvitation.signing_id == signing_id)
    return (await session.scalars(asked.order_by(SigningInvitation.made_at.desc()))).all()
