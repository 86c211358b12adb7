"""Letters to customers: one row per business key, with whom it went to and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Index, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.contact_double import standing_by_id
from db.customer import Contact, Customer
from db.customer_signpost import living
from db.outbox import enqueue
from db.record import Document
from domain.refusal import not_found


class Letter(Base):
    """`status`: queued, sent, failed. Subject and body are those it was sent with."""

    __tablename__ = "letter"

    id: Mapped[Id] = mapped_column(default=new_id)
    key: Mapped[str] = mapped_column(unique=True)  # business key: collection/<id>/overdue/2
    customer_id: Mapped[Ref | None]
    contact_id: Mapped[Ref | None]
    address: Mapped[str | None]  # none: nobody was found to write to
    template: Mapped[str]
    language: Mapped[str | None]
    params: Mapped[dict[str, Any]]
    documents: Mapped[list[str]]
    line_id: Mapped[Ref | None]
    status: Mapped[str]
    error: Mapped[str | None]
    subject: Mapped[str | None]
    body: Mapped[str | None]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    sent_at: Mapped[Instant | None]

    __table_args__ = (
        Index("ix_letter_customer", "customer_id", "created_at"),
        Index("ix_letter_line", "line_id", "created_at"),
    )


class Addressed(NamedTuple):
    """What sending one letter needs beside its words."""

    letter: Letter
    customer: str
    contact: str
    documents: list[Document]


async def write_letter(session: AsyncSession, letter: dict[str, Any], *, to: str | None = None) -> str:
    """Written once per key, and laid into the outbox where there is somebody to write to; the letter's id.

    `to` is an address; without one it is the contact's, else that of the customer's first contact who has one.
    """
    if letter.get("customer_id"):
        letter = letter | {"customer_id": await living(session, letter["customer_id"])}
    contact_id, address = (letter.get("contact_id"), to) if to else await _address(session, letter)
    row = {**letter, "id": new_id(), "contact_id": contact_id, "address": address}
    row |= {"status": "queued", "error": None} if address else {"status": "failed", "error": "no_address"}
    made: str | None = await session.scalar(
        insert(Letter).values(row).on_conflict_do_nothing(index_elements=["key"]).returning(Letter.id)
    )
    if made is None:
        return (await session.scalars(select(Letter.id).where(Letter.key == letter["key"]))).one()
    if address:
        await enqueue(session, f"letter/{made}", "letter", {"letter": made})
    return made


async def _address(session: AsyncSession, letter: dict[str, Any]) -> tuple[str | None, str | None]:
    asked, customer = letter.get("contact_id"), letter.get("customer_id")
    if asked is None and customer is None:
        return None, None
    if asked is not None and (known := await standing_by_id(session, asked)) is not None:
        asked = known.id
    whose = or_(Contact.id == asked, Contact.customer_id == customer) if asked else Contact.customer_id == customer
    query = select(Contact.id, Contact.email).where(whose, Contact.email.is_not(None), Contact.email != "")
    first = (Contact.id != asked, ~Contact.listed, Contact.id) if asked else (~Contact.listed, Contact.id)
    found = (await session.execute(query.order_by(*first).limit(1))).first()
    return (found.id, found.email) if found else (asked, None)


async def letter_to_send(session: AsyncSession, letter_id: str) -> Addressed | None:
    """None where it is sent already, or was given up."""
    query = (
        select(Letter, Customer.name, Contact.name)
        .outerjoin(Customer, Customer.id == Letter.customer_id)
        .outerjoin(Contact, Contact.id == Letter.contact_id)
        .where(Letter.id == letter_id, Letter.status == "queued")
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    letter, customer, contact = found
    known = await session.scalars(select(Document).where(Document.hash.in_(letter.documents)))
    by_hash = {document.hash: document for document in known}
    documents = [by_hash[digest] for digest in letter.documents if digest in by_hash]
    return Addressed(letter, customer or "", contact or "", documents)


async def letter_sent(session: AsyncSession, letter_id: str, language: str, subject: str, body: str) -> None:
    await session.execute(
        update(Letter)
        .where(Letter.id == letter_id)
        .values(status="sent", sent_at=func.now(), error=None, language=language, subject=subject, body=body)
    )


async def letter_failed(session: AsyncSession, letter_id: str, error: str) -> None:
    """Given up until a person sends it again."""
    await session.execute(update(Letter).where(Letter.id == letter_id).values(status="failed", error=error[:500]))


async def letters_to(session: AsyncSession, customer_id: str, *, limit: int = 50) -> Sequence[Letter]:
    """The latest first."""
    query = select(Letter).where(Letter.customer_id == customer_id).order_by(Letter.created_at.desc(), Letter.id.desc())
    return (await session.scalars(query.limit(limit))).all()


async def send_again(session: AsyncSession, letter_id: str) -> Letter:
    """A failed letter is laid into the outbox once more, to the address known now. Raises Refused (404)."""
    letter = await session.get(Letter, letter_id, with_for_update=True)
    if letter is None:
        raise not_found("letter")
    if letter.status != "failed":
        return letter
    if letter.error == "no_address" or letter.contact_id:
        asked = {"contact_id": letter.contact_id, "customer_id": letter.customer_id}
        letter.contact_id, letter.address = await _address(session, asked)
    if letter.address:
        letter.status, letter.error = "queued", None
        await enqueue(session, f"letter/{letter.id}/{new_id()}", "letter", {"letter": letter.id})
    return letter
