"""Which files the document store holds, and who may see them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.contract import Contract
from db.customer import Customer
from db.customer_field import FOLLOW_UP, CustomerFile, field_policy
from db.deal import Deal
from db.deal_part import DealDocument
from db.quote import Invoice, Quote
from db.record import Audit, Document
from db.scope import customers_within, within
from db.signing import Signature, Signing
from db.ticket import Ticket, TicketMessage
from domain.access import Actor
from domain.customer_field import fields, for_reader
from domain.refusal import not_found


async def document_known(session: AsyncSession, digest: str) -> bool:
    return await session.get(Document, digest) is not None


async def added_by(session: AsyncSession, person_id: str, hashes: Collection[str]) -> bool:
    """Whether this person sent in every one of these files, be it after others: nobody opens one by naming its hash."""
    sent = {f"document/{one}" for one in hashes}
    mine = select(func.count(Audit.subject.distinct())).where(
        Audit.subject.in_(sent), Audit.actor == person_id, Audit.action == "AddDocument"
    )
    return not sent or await session.scalar(mine) == len(sent)


async def remember_document(session: AsyncSession, **row: object) -> None:
    """The first name and media type a file came with stay; the same bytes again change nothing."""
    await session.execute(insert(Document).values(**row).on_conflict_do_nothing(index_elements=["hash"]))


async def made_of(session: AsyncSession, digest: str) -> Document | None:
    """The PDF that was made of a file."""
    found: Document | None = await session.scalar(select(Document).where(Document.original == digest).limit(1))
    return found


async def visible_document(session: AsyncSession, actor: Actor, digest: str) -> Document:
    """A document that a record refers to which this person may see, or what such a one was made of.

    Raises Refused (404).
    """
    made = await made_of(session, digest)
    if made is not None:
        await _referred_to(session, actor, made.hash)
        found = await session.get(Document, digest)
        if found is not None:
            return found
    return await _referred_to(session, actor, digest)


async def _referred_to(session: AsyncSession, actor: Actor, digest: str) -> Document:
    contracts = select(Contract.id).where(Contract.versions.contains([{"document": digest}]), within(actor, "contract"))
    deals = (
        select(Deal.id)
        .join(DealDocument, DealDocument.deal_id == Deal.id)
        .where(DealDocument.hash == digest, within(actor, "deal"))
    )
    quotes = select(Quote.id).where(Quote.versions.contains([{"document": digest}]), within(actor, "quote"))
    invoices = select(Invoice.id).where(Invoice.document == digest, within(actor, "invoice"))
    places = select(Signature.signing_id).where(Signature.document == digest)
    signed = or_(Signing.source == digest, Signing.document == digest, Signing.sheet == digest, Signing.id.in_(places))
    signings = select(Signing.id).where(signed, within(actor, "signing"))
    tickets = (
        select(Ticket.id)
        .join(TicketMessage, TicketMessage.ticket_id == Ticket.id)
        .where(TicketMessage.attachments.contains([{"hash": digest}]), within(actor, "ticket"))
    )
    seen = [field.key for field in for_reader(actor, fields(await field_policy(session))).open]
    customers = (
        select(Customer.id)
        .join(CustomerFile, CustomerFile.customer_id == Customer.id)
        .where(CustomerFile.hash == digest, CustomerFile.field.in_([*seen, FOLLOW_UP]), customers_within(actor))
    )
    refers = or_(
        customers.exists(),
        tickets.exists(),
        contracts.exists(),
        deals.exists(),
        quotes.exists(),
        invoices.exists(),
        signings.exists(),
    )
    document = await session.scalar(select(Document).where(Document.hash == digest, refers))
    if document is None:
        raise not_found("document")
    return document
